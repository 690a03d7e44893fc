//! Who may send for a domain, as its SPF record says (RFC 7208), with us in it.

use super::records::{Looked, NO_NAME, Purpose, Record, Seen, is_named};
use crate::words::{Phrase, Text, text};
use std::net::IpAddr;

const MERGED: Text = text(
    "Er mag maar een SPF-record zijn: vervang het bestaande door dit.",
    "There may be only one SPF record: put this in the place of the one that is there.",
);
const TWO_SPF: Text = text(
    "Er zijn twee SPF-records, en dan geldt geen van beide: laat alleen dit staan.",
    "There are two SPF records, and then neither counts: leave only this one.",
);

/// The record that lets us send for the domain, and what is there.
pub(super) fn spf(domain: &str, helo: &str, looked: Option<&Looked>) -> Record {
    let us = if is_named(helo) { format!("a:{helo}") } else { String::new() };
    let new = format!("v=spf1 {us} ~all").replace("  ", " ");
    let record = |value: String, seen, remark: Option<Text>| Record {
        purpose: Purpose::Spf,
        kind: "TXT",
        name: domain.to_owned(),
        value,
        seen,
        remark: remark.map(Phrase::from),
        key: None,
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
}
