//! What happened to mail, as the events and the logs tell it.

use super::{Region, error, plain};
use crate::{
    asked::{Asked, Reply},
    fault,
    server::Shared,
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Events of one page at most.
const PAGE: usize = 300;

/// Something that happened to a message.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its name there.
    pub id: String,
    /// `accepted`, `delivered`, `failed`, `complained`, `stored`.
    pub kind: &'static str,
    /// `permanent` or `temporary`, of a failure.
    pub severity: Option<&'static str>,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Nobody is told before this moment.
    pub visible_at: i64,
    /// Of which domain.
    pub domain: String,
    /// Whom it concerns.
    pub recipient: String,
    /// The message's own name, without its brackets.
    pub message_id: String,
    /// What the sender gave along.
    pub variables: Value,
    /// What the receiving server said.
    pub said: (u16, &'static str),
    /// Where a message that was stored can be had.
    pub storage: Option<String>,
    /// It came in and went along a route.
    pub is_routed: bool,
}

impl Event {
    /// As events and webhooks show it.
    pub(super) fn shown(&self) -> Value {
        let mut shown = json!({
            "event": self.kind,
            "id": self.id,
            "timestamp": self.at as f64 / 1000.0,
            "log-level": if self.kind == "failed" { "error" } else { "info" },
            "recipient": self.recipient,
            "recipient-domain": self.recipient.rsplit('@').next(),
            "domain": { "name": self.domain },
            "message": { "headers": { "message-id": self.message_id }, "attachments": [], "size": 1000 },
            "user-variables": self.variables,
            "tags": [],
            "campaigns": [],
            "flags": { "is-authenticated": true, "is-routed": self.is_routed, "is-test-mode": false },
            "delivery-status": { "code": self.said.0, "message": self.said.1, "description": "", "tls": true },
        });
        if let Some(severity) = self.severity {
            shown["severity"] = json!(severity);
            shown["reason"] = json!(if severity == "permanent" { "bounce" } else { "generic" });
        }
        if let Some(url) = &self.storage {
            shown["storage"] = json!({ "url": [url], "key": url.rsplit('/').next() });
        }
        shown
    }

    /// As the logs show it.
    fn logged(&self) -> Value {
        let mut shown = self.shown();
        let at = Timestamp::from_millisecond(self.at).unwrap_or_default();
        shown["@timestamp"] = json!(at.to_string());
        shown["account"] = json!({ "id": "000000000000000000000001" });
        shown
    }

    /// Which webhook is told.
    pub(super) fn webhook(&self) -> &'static str {
        match (self.kind, self.severity) {
            ("failed", Some("permanent")) => "permanent_fail",
            ("failed", _) => "temporary_fail",
            (kind, _) => kind,
        }
    }
}

/// Notes that something happened, later than it did when that was asked for.
pub(super) fn note(cloud: &mut crate::Cloud, mut event: Event) -> Event {
    if let Some(fault) = fault::take(&mut cloud.faults, "mailgun event", fault::To::Change) {
        event.visible_at = event.at + i64::try_from(fault.seconds * 1000).unwrap_or(i64::MAX / 2);
    }
    cloud.mailgun.events.push(event.clone());
    event
}

