//! What Mailgun posts to us: mail that came in, and what became of mail that left. Read here, believed only when it is
//! signed (documentation.mailgun.com, Securing webhooks).

use super::{form::Field, log::Event, whole};
use crate::Secret;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// How old a signature may be, in milliseconds. Mailgun tries again for eight hours, and clocks differ.
const WINDOW: i64 = 24 * 3_600_000;

/// Why a post is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// No signature, or no whole one.
    #[error("the post is not signed")]
    Unsigned,
    /// It was not made with our key.
    #[error("the signature was not made with the signing key of this domain")]
    Forged,
    /// It is older, or newer, than a day.
    #[error("the signature is more than a day old")]
    Stale,
}

/// What a post is signed with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signature {
    /// Seconds since 1970.
    pub timestamp: String,
    /// Fifty characters that come once.
    pub token: String,
    /// `hex(HMAC-SHA-256(key, timestamp + token))`.
    pub signature: String,
}

impl Signature {
    /// Whether it was made with this key, within a day of `now` (milliseconds since 1970). Compared in constant time.
    pub fn proven(&self, key: &Secret, now: i64) -> Result<(), Unproven> {
        let is_bounded = |text: &str| !text.is_empty() && text.len() <= 200;
        if !is_bounded(&self.timestamp) || !is_bounded(&self.token) {
            return Err(Unproven::Unsigned);
        }
        let signed = from_hex(&self.signature).ok_or(Unproven::Unsigned)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(key.reveal()).map_err(|_| Unproven::Forged)?;
        mac.update(self.timestamp.as_bytes());
        mac.update(self.token.as_bytes());
        mac.verify_slice(&signed).map_err(|_| Unproven::Forged)?;
        let seconds: i64 = self.timestamp.parse().map_err(|_| Unproven::Unsigned)?;
        let apart = now.saturating_sub(seconds.saturating_mul(1000)).saturating_abs();
        if apart > WINDOW { Err(Unproven::Stale) } else { Ok(()) }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.trim().chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() == 64)?;
    Some(digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
}

/// The mail that was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// As it came in, byte for byte (an address that ends in `mime`).
    Whole(Bytes),
    /// Kept at Mailgun, to be had there.
    Stored(String),
    /// Put together here from the parts that it came in.
    Parts(Bytes),
}

/// A mail that came in.
#[derive(Debug, Clone)]
pub struct Post {
    /// What it is signed with.
    pub signature: Signature,
    /// Of all that was posted: the same post again has the same.
    pub digest: [u8; 32],
    /// Whom the mail is for.
    pub recipients: Vec<String>,
    /// The mail; `None`: there is none in it.
    pub body: Option<Body>,
}

/// Reads the fields of a post about a mail that came in.
pub fn read_post(fields: &[Field]) -> Post {
    let text = |name: &str| fields.iter().find(|field| field.name == name).map(Field::text).unwrap_or_default();
    let recipients = text("recipient");
    let recipients = recipients.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned);
    let raw = fields.iter().find(|field| field.name == "body-mime" && !field.value.is_empty());
    let body = match (raw, text("message-url")) {
        (Some(raw), _) => Some(Body::Whole(raw.value.clone())),
        (None, url) if !url.is_empty() => Some(Body::Stored(url)),
        _ => whole::of_parts(fields).map(Body::Parts),
    };
    Post {
        signature: Signature { timestamp: text("timestamp"), token: text("token"), signature: text("signature") },
        digest: digest(fields),
        recipients: recipients.collect(),
        body,
    }
}

/// Of the fields and not of the bytes: what lies between parts is made anew at every try.
fn digest(fields: &[Field]) -> [u8; 32] {
    let mut each: Vec<[u8; 32]> = fields
        .iter()
        .map(|field| {
            let mut one = Sha256::new();
            one.update(field.name.as_bytes());
            one.update([0]);
            one.update(&field.value);
            one.finalize().into()
        })
        .collect();
    each.sort_unstable();
    let mut all = Sha256::new();
    for one in each {
        all.update(one);
    }
    all.finalize().into()
}

/// Reads a post about what became of a mail. `None`: it is none. The event is `None` for a kind that says nothing of a
/// delivery.
pub fn read_event(body: &[u8]) -> Option<(Signature, [u8; 32], Option<Event>)> {
    let said: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| match &said["signature"][name] {
        Value::Number(number) => number.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let signature = Signature { timestamp: text("timestamp"), token: text("token"), signature: text("signature") };
    let event = &said["event-data"];
    event.is_object().then(|| (signature, Sha256::digest(event.to_string().as_bytes()).into(), Event::read(event)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000;

    /// By Python's `hmac`, so that one mistake is not made twice:
    /// `hmac.new(b"teken-sleutel", b"1795000000" + b"a" * 50, "sha256").hexdigest()`.
    const BY_PYTHON: &str = "604fa5104e3029f84d8c476233fe12285081931e79d5665c0a9156552b094620";

    fn signed() -> Signature {
        Signature { timestamp: "1795000000".into(), token: "a".repeat(50), signature: BY_PYTHON.into() }
    }

    #[test]
    fn a_signature_of_our_key_is_believed_for_a_day() {
        let key = Secret::new("teken-sleutel");
        let hours = |hours: i64| signed().proven(&key, NOW + hours * 3_600_000);
        assert_eq!((hours(0), hours(8), hours(-1)), (Ok(()), Ok(()), Ok(())));
        assert_eq!((hours(30), hours(-30)), (Err(Unproven::Stale), Err(Unproven::Stale)));
    }

    #[test]
    fn what_another_signed_or_nobody_is_not_believed() {
        let key = Secret::new("teken-sleutel");
        assert_eq!(signed().proven(&Secret::new("een ander"), NOW), Err(Unproven::Forged));
        for other in [
            Signature { timestamp: "1795000001".into(), ..signed() },
            Signature { token: "b".repeat(50), ..signed() },
            Signature { signature: "0".repeat(64), ..signed() },
        ] {
            assert_eq!(other.proven(&key, NOW), Err(Unproven::Forged), "{other:?}");
        }
        for none in ["", "00", "zz", &BY_PYTHON[..62], &format!("{BY_PYTHON}00")] {
            let none = Signature { signature: none.to_owned(), ..signed() };
            assert_eq!(none.proven(&key, NOW), Err(Unproven::Unsigned), "{none:?}");
        }
        assert_eq!(Signature::default().proven(&key, NOW), Err(Unproven::Unsigned));
    }

    fn field(name: &str, value: &str) -> Field {
        Field { name: name.into(), file_name: None, kind: None, value: value.to_owned().into() }
    }

    #[test]
    fn the_same_fields_in_another_order_are_the_same_post_and_other_fields_are_not() {
        let one = read_post(&[field("recipient", "a@x.nl, b@x.nl"), field("body-mime", "From: x\r\n\r\n")]);
        let other = read_post(&[field("body-mime", "From: x\r\n\r\n"), field("recipient", "a@x.nl, b@x.nl")]);
        assert_eq!(one.digest, other.digest);
        assert_eq!(one.recipients, ["a@x.nl", "b@x.nl"]);
        assert_ne!(one.digest, read_post(&[field("body-mime", "From: y\r\n\r\n")]).digest);
        assert_eq!(read_post(&[field("recipient", "a@x.nl")]).body, None);
        let kept = read_post(&[field("message-url", "https://x"), field("body-plain", "dag")]);
        assert_eq!(kept.body, Some(Body::Stored("https://x".into())));
    }
}
