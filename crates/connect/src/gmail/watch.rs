//! Having Google tell of what happens in a mailbox (developers.google.com/workspace/gmail/api/guides/push). It only wakes us: what
//! happened is asked for as ever, and whatever is not told is found at the next interval.

use super::USER;
use crate::{
    ConnectError,
    line::{Line, Question},
};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// Google tells for a week; it advises to say so again each day.
const AGAIN: Duration = Duration::from_secs(24 * 3600);
/// When it refuses: a topic that is not there yet, or that Gmail may not write to.
const AFTER_REFUSAL: Duration = Duration::from_secs(3600);
/// What it costs, in units.
const COST: u32 = 100;

/// Whether somebody is told, and when that is to be said again.
#[derive(Debug)]
pub struct Watch {
    topic: String,
    again_at: Instant,
}

impl Watch {
    /// News of the mailbox are to go to this topic.
    pub fn new(topic: String) -> Watch {
        Watch { topic, again_at: Instant::now() }
    }

    /// Says so when it is time. That it is refused keeps nobody from fetching.
    pub async fn renew(&mut self, line: &Line) {
        if Instant::now() < self.again_at {
            return;
        }
        let wait = match self.ask(line).await {
            Ok(()) => AGAIN,
            Err(error) => {
                tracing::warn!(%error, topic = self.topic, "Google does not tell of new mail; it is seen at the interval");
                AFTER_REFUSAL
            }
        };
        self.again_at = Instant::now() + wait;
    }

    async fn ask(&self, line: &Line) -> Result<(), ConnectError> {
        let question = Question::new(Method::POST, format!("{USER}/watch"), true);
        line.json(question.json(&json!({ "topicName": self.topic })).costing(COST)).await.map(|_| ())
    }
}
