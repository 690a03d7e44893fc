//! News that Google's Pub/Sub keeps for us until we come for them, for a server that Google does not reach
//! (cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions/pull). They say as little as those that are posted.

use super::{fault, push::mailbox_in};
use crate::{
    Bearer, ConnectError, World,
    line::{Line, Manner, Question},
};
use reqwest::Method;
use serde_json::{Value, json};

/// What a token has to open.
pub const NEWS_SCOPE: &str = "https://www.googleapis.com/auth/pubsub";
/// News taken in one answer.
const AT_MOST: u32 = 100;

const MANNER: Manner =
    Manner { name: "Google", at_once: 2, header: None, meaning: fault::meaning, units_a_minute: None };

/// A subscription from which news are fetched.
#[derive(Debug)]
pub struct Subscription {
    line: Line,
    /// `/v1/projects/PROJECT/subscriptions/NAME`.
    path: String,
}

/// News that were taken. They come again unless they are acknowledged.
#[derive(Debug, Default)]
pub struct Taken {
    /// The mailboxes in which something happened.
    pub mailboxes: Vec<String>,
    /// What acknowledges them.
    pub tickets: Vec<String>,
}

impl Subscription {
    /// The one of that name, with tokens of whoever may read it.
    pub fn new(world: &World, name: &str, bearer: Box<dyn Bearer>) -> Result<Subscription, ConnectError> {
        let line = Line::new(world, MANNER, &world.vendors.google_news, "", bearer)?;
        Ok(Subscription { line, path: format!("/v1/{name}") })
    }

    /// Waits until there are news, for as long as Google lets us: there may be none.
    pub async fn take(&self) -> Result<Taken, ConnectError> {
        self.pull(&json!({ "maxMessages": AT_MOST })).await
    }

    /// Whether we may read it. What would come of it is left there.
    pub async fn is_open(&self) -> Result<(), ConnectError> {
        self.pull(&json!({ "maxMessages": 1, "returnImmediately": true })).await.map(|_| ())
    }

    async fn pull(&self, wanted: &Value) -> Result<Taken, ConnectError> {
        // Asked twice, what was taken the first time comes again a little later.
        let question = Question::new(Method::POST, format!("{}:pull", self.path), true).json(wanted).slowly();
        let said = self.line.json(question).await?;
        let mut taken = Taken::default();
        for one in said["receivedMessages"].as_array().into_iter().flatten() {
            taken.tickets.extend(one["ackId"].as_str().map(str::to_owned));
            taken.mailboxes.extend(mailbox_in(&one["message"]));
        }
        taken.mailboxes.sort_unstable();
        taken.mailboxes.dedup();
        Ok(taken)
    }

    /// They need not come again.
    pub async fn acknowledge(&self, taken: &Taken) -> Result<(), ConnectError> {
        let question = Question::new(Method::POST, format!("{}:acknowledge", self.path), true);
        self.line.json(question.json(&json!({ "ackIds": taken.tickets }))).await.map(|_| ())
    }
}
