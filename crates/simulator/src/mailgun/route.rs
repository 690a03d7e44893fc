//! Routes: what happens to mail that comes in (documentation.mailgun.com, Routes).

use super::{
    Region, error,
    event::{self, Event},
    form::{self, Field},
    plain,
    post::{self, Posted},
};
use crate::{
    Cloud,
    asked::{Asked, Reply},
    server::Shared,
};
use bytes::Bytes;
use jiff::Timestamp;
use mail_parser::{MessageParser, MimeHeaders};
use serde_json::{Value, json};

/// A route.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its name there.
    pub id: String,
    /// Which of two that fit comes first.
    pub priority: i64,
    /// For people.
    pub description: String,
    /// `match_recipient("...")` or `catch_all()`.
    pub expression: String,
    /// `forward("...")`, `store(notify="...")`, `stop()`.
    pub actions: Vec<String>,
}

impl Route {
    fn shown(&self) -> Value {
        json!({ "id": self.id, "priority": self.priority, "description": self.description,
            "expression": self.expression, "actions": self.actions, "created_at": "Wed, 04 Nov 2026 09:00:00 GMT" })
    }

    /// Whether the route is for this recipient. Of regular expressions it knows what people write there: dots, `.*`.
    fn fits(&self, recipient: &str) -> bool {
        if self.expression.trim() == "catch_all()" {
            return true;
        }
        let Some(pattern) = argument(&self.expression, "match_recipient") else { return false };
        let pattern = pattern.trim_start_matches('^').trim_end_matches('$').replace("\\.", ".");
        match pattern.split_once(".*") {
            Some((before, after)) => {
                recipient.strip_prefix(before).is_some_and(|rest| rest.ends_with(after) && rest.len() >= after.len())
            }
            None => pattern.eq_ignore_ascii_case(recipient),
        }
    }
}

/// What stands between the quotation marks of `name("...")` or `name(notify="...")`.
fn argument(text: &str, name: &str) -> Option<String> {
    let inner = text.trim().strip_prefix(name)?.trim().strip_prefix('(')?.strip_suffix(')')?;
    let inner = inner.trim().trim_start_matches("notify").trim_start_matches('=').trim();
    Some(inner.trim_matches(['"', '\'']).to_owned())
}

/// A message that is kept.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its name there.
    pub key: String,
    /// Of which domain.
    pub domain: String,
    /// Whom it was for.
    pub recipient: String,
    /// As it came.
    pub raw: Bytes,
}

pub(super) async fn answer(shared: &Shared, rest: &[&str], asked: &Asked) -> Reply {
    let fields = form::read(asked).await;
    let mut cloud = shared.cloud();
    let routes = &mut cloud.mailgun.routes;
    let actions: Vec<String> = fields.iter().filter(|field| field.name == "action").map(Field::text).collect();
    match (asked.method.as_str(), rest) {
        ("GET", []) => {
            let items: Vec<Value> = routes.iter().map(Route::shown).collect();
            plain(Reply::json(200, &json!({ "total_count": items.len(), "items": items })))
        }
        ("POST", []) => {
            let expression = form::first(&fields, "expression");
            if expression.is_empty() || actions.is_empty() {
                return error(400, "Missing mandatory parameter: expression");
            }
            let route = Route {
                id: format!("{:024x}", rand::random::<u64>()),
                priority: form::first(&fields, "priority").parse().unwrap_or(0),
                description: form::first(&fields, "description"),
                expression,
                actions,
            };
            let reply = json!({ "message": "Route has been created", "route": route.shown() });
            routes.push(route);
            routes.sort_by_key(|route| route.priority);
            plain(Reply::json(200, &reply))
        }
        ("PUT", [id]) => match routes.iter_mut().find(|route| route.id == *id) {
            Some(route) => {
                let expression = form::first(&fields, "expression");
                if !expression.is_empty() {
                    route.expression = expression;
                }
                if !actions.is_empty() {
                    route.actions = actions;
                }
                let mut shown = route.shown();
                shown["message"] = json!("Route has been updated");
                plain(Reply::json(200, &shown))
            }
            None => error(404, "Route not found"),
        },
        ("GET", [id]) => match routes.iter().find(|route| route.id == *id) {
            Some(route) => plain(Reply::json(200, &json!({ "route": route.shown() }))),
            None => error(404, "Route not found"),
        },
        ("DELETE", [id]) => {
            let before = routes.len();
            routes.retain(|route| route.id != *id);
            match routes.len() < before {
                true => plain(Reply::json(200, &json!({ "message": "Route has been deleted", "id": id }))),
                false => error(404, "Route not found"),
            }
        }
        _ => error(404, "Not Found"),
    }
}

/// Mail came in for these: what is to be posted because of it.
pub(super) fn arrive(shared: &Shared, recipients: &[String], raw: Bytes) -> Vec<Posted> {
    let mut cloud = shared.cloud();
    let mut posts = Vec::new();
    for recipient in recipients {
        for route in cloud.mailgun.routes.clone().iter().filter(|route| route.fits(recipient)) {
            for action in &route.actions {
                if let Some(url) = argument(action, "forward") {
                    keep(&mut cloud, &shared.url, recipient, &raw, "accepted");
                    posts.push(posted(&cloud, &url, recipient, &raw, None));
                }
                if let Some(url) = argument(action, "store") {
                    let message = keep(&mut cloud, &shared.url, recipient, &raw, "stored");
                    if !url.is_empty() {
                        posts.push(posted(&cloud, &url, recipient, &raw, Some(&message)));
                    }
                }
            }
            if route.actions.iter().any(|action| action.trim() == "stop()") {
                break;
            }
        }
    }
    posts
}

