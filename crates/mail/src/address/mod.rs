//! An e-mail address with its display name.

mod list;

use crate::parse::word;
use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

pub(crate) use list::{Mailbox, mailboxes};

/// `{name?, address}` of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The display name, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `local@domain` as written.
    pub address: String,
}

impl Address {
    /// An address without a name.
    pub fn bare(address: impl Into<String>) -> Address {
        Address { name: None, address: address.into() }
    }

    /// The identity used for linking, see [`fold_address`].
    pub fn folded(&self) -> String {
        fold_address(&self.address)
    }

    /// What stands after the last `@`, as written.
    pub fn domain(&self) -> Option<&str> {
        self.address.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty())
    }

    /// One typed address, with or without a name, or `None` when no server could accept it (RFC 5321 §4.1.2, RFC 6531).
    ///
    /// Control characters are refused, not dropped: they are never typed, only smuggled.
    pub fn parse(text: &str) -> Option<Address> {
        if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return None;
        }
        let mut found = mailboxes(text).into_iter();
        let mailbox = found.next()?;
        if found.next().is_some() || !mailbox.sound || !is_deliverable(&mailbox.address) {
            return None;
        }
        let name = word::one_line(&mailbox.name);
        Some(Address { name: (!name.is_empty()).then_some(name), address: mailbox.address })
    }

    /// The addresses of a list with commas or semicolons; what is no address is left out.
    pub fn parse_list(text: &str) -> Vec<Address> {
        let clean = |mailbox: Mailbox| {
            let name = word::one_line(&mailbox.name);
            Address { name: (!name.is_empty()).then_some(name), address: mailbox.address }
        };
        let sound = |mailbox: &Mailbox| is_deliverable(&mailbox.address);
        mailboxes(text).into_iter().filter(sound).map(clean).collect()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

/// The address in lower case with its domain in ASCII (IDNA): two spellings of one mailbox fold to the same text.
///
/// The local part is folded too, against the letter of RFC 5321 §2.4: no provider tells `Jan@` from `jan@`, and people
/// write both. What has no domain is only lower-cased.
pub fn fold_address(address: &str) -> String {
    let address = address.trim();
    let Some((local, domain)) = address.rsplit_once('@') else {
        return address.to_lowercase();
    };
    let domain = domain.trim_end_matches('.');
    let local = match local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) if is_dot_atom(inner) => inner,
        _ => local,
    };
    let plain = domain.is_ascii() && !domain.to_ascii_lowercase().contains("xn--");
    let domain = if plain { domain.to_ascii_lowercase() } else { ascii_domain(domain) };
    if local.is_ascii() {
        return format!("{}@{domain}", local.to_ascii_lowercase());
    }
    format!("{}@{domain}", local.to_lowercase().nfc().collect::<String>())
}

fn ascii_domain(domain: &str) -> String {
    idna::domain_to_ascii(domain).ok().filter(|ascii| !ascii.is_empty()).unwrap_or_else(|| domain.to_lowercase())
}

/// A number for a folded address, the same on every machine, so that a database can hold and join it as a BIGINT.
pub fn address_hash(folded: &str) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(folded.as_bytes()).as_bytes();
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Whether an SMTP server could take the address (RFC 5321 §4.5.3.1 for the lengths).
pub(crate) fn is_deliverable(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let quoted = local.len() > 2
        && local.starts_with('"')
        && local.ends_with('"')
        && !local[1..local.len() - 1].contains(['"', '\\'])
        && !local.chars().any(char::is_control);
    local.len() <= 64 && (quoted || is_dot_atom(local)) && is_domain(domain)
}

fn is_dot_atom(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_foreign(c);
    !text.is_empty() && text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(allowed))
}

fn is_foreign(c: char) -> bool {
    !c.is_ascii() && !c.is_control() && !c.is_whitespace() && !word::is_deceiving(c) && c != '\u{FFFD}'
}

fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let literal = literal.strip_prefix("IPv6:").unwrap_or(literal);
        return literal.parse::<std::net::IpAddr>().is_ok();
    }
    let Ok(ascii) = idna::domain_to_ascii(domain) else {
        return false;
    };
    let sound = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    ascii.len() <= 253 && ascii.split('.').all(sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_mailbox_fold_to_the_same() {
        assert_eq!(fold_address(" Jan.Smit@VOORBEELD.nl. "), "jan.smit@voorbeeld.nl");
        assert_eq!(fold_address("info@Café.nl"), "info@xn--caf-dma.nl");
        assert_eq!(fold_address("info@XN--CAF-DMA.nl"), "info@xn--caf-dma.nl");
        assert_eq!(fold_address("\"jan\"@x.nl"), "jan@x.nl");
        assert_eq!(fold_address("RENÉ@x.nl"), fold_address("rene\u{301}@x.nl"));
        assert_eq!(fold_address("MAILER-DAEMON"), "mailer-daemon");
    }

    #[test]
    fn a_typed_address_is_taken_or_refused_as_a_server_would() {
        let address = |text| Address::parse(text).map(|address| address.to_string());
        for good in [
            "jan@voorbeeld.nl",
            "Jan de Vries <jan@voorbeeld.nl>",
            "o'brien+x@a.b.nl",
            "info@café.nl",
            "用户@例え.jp",
            "\"jan smit\"@x.nl",
            "root@[192.0.2.1]",
            "root@[IPv6:2001:db8::1]",
            "a@localhost",
        ] {
            assert_eq!(address(good).as_deref(), Some(good));
        }
        assert_eq!(address(" \"Smit, Jan\" <jan@x.nl> ").as_deref(), Some("Smit, Jan <jan@x.nl>"));
        assert_eq!(address("jan@x.nl (Jan)").as_deref(), Some("Jan <jan@x.nl>"));
        for bad in [
            "",
            "jan",
            "jan@",
            "@x.nl",
            "a..b@x.nl",
            ".a@x.nl",
            "a b@x.nl",
            "a@x..nl",
            "a@-x.nl",
            "a@x.nl, b@x.nl",
            "jan@x.nl\r\nBcc: b@x.nl",
            "ja\0n@x.nl",
            "<jan@x.nl",
            "jan@@x.nl",
            "jan@x.nl\u{2028}",
            "a@[300.1.1.1]",
        ] {
            assert_eq!(address(bad), None, "{bad:?}");
        }
        assert_eq!(address(&format!("{}@x.nl", "a".repeat(65))), None);
    }

    #[test]
    fn a_typed_list_gives_its_addresses() {
        let list = Address::parse_list("Jan <a@x.nl>; \"B, C\" <b@x.nl>, geen adres, c@x.nl");
        assert_eq!(
            list.iter().map(Address::to_string).collect::<Vec<_>>(),
            ["Jan <a@x.nl>", "B, C <b@x.nl>", "c@x.nl"]
        );
    }

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(address_hash("jan@voorbeeld.nl"), address_hash(&fold_address("JAN@Voorbeeld.NL")));
        assert_eq!(address_hash(""), 0xaf13_49b9_f5f9_a1a6_u64.cast_signed());
    }
}
