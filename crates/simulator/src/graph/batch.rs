//! Many requests in one (learn.microsoft.com/graph/json-batching).

use crate::{
    asked::{Asked, Reply, decoded},
    fault::{self, Kind},
    server::Shared,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// Requests in one batch at most.
const MOST: usize = 20;
/// So many of them are worked on at once (learn.microsoft.com/graph/throttling-limits, Outlook service batching).
const AT_ONCE: usize = 4;

pub async fn answer(shared: &Shared, asked: &Asked) -> Reply {
    let token = asked.headers.get("authorization").cloned().unwrap_or_default();
    let bare = token.strip_prefix("Bearer ").unwrap_or_default();
    if shared.cloud().grants.opens(bare).is_none() {
        return fault::token_refused("Access token has expired or is not yet valid.");
    }
    let body = asked.json().unwrap_or_default();
    let requests = body["requests"].as_array().cloned().unwrap_or_default();
    if let Some(words) = wrong(&requests) {
        return fault::error(asked, 400, "BadRequest", &words);
    }
    // Those that wait for another are worked on one after the other.
    let width = requests.iter().filter(|one| depends_on(one).is_empty()).count().min(AT_ONCE);
    let more = shared.more_places(&token, width.saturating_sub(1));
    let latency = shared.cloud().latency_ms * (requests.len().div_ceil(width.max(1)) as u64 - 1);
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    let (mut answers, mut is_cut) = (Vec::new(), false);
    let mut well: HashSet<String> = HashSet::new();
    for (n, one) in requests.iter().enumerate() {
        let id = one["id"].as_str().unwrap_or_default().to_owned();
        let reply = if n % width.max(1) > more.len() {
            crate::server::too_many_at_once()
        } else if depends_on(one).iter().any(|other| !well.contains(other)) {
            fault::error(asked, 424, "FailedDependency", "A request that this one depends on did not succeed.")
        } else {
            let (reply, cut) = part(shared, &token, one).await;
            is_cut |= cut;
            reply
        };
        if reply.status < 400 {
            well.insert(id.clone());
        }
        answers.push(told(&id, &reply));
    }
    // They come in any order.
    answers.reverse();
    Reply { is_cut, ..Reply::json(200, &json!({ "responses": answers })) }
}

/// What makes a batch none.
fn wrong(requests: &[Value]) -> Option<String> {
    if requests.is_empty() || requests.len() > MOST {
        return Some(format!("Number of batch request steps exceeds the maximum value of {MOST}."));
    }
    let mut ids = HashSet::new();
    for one in requests {
        let id = one["id"].as_str().unwrap_or_default();
        if id.is_empty() || one["method"].as_str().is_none() || one["url"].as_str().is_none() {
            return Some("A batch request step needs an id, a method and a url.".to_owned());
        }
        if let Some(other) = depends_on(one).iter().find(|other| !ids.contains(*other)) {
            return Some(format!("There is no step {other} before {id}."));
        }
        if !ids.insert(id.to_owned()) {
            return Some(format!("The id {id} is used twice."));
        }
    }
    None
}

fn depends_on(one: &Value) -> Vec<String> {
    let all = one["dependsOn"].as_array().into_iter().flatten();
    all.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

/// Carries one of them out; whether the answer to all of them gets lost by it.
async fn part(shared: &Shared, token: &str, one: &Value) -> (Reply, bool) {
    let mut headers: HashMap<String, String> = HashMap::new();
    for (name, value) in one["headers"].as_object().into_iter().flatten() {
        headers.insert(name.to_lowercase(), value.as_str().unwrap_or_default().to_owned());
    }
    headers.insert("authorization".to_owned(), token.to_owned());
    let body = match &one["body"] {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    };
    let (method, url) = (one["method"].as_str().unwrap_or_default(), one["url"].as_str().unwrap_or_default());
    let (has_kind, has_body) = (headers.contains_key("content-type"), !body.is_empty());
    let asked = Asked::new(method, url, headers, body);
    if has_body && !has_kind {
        let words = "Write request: the header content-type is missing in a step with a body.";
        return (fault::error(&asked, 400, "BadRequest", words), false);
    }
    let query = decoded(url.split_once('?').map_or("", |(_, query)| query), true);
    let line = format!("{method} {}", asked.path.join("/"));
    let line = if query.is_empty() { line } else { format!("{line}?{query}") };
    let fault = {
        let mut cloud = shared.cloud();
        cloud.heard.push(line.clone());
        fault::take(&mut cloud.faults, &line, fault::To::Request)
    };
    let Some(fault) = fault else { return (super::at_once(shared, &asked), false) };
    match fault.kind {
        Kind::Slow => tokio::time::sleep(Duration::from_secs(fault.seconds)).await,
        Kind::DoneThen504 => {
            super::at_once(shared, &asked);
        }
        _ => {}
    }
    let is_cut = matches!(fault.kind, Kind::DoneThenCut | Kind::Half);
    let reply = fault::answer(&fault, &asked).unwrap_or_else(|| super::at_once(shared, &asked));
    (reply, is_cut)
}

/// An answer as it stands among the others.
fn told(id: &str, reply: &Reply) -> Value {
    let mut told = json!({ "id": id, "status": reply.status, "headers": {} });
    for (name, value) in &reply.headers {
        told["headers"][name] = json!(value);
    }
    if !reply.body.is_empty() {
        told["body"] = serde_json::from_slice(&reply.body).unwrap_or_else(|_| json!(STANDARD.encode(&reply.body)));
    }
    told
}
