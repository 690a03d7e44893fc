//! News that Google's Pub/Sub posts to us: in which mailbox something happened, and nothing of what
//! (developers.google.com/workspace/gmail/api/guides/push). Whoever posts shows a token that Google signed for a service account
//! (cloud.google.com/pubsub/docs/authenticate-push-subscriptions).

use crate::{
    ConnectError, World,
    http::straight_client,
    oidc::{Keys, TokenFault, check_caller},
};
use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use reqwest::Method;
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::LazyLock,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// Both spellings are met, with their end and without.
const EITHER: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, EITHER);
const FOR_ADDRESSES: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, EITHER);
/// Who signs; the second is how older tokens say it.
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];
/// More keys than anybody shows.
const LIMIT_BYTES: usize = 256 << 10;
const DEADLINE: Duration = Duration::from_secs(10);
/// Keys are looked up again after this time, and when a token names one that is not among them: but no sooner than that.
const KEYS_LAST: Duration = Duration::from_secs(6 * 3600);
const KEYS_REST: Duration = Duration::from_secs(60);

/// By the address at which they are shown.
static KEYS: LazyLock<Mutex<HashMap<String, (Keys, Instant)>>> = LazyLock::new(Mutex::default);

/// Why a post is not believed.
#[derive(Debug, thiserror::Error)]
pub enum Unbelieved {
    /// Its token is not what it should be.
    #[error("the token is wrong: {0}")]
    Token(#[from] TokenFault),
    /// It says not for which account it was made, or nobody checked that.
    #[error("the token is of nobody")]
    Nobody,
    /// Google's keys could not be had: it may be right.
    #[error("Google's keys could not be read: {0}")]
    NoKeys(ConnectError),
}

/// The mailbox in which something happened; `None` when the post says nothing of the kind.
pub fn mailbox_of(post: &[u8]) -> Option<String> {
    let post: Value = serde_json::from_slice(post).ok()?;
    mailbox_in(&post["message"])
}

/// The same of the message inside.
pub(super) fn mailbox_in(message: &Value) -> Option<String> {
    let data = message["data"].as_str()?;
    let said = PLAIN.decode(data).or_else(|_| FOR_ADDRESSES.decode(data)).ok()?;
    let said: Value = serde_json::from_slice(&said).ok()?;
    said["emailAddress"].as_str().filter(|address| address.contains('@')).map(str::to_owned)
}

/// The service account that shows this token to `audience`, at a moment in milliseconds since 1970.
pub async fn caller(world: &World, token: &str, audience: &str, now: i64) -> Result<String, Unbelieved> {
    let url = &world.vendors.google_keys;
    let check = |keys: &Keys| check_caller(token, keys, &ISSUERS, audience, now);
    let mut known = KEYS.lock().await;
    let kept = known.get(url).filter(|(_, since)| since.elapsed() < KEYS_LAST);
    let checked = match kept {
        // A key that is not known may be a new one of theirs.
        Some((keys, since)) => match check(keys) {
            Err(TokenFault::Signature) if since.elapsed() >= KEYS_REST => None,
            checked => Some(checked),
        },
        None => None,
    };
    let claims = match checked {
        Some(checked) => checked?,
        None => {
            let keys = keys(world, url).await.map_err(Unbelieved::NoKeys)?;
            let checked = check(&keys);
            known.insert(url.clone(), (keys, Instant::now()));
            checked?
        }
    };
    claims.email.filter(|_| claims.email_verified == Some(true)).ok_or(Unbelieved::Nobody)
}

async fn keys(world: &World, url: &str) -> Result<Keys, ConnectError> {
    let client = straight_client(world)?;
    let answer = client.answer_within(client.request(Method::GET, url)?, LIMIT_BYTES, DEADLINE).await?;
    let keys = if answer.status == 200 { Keys::parse(&answer.body) } else { None };
    keys.ok_or_else(|| crate::line::later(crate::error::Cause::Protocol, "what is there is no set of keys"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_post_names_the_mailbox_and_whatever_else_comes_names_none() {
        let post =
            |data: &str| json!({ "message": { "data": data, "messageId": "7" }, "subscription": "s" }).to_string();
        // What Google's own page shows.
        let said = "eyJlbWFpbEFkZHJlc3MiOiAidXNlckBleGFtcGxlLmNvbSIsICJoaXN0b3J5SWQiOiAiMTIzNDU2Nzg5MCJ9";
        assert_eq!(mailbox_of(post(said).as_bytes()).as_deref(), Some("user@example.com"));
        assert_eq!(mailbox_of(post("bm9uc2Vucw").as_bytes()), None);
        assert_eq!(mailbox_of(b"{}"), None);
        assert_eq!(mailbox_of(b"<html>"), None);
    }
}
