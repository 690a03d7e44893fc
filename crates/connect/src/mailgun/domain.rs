//! A domain: how far it is, which records Mailgun wants to see in DNS, and to whom it tells of its mail
//! (documentation.mailgun.com, Domains, Routes, Webhooks).

use super::{form, line::Line};
use crate::{ConnectError, ServerWords, error::Cause};
use reqwest::Method;
use serde_json::Value;

/// How far a domain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainState {
    /// It can be used.
    Active,
    /// Mailgun has not seen its records yet.
    Unverified,
    /// Mailgun switched it off.
    Disabled,
}

impl DomainState {
    /// The name in the database and the interface.
    pub fn as_str(self) -> &'static str {
        match self {
            DomainState::Active => "active",
            DomainState::Unverified => "unverified",
            DomainState::Disabled => "disabled",
        }
    }
}

/// Whether Mailgun sees a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// It is there.
    Valid,
    /// It is not, or is another.
    Invalid,
    /// Mailgun has not looked yet.
    Unknown,
}

/// A record that belongs in DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    /// For what: mail that leaves or mail that comes in.
    pub sends: bool,
    /// `TXT`, `CNAME`, `MX`.
    pub kind: String,
    /// Of which name.
    pub name: String,
    /// What belongs there.
    pub value: String,
    /// Of an MX record.
    pub priority: Option<String>,
    /// Whether Mailgun sees it.
    pub validity: Validity,
}

/// What Mailgun says of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How far it is.
    pub state: DomainState,
    /// What belongs in DNS.
    pub records: Vec<DnsRecord>,
}

/// The events that we want to be told of.
const TOLD: [&str; 4] = ["delivered", "permanent_fail", "temporary_fail", "complained"];
/// Addresses that one kind of event can have.
const ADDRESSES: usize = 3;

impl Line {
    /// How far the domain is, as Mailgun knows it; with `looks` it looks into DNS again first.
    pub async fn found(&self, looks: bool) -> Result<Found, ConnectError> {
        let path = format!("/v4/domains/{}", self.domain());
        let said = match looks {
            false => self.get(&path).await?,
            true => self.json(Method::PUT, &format!("{path}/verify"), None, true).await?,
        };
        Ok(read(&said))
    }

    /// Has mail of the domain posted to `mail`, and what becomes of mail it sends to `events`. Whatever else was set up
    /// there stays.
    pub async fn tell(&self, mail: &str, events: &str) -> Result<(), ConnectError> {
        self.route_to(mail).await?;
        let path = format!("/v3/domains/{}/webhooks", self.domain());
        let known = self.get(&path).await?;
        for kind in TOLD {
            let listed = known["webhooks"][kind]["urls"].as_array();
            let mut urls: Vec<&str> = listed.into_iter().flatten().filter_map(Value::as_str).collect();
            if urls.contains(&events) {
                continue;
            }
            if urls.len() >= ADDRESSES {
                let words = format!("there are {ADDRESSES} addresses for {kind} already; remove one at Mailgun first");
                return Err(ConnectError::Refused { cause: Cause::Refused, words: ServerWords(words) });
            }
            let is_new = urls.is_empty();
            urls.push(events);
            let mut fields: Vec<(&str, &str)> = urls.iter().map(|url| ("url", *url)).collect();
            match is_new {
                true => {
                    fields.push(("id", kind));
                    self.json(Method::POST, &path, Some(form::in_parts(&fields, None)), false).await?;
                }
                false => {
                    let body = Some(form::in_parts(&fields, None));
                    self.json(Method::PUT, &format!("{path}/{kind}"), body, true).await?;
                }
            }
        }
        Ok(())
    }

    async fn route_to(&self, mail: &str) -> Result<(), ConnectError> {
        let action = format!("forward(\"{mail}\")");
        let known = self.get("/v3/routes?limit=1000").await?;
        let mut routes = known["items"].as_array().into_iter().flatten();
        let is_there = routes.any(|route| {
            route["actions"].as_array().into_iter().flatten().any(|one| one.as_str() == Some(action.as_str()))
        });
        if is_there {
            return Ok(());
        }
        let pattern = self.access.domain.replace('.', "\\.");
        let expression = format!("match_recipient(\"^.*@{pattern}$\")");
        let description = format!("Postkamer, {}", self.access.domain);
        let fields = [
            ("priority", "0"),
            ("description", description.as_str()),
            ("expression", expression.as_str()),
            ("action", action.as_str()),
        ];
        self.json(Method::POST, "/v3/routes", Some(form::in_parts(&fields, None)), false).await.map(|_| ())
    }
}

fn read(said: &Value) -> Found {
    let state = match said["domain"]["state"].as_str() {
        Some("active") => DomainState::Active,
        Some("disabled") => DomainState::Disabled,
        _ => DomainState::Unverified,
    };
    let of = |name: &str, sends: bool| {
        let records = said[name].as_array().cloned().unwrap_or_default();
        records.into_iter().map(move |record| {
            let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
            DnsRecord {
                sends,
                kind: text("record_type"),
                name: Some(text("name"))
                    .filter(|name| !name.is_empty())
                    .unwrap_or_else(|| said["domain"]["name"].as_str().unwrap_or_default().to_owned()),
                value: text("value"),
                priority: Some(text("priority")).filter(|priority| !priority.is_empty()),
                validity: match record["valid"].as_str() {
                    Some("valid") => Validity::Valid,
                    Some("invalid") => Validity::Invalid,
                    _ => Validity::Unknown,
                },
            }
        })
    };
    Found { state, records: of("sending_dns_records", true).chain(of("receiving_dns_records", false)).collect() }
}