/// Keeps a message; gives the address at which it can be had. Mailgun keeps for some days whatever comes in.
fn keep(cloud: &mut Cloud, here: &str, recipient: &str, raw: &Bytes, kind: &'static str) -> String {
    let domain = recipient.rsplit('@').next().unwrap_or_default().to_owned();
    let region = cloud.mailgun.domain(&domain).map_or(Region::Us, |domain| domain.region);
    let key = format!("{:048x}", rand::random::<u128>());
    let url = format!("{here}/mailgun/{}/v3/domains/{domain}/messages/{key}", region.name());
    let stored = Stored { key, domain: domain.clone(), recipient: recipient.to_owned(), raw: raw.clone() };
    cloud.mailgun.stored.push(stored);
    let now = Timestamp::now().as_millisecond();
    let parsed = MessageParser::default().parse_headers(raw.as_ref());
    let message_id = parsed.as_ref().and_then(|head| head.message_id()).unwrap_or_default().to_owned();
    let event = Event {
        id: format!("{:022x}", rand::random::<u64>()),
        kind,
        severity: None,
        at: now,
        visible_at: now,
        domain,
        recipient: recipient.to_owned(),
        message_id,
        variables: json!({}),
        said: (0, ""),
        storage: Some(url.clone()),
        is_routed: true,
    };
    event::note(cloud, event);
    url
}

/// The fields of a message that was taken apart, without its files.
fn parsed(recipient: &str, raw: &[u8]) -> Vec<Field> {
    let Some(message) = MessageParser::default().parse(raw) else { return Vec::new() };
    let first = |list: Option<&mail_parser::Address<'_>>| {
        list.and_then(|list| list.first()).and_then(|one| one.address()).unwrap_or_default().to_owned()
    };
    let header = |name: &str| message.header_raw(name).unwrap_or_default().trim().to_owned();
    let headers: Vec<Value> =
        message.headers_raw().map(|(name, value)| json!([name, value.replace("\r\n", "").trim()])).collect();
    let text = message.body_text(0).unwrap_or_default().into_owned();
    let mut fields = vec![
        Field::new("recipient", recipient.to_owned()),
        Field::new("sender", first(message.from())),
        Field::new("from", header("From")),
        Field::new("subject", message.subject().unwrap_or_default().to_owned()),
        Field::new("body-plain", text.clone()),
        Field::new("stripped-text", text),
        Field::new("stripped-signature", ""),
        Field::new("message-headers", json!(headers).to_string()),
    ];
    if message.html_body_count() > 0 {
        let html = message.body_html(0).unwrap_or_default().into_owned();
        fields.push(Field::new("body-html", html.clone()));
        fields.push(Field::new("stripped-html", html));
    }
    fields
}

/// The post about a message: whole where the address ends in `mime`, in parts elsewhere; with where it is kept.
fn posted(cloud: &Cloud, url: &str, recipient: &str, raw: &Bytes, message: Option<&str>) -> Posted {
    let mut fields = parsed(recipient, raw);
    let apart = MessageParser::default().parse(raw.as_ref());
    let attachments: Vec<_> = apart.iter().flat_map(|message| message.attachments()).collect();
    if let Some(url) = message {
        fields.push(Field::new("message-url", url.to_owned()));
        fields.push(Field::new("domain", recipient.rsplit('@').next().unwrap_or_default().to_owned()));
    }
    if url.ends_with("mime") {
        let named = ["recipient", "sender", "from", "subject", "message-url", "domain"];
        fields.retain(|field| named.contains(&field.name.as_str()));
        fields.push(Field::new("body-mime", raw.clone()));
    } else if message.is_none() && !attachments.is_empty() {
        fields.push(Field::new("attachment-count", attachments.len().to_string()));
        for (n, attachment) in attachments.iter().enumerate() {
            let kind = attachment.content_type().map(|kind| match kind.subtype() {
                Some(subtype) => format!("{}/{subtype}", kind.ctype()),
                None => kind.ctype().to_owned(),
            });
            fields.push(Field {
                name: format!("attachment-{}", n + 1),
                file_name: Some(attachment.attachment_name().unwrap_or("file").to_owned()),
                kind,
                value: Bytes::copy_from_slice(attachment.contents()),
            });
        }
    }
    post::of_fields(&cloud.mailgun.signing_key, url, fields)
}

/// A message that was kept, whole when that is asked for.
pub(super) fn stored(shared: &Shared, region: Region, name: &str, key: &str, asked: &Asked) -> Reply {
    let mut cloud = shared.cloud();
    if cloud.mailgun.domain_in(region, name).is_none() {
        return error(404, "Domain not found");
    }
    let Some(kept) = cloud.mailgun.stored.iter().find(|one| one.key == key && one.domain.eq_ignore_ascii_case(name))
    else {
        return error(404, "Message not found");
    };
    let text = |name: &str| form::first(&parsed(&kept.recipient, &kept.raw), name);
    let mut shown = json!({ "recipients": kept.recipient, "sender": text("sender"), "from": text("from"), "subject": text("subject") });
    if asked.headers.get("accept").is_some_and(|accept| accept.contains("message/rfc2822")) {
        shown["body-mime"] = json!(String::from_utf8_lossy(&kept.raw));
    } else {
        shown["body-plain"] = json!(text("body-plain"));
        shown["message-headers"] = serde_json::from_str(&text("message-headers")).unwrap_or_default();
    }
    plain(Reply::json(200, &shown))
}
