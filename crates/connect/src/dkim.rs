//! Signatures that a domain's owner can be held to (DKIM, RFC 6376, RFC 8463): keys, the record to publish, signing.

use crate::{World, dns::DnsError, smtp::wire::with_crlf};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use mail_auth::{
    common::{
        crypto::{Ed25519Key, RsaKey, Sha256},
        headers::HeaderWriter,
    },
    dkim::{Canonicalization, DkimSigner},
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

/// What is signed, also where it is absent, so that nobody can add it (RFC 6376 §8.15).
const FIELDS: [&str; 18] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Auto-Submitted",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// A manner of signing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSA with 2048 bits, which everybody can verify.
    Rsa,
    /// Ed25519 (RFC 8463), short and strong, which not everybody can verify yet.
    Ed25519,
}

impl Algorithm {
    /// Its name in the record (`k=`) and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Rsa => "rsa",
            Algorithm::Ed25519 => "ed25519",
        }
    }

    /// The manner of that name.
    pub fn from_name(name: &str) -> Option<Algorithm> {
        [Algorithm::Rsa, Algorithm::Ed25519].into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

/// A key that was just made.
#[derive(Debug)]
pub struct NewKey {
    /// The private half, PKCS #8.
    pub private: Zeroizing<Vec<u8>>,
    /// The public half as it stands in the record: base 64.
    pub public: String,
}

/// What could not be done with a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("DKIM: {0}")]
pub struct DkimError(String);

fn failed(error: impl std::fmt::Display) -> DkimError {
    DkimError(error.to_string())
}

/// A new key. RSA takes some tenths of a second of one processor.
pub fn make(algorithm: Algorithm) -> Result<NewKey, DkimError> {
    match algorithm {
        Algorithm::Rsa => {
            let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            let private: Pkcs8V1Der<'_> = key.as_der().map_err(failed)?;
            let public: PublicKeyX509Der<'_> = key.public_key().as_der().map_err(failed)?;
            Ok(NewKey { private: Zeroizing::new(private.as_ref().to_vec()), public: STANDARD.encode(public.as_ref()) })
        }
        Algorithm::Ed25519 => {
            let key = Ed25519KeyPair::generate().map_err(failed)?;
            let private = key.to_pkcs8().map_err(failed)?;
            // RFC 8463 §4.2: the bare 32 bytes, in no wrapping.
            let public = STANDARD.encode(key.public_key().as_ref());
            Ok(NewKey { private: Zeroizing::new(private.as_ref().to_vec()), public })
        }
    }
}

/// The name under which the public half is published.
pub fn record_name(selector: &str, domain: &str) -> String {
    format!("{selector}._domainkey.{domain}")
}

/// What is published there.
pub fn record(algorithm: Algorithm, public: &str) -> String {
    format!("v=DKIM1; k={}; p={public}", algorithm.as_str())
}

/// Whether the DNS shows this public key under its name (RFC 6376 §3.6.1). Providers fold and space records as they like.
pub async fn is_published(world: &World, selector: &str, domain: &str, public: &str) -> Result<bool, DnsError> {
    match world.resolver().txt(&record_name(selector, domain)).await {
        Ok(texts) => Ok(texts.iter().any(|text| shows(text, public))),
        Err(DnsError::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a record shows this public key.
pub fn shows(record: &str, public: &str) -> bool {
    key_of(record).as_deref() == Some(public)
}

fn key_of(text: &str) -> Option<String> {
    let field = text.split(';').find_map(|field| field.trim().strip_prefix("p"))?;
    let value = field.trim_start().strip_prefix('=')?;
    Some(value.chars().filter(|c| !c.is_whitespace()).collect())
}

/// A key that signs.
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// For which domain.
    pub domain: String,
    /// Under which name its public half stands there.
    pub selector: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The private half, PKCS #8.
    pub private: Zeroizing<Vec<u8>>,
}

/// The message with a signature of every key on top, its lines ended as they go over the wire.
pub fn signed(message: &[u8], keys: &[SigningKey]) -> Result<Vec<u8>, DkimError> {
    let message = with_crlf(message);
    let mut signed = String::new();
    for key in keys {
        signed += &match key.algorithm {
            Algorithm::Rsa => {
                let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.private.as_slice()));
                header(RsaKey::<Sha256>::from_key_der(private).map_err(failed)?, key, &message)?
            }
            Algorithm::Ed25519 => header(Ed25519Key::from_pkcs8_der(&key.private).map_err(failed)?, key, &message)?,
        };
    }
    let mut whole = signed.into_bytes();
    whole.extend_from_slice(&message);
    Ok(whole)
}

fn header<K: mail_auth::common::crypto::SigningKey>(
    private: K,
    key: &SigningKey,
    message: &[u8],
) -> Result<String, DkimError> {
    let signer = DkimSigner::from_key(private)
        .domain(&key.domain)
        .selector(&key.selector)
        .headers(FIELDS)
        .header_canonicalization(Canonicalization::Relaxed)
        .body_canonicalization(Canonicalization::Relaxed);
    Ok(signer.sign(message).map_err(failed)?.to_header())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{WorldOptions, dns::TableResolver};
    use std::sync::Arc;

    const LETTER: &[u8] = b"From: Info <info@voorbeeld.test>\nTo: els@klant.test\nSubject: hallo\n\nDag  Els \n\n\n";

    #[test]
    fn both_keys_sign_a_message_whose_lines_end_as_on_the_wire() {
        let keys: Vec<SigningKey> = [Algorithm::Rsa, Algorithm::Ed25519]
            .into_iter()
            .map(|algorithm| SigningKey {
                domain: "voorbeeld.test".into(),
                selector: format!("pk-{}", algorithm.as_str()),
                algorithm,
                private: make(algorithm).unwrap().private,
            })
            .collect();
        let signed = String::from_utf8(signed(LETTER, &keys).unwrap()).unwrap();
        assert_eq!(signed.matches("DKIM-Signature:").count(), 2);
        assert!(signed.contains("a=rsa-sha256") && signed.contains("a=ed25519-sha256"), "{signed}");
        assert!(signed.contains("c=relaxed/relaxed") && signed.contains("s=pk-rsa"), "{signed}");
        assert!(signed.ends_with("\r\n\r\nDag  Els \r\n\r\n\r\n") && !signed.replace("\r\n", "").contains('\n'));
    }

    #[tokio::test]
    async fn a_key_is_published_when_the_dns_shows_it_however_it_is_folded() {
        let mut table = TableResolver::default();
        let name = record_name("pk1", "voorbeeld.test");
        table.txt.insert(name, vec!["v=DKIM1;k=rsa; p = AAAA BBBB".into()]);
        let world = connect_world(table);
        let seen = |public: &'static str| {
            let world = world.clone();
            async move { is_published(&world, "pk1", "voorbeeld.test", public).await }
        };
        assert_eq!(seen("AAAABBBB").await, Ok(true));
        assert_eq!(seen("AAAA").await, Ok(false));
        assert_eq!(is_published(&world, "pk2", "voorbeeld.test", "AAAA").await, Ok(false));
    }

    fn connect_world(table: TableResolver) -> World {
        World::new(WorldOptions::default()).unwrap().with_resolver(Arc::new(table))
    }

    #[test]
    fn the_record_is_what_is_pasted_into_the_dns() {
        let key = make(Algorithm::Ed25519).unwrap();
        let record = record(Algorithm::Ed25519, &key.public);
        assert!(record.starts_with("v=DKIM1; k=ed25519; p=") && record.len() == 22 + 44, "{record}");
        assert_eq!(key_of(&record), Some(key.public));
    }
}
