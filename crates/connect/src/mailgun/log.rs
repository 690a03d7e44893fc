//! What became of mail, by the logs (`POST /v1/analytics/logs`) or, for an account that has none, by the events.

use super::{OUR_VARIABLE, form, line::Line};
use crate::{ConnectError, ServerWords};
use bytes::Bytes;
use reqwest::Method;
use serde_json::{Value, json};

/// Pages of one question at most.
const PAGES: usize = 50;
const PAGE: usize = 100;

/// What happened to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Mailgun took it over.
    Accepted,
    /// The receiving server took it.
    Delivered,
    /// It did not arrive and will not.
    Failed,
    /// It did not arrive yet.
    Delayed,
    /// Its recipient calls it unwanted.
    Complained,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub what: What,
    /// To which message, without brackets; empty when it was not said.
    pub message_id: String,
    /// Our own number of the submission, when it came back.
    pub ours: Option<String>,
    /// Whom it concerns.
    pub recipient: String,
    /// What the receiving server said.
    pub words: ServerWords,
    /// When, milliseconds since 1970.
    pub at: i64,
}

impl Event {
    /// An event as Mailgun writes it; `None` for a kind that says nothing of a delivery.
    pub(super) fn read(said: &Value) -> Option<Event> {
        let what = match (said["event"].as_str()?, said["severity"].as_str()) {
            ("accepted", _) => What::Accepted,
            ("delivered", _) => What::Delivered,
            ("failed", Some("temporary")) => What::Delayed,
            ("failed" | "rejected", _) => What::Failed,
            ("complained", _) => What::Complained,
            _ => return None,
        };
        let status = &said["delivery-status"];
        let text = |value: &Value| value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let code = status["code"].as_i64().filter(|code| *code > 0).map(|code| code.to_string());
        let told = text(&status["message"]).or_else(|| text(&status["description"])).or_else(|| text(&said["reason"]));
        let words: Vec<String> = code.into_iter().chain(told).collect();
        let id = said["message"]["headers"]["message-id"].as_str().unwrap_or_default();
        Some(Event {
            what,
            message_id: id.trim().trim_matches(['<', '>']).to_owned(),
            ours: said["user-variables"][OUR_VARIABLE].as_str().map(str::to_owned),
            recipient: said["recipient"].as_str().unwrap_or_default().to_owned(),
            words: ServerWords::new(&words.join(" "), &[]),
            at: said["timestamp"].as_f64().map(|seconds| (seconds * 1000.0) as i64).unwrap_or_default(),
        })
    }
}

/// Mail that came in and that Mailgun keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// The name of this happening at Mailgun.
    pub id: String,
    /// For whom it came.
    pub recipient: String,
    /// Its Message-ID without brackets; empty when it has none.
    pub message_id: String,
    /// Where it can be had.
    pub url: String,
    /// When, milliseconds since 1970.
    pub at: i64,
}

impl Came {
    fn read(said: &Value) -> Option<Came> {
        let is_routed = said["flags"]["is-routed"] == true;
        // What we sent ourselves is accepted too, and kept as well.
        if said["event"] != "stored" && !(said["event"] == "accepted" && is_routed) {
            return None;
        }
        // One address, or one for each region.
        let url = &said["storage"]["url"];
        let url = url.as_str().or_else(|| url[0].as_str())?;
        let id = said["message"]["headers"]["message-id"].as_str().unwrap_or_default();
        Some(Came {
            id: said["id"].as_str()?.to_owned(),
            recipient: said["recipient"].as_str()?.to_owned(),
            message_id: id.trim().trim_matches(['<', '>']).to_owned(),
            url: url.to_owned(),
            at: (said["timestamp"].as_f64()? * 1000.0) as i64,
        })
    }
}

impl Line {
    /// What happened to messages of the domain since a moment (milliseconds since 1970), oldest first. Mailgun tells of it
    /// some minutes late at times, so the moment is best chosen earlier than the last answer.
    pub async fn happened(&self, since: i64) -> Result<Vec<Event>, ConnectError> {
        match self.logs(since).await {
            // An account or a key without the logs has the events that came before them.
            Err(ConnectError::Refused { .. }) => self.events(&format!("begin={}&ascending=yes", since / 1000)).await,
            other => other,
        }
    }

    /// Mail that came in for the domain since a moment and that Mailgun keeps for a while (documentation.mailgun.com, Events,
    /// `storage`), oldest first.
    pub async fn came(&self, since: i64) -> Result<Vec<Came>, ConnectError> {
        match self.logs_of(since, &["accepted", "stored"], Came::read).await {
            Err(ConnectError::Refused { .. }) => {
                let asked =
                    format!("begin={}&ascending=yes&event={}", since / 1000, form::encoded("accepted OR stored"));
                self.events_of(&asked, Came::read).await
            }
            other => other,
        }
    }

    /// What happened to one message, which was handed over at about that moment.
    pub async fn happened_to(&self, message_id: &str, at: i64) -> Result<Vec<Event>, ConnectError> {
        match self.events(&format!("message-id={}", form::encoded(message_id))).await {
            Err(ConnectError::Refused { .. }) => {}
            other => return other,
        }
        let mut found = self.logs(at).await?;
        found.retain(|event| event.message_id == message_id);
        Ok(found)
    }

    async fn logs(&self, since: i64) -> Result<Vec<Event>, ConnectError> {
        self.logs_of(since, &["accepted", "delivered", "failed", "rejected", "complained"], Event::read).await
    }

    async fn logs_of<T>(
        &self,
        since: i64,
        kinds: &[&str],
        read: fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, ConnectError> {
        let domain = &self.access.domain;
        let written = |moment: i64| {
            let moment = jiff::Timestamp::from_millisecond(moment).unwrap_or_default();
            moment.strftime("%a, %d %b %Y %H:%M:%S -0000").to_string()
        };
        let mut question = json!({
            "start": written(since),
            "events": kinds,
            "filter": { "AND": [
                { "attribute": "domain", "comparator": "=", "values": [{ "label": domain, "value": domain }] },
            ] },
            "pagination": { "sort": "timestamp:asc", "limit": PAGE },
        });
        let mut found = Vec::new();
        for _ in 0..PAGES {
            let body = ("application/json".to_owned(), Bytes::from(question.to_string()));
            let said = self.json(Method::POST, "/v1/analytics/logs", Some(body), true).await?;
            let items = said["items"].as_array().cloned().unwrap_or_default();
            found.extend(items.iter().filter_map(read));
            match said["pagination"]["next"].as_str() {
                Some(next) if !next.is_empty() && !items.is_empty() => question["pagination"]["token"] = json!(next),
                _ => break,
            }
        }
        Ok(found)
    }

    async fn events(&self, asked: &str) -> Result<Vec<Event>, ConnectError> {
        self.events_of(asked, Event::read).await
    }

    async fn events_of<T>(&self, asked: &str, read: fn(&Value) -> Option<T>) -> Result<Vec<T>, ConnectError> {
        let begin = format!("/v3/{}/events", self.domain());
        let mut path = format!("{begin}?limit={PAGE}&{asked}");
        let mut found = Vec::new();
        for _ in 0..PAGES {
            let said = self.get(&path).await?;
            let items = said["items"].as_array().cloned().unwrap_or_default();
            found.extend(items.iter().filter_map(read));
            // The next page is a whole address; only what comes after its beginning is taken from it.
            let next = said["paging"]["next"].as_str().and_then(|url| url.split_once(&format!("{begin}/")));
            match next {
                Some((_, rest)) if !items.is_empty() => path = format!("{begin}/{rest}"),
                _ => break,
            }
        }
        Ok(found)
    }
}
