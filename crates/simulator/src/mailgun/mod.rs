//! Mailgun: domains, messages, events, routes, webhooks, and the posts it makes (documentation.mailgun.com, API reference).
//!
//! A domain lives in one region and is not known in the other, as with the vendor. What it posts is signed and tried again
//! on request (`POST /simulator/mailgun/retry`), with the same signature and the same body.

mod domain;
mod event;
mod form;
mod message;
mod post;
mod route;
mod suppression;

pub use domain::{Domain, State};
pub use event::Event;
pub use post::Posted;
pub use route::{Route, Stored};
pub use suppression::Suppression;

use crate::{
    asked::{Asked, Reply},
    fault::{self, Fault, Kind},
    server::Shared,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use std::time::Duration;

/// The API key that opens everything here.
pub const MAILGUN_KEY: &str = "key-0123456789abcdef-zonnig-dorp";
/// What posts are signed with.
pub const MAILGUN_SIGNING_KEY: &str = "teken-0123456789abcdef-duin";

/// Where a domain lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// `api.mailgun.net`.
    Us,
    /// `api.eu.mailgun.net`.
    Eu,
}

impl Region {
    fn name(self) -> &'static str {
        match self {
            Region::Us => "us",
            Region::Eu => "eu",
        }
    }
}

/// Everything of one account there.
#[derive(Debug)]
pub struct Mailgun {
    /// Opens the interface.
    pub key: String,
    /// Signs posts.
    pub signing_key: String,
    /// The domains.
    pub domains: Vec<Domain>,
    /// What happens to mail that comes in.
    pub routes: Vec<Route>,
    /// What happened to mail, oldest first.
    pub events: Vec<Event>,
    /// Messages that are kept for whoever asks.
    pub stored: Vec<Stored>,
    /// Every post that was made.
    pub posted: Vec<Posted>,
    /// Addresses that mail goes to no more.
    pub suppressions: Vec<Suppression>,
}

impl Default for Mailgun {
    /// A domain in Europe that is verified, one whose records are not published yet, one in America, and the sandbox.
    fn default() -> Mailgun {
        Mailgun {
            key: MAILGUN_KEY.to_owned(),
            signing_key: MAILGUN_SIGNING_KEY.to_owned(),
            domains: vec![
                Domain::new("mg.voorbeeld.test", Region::Eu, State::Active),
                Domain::new("nieuw.voorbeeld.test", Region::Eu, State::Unverified),
                Domain::new("us.voorbeeld.test", Region::Us, State::Active),
                Domain::sandbox("sandbox123.mailgun.test", &["bekend@klant.test"]),
            ],
            routes: Vec::new(),
            events: Vec::new(),
            stored: Vec::new(),
            posted: Vec::new(),
            suppressions: Vec::new(),
        }
    }
}

impl Mailgun {
    /// The domain of that name, wherever it lives.
    pub fn domain(&mut self, name: &str) -> Option<&mut Domain> {
        self.domains.iter_mut().find(|domain| domain.name.eq_ignore_ascii_case(name))
    }

    fn domain_in(&mut self, region: Region, name: &str) -> Option<&mut Domain> {
        self.domain(name).filter(|domain| domain.region == region)
    }
}

/// A refusal in Mailgun's shape.
fn error(status: u16, words: &str) -> Reply {
    plain(Reply::json(status, &json!({ "message": words })))
}

/// Graph's kind of JSON says more in its type than others do.
fn plain(mut reply: Reply) -> Reply {
    reply.headers = vec![("content-type", "application/json".to_owned())];
    reply
}

/// Which region a path is of, and what comes after it.
pub(crate) fn below(path: &str) -> Option<(Region, &str)> {
    let us = path.strip_prefix("/mailgun/us").map(|rest| (Region::Us, rest));
    us.or_else(|| path.strip_prefix("/mailgun/eu").map(|rest| (Region::Eu, rest)))
}

/// The answer to a request. `None`: the connection ends without one.
pub(crate) async fn serve(shared: &Shared, region: Region, asked: Asked, query: &str) -> Option<Reply> {
    let line = format!("{} mailgun/{}/{}", asked.method, region.name(), asked.path.join("/"));
    let line = if query.is_empty() { line } else { format!("{line}?{query}") };
    let found = {
        let mut cloud = shared.cloud();
        cloud.heard.push(line.clone());
        fault::take(&mut cloud.faults, &line, fault::To::Request)
    };
    let Some(found) = found else { return Some(answer(shared, region, &asked).await) };
    if found.is_done() {
        answer(shared, region, &asked).await;
    }
    if found.kind == Kind::Slow {
        tokio::time::sleep(Duration::from_secs(found.seconds)).await;
    }
    if found.kind == Kind::DoneThenCut {
        return None;
    }
    if let Some(reply) = faulty(&found) {
        return Some(reply);
    }
    let mut reply = answer(shared, region, &asked).await;
    reply.is_cut = found.kind == Kind::Half;
    Some(reply)
}

