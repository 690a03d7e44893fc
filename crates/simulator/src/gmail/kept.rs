//! Subscriptions of Pub/Sub whose news are kept until somebody comes for them
//! (cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions).

use super::{error, fault};
use crate::{
    asked::{Asked, Reply},
    cloud::Cloud,
    server::Shared,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// What a token has to open.
pub(crate) const NEWS_SCOPE: &str = "https://www.googleapis.com/auth/pubsub";
/// How long somebody who comes is kept waiting for news; the original takes longer.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);
/// What is not acknowledged within this time is given out again.
const AGAIN: SignedDuration = SignedDuration::from_secs(10);

/// A subscription whose news are kept.
#[derive(Debug, Clone, Deserialize)]
pub struct KeptSubscription {
    /// `projects/PROJECT/subscriptions/NAME`.
    pub name: String,
    /// The topic of which it keeps the news.
    pub topic: String,
    /// The service account that may read it.
    pub reader: String,
    #[serde(skip)]
    waiting: Vec<Waiting>,
}

#[derive(Debug, Clone)]
struct Waiting {
    ticket: String,
    message: Value,
    /// Not before this it is given out, again.
    free_at: Timestamp,
}

impl KeptSubscription {
    /// One without news.
    pub fn new(name: &str, topic: &str, reader: &str) -> KeptSubscription {
        let (name, topic, reader) = (name.to_owned(), topic.to_owned(), reader.to_owned());
        KeptSubscription { name, topic, reader, waiting: Vec::new() }
    }

    /// News that nobody has acknowledged.
    pub fn left(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn keep(&mut self, message: Value) {
        let ticket = format!("{:032x}", rand::random::<u128>());
        self.waiting.push(Waiting { ticket, message, free_at: Timestamp::now() });
    }

    fn taken(&mut self, most: usize) -> Vec<Value> {
        let now = Timestamp::now();
        let free = self.waiting.iter_mut().filter(|one| one.free_at <= now).take(most);
        let taken = free.map(|one| {
            one.free_at = now + AGAIN;
            json!({ "ackId": one.ticket, "message": one.message })
        });
        taken.collect()
    }
}

/// Whether a path is one of Pub/Sub.
pub(crate) fn is_of_news(path: &str) -> bool {
    path.starts_with("/v1/projects/")
}

/// The answer to a request, which may wait for news.
pub(crate) async fn answer(shared: &Shared, asked: &Asked) -> Reply {
    let path = asked.path.get(1..).unwrap_or_default().join("/");
    let Some((name, deed)) = path.rsplit_once(':').filter(|_| asked.method == "POST") else { return not_found(&path) };
    let body = asked.json().unwrap_or_default();
    let begun = tokio::time::Instant::now();
    loop {
        {
            let mut cloud = shared.cloud();
            let subscription = match readable(&mut cloud, asked, name) {
                Ok(subscription) => subscription,
                Err(reply) => return reply,
            };
            match deed {
                "pull" => {
                    let most = body["maxMessages"].as_u64().unwrap_or_default() as usize;
                    if most == 0 {
                        let words = "You have passed an invalid argument to the service (argument=max_messages).";
                        return error(400, "badRequest", "INVALID_ARGUMENT", words);
                    }
                    let taken = subscription.taken(most);
                    if !taken.is_empty() {
                        return Reply::json(200, &json!({ "receivedMessages": taken }));
                    }
                    if body["returnImmediately"] == json!(true) || begun.elapsed() > PATIENCE {
                        return Reply::json(200, &json!({}));
                    }
                }
                "acknowledge" => {
                    let is_named = |one: &Waiting| {
                        body["ackIds"].as_array().into_iter().flatten().any(|ticket| *ticket == one.ticket.as_str())
                    };
                    subscription.waiting.retain(|one| !is_named(one));
                    return Reply::json(200, &json!({}));
                }
                _ => return not_found(&path),
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn not_found(name: &str) -> Reply {
    error(404, "notFound", "NOT_FOUND", &format!("Resource not found (resource={name})."))
}

fn readable<'a>(cloud: &'a mut Cloud, asked: &Asked, name: &str) -> Result<&'a mut KeptSubscription, Reply> {
    let token = asked.headers.get("authorization").and_then(|said| said.strip_prefix("Bearer ")).unwrap_or_default();
    let Some(access) = cloud.grants.opens(token).cloned() else { return Err(fault::token_refused()) };
    if !access.scope.split(' ').any(|scope| scope == NEWS_SCOPE) {
        let words = "Request had insufficient authentication scopes.";
        return Err(error(403, "insufficientPermissions", "PERMISSION_DENIED", words));
    }
    let Some(found) = cloud.google.kept.iter_mut().find(|one| one.name == name) else { return Err(not_found(name)) };
    if access.app.as_deref() != Some(found.reader.as_str()) {
        let words = "User not authorized to perform this action.";
        return Err(error(403, "forbidden", "PERMISSION_DENIED", words));
    }
    Ok(found)
}
