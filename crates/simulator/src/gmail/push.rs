//! Google's Pub/Sub, as far as Gmail tells over it: a post with a token that Google signed
//! (developers.google.com/workspace/gmail/api/guides/push).

use crate::{asked::Reply, fault, server::Shared};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    sync::{LazyLock, OnceLock},
    time::Duration,
};

/// Where Google shows its keys.
pub const CERTIFICATES: &str = "/oauth2/v3/certs";
const KEY_ID: &str = "simulator-google";
/// How long a token lasts, in seconds.
const LASTS: i64 = 3600;

/// A subscription that is posted.
#[derive(Debug, Clone, Deserialize)]
pub struct Subscription {
    /// The topic of which it brings the news.
    pub topic: String,
    /// Where they are posted.
    pub address: String,
    /// For whom the token is; usually the same address.
    pub audience: String,
    /// The service account in whose name.
    pub service_account: String,
}

static KEY: LazyLock<Option<RsaKeyPair>> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).ok());

/// The public half of the key, as Google shows its own.
pub(crate) fn certificates() -> Reply {
    static SHOWN: OnceLock<Value> = OnceLock::new();
    let shown = SHOWN.get_or_init(|| {
        let numbers = KEY.as_ref().map(|key| {
            let public = key.public_key();
            let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            (
                text(public.modulus().big_endian_without_leading_zero()),
                text(public.exponent().big_endian_without_leading_zero()),
            )
        });
        let (n, e) = numbers.unwrap_or_default();
        json!({ "keys": [{ "kty": "RSA", "kid": KEY_ID, "use": "sig", "alg": "RS256", "n": n, "e": e }] })
    });
    Reply::json(200, shown)
}

/// A token of Google's that says this of who calls.
pub fn token_of_google(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "RS256", "kid": KEY_ID, "typ": "JWT" })), part(claims));
    let Some(key) = KEY.as_ref() else { return signed };
    let mut signature = vec![0; key.public_modulus_len()];
    // A key that can't sign makes a token that nobody believes.
    let _ = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature);
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Posts what happened in mailboxes that are watched, without waiting for who hears it.
pub(crate) fn notify(shared: &Shared) {
    let mut cloud = shared.cloud();
    let now = Timestamp::now();
    let mut news = Vec::new();
    for mailbox in &mut cloud.google.mailboxes {
        let Some(watch) = &mut mailbox.watch else { continue };
        if watch.told < mailbox.history && now < watch.ends_at {
            watch.told = mailbox.history;
            news.push((watch.topic.clone(), mailbox.address.clone(), mailbox.history));
        }
    }
    for (topic, whose, history) in news {
        if fault::take(&mut cloud.faults, &whose, fault::To::Notification).is_some() {
            continue;
        }
        for one in cloud.google.kept.iter_mut().filter(|one| one.topic == topic) {
            let said = json!({ "emailAddress": whose, "historyId": history }).to_string();
            one.keep(json!({
                "data": STANDARD.encode(said), "messageId": history.to_string(), "publishTime": now.to_string(),
            }));
        }
        for one in cloud.google.subscriptions.iter().filter(|one| one.topic == topic).cloned() {
            let said = json!({ "emailAddress": whose, "historyId": history }).to_string();
            let body = json!({
                "message": { "data": STANDARD.encode(said), "messageId": history.to_string(), "publishTime": now.to_string() },
                "subscription": topic.replace("/topics/", "/subscriptions/"),
            });
            let seconds = now.as_second();
            let token = token_of_google(&json!({
                "iss": "https://accounts.google.com", "aud": one.audience, "sub": "113774264463038321964",
                "azp": "113774264463038321964", "email": one.service_account, "email_verified": true,
                "iat": seconds, "exp": seconds + LASTS,
            }));
            let client = shared.client.clone();
            tokio::spawn(async move {
                let posted = client.post(one.address).bearer_auth(token).json(&body).timeout(Duration::from_secs(10));
                // Whether anybody heard it is their business: it only wakes.
                let _ = posted.send().await;
            });
        }
    }
}
