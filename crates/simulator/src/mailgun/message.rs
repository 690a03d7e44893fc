//! Messages that are sent.

use super::{
    Region, State, error,
    event::{self, Event},
    form::{self, Field},
    plain,
    post::{self, Posted},
    route,
    suppression::Suppression,
};
use crate::{
    Cloud, Sent,
    asked::{Asked, Reply},
    server::Shared,
};
use bytes::Bytes;
use jiff::Timestamp;
use mail_parser::MessageParser;
use serde_json::{Map, Value, json};

/// A message may be so long, in bytes (documentation.mailgun.com, Messages: 25 MB).
const LONGEST: usize = 25 << 20;
/// Recipients of one call at most.
const RECIPIENTS: usize = 1000;

/// A message as it is, for whoever is named beside it.
pub(super) async fn take_mime(shared: &Shared, region: Region, name: &str, asked: &Asked) -> Reply {
    let fields = form::read(asked).await;
    let Some(message) = fields.iter().find(|field| field.name == "message") else {
        return error(400, "message parameter is missing");
    };
    let recipients = form::addresses(&fields, &["to"]);
    take(shared, region, name, recipients, message.value.clone(), &fields).await
}

/// A message in parts, which is put together here.
pub(super) async fn take_parts(shared: &Shared, region: Region, name: &str, asked: &Asked) -> Reply {
    let fields = form::read(asked).await;
    if form::first(&fields, "from").is_empty() {
        return error(400, "from parameter is missing");
    }
    let recipients = form::addresses(&fields, &["to", "cc", "bcc"]);
    let all = |name: &str| {
        let named: Vec<String> = fields.iter().filter(|field| field.name == name).map(Field::text).collect();
        named.join(", ")
    };
    let mut text = format!("From: {}\r\nTo: {}\r\n", all("from"), all("to"));
    if !all("cc").is_empty() {
        text += &format!("Cc: {}\r\n", all("cc"));
    }
    text += &format!("Subject: {}\r\n", all("subject"));
    for field in fields.iter().filter(|field| field.name.starts_with("h:")) {
        text += &format!("{}: {}\r\n", &field.name[2..], field.text());
    }
    if !text.to_lowercase().contains("\nmessage-id:") {
        text += &format!("Message-Id: <{}.{:x}@{name}>\r\n", Timestamp::now().as_second(), rand::random::<u64>());
    }
    let (kind, body) = match all("html") {
        html if !html.is_empty() => ("html", html),
        _ => ("plain", all("text")),
    };
    text += &format!("MIME-Version: 1.0\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{body}\r\n");
    take(shared, region, name, recipients, text.into(), &fields).await
}

async fn take(
    shared: &Shared,
    region: Region,
    name: &str,
    recipients: Vec<String>,
    raw: Bytes,
    fields: &[Field],
) -> Reply {
    let taken = accept(&mut shared.cloud(), region, name, &recipients, &raw, fields);
    let (message_id, mut posts) = match taken {
        Ok(taken) => taken,
        Err(reply) => return reply,
    };
    // Who is reached by a route of ours is here already.
    posts.extend(route::arrive(shared, &recipients, raw));
    let behind = shared.clone();
    tokio::spawn(async move { post::make(&behind, posts).await });
    plain(Reply::json(200, &json!({ "id": format!("<{message_id}>"), "message": "Queued. Thank you." })))
}

