//! What a domain publishes so that others believe our mail: what should be there, ready to copy, and what is.

use super::{Kept, keys::OVERLAP, spf::spf};
use crate::{
    MailRoom,
    accounts::{app::day, connection::helo_name},
    words::{Phrase, Text, text},
};
use connect::{
    World,
    dkim::{self, Algorithm},
    dns::{DnsError, Mx},
};
use std::{collections::HashMap, net::IpAddr};
use store::dkim_key::DkimKey;

/// What a record is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Shows that the domain is the organisation's.
    Ownership,
    /// The public half of a key.
    Dkim,
    /// Who may send for the domain (RFC 7208).
    Spf,
    /// What is done with mail that is not the domain's own (RFC 7489).
    Dmarc,
    /// Where reports on mail that did not arrive come back.
    Bounces,
    /// The name of our address.
    Ptr,
}

impl Purpose {
    /// The name for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Ownership => "ownership",
            Purpose::Dkim => "dkim",
            Purpose::Spf => "spf",
            Purpose::Dmarc => "dmarc",
            Purpose::Bounces => "bounces",
            Purpose::Ptr => "ptr",
        }
    }
}

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nobody looked.
    Unknown,
    /// It is as it should be.
    Right,
    /// It is not there.
    Missing,
    /// Something else is there.
    Other(Vec<String>),
    /// The DNS did not say.
    Failed(String),
}

/// A record that the domain should publish.
#[derive(Debug, Clone)]
pub struct Record {
    /// What it is for.
    pub purpose: Purpose,
    /// `TXT`, `MX` or `PTR`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What it says, ready to copy.
    pub value: String,
    /// What is there.
    pub seen: Seen,
    /// What to know of it.
    pub remark: Option<Phrase>,
    /// How its key stands, of a key.
    pub key: Option<KeyState>,
}

/// How a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It signs when its record is seen.
    Waits,
    /// It signs.
    Signs,
    /// It signs no more; its record stays until this moment, in milliseconds since 1970.
    Retired(i64),
    /// Its record may go.
    MayGo,
}

impl KeyState {
    /// The name for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyState::Waits => "waits",
            KeyState::Signs => "signs",
            KeyState::Retired(_) => "retired",
            KeyState::MayGo => "may_go",
        }
    }

    fn of(key: &DkimKey, now: i64) -> KeyState {
        match (key.retired_at.map(|retired| retired + OVERLAP), key.published_at) {
            (Some(until), _) if now < until => KeyState::Retired(until),
            (Some(_), _) => KeyState::MayGo,
            (None, Some(_)) => KeyState::Signs,
            (None, None) => KeyState::Waits,
        }
    }

    fn remark(self) -> Option<Phrase> {
        match self {
            KeyState::Waits => Some(SIGNS_NOT_YET.into()),
            KeyState::Signs => None,
            KeyState::Retired(until) => Some(RETIRED.with(&[("date", &day(until))])),
            KeyState::MayGo => Some(MAY_GO.into()),
        }
    }
}

pub(super) const NO_NAME: Text = text(
    "Deze Postkamer weet zijn eigen naam op internet niet. Stel base_url in (postkamer.toml), bijvoorbeeld https://post.voorbeeld.nl.",
    "This Postkamer does not know its own name on the internet. Set base_url (postkamer.toml), https://post.example.com for instance.",
);
const PTR_AT_PROVIDER: Text = text(
    "Dit stelt de provider van deze server in (reverse DNS), niet de beheerder van het domein.",
    "The provider of this server sets this (reverse DNS), not who keeps the domain.",
);
const SIGNS_NOT_YET: Text =
    text("Deze sleutel ondertekent zodra dit record te zien is.", "This key signs as soon as this record can be seen.");
const RETIRED: Text = text(
    "Deze sleutel ondertekent niet meer. Laat het record staan tot {date}, voor mail die onderweg is.",
    "This key signs no more. Leave the record until {date}, for mail that is on its way.",
);
const MAY_GO: Text = text(
    "Deze sleutel is vervangen en wat ermee ondertekend is, is aangekomen. U mag dit record weghalen.",
    "This key was replaced, and what it signed has arrived. You may take this record away.",
);

const RETURN_MX: Text = text(
    "Wat niet aankomt, komt terug op een eigen adres per mail bij dit domein: dan is altijd duidelijk over welke mail het gaat. Zonder dit record komen meldingen op het adres van de mailbox.",
    "What does not arrive comes back to an address of its own for each mail at this domain: then it is always clear which mail it is about. Without this record reports come to the mailbox's own address.",
);
const RETURN_SPF: Text = text(
    "Dit domein staat als afzender op de envelop, dus ook dit domein zegt wie mag verzenden.",
    "This domain is the sender on the envelope, so it says who may send as well.",
);

