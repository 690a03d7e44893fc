//! The posts that Mailgun makes: signed, and made again with the same signature when nobody took them
//! (documentation.mailgun.com, Webhooks and Receiving: 200 takes, 406 refuses for good, anything else is tried again).

use super::form::{self, Field};
use crate::{fault, server::Shared};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

/// How long whoever is posted to may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A post.
#[derive(Debug, Clone)]
pub struct Posted {
    /// To which address.
    pub url: String,
    /// Its `Content-Type`.
    pub kind: String,
    /// Its body.
    pub body: Vec<u8>,
    /// What each try was answered with; 0 for nothing.
    pub answers: Vec<u16>,
    /// It got lost, and is not made again.
    pub is_lost: bool,
}

impl Posted {
    fn new(url: &str, kind: &str, body: Vec<u8>) -> Posted {
        Posted { url: url.to_owned(), kind: kind.to_owned(), body, answers: Vec::new(), is_lost: false }
    }

    pub(super) fn shown(&self) -> Value {
        json!({ "url": self.url, "content_type": self.kind, "body": String::from_utf8_lossy(&self.body),
            "answers": self.answers, "lost": self.is_lost })
    }

    /// Nobody took it and nobody refused it for good.
    fn is_open(&self) -> bool {
        !self.is_lost && !self.answers.last().is_some_and(|answer| matches!(answer, 200 | 406))
    }
}

/// The time, a token and the signature over both (documentation.mailgun.com, Securing webhooks).
fn signature(key: &str) -> [String; 3] {
    let timestamp = jiff::Timestamp::now().as_second().to_string();
    let token = format!("{:032x}{:018x}", rand::random::<u128>(), rand::random::<u64>() >> 8);
    let signed = signed(key, &timestamp, &token);
    [timestamp, token, signed]
}

/// The signature of a time and a token.
pub(super) fn signed(key: &str, timestamp: &str, token: &str) -> String {
    // Any length of key will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(timestamp.as_bytes());
    mac.update(token.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A form, with its signature among the fields.
pub(super) fn of_fields(key: &str, url: &str, mut fields: Vec<Field>) -> Posted {
    let [timestamp, token, signature] = signature(key);
    for (name, value) in [("timestamp", timestamp), ("token", token), ("signature", signature)] {
        fields.push(Field::new(name, value));
    }
    let (kind, body) = form::written(&fields);
    Posted::new(url, &kind, body)
}

/// An event, with its signature beside it.
pub(super) fn of_event(key: &str, url: &str, event: &Value) -> Posted {
    let [timestamp, token, signature] = signature(key);
    let body =
        json!({ "signature": { "timestamp": timestamp, "token": token, "signature": signature }, "event-data": event });
    Posted::new(url, "application/json", body.to_string().into_bytes())
}

/// Makes these posts, and waits for what is answered.
pub(super) async fn make(shared: &Shared, posts: Vec<Posted>) {
    for mut post in posts {
        let at = {
            let mut cloud = shared.cloud();
            let line = format!("mailgun post {}", post.url);
            post.is_lost = fault::take(&mut cloud.faults, &line, fault::To::Notification).is_some();
            cloud.mailgun.posted.push(post);
            cloud.mailgun.posted.len() - 1
        };
        once(shared, at).await;
    }
}

/// Makes those again that nobody took; says how many there were.
pub(super) async fn again(shared: &Shared) -> usize {
    let open: Vec<usize> = {
        let cloud = shared.cloud();
        let posted = cloud.mailgun.posted.iter().enumerate();
        posted.filter(|(_, post)| post.is_open()).map(|(at, _)| at).collect()
    };
    for at in &open {
        once(shared, *at).await;
    }
    open.len()
}

async fn once(shared: &Shared, at: usize) {
    let Some(post) = shared.cloud().mailgun.posted.get(at).cloned() else { return };
    if post.is_lost {
        return;
    }
    let asked = shared.client.post(&post.url).header("content-type", &post.kind).body(post.body);
    let answer = asked.timeout(PATIENCE).send().await.map_or(0, |answer| answer.status().as_u16());
    if let Some(post) = shared.cloud().mailgun.posted.get_mut(at) {
        post.answers.push(answer);
    }
}