/// A page of events; its name says after how many it begins.
pub(super) fn list(shared: &Shared, region: Region, name: &str, page: Option<&str>, asked: &Asked) -> Reply {
    let mut cloud = shared.cloud();
    if cloud.mailgun.domain_in(region, name).is_none() {
        return error(404, "Domain not found");
    }
    // A page's own name holds the question it is a page of.
    let (question, skip) = match page {
        Some(page) => {
            let (skip, question) = page.split_once('.').unwrap_or((page, ""));
            let question = Asked::new(
                "GET",
                &format!("?{}", crate::asked::decoded(question, false)),
                Default::default(),
                Vec::new(),
            );
            (question, skip.parse().unwrap_or(0))
        }
        None => (asked.clone(), 0usize),
    };
    let of = |name: &str| question.query(name).unwrap_or_default().to_owned();
    let limit = of("limit").parse().unwrap_or(100).clamp(1, PAGE);
    let seconds = |name: &str| of(name).parse::<f64>().ok().map(|seconds| (seconds * 1000.0) as i64);
    let now = Timestamp::now().as_millisecond();
    let ascending = of("ascending") == "yes" || (seconds("begin").is_some() && of("ascending") != "no");
    let mut found: Vec<&Event> = cloud.mailgun.events.iter().collect();
    found.retain(|event| {
        event.domain.eq_ignore_ascii_case(name)
            && event.visible_at <= now
            && seconds("begin").is_none_or(|begin| !ascending || event.at >= begin)
            && (of("event").is_empty() || of("event").split(" OR ").any(|kind| kind == event.kind))
            && (of("recipient").is_empty() || of("recipient") == event.recipient)
            && (of("message-id").is_empty() || of("message-id").trim_matches(['<', '>']) == event.message_id)
    });
    if !ascending {
        found.reverse();
    }
    let items: Vec<Value> = found.iter().skip(skip).take(limit).map(|event| event.shown()).collect();
    let pairs: Vec<String> =
        question.query.iter().map(|(name, value)| format!("{name}={}", crate::asked::encoded(value))).collect();
    let own = crate::asked::encoded(&pairs.join("&"));
    let url = |skip: usize| format!("{}/mailgun/{}/v3/{name}/events/{skip}.{own}", shared.url, region.name());
    let next = skip + items.len();
    let paging =
        json!({ "next": url(next), "previous": url(skip.saturating_sub(limit)), "first": url(0), "last": url(next) });
    plain(Reply::json(200, &json!({ "items": items, "paging": paging })))
}

/// The logs, which are to take the place of the events.
pub(super) fn logs(shared: &Shared, region: Region, asked: &Asked) -> Reply {
    let Some(question) = asked.json() else { return error(400, "Invalid request body") };
    let mut cloud = shared.cloud();
    let here: Vec<String> = cloud
        .mailgun
        .domains
        .iter()
        .filter(|domain| domain.region == region)
        .map(|domain| domain.name.clone())
        .collect();
    let filters = question["filter"]["AND"].as_array().cloned().unwrap_or_default();
    let mut wanted: Vec<String> = Vec::new();
    for filter in &filters {
        if filter["attribute"] != "domain" || filter["comparator"] != "=" {
            return error(400, "invalid filter attribute");
        }
        let values = filter["values"].as_array().into_iter().flatten();
        wanted.extend(values.filter_map(|one| one["value"].as_str().map(str::to_owned)));
    }
    let moment = |name: &str| {
        let text = question[name].as_str()?;
        let parsed = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text);
        parsed.ok().map(|at| at.as_millisecond())
    };
    for name in ["start", "end"] {
        if question[name].is_string() && moment(name).is_none() {
            return error(400, "dates must be of RFC 2822");
        }
    }
    let kinds: Vec<&str> = question["events"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let now = Timestamp::now().as_millisecond();
    let mut found: Vec<&Event> = cloud.mailgun.events.iter().collect();
    found.retain(|event| {
        here.contains(&event.domain)
            && event.visible_at <= now
            && (wanted.is_empty() || wanted.contains(&event.domain))
            && (kinds.is_empty() || kinds.contains(&event.kind))
            && moment("start").is_none_or(|start| event.at >= start)
            && moment("end").is_none_or(|end| event.at <= end + 999)
    });
    if !question["pagination"]["sort"].as_str().is_some_and(|sort| sort.ends_with(":asc")) {
        found.reverse();
    }
    let skip: usize = question["pagination"]["token"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let limit = question["pagination"]["limit"].as_u64().map_or(100, |limit| limit.clamp(1, 100) as usize);
    let total = found.len();
    let items: Vec<Value> = found.iter().skip(skip).take(limit).map(|event| event.logged()).collect();
    let next = skip + items.len();
    let pagination = json!({ "total": total, "first": "0", "last": total.to_string(),
        "next": if next < total { json!(next.to_string()) } else { Value::Null }, "previous": Value::Null });
    let (start, end) = (question["start"].clone(), question["end"].clone());
    drop(found);
    cloud.heard.push(format!("logs {}", items.len()));
    plain(Reply::json(
        200,
        &json!({ "start": start, "end": end, "items": items, "pagination": pagination, "aggregates": {} }),
    ))
}