/// What a look into the DNS brought, by names.
pub(super) struct Looked {
    texts: HashMap<String, Result<Vec<String>, DnsError>>,
    pub(super) addresses: Result<Vec<IpAddr>, DnsError>,
    names: Vec<(IpAddr, Vec<String>)>,
    /// Where mail for return paths goes.
    exchanges: Result<Vec<Mx>, DnsError>,
}

impl Looked {
    pub(super) fn texts(&self, name: &str) -> Result<&[String], &DnsError> {
        match self.texts.get(name) {
            Some(Ok(found)) => Ok(found),
            Some(Err(DnsError::NotFound)) | None => Ok(&[]),
            Some(Err(error)) => Err(error),
        }
    }

    /// Whether the record that shows the domain is there; `None` when nobody could say.
    pub(super) fn ownership(&self, token: &str) -> Option<bool> {
        let all = self.texts.iter().filter(|(name, _)| name.starts_with(OWNERSHIP));
        let found: Option<Vec<&String>> =
            all.map(|(name, _)| self.texts(name).ok()).try_fold(Vec::new(), |mut sum, one| {
                sum.extend(one?);
                Some(sum)
            });
        Some(found?.iter().any(|text| text.trim() == ownership(token)))
    }

    /// Whether the DNS shows the key.
    pub(super) fn key(&self, key: &DkimKey) -> Result<bool, DnsError> {
        let found = self.texts(&dkim::record_name(&key.selector, &key.domain)).map_err(DnsError::clone)?;
        Ok(found.iter().any(|text| dkim::shows(text, &key.public)))
    }
}

const OWNERSHIP: &str = "_postkamer.";

fn ownership(token: &str) -> String {
    format!("postkamer-verification={token}")
}

/// Looks for everything that is wanted, all at once.
pub(super) async fn look(room: &MailRoom, kept: &Kept) -> Looked {
    let (world, domain, helo) = (&room.world, kept.domain_name(), helo_name(room));
    let mut names = vec![format!("{OWNERSHIP}{domain}"), domain.clone()];
    names.extend(dmarc_names(&domain));
    names.extend(kept.return_domain.clone().filter(|back| *back != domain));
    names.extend(kept.keys.iter().map(|key| dkim::record_name(&key.selector, &key.domain)));
    let texts = names.into_iter().map(|name| async move {
        let found = world.resolver().txt(&name).await;
        (name, found)
    });
    let (texts, addresses) =
        futures_util::future::join(futures_util::future::join_all(texts), addresses(world, &helo)).await;
    let mut found = Vec::new();
    for address in addresses.iter().flatten() {
        found.push((*address, world.resolver().names(*address).await.unwrap_or_default()));
    }
    let exchanges = match &kept.return_domain {
        Some(back) => world.resolver().mx(back).await,
        None => Err(DnsError::NotFound),
    };
    Looked { texts: texts.into_iter().collect(), addresses, names: found, exchanges }
}

async fn addresses(world: &World, helo: &str) -> Result<Vec<IpAddr>, DnsError> {
    if is_named(helo) { world.resolver().addresses(helo).await } else { Err(DnsError::NotFound) }
}

pub(super) fn is_named(helo: &str) -> bool {
    !helo.starts_with('[')
}

/// A policy of the domain itself, or of the one above it.
fn dmarc_names(domain: &str) -> Vec<String> {
    let mut names = vec![format!("_dmarc.{domain}")];
    let mut rest = domain;
    while let Some((_, above)) = rest.split_once('.') {
        if above.contains('.') {
            names.push(format!("_dmarc.{above}"));
        }
        rest = above;
    }
    names
}

/// The records that are wanted, with what is there as far as somebody looked.
pub(super) fn wanted(room: &MailRoom, kept: &Kept, looked: Option<&Looked>) -> Vec<Record> {
    let (domain, helo, now) = (kept.domain_name(), helo_name(room), room.clock.now());
    let mut records = Vec::new();
    if let Some(proof) = &kept.domain {
        let (name, value) = (format!("{OWNERSHIP}{domain}"), ownership(&proof.token));
        let seen = match (proof.verified_at, looked) {
            (Some(_), _) => Seen::Right,
            (None, Some(looked)) => of(looked.texts(&name), |text| text.trim() == value),
            (None, None) => Seen::Unknown,
        };
        records.push(Record { purpose: Purpose::Ownership, kind: "TXT", name, value, seen, remark: None, key: None });
    }
    for key in &kept.keys {
        let Some(algorithm) = Algorithm::from_name(&key.algorithm) else { continue };
        let name = dkim::record_name(&key.selector, &key.domain);
        let seen = match looked {
            Some(looked) => of(looked.texts(&name), |text| dkim::shows(text, &key.public)),
            None if key.published_at.is_some() => Seen::Right,
            None => Seen::Unknown,
        };
        let state = KeyState::of(key, now);
        if state == KeyState::MayGo && seen == Seen::Missing {
            continue;
        }
        let (value, remark) = (dkim::record(algorithm, &key.public), state.remark());
        records.push(Record { purpose: Purpose::Dkim, kind: "TXT", name, value, seen, remark, key: Some(state) });
    }
    records.push(spf(&domain, &helo, looked));
    records.push(dmarc(&domain, looked));
    if let Some(back) = &kept.return_domain {
        records.push(exchange(back, &helo, looked));
        if *back != domain {
            let record = spf(back, &helo, looked);
            let remark = record.remark.or(Some(RETURN_SPF.into()));
            records.push(Record { purpose: Purpose::Bounces, remark, ..record });
        }
    }
    records.push(ptr(&helo, looked));
    records
}

