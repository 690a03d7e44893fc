//! Keys by which apps prove who they are in place of a secret, and the proofs that they sign (RFC 7523): made here, so that
//! whoever tries has one, and looked at as strictly as the originals do.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::{
        KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The public half of a key that somebody registered.
#[derive(Debug, Clone)]
pub struct Registered {
    /// How proofs name it: the SHA-256 of the certificate, or the number of a key.
    pub name: String,
    public: Vec<u8>,
}

/// A new RSA key: the private half as PEM, and the public one.
fn pair() -> (String, Vec<u8>) {
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let private: Pkcs8V1Der<'_> = key.as_der().expect("a key can be written");
    let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    for line in STANDARD.encode(private.as_ref()).as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    (pem + "-----END PRIVATE KEY-----\n", key.public_key().as_ref().to_vec())
}

/// A new certificate with its private key, as PEM, that ends on the last day of this year.
pub(crate) fn certificate(year: i32) -> (String, Registered) {
    let (private, public) = pair();
    let key = rcgen::KeyPair::from_pem(&private).expect("the key that was just made");
    let mut params = rcgen::CertificateParams::new(Vec::new()).expect("no names");
    params.distinguished_name.push(rcgen::DnType::CommonName, "Postkamer (simulator)");
    params.not_after = rcgen::date_time_ymd(year, 12, 31);
    let made = params.self_signed(&key).expect("a certificate");
    let name = URL_SAFE_NO_PAD.encode(Sha256::digest(made.der()));
    (format!("{}{private}", made.pem()), Registered { name, public })
}

/// A new key with a number.
pub(crate) fn numbered() -> (String, Registered) {
    let (private, public) = pair();
    (private, Registered { name: format!("{:040x}", rand::random::<u128>()), public })
}

/// What a proof says, once its signature holds. The header names the key under `by`.
pub(crate) fn claims(proof: &str, by: &str, keys: &[Registered]) -> Result<Value, &'static str> {
    let (text, signature) = proof.rsplit_once('.').ok_or("malformed")?;
    let (header, claims) = text.split_once('.').ok_or("malformed")?;
    let value = |part: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    let (header, claims) = (value(header).ok_or("malformed")?, value(claims).ok_or("malformed")?);
    let key = keys.iter().find(|key| header[by] == key.name.as_str()).ok_or("the key was not found")?;
    let algorithm: &dyn VerificationAlgorithm = match header["alg"].as_str() {
        Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        _ => return Err("the algorithm is not supported"),
    };
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "malformed")?;
    let verifier = UnparsedPublicKey::new(algorithm, &key.public);
    verifier.verify(text.as_bytes(), &signature).map_err(|_| "the signature is wrong")?;
    Ok(claims)
}

/// Whether a proof is for now, and for no longer than so many seconds.
pub(crate) fn is_timely(claims: &Value, longest: i64) -> bool {
    let now = Timestamp::now().as_second();
    let of = |name: &str| claims[name].as_i64();
    let begins = of("nbf").or(of("iat")).unwrap_or(now);
    of("exp").is_some_and(|ends| ends > now && ends - begins <= longest) && begins <= now
}
