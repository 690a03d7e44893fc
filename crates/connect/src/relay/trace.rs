//! What is written on a letter at the door, and what is read there to stop loops (RFC 5321 §4.4, §6.3, RFC 8601).

use mail::address::fold_address;

/// More hops than any mail takes (RFC 5321 §6.3).
const HOPS_MAX: usize = 100;

/// What stands on the outside of a letter.
#[derive(Debug)]
pub(super) struct Outside<'a> {
    pub(super) sender: &'a str,
    pub(super) recipients: &'a [String],
    pub(super) helo: &'a str,
    pub(super) client: std::net::IpAddr,
    /// The protocol and the cipher, when it came encrypted.
    pub(super) tls: Option<&'a str>,
    /// It greeted with EHLO.
    pub(super) extended: bool,
    pub(super) utf8: bool,
    pub(super) us: &'a str,
    pub(super) id: &'a str,
}

/// Why a letter goes in circles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loop {
    /// More than a hundred servers had it.
    Hops,
    /// It was here before, for the same recipient.
    Here,
}

/// One header field with its line ends: where it begins and ends.
struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
    at: std::ops::Range<usize>,
}

/// The header fields of a message, as far as they are fields.
fn fields(raw: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut begin = 0;
    std::iter::from_fn(move || {
        let rest = raw.get(begin..)?;
        if rest.is_empty() || rest.starts_with(b"\r\n") {
            return None;
        }
        let mut end = 0;
        for at in memchr::memmem::find_iter(rest, b"\r\n") {
            end = at + 2;
            if !matches!(rest.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        if end == 0 {
            end = rest.len();
        }
        let field = rest.get(..end)?;
        let colon = memchr::memchr(b':', field)?;
        let at = begin..begin + end;
        begin += end;
        Some(Field { name: field.get(..colon)?.trim_ascii_end(), value: field.get(colon + 1..)?.trim_ascii(), at })
    })
}

/// Whether the letter goes in circles.
pub(super) fn is_loop(raw: &[u8], recipients: &[String]) -> Option<Loop> {
    let mut hops = 0;
    let folded: Vec<String> = recipients.iter().map(|recipient| fold_address(recipient)).collect();
    for field in fields(raw) {
        if field.name.eq_ignore_ascii_case(b"Received") {
            hops += 1;
        } else if field.name.eq_ignore_ascii_case(b"Delivered-To") {
            let to = fold_address(String::from_utf8_lossy(field.value).trim_matches(['<', '>']));
            if folded.contains(&to) {
                return Some(Loop::Here);
            }
        }
    }
    (hops > HOPS_MAX).then_some(Loop::Hops)
}

/// Takes out what somebody else wrote in our name: only our own word on a sender may look like it (RFC 8601 §5).
pub(super) fn without_forged_results(mut raw: Vec<u8>, us: &str) -> Vec<u8> {
    let is_forged = |field: &Field<'_>| {
        if !field.name.eq_ignore_ascii_case(b"Authentication-Results") {
            return false;
        }
        let text = String::from_utf8_lossy(field.value);
        let server = text.split([';', ' ', '\t', '\r', '\n', '(']).find(|word| !word.is_empty()).unwrap_or_default();
        server.eq_ignore_ascii_case(us)
    };
    let forged: Vec<_> = fields(&raw).filter(is_forged).map(|field| field.at).collect();
    for at in forged.into_iter().rev() {
        raw.drain(at);
    }
    raw
}

/// The fields that say whose letter it is and how it came. A single recipient is named; of several none may learn of the
/// others.
pub(super) fn written(outside: &Outside<'_>, results: &str, now: jiff::Timestamp) -> String {
    let mut text = format!("Return-Path: <{}>\r\n", line(outside.sender));
    let only = match outside.recipients {
        [one] => Some(line(one)),
        _ => None,
    };
    if let Some(recipient) = &only {
        text.push_str(&format!("Delivered-To: {recipient}\r\n"));
    }
    // Not the last of ours: a letter may begin with a line that is folded onto what stands above it.
    text.push_str(results);
    let literal = match outside.client.to_canonical() {
        std::net::IpAddr::V4(four) => format!("[{four}]"),
        std::net::IpAddr::V6(six) => format!("[IPv6:{six}]"),
    };
    let protocol = match (outside.utf8, outside.extended) {
        (true, _) => "UTF8SMTP",
        (false, true) => "ESMTP",
        (false, false) => "SMTP",
    };
    let secured = if outside.tls.is_some() { "S" } else { "" };
    let helo = line(outside.helo);
    text.push_str(&format!(
        "Received: from {helo} ({literal})\r\n\tby {} (Postkamer) with {protocol}{secured} id {}",
        outside.us, outside.id
    ));
    if let Some(tls) = outside.tls {
        text.push_str(&format!("\r\n\t(using {tls})"));
    }
    if let Some(recipient) = &only {
        text.push_str(&format!("\r\n\tfor <{recipient}>"));
    }
    let date = now.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    text.push_str(&format!(";\r\n\t{date}\r\n"));
    text
}

/// As it can stand on one line of a header.
fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(320).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outside(recipients: &[String]) -> Outside<'_> {
        Outside {
            sender: "jan@elders.nl",
            recipients,
            helo: "mail.elders.nl",
            client: "192.0.2.9".parse().expect("an address"),
            tls: Some("TLSv1.3 TLS13_AES_256_GCM_SHA384"),
            extended: true,
            utf8: false,
            us: "post.example",
            id: "abc",
        }
    }

    #[test]
    fn a_letter_says_how_it_came() {
        let to = ["info@post.example".to_owned()];
        let text =
            written(&outside(&to), "Authentication-Results: post.example; spf=pass\r\n", jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(
            text,
            "Return-Path: <jan@elders.nl>\r\nDelivered-To: info@post.example\r\n\
             Authentication-Results: post.example; spf=pass\r\n\
             Received: from mail.elders.nl ([192.0.2.9])\r\n\tby post.example (Postkamer) with ESMTPS id abc\r\n\
             \t(using TLSv1.3 TLS13_AES_256_GCM_SHA384)\r\n\tfor <info@post.example>;\r\n\
             \tThu, 01 Jan 1970 00:00:00 +0000\r\n"
        );
    }

    #[test]
    fn of_several_recipients_none_is_named() {
        let to = ["info@post.example".to_owned(), "stil@post.example".to_owned()];
        let text = written(&outside(&to), "", jiff::Timestamp::UNIX_EPOCH);
        assert!(!text.contains("info@") && !text.contains("stil@"), "{text}");
    }

    #[test]
    fn a_letter_that_was_here_or_at_a_hundred_others_goes_in_circles() {
        let to = ["Info@Post.example".to_owned()];
        let here = "Subject: x\r\nDelivered-To: info@post.example\r\n\r\ntekst\r\n";
        assert_eq!(is_loop(here.as_bytes(), &to), Some(Loop::Here));
        let quoted = "Subject: x\r\n\r\nDelivered-To: info@post.example\r\n";
        assert_eq!(is_loop(quoted.as_bytes(), &to), None);
        let hops = |count: usize| format!("{}Subject: x\r\n\r\n", "Received: from a\r\n\tby b\r\n".repeat(count));
        assert_eq!(is_loop(hops(100).as_bytes(), &to), None);
        assert_eq!(is_loop(hops(101).as_bytes(), &to), Some(Loop::Hops));
    }

    #[test]
    fn nobody_else_speaks_in_our_name() {
        let raw = "Authentication-Results: post.EXAMPLE;\r\n\tdmarc=pass\r\nAuthentication-Results: mx.nl; spf=pass\r\n\
                   authentication-results: post.example 1; spf=pass\r\nSubject: x\r\n\r\n\
                   Authentication-Results: post.example; in de tekst\r\n";
        let kept = without_forged_results(raw.as_bytes().to_vec(), "post.example");
        assert_eq!(
            String::from_utf8(kept).expect("text"),
            "Authentication-Results: mx.nl; spf=pass\r\nSubject: x\r\n\r\n\
             Authentication-Results: post.example; in de tekst\r\n"
        );
    }

    #[test]
    fn what_has_no_header_is_no_trouble() {
        for raw in ["", "\r\n", "tekst zonder kop\r\n\r\n", "A: b", "A: b\r\n c\r\n d"] {
            assert_eq!(is_loop(raw.as_bytes(), &[]), None, "{raw:?}");
        }
    }
}