fn of(found: Result<&[String], &DnsError>, is_right: impl Fn(&String) -> bool) -> Seen {
    match found {
        Err(error) => Seen::Failed(error.to_string()),
        Ok([]) => Seen::Missing,
        Ok(texts) if texts.iter().any(is_right) => Seen::Right,
        Ok(texts) => Seen::Other(texts.to_vec()),
    }
}

/// Where mail for return paths goes: here, or to whoever carries it on to here.
fn exchange(domain: &str, helo: &str, looked: Option<&Looked>) -> Record {
    let mut value = if is_named(helo) { format!("10 {helo}") } else { String::new() };
    let seen = match looked.map(|looked| &looked.exchanges) {
        None => Seen::Unknown,
        Some(Err(DnsError::NotFound)) => Seen::Missing,
        Some(Err(error)) => Seen::Failed(error.to_string()),
        Some(Ok(found)) => match found.iter().find(|mx| !mx.exchange.is_empty()) {
            Some(mx) => {
                value = format!("{} {}", mx.preference, mx.exchange);
                Seen::Right
            }
            None => Seen::Missing,
        },
    };
    let (name, remark) = (domain.to_owned(), Some(RETURN_MX.into()));
    Record { purpose: Purpose::Bounces, kind: "MX", name, value, seen, remark, key: None }
}

fn dmarc(domain: &str, looked: Option<&Looked>) -> Record {
    let is_policy = |text: &String| text.to_ascii_lowercase().starts_with("v=dmarc1");
    let names = dmarc_names(domain);
    let mut seen = if looked.is_some() { Seen::Missing } else { Seen::Unknown };
    let mut value = "v=DMARC1; p=none".to_owned();
    for name in names.iter().rev() {
        match looked.map(|looked| looked.texts(name)) {
            Some(Ok(found)) => {
                if let Some(text) = found.iter().find(|text| is_policy(text)) {
                    (seen, value) = (Seen::Right, text.clone());
                }
            }
            Some(Err(error)) => seen = Seen::Failed(error.to_string()),
            None => {}
        }
    }
    let name = names.into_iter().next().unwrap_or_default();
    Record { purpose: Purpose::Dmarc, kind: "TXT", name, value, seen, remark: None, key: None }
}

fn ptr(helo: &str, looked: Option<&Looked>) -> Record {
    let record = |name: String, seen, remark: Text| Record {
        purpose: Purpose::Ptr,
        kind: "PTR",
        name,
        value: if is_named(helo) { helo.to_owned() } else { String::new() },
        seen,
        remark: Some(remark.into()),
        key: None,
    };
    if !is_named(helo) {
        return record(String::new(), Seen::Unknown, NO_NAME);
    }
    let Some(looked) = looked else { return record(String::new(), Seen::Unknown, PTR_AT_PROVIDER) };
    match &looked.addresses {
        Err(error) => record(String::new(), Seen::Failed(format!("{helo}: {error}")), PTR_AT_PROVIDER),
        Ok(_) => {
            let wrong = looked.names.iter().find(|(_, names)| !names.iter().any(|name| name == helo));
            let (address, seen) = match wrong {
                Some((address, names)) if names.is_empty() => (address.to_string(), Seen::Missing),
                Some((address, names)) => (address.to_string(), Seen::Other(names.clone())),
                None => {
                    let all: Vec<String> = looked.names.iter().map(|(address, _)| address.to_string()).collect();
                    (all.join(", "), Seen::Right)
                }
            };
            record(address, seen, PTR_AT_PROVIDER)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_of_the_domain_above_is_looked_for_too() {
        assert_eq!(dmarc_names("a.b.nl"), ["_dmarc.a.b.nl", "_dmarc.b.nl"]);
        assert_eq!(dmarc_names("b.nl"), ["_dmarc.b.nl"]);
    }
}
