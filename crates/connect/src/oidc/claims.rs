//! Whether an ID token is what it should be (OpenID Connect Core §3.1.3.7).

use super::keys::{Algorithm, Keys};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// How far two clocks may be apart, in seconds.
const SKEW: f64 = 120.0;
/// A token comes straight from the provider: one that says it is this old was made by another clock, in seconds.
const OLDEST: f64 = 600.0;
/// Longer ones are nobody's.
const LONGEST: usize = 64 << 10;

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who made it.
    pub issuer: &'a str,
    /// For whom.
    pub client_id: &'a str,
    /// In answer to which question.
    pub nonce: &'a str,
    /// What time it is, in milliseconds since 1970.
    pub now: i64,
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It is no token.
    #[error("malformed")]
    Malformed,
    /// It is signed in a way that we do not take, or not at all.
    #[error("algorithm")]
    Algorithm,
    /// No key of the provider signed it.
    #[error("signature")]
    Signature,
    /// Another provider made it.
    #[error("issuer")]
    Issuer,
    /// It is for somebody else.
    #[error("audience")]
    Audience,
    /// It is over, or not from now: one of the clocks is wrong.
    #[error("time")]
    Time,
    /// It answers another question.
    #[error("nonce")]
    Nonce,
    /// It does not say who it is about, or what was added is about somebody else.
    #[error("subject")]
    Subject,
}

/// What a provider says of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// Its own id of them, which never becomes somebody else's.
    pub subject: String,
    /// Their address.
    pub email: Option<String>,
    /// Whether it knows that the address is theirs; `None`: it does not say.
    pub email_verified: Option<bool>,
    /// What they are called.
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What must be understood (RFC 7515 §4.1.11): we understand nothing of it.
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Body {
    iss: String,
    aud: Value,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    #[serde(flatten)]
    said: Said,
}

/// What is said of somebody, in a token or at the place for more.
#[derive(Deserialize)]
pub(super) struct Said {
    sub: String,
    email: Option<String>,
    /// Some write it as a text.
    email_verified: Option<Value>,
    name: Option<String>,
}

impl From<Said> for Claims {
    fn from(said: Said) -> Claims {
        let verified = said.email_verified.and_then(|word| match word {
            Value::Bool(is) => Some(is),
            Value::String(text) => Some(text == "true"),
            _ => None,
        });
        let full = |text: &String| !text.trim().is_empty();
        Claims {
            subject: said.sub,
            email: said.email.filter(full),
            email_verified: verified,
            name: said.name.filter(full),
        }
    }
}

/// What the token says, when all of it is as it should be.
pub fn check(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, TokenFault> {
    let body = verified(token, keys)?;
    if body.iss != expected.issuer {
        return Err(TokenFault::Issuer);
    }
    if !is_for(&body, expected.client_id) {
        return Err(TokenFault::Audience);
    }
    let now = expected.now as f64 / 1000.0;
    if !is_now(&body, now) || body.iat + OLDEST < now {
        return Err(TokenFault::Time);
    }
    if body.nonce.as_deref() != Some(expected.nonce) {
        return Err(TokenFault::Nonce);
    }
    about(body)
}

/// What the token of a program says that calls us by itself: made by one of these issuers, for this audience, and not over. It
/// may have been made some time ago, and answers no question.
pub fn check_caller(
    token: &str,
    keys: &Keys,
    issuers: &[&str],
    audience: &str,
    now: i64,
) -> Result<Claims, TokenFault> {
    let body = verified(token, keys)?;
    if !issuers.contains(&body.iss.as_str()) {
        return Err(TokenFault::Issuer);
    }
    if body.aud != audience {
        return Err(TokenFault::Audience);
    }
    if !is_now(&body, now as f64 / 1000.0) {
        return Err(TokenFault::Time);
    }
    about(body)
}

/// What stands in a token that one of the keys signed.
fn verified(token: &str, keys: &Keys) -> Result<Body, TokenFault> {
    let mut pieces = token.split('.');
    let (Some(head), Some(body), Some(signature), None) = (pieces.next(), pieces.next(), pieces.next(), pieces.next())
    else {
        return Err(TokenFault::Malformed);
    };
    if token.len() > LONGEST {
        return Err(TokenFault::Malformed);
    }
    let header: Header = part(head)?;
    let algorithm = Algorithm::from_name(&header.alg).filter(|_| header.crit.is_none());
    let algorithm = algorithm.ok_or(TokenFault::Algorithm)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenFault::Malformed)?;
    // First of all: before it, nothing in the token means anything.
    keys.verify(algorithm, header.kid.as_deref(), format!("{head}.{body}").as_bytes(), &signature)?;
    part(body)
}

/// It has begun and is not over, in seconds since 1970.
fn is_now(body: &Body, now: f64) -> bool {
    let begins = body.nbf.unwrap_or(body.iat).max(body.iat);
    body.exp + SKEW > now && begins <= now + SKEW
}

fn about(body: Body) -> Result<Claims, TokenFault> {
    if body.said.sub.is_empty() || body.said.sub.len() > 255 {
        return Err(TokenFault::Subject);
    }
    Ok(body.said.into())
}

/// For us, and asked by us (§3.1.3.7, 3 to 5).
fn is_for(body: &Body, client_id: &str) -> bool {
    let (is_among, others) = match &body.aud {
        Value::String(one) => (one == client_id, 0),
        Value::Array(all) => (all.iter().any(|one| one == client_id), all.len().saturating_sub(1)),
        _ => (false, 0),
    };
    let asked = match body.azp.as_deref() {
        Some(party) => party == client_id,
        None => others == 0,
    };
    is_among && asked
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, TokenFault> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenFault::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenFault::Malformed)
}
