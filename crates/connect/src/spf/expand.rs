//! Names in a policy that are filled in for the letter at hand (RFC 7208 §7).

use super::policy::Wrong;
use std::net::IpAddr;

/// A name with what is to be filled in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text(Vec<Piece>);

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Macro(Macro),
}

#[derive(Debug, PartialEq, Eq)]
struct Macro {
    /// Small.
    letter: u8,
    /// It was written large: what comes out is escaped as in an address of the web.
    escapes: bool,
    /// So many parts, from the right; 0 is all.
    parts: usize,
    reversed: bool,
    splits_at: String,
}

/// What can be filled in.
pub(super) struct Facts<'a> {
    pub(super) client: IpAddr,
    pub(super) helo: &'a str,
    /// The sender, which has both halves.
    pub(super) local: &'a str,
    pub(super) sender_domain: &'a str,
    /// Whose policy is read.
    pub(super) domain: &'a str,
    /// The name that the client's address has, where a policy asks for it.
    pub(super) client_name: &'a str,
}

/// Longer names no name server has; they lose what stands in front (RFC 7208 §7.3).
const NAME_MAX: usize = 253;

/// Reads any text.
pub(super) fn text(written: &str) -> Result<Text, Wrong> {
    let (mut pieces, mut rest) = (Vec::new(), written);
    while let Some(at) = rest.find('%') {
        let (plain, behind) = (&rest[..at], &rest[at + 1..]);
        if !plain.is_empty() {
            pieces.push(Piece::Plain(plain.to_owned()));
        }
        rest = match behind.as_bytes().first() {
            Some(b'%') => plain_piece(&mut pieces, "%", behind),
            Some(b'_') => plain_piece(&mut pieces, " ", behind),
            Some(b'-') => plain_piece(&mut pieces, "%20", behind),
            Some(b'{') => {
                let (inside, behind) = behind[1..].split_once('}').ok_or(Wrong)?;
                pieces.push(Piece::Macro(macro_of(inside)?));
                behind
            }
            _ => return Err(Wrong),
        };
    }
    if !rest.is_empty() {
        pieces.push(Piece::Plain(rest.to_owned()));
    }
    Ok(Text(pieces))
}

/// Reads the name of a domain, which has to end as one (§7.1, `domain-end`).
pub(super) fn domain(written: &str) -> Result<Text, Wrong> {
    let read = text(written)?;
    let is_end = |from: &str| {
        let from = from.strip_suffix('.').unwrap_or(from);
        from.rsplit_once('.').is_some_and(|(_, label)| is_top_label(label))
    };
    // What follows the last thing to be filled in; nothing may.
    let tail = match written.rfind('%') {
        None => written,
        Some(at) if written[at..].starts_with("%{") => {
            written[at..].split_once('}').map(|(_, tail)| tail).unwrap_or_default()
        }
        Some(at) => written.get(at + 2..).unwrap_or_default(),
    };
    let is_filled = tail.is_empty() && !read.0.is_empty();
    if is_filled || is_end(tail) { Ok(read) } else { Err(Wrong) }
}

fn plain_piece<'a>(pieces: &mut Vec<Piece>, meant: &str, behind: &'a str) -> &'a str {
    pieces.push(Piece::Plain(meant.to_owned()));
    &behind[1..]
}

fn macro_of(inside: &str) -> Result<Macro, Wrong> {
    let letter = *inside.as_bytes().first().ok_or(Wrong)?;
    // The other three are for explanations only.
    if !b"slodiphv".contains(&letter.to_ascii_lowercase()) {
        return Err(Wrong);
    }
    let rest = inside.get(1..).unwrap_or_default();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (digits, rest) = rest.split_at(digits);
    let parts = match digits {
        "" => 0,
        digits => digits.parse::<usize>().ok().filter(|parts| *parts > 0).ok_or(Wrong)?,
    };
    let (reversed, splits_at) = match rest.strip_prefix(['r', 'R']) {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    if !splits_at.bytes().all(|byte| b".-+,/_=".contains(&byte)) {
        return Err(Wrong);
    }
    let splits_at = if splits_at.is_empty() { "." } else { splits_at }.to_owned();
    Ok(Macro { letter: letter.to_ascii_lowercase(), escapes: letter.is_ascii_uppercase(), parts, reversed, splits_at })
}

/// Letters, digits and hyphens, neither at an end nor digits alone.
fn is_top_label(label: &str) -> bool {
    !label.is_empty()
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.bytes().all(|byte| byte.is_ascii_digit())
}

impl Text {
    /// Whether it asks for the name of the client's address, which has to be looked up.
    pub(super) fn asks_client_name(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Macro(one) if one.letter == b'p'))
    }

    /// Filled in as the name of a domain.
    pub(super) fn filled(&self, facts: &Facts<'_>) -> String {
        let mut name = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(plain) => name.push_str(plain),
                Piece::Macro(one) => name.push_str(&one.filled(facts)),
            }
        }
        let mut name = name.strip_suffix('.').unwrap_or(&name);
        while name.len() > NAME_MAX {
            match name.split_once('.') {
                Some((_, rest)) => name = rest,
                None => break,
            }
        }
        name.to_owned()
    }
}

impl Macro {
    fn filled(&self, facts: &Facts<'_>) -> String {
        let value = match self.letter {
            b's' => format!("{}@{}", facts.local, facts.sender_domain),
            b'l' => facts.local.to_owned(),
            b'o' => facts.sender_domain.to_owned(),
            b'd' => facts.domain.to_owned(),
            b'i' => dotted(facts.client),
            b'p' => facts.client_name.to_owned(),
            b'v' => if facts.client.is_ipv4() { "in-addr" } else { "ip6" }.to_owned(),
            _ => facts.helo.to_owned(),
        };
        let mut parts: Vec<&str> = value.split(|c: char| self.splits_at.contains(c)).collect();
        if self.reversed {
            parts.reverse();
        }
        if self.parts > 0 {
            parts.drain(..parts.len().saturating_sub(self.parts));
        }
        let joined = parts.join(".");
        if self.escapes { escaped(&joined) } else { joined }
    }
}

/// An address with a dot between its parts; those of the newer kind are its 32 digits (§7.3).
fn dotted(client: IpAddr) -> String {
    match client {
        IpAddr::V4(four) => four.to_string(),
        IpAddr::V6(six) => {
            let digits: Vec<String> = format!("{:032x}", u128::from(six)).chars().map(String::from).collect();
            digits.join(".")
        }
    }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(written: &str) -> String {
        let client = if written.contains("ip6") { "2001:db8::cb01" } else { "192.0.2.3" };
        let facts = Facts {
            client: client.parse().expect("an address"),
            helo: "mx.example.org",
            local: "strong-bad",
            sender_domain: "email.example.com",
            domain: "email.example.com",
            client_name: "unknown",
        };
        text(written).expect("well written").filled(&facts)
    }

    /// The examples of RFC 7208 §7.4.
    #[test]
    fn names_are_filled_in_as_the_standard_shows() {
        for (written, meant) in [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l-}", "strong.bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
            ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
            ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
            ("%{i}._ip6", "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1._ip6"),
            ("%%%_%-", "% %20"),
        ] {
            assert_eq!(filled(written), meant, "{written}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_loses_what_stands_in_front() {
        let long = format!("weg.{}.example.com", ["a"; 120].join("."));
        let name = filled(&long);
        assert!(name.len() <= NAME_MAX && name.ends_with(".example.com") && !name.starts_with("weg"));
    }
}
