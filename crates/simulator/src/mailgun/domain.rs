//! Domains and their webhooks.

use super::{Region, error, form, plain};
use crate::{
    asked::{Asked, Reply},
    server::Shared,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How far a domain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It can be used.
    Active,
    /// Its records were not seen yet.
    Unverified,
    /// Mailgun switched it off.
    Disabled,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Active => "active",
            State::Unverified => "unverified",
            State::Disabled => "disabled",
        }
    }
}

/// A domain.
#[derive(Debug, Clone)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// Where it lives.
    pub region: Region,
    /// How far it is.
    pub state: State,
    /// The records stand in DNS: the next look finds them.
    pub is_published: bool,
    /// The sandbox sends to these and to nobody else.
    pub only_to: Option<Vec<String>>,
    /// Which addresses are told of which events.
    pub webhooks: BTreeMap<String, Vec<String>>,
}

impl Domain {
    /// A domain of that name.
    pub fn new(name: &str, region: Region, state: State) -> Domain {
        Domain {
            name: name.to_owned(),
            region,
            state,
            is_published: state == State::Active,
            only_to: None,
            webhooks: BTreeMap::new(),
        }
    }

    /// The sandbox, which only sends to addresses that somebody authorised.
    pub fn sandbox(name: &str, to: &[&str]) -> Domain {
        let only_to = Some(to.iter().map(|one| (*one).to_owned()).collect());
        Domain { only_to, ..Domain::new(name, Region::Us, State::Active) }
    }

    fn shown(&self) -> Value {
        json!({
            "id": format!("{:024x}", self.name.len()),
            "name": self.name,
            "state": self.state.name(),
            "type": if self.only_to.is_some() { "sandbox" } else { "custom" },
            "created_at": "Wed, 04 Nov 2026 09:00:00 GMT",
            "smtp_login": format!("postmaster@{}", self.name),
            "spam_action": "disabled",
            "wildcard": false,
            "require_tls": false,
            "skip_verification": false,
            "is_disabled": self.state == State::Disabled,
            "web_prefix": "email",
            "web_scheme": "https",
            "use_automatic_sender_security": false,
        })
    }

    fn records(&self) -> (Value, Value) {
        let valid = if self.is_published { "valid" } else { "unknown" };
        let record = |kind: &str, name: String, value: &str, priority: Option<&str>| {
            let mut shown = json!({ "cached": [], "is_active": self.is_published, "record_type": kind, "valid": valid,
                "name": name, "value": value });
            if let Some(priority) = priority {
                shown["priority"] = json!(priority);
            }
            shown
        };
        let sending = json!([
            record("TXT", self.name.clone(), "v=spf1 include:mailgun.org ~all", None),
            record(
                "TXT",
                format!("pic._domainkey.{}", self.name),
                "k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ",
                None
            ),
            record("CNAME", format!("email.{}", self.name), "eu.mailgun.org", None),
        ]);
        let mx = |host: &str| record("MX", self.name.clone(), host, Some("10"));
        (sending, json!([mx("mxa.eu.mailgun.org"), mx("mxb.eu.mailgun.org")]))
    }
}

pub(super) fn list(shared: &Shared, region: Region) -> Reply {
    let cloud = shared.cloud();
    let items: Vec<Value> =
        cloud.mailgun.domains.iter().filter(|domain| domain.region == region).map(Domain::shown).collect();
    plain(Reply::json(200, &json!({ "total_count": items.len(), "items": items })))
}

pub(super) fn get(shared: &Shared, region: Region, name: &str, looks: bool) -> Reply {
    let mut cloud = shared.cloud();
    let Some(domain) = cloud.mailgun.domain_in(region, name) else { return error(404, "Domain not found") };
    if looks && domain.is_published && domain.state == State::Unverified {
        domain.state = State::Active;
    }
    let (sending, receiving) = domain.records();
    let mut shown =
        json!({ "domain": domain.shown(), "sending_dns_records": sending, "receiving_dns_records": receiving });
    if looks {
        shown["message"] = json!("Domain DNS records have been updated");
    }
    plain(Reply::json(200, &shown))
}

/// Which events may have a webhook (documentation.mailgun.com, Webhooks).
const KINDS: [&str; 7] =
    ["accepted", "clicked", "complained", "delivered", "opened", "permanent_fail", "temporary_fail"];
/// Addresses for one kind of event at most.
const URLS: usize = 3;

pub(super) async fn webhooks(shared: &Shared, region: Region, name: &str, rest: &[&str], asked: &Asked) -> Reply {
    let fields = form::read(asked).await;
    let mut cloud = shared.cloud();
    let Some(domain) = cloud.mailgun.domain_in(region, name) else { return error(404, "Domain not found") };
    let urls: Vec<String> = fields.iter().filter(|field| field.name == "url").map(form::Field::text).collect();
    let shown = |urls: &[String]| json!({ "urls": urls });
    match (asked.method.as_str(), rest) {
        ("GET", []) => {
            let all: Map<String, Value> =
                domain.webhooks.iter().map(|(kind, urls)| (kind.clone(), shown(urls))).collect();
            plain(Reply::json(200, &json!({ "webhooks": all })))
        }
        ("POST", []) => {
            let kind = form::first(&fields, "id");
            if !KINDS.contains(&kind.as_str()) {
                return error(400, "Invalid webhook id");
            }
            if domain.webhooks.contains_key(&kind) {
                return error(409, "Webhook already exists");
            }
            if urls.is_empty() || urls.len() > URLS {
                return error(400, "Missing or too many urls");
            }
            let reply = json!({ "message": "Webhook has been created", "webhook": shown(&urls) });
            domain.webhooks.insert(kind, urls);
            plain(Reply::json(200, &reply))
        }
        ("GET", [kind]) => match domain.webhooks.get(*kind) {
            Some(urls) => plain(Reply::json(200, &json!({ "webhook": shown(urls) }))),
            None => error(404, "Webhook not found"),
        },
        ("PUT", [kind]) => match domain.webhooks.get_mut(*kind) {
            Some(known) if !urls.is_empty() && urls.len() <= URLS => {
                *known = urls;
                plain(Reply::json(200, &json!({ "message": "Webhook has been updated", "webhook": shown(known) })))
            }
            Some(_) => error(400, "Missing or too many urls"),
            None => error(404, "Webhook not found"),
        },
        ("DELETE", [kind]) => match domain.webhooks.remove(*kind) {
            Some(urls) => {
                plain(Reply::json(200, &json!({ "message": "Webhook has been deleted", "webhook": shown(&urls) })))
            }
            None => error(404, "Webhook not found"),
        },
        _ => error(404, "Not Found"),
    }
}
