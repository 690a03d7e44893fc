//! Proof by a key in place of a secret (RFC 7523): a short token (RFC 7519) that only the holder of the key can sign, with RSA
//! as Microsoft and Google want it (RFC 7518 §3.3, §3.5).

use crate::tls;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::{
    SignatureScheme,
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::{CertifiedKey, SigningKey},
};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{fmt, sync::Arc};

/// How long a proof is good, in seconds. Microsoft wants at most ten minutes, Google an hour.
const LASTS: i64 = 300;
/// A clock over there may be behind ours, in seconds.
const BEHIND: i64 = 60;

/// What redeems a proof for a token (RFC 7523 §2.1).
pub const PROOF_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// What says that the field beside it is a proof (§2.2).
pub(super) const PROOF_KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Why a key can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// There is no certificate in it.
    #[error("there is no certificate in it")]
    NoCertificate,
    /// There is no private key in it, or one that is not RSA.
    #[error("there is no private RSA key in it")]
    NoKey,
    /// The private key is locked with a password.
    #[error("the private key is locked with a password")]
    Locked,
    /// The private key is not that of the certificate.
    #[error("the private key is not that of the certificate")]
    OtherKey,
    /// It is not the file of a service account.
    #[error("it is not the file of a service account")]
    NotServiceAccount,
    /// The key could not sign.
    #[error("the key does not sign")]
    Broken,
}

/// A certificate of which an app shows the key in place of a secret (learn.microsoft.com/entra/identity-platform/
/// certificate-credentials).
pub struct Certificate {
    key: Arc<dyn SigningKey>,
    /// SHA-256 of the certificate.
    digest: [u8; 32],
    /// When it ends, milliseconds since 1970; `None`: unreadable.
    pub ends_at: Option<i64>,
    /// Whom it is for.
    pub subject: String,
}

impl Certificate {
    /// Of PEM (RFC 7468) that holds the certificate and its private key, in either order.
    pub fn read(pem: &[u8]) -> Result<Certificate, KeyFault> {
        let certificate = CertificateDer::from_pem_slice(pem).map_err(|_| KeyFault::NoCertificate)?;
        let key = key(pem)?;
        let pair = CertifiedKey::new(vec![certificate.clone()], key.clone());
        pair.keys_match().map_err(|_| KeyFault::OtherKey)?;
        let shown = tls::describe(&certificate);
        let ends_at = shown.not_after.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
        let digest = Sha256::digest(certificate.as_ref()).into();
        Ok(Certificate { key, digest, ends_at, subject: shown.subject })
    }

    /// The SHA-256 of the certificate in hexadecimal, by which people compare it.
    pub fn fingerprint(&self) -> String {
        self.digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Proof for this place where tokens are given, that we are this app.
    pub fn proof(&self, client_id: &str, audience: &str, now: jiff::Timestamp) -> Result<String, KeyFault> {
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(self.digest) });
        let now = now.as_second();
        let claims = json!({
            "aud": audience, "iss": client_id, "sub": client_id, "jti": format!("{:032x}", rand::random::<u128>()),
            "iat": now, "nbf": now - BEHIND, "exp": now + LASTS,
        });
        signed(self.key.as_ref(), SignatureScheme::RSA_PSS_SHA256, &header, &claims)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// An account at Google that is a program, and acts for people of a domain whose administrator lets it
/// (developers.google.com/identity/protocols/oauth2/service-account).
pub struct ServiceAccount {
    key: Arc<dyn SigningKey>,
    key_id: String,
    /// Its address.
    pub email: String,
    /// The number by which administrators let it.
    pub client_id: String,
}

#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "type")]
    kind: String,
    private_key_id: String,
    private_key: String,
    client_email: String,
    client_id: String,
}

impl ServiceAccount {
    /// Of the JSON that Google gives when a key is made. Where its tokens are given is not believed from there.
    pub fn read(json: &[u8]) -> Result<ServiceAccount, KeyFault> {
        let file: KeyFile = serde_json::from_slice(json).map_err(|_| KeyFault::NotServiceAccount)?;
        let is_named = file.kind == "service_account" && !file.client_email.is_empty() && !file.client_id.is_empty();
        if !is_named {
            return Err(KeyFault::NotServiceAccount);
        }
        let key = key(file.private_key.as_bytes())?;
        Ok(ServiceAccount { key, key_id: file.private_key_id, email: file.client_email, client_id: file.client_id })
    }

    /// Proof that we may act for this person, or as the account itself, with these rights.
    pub fn proof(
        &self,
        person: Option<&str>,
        scope: &str,
        audience: &str,
        now: jiff::Timestamp,
    ) -> Result<String, KeyFault> {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.key_id });
        let now = now.as_second();
        let mut claims = json!({
            "iss": self.email, "scope": scope, "aud": audience, "iat": now - BEHIND, "exp": now + LASTS,
        });
        if let Some(person) = person {
            claims["sub"] = json!(person);
        }
        signed(self.key.as_ref(), SignatureScheme::RSA_PKCS1_SHA256, &header, &claims)
    }
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccount").field("email", &self.email).finish_non_exhaustive()
    }
}

