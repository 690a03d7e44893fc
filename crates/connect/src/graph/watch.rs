//! Having Microsoft tell of what happens in a mailbox
//! (learn.microsoft.com/graph/change-notifications-delivery-webhooks). It only wakes us: what happened is asked for as ever, and
//! whatever is not told is found at the next interval.

use crate::{
    ConnectError, Secret,
    line::{Line, Question, encoded},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// How long Microsoft is asked to tell; mail may be told of for a week at most (learn.microsoft.com/graph/api/resources/subscription).
/// A short time, so that what a mailbox that was removed left behind ends by itself.
const LASTS: SignedDuration = SignedDuration::from_hours(24);
/// It is said again this often, and whenever Microsoft says that it must be: then nothing ends, a grant that has to be shown
/// again is, and whatever Microsoft dropped is made anew, though it could not reach us to say so.
const AGAIN: Duration = Duration::from_secs(15 * 60);
/// When it is refused, above all because Microsoft does not reach us.
const AFTER_REFUSAL: Duration = Duration::from_secs(3600);

/// Where Microsoft tells of a mailbox, and the word by which we know that it was told so by us.
#[derive(Debug)]
pub struct News {
    /// Reached by Microsoft, over https.
    pub address: String,
    /// At most 128 characters.
    pub word: Secret,
}

/// Whether somebody is told, and when that is to be said again.
#[derive(Debug)]
pub struct Watch {
    news: News,
    /// What Microsoft calls it, once it was said.
    id: Option<String>,
    again_at: Instant,
}

impl Watch {
    /// News of the mailbox are to go there.
    pub fn new(news: News) -> Watch {
        Watch { news, id: None, again_at: Instant::now() }
    }

    /// Microsoft said that it ends, or did not tell: it is time.
    pub fn anew(&mut self) {
        self.again_at = Instant::now();
    }

    /// Says so when it is time. That it is refused keeps nobody from fetching.
    pub async fn renew(&mut self, line: &Line) {
        if Instant::now() < self.again_at {
            return;
        }
        let wait = match self.say(line).await {
            Ok(()) => AGAIN,
            Err(error) => {
                let address = &self.news.address;
                tracing::warn!(%error, address, "Microsoft does not tell of new mail; it is seen at the interval");
                AFTER_REFUSAL
            }
        };
        self.again_at = Instant::now() + wait;
    }

    async fn say(&mut self, line: &Line) -> Result<(), ConnectError> {
        let all = format!("{}/subscriptions", line.interface());
        let resource = line.below().trim_start_matches('/').replace("%40", "@");
        let resource = format!("{resource}/messages");
        let until = (Timestamp::now() + LASTS).to_string();
        if self.id.is_none() {
            self.id = self.standing(line, &all, &resource).await?;
        }
        if let Some(id) = &self.id {
            let longer = Question::new(Method::PATCH, format!("{all}/{}", encoded(id)), true);
            let answer = line.ask(longer.json(&json!({ "expirationDateTime": until }))).await?;
            if answer.status != 404 {
                return line.well(answer).map(|_| ());
            }
            self.id = None;
        }
        let wanted = json!({
            "changeType": "created,updated,deleted",
            "notificationUrl": self.news.address,
            "lifecycleNotificationUrl": self.news.address,
            "resource": resource,
            "expirationDateTime": until,
            "clientState": String::from_utf8_lossy(self.news.word.reveal()),
            "latestSupportedTlsVersion": "v1_2",
        });
        let made = line.json(Question::new(Method::POST, all, false).json(&wanted)).await?;
        self.id = made["id"].as_str().map(str::to_owned);
        Ok(())
    }

    /// What was said before a restart and still stands.
    async fn standing(&self, line: &Line, all: &str, resource: &str) -> Result<Option<String>, ConnectError> {
        let known = line.json(Question::get(all)).await?;
        let said = |one: &&serde_json::Value| {
            one["notificationUrl"].as_str() == Some(self.news.address.as_str())
                && one["resource"]
                    .as_str()
                    .is_some_and(|its| its.trim_start_matches('/').eq_ignore_ascii_case(resource))
        };
        let found = known["value"].as_array().into_iter().flatten().find(said);
        Ok(found.and_then(|one| one["id"].as_str()).map(str::to_owned))
    }
}
