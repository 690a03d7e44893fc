//! A provider's keys (RFC 7517), and whether one of them signed something (RFC 7515, RFC 7518 §3).

use super::claims::TokenFault;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

/// How a token may be signed. Nothing else is taken: not `none`, and not HS256, whose key would be our own secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
}

impl Algorithm {
    pub(super) fn from_name(name: &str) -> Option<Algorithm> {
        match name {
            "RS256" => Some(Algorithm::Rs256),
            "ES256" => Some(Algorithm::Es256),
            _ => None,
        }
    }
}

/// The public keys that a provider signs with.
#[derive(Debug, Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    public: Public,
}

#[derive(Debug, Clone)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Shown {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// Those of the set that we can check with; keys for anything else are passed over. `None`: it is no set of keys.
    pub fn parse(document: &[u8]) -> Option<Keys> {
        let set: Set = serde_json::from_slice(document).ok()?;
        let shown = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Shown>(key).ok());
        Some(Keys(shown.filter_map(read).collect()))
    }

    /// Whether a key of this name (any, when the token names none) signed this.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), TokenFault> {
        let mut named = self.0.iter().filter(|key| id.is_none() || key.id.as_deref() == id);
        let is_by = |key: &Key| match (&key.public, algorithm) {
            (Public::Rsa { n, e }, Algorithm::Rs256) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            (Public::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            _ => false,
        };
        if named.any(is_by) { Ok(()) } else { Err(TokenFault::Signature) }
    }
}

fn read(shown: Shown) -> Option<Key> {
    if shown.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?.trim_end_matches('=')).ok();
    let fits = |name: &str| shown.alg.as_deref().is_none_or(|alg| alg == name);
    let public = match shown.kty.as_str() {
        "RSA" if fits("RS256") => {
            // Some write a zero in front, which the number does not have.
            let plain = |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            Public::Rsa { n: plain(bytes(shown.n)?), e: plain(bytes(shown.e)?) }
        }
        "EC" if shown.crv.as_deref() == Some("P-256") && fits("ES256") => {
            let (x, y) = (bytes(shown.x)?, bytes(shown.y)?);
            if (x.len(), y.len()) != (32, 32) {
                return None;
            }
            // Uncompressed, as SEC 1 §2.3.3 writes a point.
            Public::P256([&[4][..], &x, &y].concat())
        }
        _ => return None,
    };
    Some(Key { id: shown.kid, public })
}
