//! What a domain publishes so that others believe our mail: what should be there, ready to copy, and what is.

use super::{Kept, keys::OVERLAP};
use crate::{
    MailRoom,
    accounts::connection::helo_name,
    words::{Phrase, Text, text},
};
use connect::{
    World,
    dkim::{self, Algorithm},
    dns::DnsError,
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
    /// `TXT` or `PTR`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What it says, ready to copy.
    pub value: String,
    /// What is there.
    pub seen: Seen,
    /// What to know of it.
    pub remark: Option<Phrase>,
}

const NO_NAME: Text = text(
    "Deze Postkamer weet zijn eigen naam op internet niet. Stel base_url in (postkamer.toml), bijvoorbeeld https://post.voorbeeld.nl.",
    "This Postkamer does not know its own name on the internet. Set base_url (postkamer.toml), https://post.example.com for instance.",
);
const PTR_AT_PROVIDER: Text = text(
    "Dit stelt de provider van deze server in (reverse DNS), niet de beheerder van het domein.",
    "The provider of this server sets this (reverse DNS), not who keeps the domain.",
);
const MERGED: Text = text(
    "Er mag maar een SPF-record zijn: vervang het bestaande door dit.",
    "There may be only one SPF record: put this in the place of the one that is there.",
);
const TWO_SPF: Text = text(
    "Er zijn twee SPF-records, en dan geldt geen van beide: laat alleen dit staan.",
    "There are two SPF records, and then neither counts: leave only this one.",
);
const SIGNS_NOT_YET: Text =
    text("Deze sleutel ondertekent zodra dit record te zien is.", "This key signs as soon as this record can be seen.");
const RETIRED: Text = text(
    "Deze sleutel ondertekent niet meer. Laat het record nog een week staan, voor mail die onderweg is.",
    "This key signs no more. Leave the record for another week, for mail that is on its way.",
);

/// What a look into the DNS brought, by names.
pub(super) struct Looked {
    texts: HashMap<String, Result<Vec<String>, DnsError>>,
    addresses: Result<Vec<IpAddr>, DnsError>,
    names: Vec<(IpAddr, Vec<String>)>,
}

