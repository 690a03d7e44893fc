//! A policy as a domain publishes it (RFC 7208 §4.6, §5, §6). One that is written wrongly anywhere counts as wrong as a whole.

use super::expand::{self, Text};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The policy is written wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wrong;

/// What a domain says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Policy {
    /// In the order in which they are tried.
    pub(super) directives: Vec<Directive>,
    /// Whose policy decides when none of them does.
    pub(super) redirect: Option<Text>,
}

/// One of its sentences.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) sign: Sign,
    pub(super) mechanism: Mechanism,
}

/// What is said of a client that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Pass,
    Fail,
    SoftFail,
    Neutral,
}

/// Whom a sentence is about. Where no name is given the domain's own is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    All,
    Include(Text),
    A(Option<Text>, Prefix),
    Mx(Option<Text>, Prefix),
    Ptr(Option<Text>),
    Ip4(Ipv4Addr, u8),
    Ip6(Ipv6Addr, u8),
    Exists(Text),
}

/// How much of an address counts, for each family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) four: u8,
    pub(super) six: u8,
}

/// Whether a TXT record is a policy at all.
pub(super) fn is_policy(text: &[u8]) -> bool {
    let word = text.split(|byte| *byte == b' ').next().unwrap_or_default();
    word.eq_ignore_ascii_case(b"v=spf1")
}

/// Reads a record for which [`is_policy`] holds.
pub(super) fn read(text: &[u8]) -> Result<Policy, Wrong> {
    let text = std::str::from_utf8(text).map_err(|_| Wrong)?;
    let mut policy = Policy::default();
    let mut is_explained = false;
    for term in text.split(' ').skip(1).filter(|term| !term.is_empty()) {
        if !term.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Wrong);
        }
        match term.split_once(['=', ':', '/']) {
            Some((name, value)) if term.as_bytes().get(name.len()) == Some(&b'=') => {
                modifier(&mut policy, &mut is_explained, name, value)?;
            }
            _ => policy.directives.push(directive(term)?),
        }
    }
    Ok(policy)
}

fn modifier(policy: &mut Policy, is_explained: &mut bool, name: &str, value: &str) -> Result<(), Wrong> {
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    match name.to_ascii_lowercase().as_str() {
        "redirect" => match policy.redirect.replace(expand::domain(value)?) {
            Some(_) => Err(Wrong),
            None => Ok(()),
        },
        // A verdict explains nothing to anybody, but it is to be written well.
        "exp" => match std::mem::replace(is_explained, true) {
            true => Err(Wrong),
            false => expand::domain(value).map(|_| ()),
        },
        _ if is_name => expand::text(value).map(|_| ()),
        _ => Err(Wrong),
    }
}

fn directive(term: &str) -> Result<Directive, Wrong> {
    let (sign, term) = match term.as_bytes().first() {
        Some(b'+') => (Sign::Pass, &term[1..]),
        Some(b'-') => (Sign::Fail, &term[1..]),
        Some(b'~') => (Sign::SoftFail, &term[1..]),
        Some(b'?') => (Sign::Neutral, &term[1..]),
        _ => (Sign::Pass, term),
    };
    let (name, rest) = term.split_at(term.find([':', '/']).unwrap_or(term.len()));
    let value = rest.strip_prefix(':');
    let mechanism = match (name.to_ascii_lowercase().as_str(), value) {
        ("all", None) if rest.is_empty() => Mechanism::All,
        ("include", Some(value)) => Mechanism::Include(expand::domain(value)?),
        ("exists", Some(value)) => Mechanism::Exists(expand::domain(value)?),
        ("ptr", None) if rest.is_empty() => Mechanism::Ptr(None),
        ("ptr", Some(value)) => Mechanism::Ptr(Some(expand::domain(value)?)),
        ("ip4", Some(value)) => {
            let (address, bits) = network(value, 32)?;
            Mechanism::Ip4(address.parse().map_err(|_| Wrong)?, bits)
        }
        ("ip6", Some(value)) => {
            let (address, bits) = network(value, 128)?;
            Mechanism::Ip6(address.parse().map_err(|_| Wrong)?, bits)
        }
        ("a", _) => hosts(rest).map(|(domain, prefix)| Mechanism::A(domain, prefix))?,
        ("mx", _) => hosts(rest).map(|(domain, prefix)| Mechanism::Mx(domain, prefix))?,
        _ => return Err(Wrong),
    };
    Ok(Directive { sign, mechanism })
}

/// What stands behind `a` and `mx`: `:domain/24//64`, each part of which may be missing.
fn hosts(rest: &str) -> Result<(Option<Text>, Prefix), Wrong> {
    let (rest, six) = match rest.rsplit_once("//") {
        Some((before, digits)) if is_number(digits) => (before, bits(digits, 128)?),
        _ => (rest, 128),
    };
    let (rest, four) = match rest.rsplit_once('/') {
        Some((before, digits)) if is_number(digits) => (before, bits(digits, 32)?),
        _ => (rest, 32),
    };
    let domain = match rest.strip_prefix(':') {
        Some(domain) => Some(expand::domain(domain)?),
        None if rest.is_empty() => None,
        None => return Err(Wrong),
    };
    Ok((domain, Prefix { four, six }))
}

fn network(value: &str, most: u8) -> Result<(&str, u8), Wrong> {
    match value.split_once('/') {
        Some((address, digits)) if is_number(digits) => Ok((address, bits(digits, most)?)),
        Some(_) => Err(Wrong),
        None => Ok((value, most)),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Without a zero before it, and no more than there are.
fn bits(digits: &str, most: u8) -> Result<u8, Wrong> {
    let number = digits.parse::<u8>().map_err(|_| Wrong)?;
    let is_plain = digits == "0" || !digits.starts_with('0');
    if is_plain && number <= most { Ok(number) } else { Err(Wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_in_a_name_is_part_of_it_and_behind_it_the_prefix_begins() {
        let policy = read(b"v=spf1 a:foo:bar/baz.example.com/24//64 -all").unwrap();
        let Mechanism::A(Some(_), prefix) = &policy.directives[0].mechanism else { panic!("{policy:?}") };
        assert_eq!((prefix.four, prefix.six, policy.directives[1].sign), (24, 64, Sign::Fail));
    }

    #[test]
    fn one_wrong_word_makes_the_whole_policy_wrong() {
        for wrong in [
            "a/33",
            "a/032",
            "a//129",
            "a:museum",
            "a:x.-com",
            "ip4:1.2.3",
            "ip4:1.2.3.4/",
            "all.",
            "include",
            "exists",
            "1up=x",
            "=all",
            "redirect=-all",
            "exp=a.example exp=a.example",
            "a:%{x}.example",
            "a:x%.example",
            "ptr/24",
        ] {
            assert_eq!(read(format!("v=spf1 {wrong} -all").as_bytes()), Err(Wrong), "{wrong}");
        }
        assert!(read(b"v=spf1 a\r -all").is_err() && read(b"v=spf1 a:\xff.example").is_err());
        assert!(read(b"v=spf1  moo.cow-far_out=man:dog/cat ip4:1.2.3.4 -all ").is_ok());
    }
}