fn accept(
    cloud: &mut Cloud,
    region: Region,
    name: &str,
    recipients: &[String],
    raw: &Bytes,
    fields: &[Field],
) -> Result<(String, Vec<Posted>), Reply> {
    let domain = cloud.mailgun.domain_in(region, name).ok_or_else(|| error(404, "Domain not found"))?;
    let (state, only_to, name) = (domain.state, domain.only_to.clone(), domain.name.clone());
    match state {
        State::Active => {}
        State::Unverified => {
            let words = format!(
                "The domain {name} is unverified and requires DNS configuration. Log in to your control panel to view required DNS records."
            );
            return Err(error(403, &words));
        }
        State::Disabled => return Err(error(403, &format!("Domain {name} is disabled."))),
    }
    if raw.len() > LONGEST {
        return Err(error(413, "Request Entity Too Large"));
    }
    let is_address =
        |one: &String| one.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.contains('.'));
    if recipients.is_empty() || recipients.len() > RECIPIENTS || !recipients.iter().all(is_address) {
        return Err(error(400, "'to' parameter is not a valid address. please check documentation"));
    }
    if only_to.is_some_and(|known| !recipients.iter().all(|one| known.contains(one))) {
        let words = format!(
            "Domain {name} is not allowed to send: Free accounts are for test purposes only. Please upgrade or add the address to your authorized recipients in Account Settings."
        );
        return Err(error(403, &words));
    }
    let head = MessageParser::default().parse_headers(raw.as_ref());
    let known = head.as_ref().and_then(|head| head.message_id()).map(str::to_owned);
    let message_id = known.unwrap_or_else(|| format!("{:x}@{name}", rand::random::<u64>()));
    let from = head.as_ref().and_then(|head| head.from()?.first()?.address().map(str::to_owned)).unwrap_or_default();
    let variables: Map<String, Value> = fields
        .iter()
        .filter_map(|field| Some((field.name.strip_prefix("v:")?.to_owned(), json!(field.text()))))
        .collect();
    cloud.sent.push(Sent { from, recipients: recipients.to_vec(), raw: raw.clone() });
    let mut posts = Vec::new();
    for recipient in recipients {
        let held = cloud.mailgun.suppressions.iter().find(|one| one.domain == name && one.address == *recipient);
        let fate = match held {
            Some(held) => vec![("accepted", None, (0, "")), ("failed", Some("permanent"), held.refusal())],
            None => fate(recipient),
        };
        let list = match fate.last() {
            Some(("failed", Some("permanent"), (550, _))) => Some("bounces"),
            Some(("complained", ..)) => Some("complaints"),
            _ => None,
        };
        if let Some(list) = list {
            let said = fate.last().map(|(_, _, (code, words))| (*code, (*words).to_owned())).unwrap_or_default();
            let (domain, address) = (name.clone(), recipient.clone());
            cloud.mailgun.suppressions.push(Suppression { domain, list, address, said });
        }
        for (kind, severity, said) in fate {
            let at = Timestamp::now().as_millisecond();
            let event = Event {
                id: format!("{:022x}", rand::random::<u64>()),
                kind,
                severity,
                at,
                visible_at: at,
                domain: name.clone(),
                recipient: recipient.clone(),
                message_id: message_id.clone(),
                variables: Value::Object(variables.clone()),
                said,
                storage: None,
                is_routed: false,
            };
            let noted = event::note(cloud, event);
            posts.extend(told(cloud, &noted));
        }
    }
    Ok((message_id, posts))
}

/// What becomes of a message for somebody; the name says so.
fn fate(recipient: &str) -> Vec<(&'static str, Option<&'static str>, (u16, &'static str))> {
    let accepted = ("accepted", None, (0, ""));
    let delivered = ("delivered", None, (250, "OK"));
    match recipient.split('@').next().unwrap_or_default() {
        "weg" => vec![
            accepted,
            ("failed", Some("permanent"), (550, "5.1.1 The email account that you tried to reach does not exist")),
        ],
        "later" => vec![
            accepted,
            ("failed", Some("temporary"), (452, "4.2.2 The email account that you tried to reach is over quota")),
        ],
        "klaagt" => vec![accepted, delivered, ("complained", None, (0, ""))],
        "onderweg" => vec![accepted],
        _ => vec![accepted, delivered],
    }
}

fn told(cloud: &Cloud, event: &Event) -> Vec<Posted> {
    let domain = cloud.mailgun.domains.iter().find(|domain| domain.name == event.domain);
    let urls = domain.and_then(|domain| domain.webhooks.get(event.webhook()));
    let key = &cloud.mailgun.signing_key;
    urls.into_iter().flatten().map(|url| post::of_event(key, url, &event.shown())).collect()
}