/// The private RSA key in a PEM.
fn key(pem: &[u8]) -> Result<Arc<dyn SigningKey>, KeyFault> {
    if String::from_utf8_lossy(pem).contains("ENCRYPTED") {
        return Err(KeyFault::Locked);
    }
    let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyFault::NoKey)?;
    let key = any_supported_type(&der).map_err(|_| KeyFault::NoKey)?;
    let is_rsa = key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).is_some();
    if is_rsa { Ok(key) } else { Err(KeyFault::NoKey) }
}

/// The compact form (RFC 7515 §7.1).
fn signed(key: &dyn SigningKey, scheme: SignatureScheme, header: &Value, claims: &Value) -> Result<String, KeyFault> {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let signer = key.choose_scheme(&[scheme]).ok_or(KeyFault::Broken)?;
    let signature = signer.sign(text.as_bytes()).map_err(|_| KeyFault::Broken)?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::{
        encoding::AsDer,
        rsa::{KeyPair as RsaKeyPair, KeySize},
        signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey},
    };
    use base64::engine::general_purpose::STANDARD;

    fn rsa() -> (String, Vec<u8>) {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let private: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
        let text = STANDARD.encode(private.as_ref());
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
        (pem, key.public_key().as_ref().to_vec())
    }

    fn certificate(key: &str) -> String {
        let key = rcgen::KeyPair::from_pem(key).unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 2, 3);
        params.self_signed(&key).unwrap().pem()
    }

    fn taken_apart(token: &str) -> (Value, Value, String, Vec<u8>) {
        let (text, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = text.split_once('.').unwrap();
        let value = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        (value(header), value(claims), text.to_owned(), URL_SAFE_NO_PAD.decode(signature).unwrap())
    }

    #[test]
    fn a_certificates_proof_is_signed_by_its_key_and_says_whom_it_is_for() {
        let (key, public) = rsa();
        let pem = format!("{}{key}", certificate(&key));
        let read = Certificate::read(pem.as_bytes()).unwrap();
        assert_eq!(read.ends_at, Some(1_927_843_200_000));
        let now = jiff::Timestamp::from_second(1_800_000_000).unwrap();
        let (header, claims, text, signature) = taken_apart(&read.proof("app", "https://x/token", now).unwrap());
        assert_eq!(header["alg"], json!("PS256"));
        let digest: Vec<u8> = URL_SAFE_NO_PAD.decode(header["x5t#S256"].as_str().unwrap()).unwrap();
        assert_eq!(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), read.fingerprint());
        assert_eq!(
            (&claims["aud"], &claims["iss"], &claims["sub"]),
            (&json!("https://x/token"), &json!("app"), &json!("app"))
        );
        assert_eq!(claims["exp"], json!(1_800_000_300));
        let verifier = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public);
        verifier.verify(text.as_bytes(), &signature).unwrap();
        let (_, again, ..) = taken_apart(&read.proof("app", "https://x/token", now).unwrap());
        assert_ne!(claims["jti"], again["jti"]);
    }

    #[test]
    fn a_service_accounts_proof_names_the_person() {
        let (key, public) = rsa();
        let mut file = json!({ "type": "service_account", "private_key_id": "k1", "private_key": key,
            "client_email": "post@p.iam.gserviceaccount.com", "client_id": "1234", "token_uri": "https://elsewhere.example" });
        let read = ServiceAccount::read(file.to_string().as_bytes()).unwrap();
        let now = jiff::Timestamp::from_second(1_800_000_000).unwrap();
        let token = read.proof(Some("info@w.test"), "https://mail.google.com/", "https://x/token", now).unwrap();
        let (header, claims, text, signature) = taken_apart(&token);
        assert_eq!((&header["alg"], &header["kid"]), (&json!("RS256"), &json!("k1")));
        assert_eq!((&claims["sub"], &claims["iss"]), (&json!("info@w.test"), &json!("post@p.iam.gserviceaccount.com")));
        let verifier = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
        verifier.verify(text.as_bytes(), &signature).unwrap();
        file["type"] = json!("authorized_user");
        assert_eq!(ServiceAccount::read(file.to_string().as_bytes()).unwrap_err(), KeyFault::NotServiceAccount);
        assert_eq!(ServiceAccount::read(b"{}").unwrap_err(), KeyFault::NotServiceAccount);
    }

    #[test]
    fn what_is_wrong_with_a_key_is_said_and_nothing_of_it_is_printed() {
        let ((key, _), (other, _)) = (rsa(), rsa());
        let pem = certificate(&key);
        let fault = |pem: String| Certificate::read(pem.as_bytes()).unwrap_err();
        assert_eq!(fault(key.clone()), KeyFault::NoCertificate);
        assert_eq!(fault(pem.clone()), KeyFault::NoKey);
        assert_eq!(fault(format!("{pem}{other}")), KeyFault::OtherKey);
        assert_eq!(fault(format!("{pem}{}", key.replace("PRIVATE", "ENCRYPTED PRIVATE"))), KeyFault::Locked);
        let curve = rcgen::KeyPair::generate().unwrap();
        let made = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&curve).unwrap().pem();
        assert_eq!(fault(format!("{made}{}", curve.serialize_pem())), KeyFault::NoKey);
        let read = Certificate::read(format!("{pem}{key}").as_bytes()).unwrap();
        assert!(!format!("{read:?}").contains("key"));
    }
}
