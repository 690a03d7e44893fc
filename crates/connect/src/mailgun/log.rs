//! What became of mail, by the logs (`POST /v1/analytics/logs`) or, for an account that has none, by the events.

use super::{OUR_VARIABLE, form, line::Line};
use crate::{
    ConnectError, ServerWords,
    egress::later,
    error::{Cause, Step},
};
use bytes::Bytes;
use reqwest::Method;
use serde_json::{Value, json};

/// Pages of one log at most: more than anybody's mail of some days takes.
const PAGES: usize = 20_000;
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
            at: moment(said).unwrap_or_default(),
        })
    }
}

/// When something happened, milliseconds since 1970.
fn moment(said: &Value) -> Option<i64> {
    said["timestamp"].as_f64().map(|seconds| (seconds * 1000.0) as i64)
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
            at: moment(said)?,
        })
    }
}

/// A part of a log.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What it tells.
    pub entries: Vec<T>,
    /// When the last that stands on it happened, milliseconds since 1970, whether or not it tells us anything.
    pub until: Option<i64>,
}

/// Where the rest of a log is asked for.
enum Rest {
    /// By a question to the logs.
    Logs(Value),
    /// At this path of the events.
    Events(String),
}

/// A log that is being read, oldest first. It may be long: whoever reads it keeps how far they came, page by page.
pub struct Log<'a, T> {
    line: &'a Line,
    read: fn(&Value) -> Option<T>,
    /// `None` at its end.
    rest: Option<Rest>,
    /// An account or a key without the logs has the events that came before them.
    instead: Option<String>,
    pages: usize,
}

impl<T> std::fmt::Debug for Log<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("line", &self.line).field("pages", &self.pages).finish_non_exhaustive()
    }
}

impl<T> Log<'_, T> {
    /// The next page; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Page<T>>, ConnectError> {
        let asked = match &self.rest {
            None => return Ok(None),
            Some(_) if self.pages == PAGES => {
                return Err(later(Step::Work, Cause::Protocol, "there is no end to the log of Mailgun".to_owned()));
            }
            Some(Rest::Events(path)) => self.line.get(path).await,
            Some(Rest::Logs(question)) => {
                let body = ("application/json".to_owned(), Bytes::from(question.to_string()));
                self.line.json(Method::POST, "/v1/analytics/logs", Some(body), true).await
            }
        };
        let (said, instead) = match (asked, self.instead.take()) {
            (Err(ConnectError::Refused { .. }), Some(path)) => {
                let said = self.line.get(&path).await?;
                (said, Some(Rest::Events(path)))
            }
            (asked, _) => (asked?, None),
        };
        let rest = instead.or_else(|| self.rest.take());
        let items = said["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        self.rest = rest.filter(|_| !items.is_empty()).and_then(|rest| self.after(rest, &said));
        self.pages += 1;
        let entries = items.iter().filter_map(self.read).collect();
        Ok((!items.is_empty()).then(|| Page { entries, until: items.iter().filter_map(moment).max() }))
    }

    /// Where it goes on after this page.
    fn after(&self, rest: Rest, said: &Value) -> Option<Rest> {
        match rest {
            Rest::Logs(mut question) => {
                let next = said["pagination"]["next"].as_str().filter(|next| !next.is_empty())?;
                question["pagination"]["token"] = json!(next);
                Some(Rest::Logs(question))
            }
            Rest::Events(_) => {
                // The next page is a whole address; only what comes after its beginning is taken from it.
                let begin = format!("/v3/{}/events/", self.line.domain());
                let (_, rest) = said["paging"]["next"].as_str()?.split_once(&begin)?;
                Some(Rest::Events(format!("{begin}{rest}")))
            }
        }
    }
}

impl Line {
    /// What happened to messages of the domain since a moment (milliseconds since 1970), oldest first. Mailgun tells of it
    /// some minutes late at times, so the moment is best chosen earlier than the last answer.
    pub fn happened(&self, since: i64) -> Log<'_, Event> {
        let instead = format!("begin={}&ascending=yes", since / 1000);
        self.log(since, &["accepted", "delivered", "failed", "rejected", "complained"], &instead, Event::read)
    }

    /// Mail that came in for the domain since a moment and that Mailgun keeps for a while (documentation.mailgun.com, Events,
    /// `storage`), oldest first.
    pub fn came(&self, since: i64) -> Log<'_, Came> {
        let instead = format!("begin={}&ascending=yes&event={}", since / 1000, form::encoded("accepted OR stored"));
        self.log(since, &["accepted", "stored"], &instead, Came::read)
    }

    /// What is known of one message, which was handed over after that moment; nothing when nobody tells of it (yet).
    pub async fn happened_to(&self, message_id: &str, since: i64) -> Result<Vec<Event>, ConnectError> {
        let path = self.events(&format!("message-id={}", form::encoded(message_id)));
        let rest = Some(Rest::Events(path));
        let mut events = Log { line: self, read: Event::read, rest, instead: None, pages: 0 };
        let mut found = Vec::new();
        loop {
            match events.next().await {
                Ok(Some(page)) => found.extend(page.entries),
                Ok(None) => return Ok(found),
                Err(ConnectError::Refused { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        let mut log = self.happened(since);
        while let Some(page) = log.next().await? {
            found.extend(page.entries.into_iter().filter(|event| event.message_id == message_id));
            if !found.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    fn log<T>(&self, since: i64, kinds: &[&str], instead: &str, read: fn(&Value) -> Option<T>) -> Log<'_, T> {
        let domain = &self.access.domain;
        let since = jiff::Timestamp::from_millisecond(since).unwrap_or_default();
        let question = json!({
            "start": since.strftime("%a, %d %b %Y %H:%M:%S -0000").to_string(),
            "events": kinds,
            "filter": { "AND": [
                { "attribute": "domain", "comparator": "=", "values": [{ "label": domain, "value": domain }] },
            ] },
            "pagination": { "sort": "timestamp:asc", "limit": PAGE },
        });
        let instead = Some(self.events(instead));
        Log { line: self, read, rest: Some(Rest::Logs(question)), instead, pages: 0 }
    }

    /// The path of these events.
    fn events(&self, asked: &str) -> String {
        format!("/v3/{}/events?limit={PAGE}&{asked}", self.domain())
    }
}