fn faulty(fault: &Fault) -> Option<Reply> {
    let mut reply = match fault.kind {
        Kind::TokenExpired => error(401, "Invalid private key"),
        Kind::Throttled => error(429, "Too many requests. Please slow down."),
        Kind::Unavailable | Kind::DoneThen503 => error(503, "Service unavailable"),
        Kind::Timeout | Kind::DoneThen504 => error(504, "Gateway timeout"),
        Kind::Denied => error(403, "Forbidden"),
        _ => return None,
    };
    if fault.seconds > 0 && matches!(reply.status, 429 | 503) {
        reply.headers.push(("retry-after", fault.seconds.to_string()));
    }
    Some(reply)
}

async fn answer(shared: &Shared, region: Region, asked: &Asked) -> Reply {
    let wanted = format!("api:{}", shared.cloud().mailgun.key);
    let given = asked.headers.get("authorization").and_then(|said| said.strip_prefix("Basic ").map(str::to_owned));
    let opened = given.and_then(|given| STANDARD.decode(given.trim()).ok());
    if opened.as_deref() != Some(wanted.as_bytes()) {
        return error(401, "Invalid private key");
    }
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    match (asked.method.as_str(), path.as_slice()) {
        ("POST", ["v3", name, "messages.mime"]) => message::take_mime(shared, region, name, asked).await,
        ("POST", ["v3", name, "messages"]) => message::take_parts(shared, region, name, asked).await,
        ("GET", ["v3", name, "events"]) => event::list(shared, region, name, None, asked),
        ("GET", ["v3", name, "events", page]) => event::list(shared, region, name, Some(page), asked),
        ("POST", ["v1", "analytics", "logs"]) => event::logs(shared, region, asked),
        ("GET", ["v3", "domains", name, "messages", key]) => route::stored(shared, region, name, key, asked),
        (_, ["v3", "domains", name, "webhooks", rest @ ..]) => {
            domain::webhooks(shared, region, name, rest, asked).await
        }
        ("GET", ["v4", "domains"]) => domain::list(shared, region),
        ("GET", ["v4", "domains", name]) => domain::get(shared, region, name, false),
        ("PUT", ["v4", "domains", name, "verify"]) => domain::get(shared, region, name, true),
        (_, ["v3", name, rest @ ..]) if suppression::is_list(rest) => {
            suppression::answer(shared, region, name, rest, asked)
        }
        (_, ["v3", "routes", rest @ ..]) => route::answer(shared, rest, asked).await,
        _ => error(404, "Not Found"),
    }
}

/// Below `/simulator/mailgun`: mail that comes in, posts that are made again, and what was posted.
pub(crate) async fn control(shared: &Shared, path: &[&str], asked: &Asked) -> Reply {
    match (asked.method.as_str(), path) {
        // The body is the letter, byte for byte; for whom it is stands in the query.
        ("POST", ["receive"]) => {
            let recipients: Vec<String> =
                asked.query("recipient").unwrap_or_default().split(',').map(str::to_owned).collect();
            let posts = route::arrive(shared, &recipients, asked.body.clone().into());
            post::make(shared, posts).await;
            Reply::json(202, &json!({ "posted": shared.cloud().mailgun.posted.len() }))
        }
        ("POST", ["retry"]) => Reply::json(200, &json!({ "retried": post::again(shared).await })),
        ("POST", ["publish", name]) => match shared.cloud().mailgun.domain(name) {
            Some(domain) => {
                domain.is_published = true;
                Reply::bare(204)
            }
            None => error(404, "no such domain"),
        },
        ("GET", ["posted"]) => {
            let cloud = shared.cloud();
            let shown: Vec<_> = cloud.mailgun.posted.iter().map(Posted::shown).collect();
            Reply::json(200, &json!({ "items": shown }))
        }
        _ => Reply::json(404, &json!({ "error": "GET /simulator shows what is there" })),
    }
}