impl Looked {
    fn texts(&self, name: &str) -> Result<&[String], &DnsError> {
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
    Looked { texts: texts.into_iter().collect(), addresses, names: found }
}

async fn addresses(world: &World, helo: &str) -> Result<Vec<IpAddr>, DnsError> {
    if is_named(helo) { world.resolver().addresses(helo).await } else { Err(DnsError::NotFound) }
}

fn is_named(helo: &str) -> bool {
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
        records.push(Record { purpose: Purpose::Ownership, kind: "TXT", name, value, seen, remark: None });
    }
    for key in kept.keys.iter().filter(|key| key.retired_at.is_none_or(|retired| now < retired + OVERLAP)) {
        let Some(algorithm) = Algorithm::from_name(&key.algorithm) else { continue };
        let name = dkim::record_name(&key.selector, &key.domain);
        let seen = match looked {
            Some(looked) => of(looked.texts(&name), |text| dkim::shows(text, &key.public)),
            None if key.published_at.is_some() => Seen::Right,
            None => Seen::Unknown,
        };
        let remark = match key.retired_at {
            Some(_) => Some(RETIRED.into()),
            None if key.published_at.is_none() => Some(SIGNS_NOT_YET.into()),
            None => None,
        };
        let value = dkim::record(algorithm, &key.public);
        records.push(Record { purpose: Purpose::Dkim, kind: "TXT", name, value, seen, remark });
    }
    records.push(spf(&domain, &helo, looked));
    records.push(dmarc(&domain, looked));
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

fn spf(domain: &str, helo: &str, looked: Option<&Looked>) -> Record {
    let us = if is_named(helo) { format!("a:{helo}") } else { String::new() };
    let new = format!("v=spf1 {us} ~all").replace("  ", " ");
    let record = |value: String, seen, remark: Option<Text>| Record {
        purpose: Purpose::Spf,
        kind: "TXT",
        name: domain.to_owned(),
        value,
        seen,
        remark: remark.map(Phrase::from),
    };
    if us.is_empty() {
        return record(new, Seen::Unknown, Some(NO_NAME));
    }
    let Some(looked) = looked else { return record(new, Seen::Unknown, None) };
    let found = match looked.texts(domain) {
        Ok(found) => found,
        Err(error) => return record(new, Seen::Failed(error.to_string()), None),
    };
    let is_spf = |text: &&String| {
        let lower = text.to_ascii_lowercase();
        lower == "v=spf1" || lower.starts_with("v=spf1 ")
    };
    let found: Vec<&String> = found.iter().filter(is_spf).collect();
    match found[..] {
        [] => record(new, Seen::Missing, None),
        [one] if names_us(one, helo, looked.addresses.as_deref().unwrap_or_default()) => {
            record(one.clone(), Seen::Right, None)
        }
        [one] => record(merged(one, &us), Seen::Other(vec![one.clone()]), Some(MERGED)),
        [one, ..] => {
            let seen = Seen::Other(found.into_iter().cloned().collect());
            record(merged(one, &us), seen, Some(TWO_SPF))
        }
    }
}

/// Whether a record lets our addresses send, by name or by number.
fn names_us(record: &str, helo: &str, addresses: &[IpAddr]) -> bool {
    record.split_ascii_whitespace().skip(1).any(|term| {
        let term = term.trim_start_matches('+').to_ascii_lowercase();
        match term.split_once(':') {
            Some(("a", name)) => name.split('/').next() == Some(helo),
            Some(("ip4" | "ip6", network)) => {
                let network = match network.contains('/') {
                    true => network.parse::<connect::direct::Network>().ok(),
                    false => network.parse::<IpAddr>().ok().map(connect::direct::Network::from),
                };
                network.is_some_and(|network| addresses.iter().any(|address| network.contains(address)))
            }
            _ => false,
        }
    })
}

/// The record with us in it, before what it says of everybody else.
fn merged(record: &str, us: &str) -> String {
    let mut terms: Vec<&str> = record.split_ascii_whitespace().collect();
    if terms.contains(&us) {
        return record.to_owned();
    }
    let last = |term: &&str| {
        let term = term.trim_start_matches(['+', '-', '~', '?']).to_ascii_lowercase();
        term == "all" || term.starts_with("redirect=")
    };
    let at = terms.iter().position(last).unwrap_or(terms.len());
    terms.insert(at, us);
    terms.join(" ")
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
    Record { purpose: Purpose::Dmarc, kind: "TXT", name, value, seen, remark: None }
}

fn ptr(helo: &str, looked: Option<&Looked>) -> Record {
    let record = |name: String, seen, remark: Text| Record {
        purpose: Purpose::Ptr,
        kind: "PTR",
        name,
        value: if is_named(helo) { helo.to_owned() } else { String::new() },
        seen,
        remark: Some(remark.into()),
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
    fn we_come_into_a_record_before_what_it_says_of_all_others() {
        let us = "a:post.voorbeeld.nl";
        for (record, with_us) in [
            ("v=spf1 include:_spf.x.nl -all", "v=spf1 include:_spf.x.nl a:post.voorbeeld.nl -all"),
            ("v=spf1 mx redirect=_spf.x.nl", "v=spf1 mx a:post.voorbeeld.nl redirect=_spf.x.nl"),
            ("v=spf1 mx", "v=spf1 mx a:post.voorbeeld.nl"),
            ("v=spf1 a:post.voorbeeld.nl ?all", "v=spf1 a:post.voorbeeld.nl ?all"),
        ] {
            assert_eq!(merged(record, us), with_us);
        }
    }

    #[test]
    fn a_record_lets_us_send_by_name_or_by_number() {
        let addresses = ["192.0.2.7".parse().unwrap()];
        for (record, does) in [
            ("v=spf1 a:post.voorbeeld.nl -all", true),
            ("v=spf1 ip4:192.0.2.7 -all", true),
            ("v=spf1 +ip4:192.0.2.0/24 -all", true),
            ("v=spf1 ip4:192.0.3.0/24 -all", false),
            ("v=spf1 -ip4:192.0.2.7 -all", false),
            ("v=spf1 mx -all", false),
        ] {
            assert_eq!(names_us(record, "post.voorbeeld.nl", &addresses), does, "{record}");
        }
    }

    #[test]
    fn a_policy_of_the_domain_above_is_looked_for_too() {
        assert_eq!(dmarc_names("a.b.nl"), ["_dmarc.a.b.nl", "_dmarc.b.nl"]);
        assert_eq!(dmarc_names("b.nl"), ["_dmarc.b.nl"]);
    }
}
