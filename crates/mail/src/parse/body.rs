//! Transfer encodings (RFC 2045 §6): from the bytes on the wire to the bytes that were meant, forgiving all damage.

use memchr::memchr;
use std::borrow::Cow;

/// How a body was made fit for transport.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is.
    #[default]
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
}

impl Encoding {
    pub(super) fn read(text: &str) -> Encoding {
        let text = text.split(['(', ';']).next().unwrap_or_default().trim().to_ascii_lowercase();
        match text.as_str() {
            "base64" => Encoding::Base64,
            "quoted-printable" => Encoding::QuotedPrintable,
            "x-uuencode" | "uuencode" | "x-uue" => Encoding::Uuencode,
            _ => Encoding::Identity,
        }
    }
}

/// The bytes that were meant.
pub(super) fn decode(body: &[u8], encoding: Encoding) -> Cow<'_, [u8]> {
    match encoding {
        Encoding::Identity => Cow::Borrowed(body),
        Encoding::Base64 => Cow::Owned(base64(body)),
        Encoding::QuotedPrintable => Cow::Owned(quoted_printable(body)),
        Encoding::Uuencode => Cow::Owned(uuencode(body)),
    }
}

/// How many bytes [`decode`] gives, for base64 by counting lines instead of decoding.
pub(super) fn decoded_size(body: &[u8], encoding: Encoding) -> u64 {
    if encoding != Encoding::Base64 {
        return decode(body, encoding).len() as u64;
    }
    let newlines = memchr::memchr_iter(b'\n', body).count();
    let returns = if memchr(b'\r', &body[..body.len().min(1000)]).is_some() { newlines } else { 0 };
    let mut end = body;
    let mut padding = 0;
    while let [rest @ .., last @ (b'=' | b'\r' | b'\n' | b' ')] = end {
        padding += usize::from(*last == b'=');
        end = rest;
    }
    let characters = body.len().saturating_sub(newlines + returns + padding);
    characters as u64 * 3 / 4
}

const NOT_BASE64: u8 = 0xFF;

const fn base64_table() -> [u8; 256] {
    let mut table = [NOT_BASE64; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < 64 {
        table[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    table
}

static BASE64: [u8; 256] = base64_table();

/// Base64 where characters outside of the alphabet mean nothing (RFC 2045 §6.8) and padding ends a group, so that
/// pieces that were encoded apart and put together are read too.
pub(super) fn base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let (mut group, mut count) = (0u32, 0u8);
    let mut at = 0;
    while at < body.len() {
        if count == 0 && at + 4 <= body.len() {
            let four = [body[at], body[at + 1], body[at + 2], body[at + 3]].map(|byte| BASE64[byte as usize]);
            if four.iter().all(|value| *value != NOT_BASE64) {
                let [a, b, c, d] = four.map(u32::from);
                out.extend_from_slice(&(a << 18 | b << 12 | c << 6 | d).to_be_bytes()[1..]);
                at += 4;
                continue;
            }
        }
        let value = BASE64[body[at] as usize];
        if value != NOT_BASE64 {
            group = group << 6 | u32::from(value);
            count += 1;
            if count == 4 {
                out.extend_from_slice(&group.to_be_bytes()[1..]);
                (group, count) = (0, 0);
            }
        } else if body[at] == b'=' {
            flush_group(&mut out, group, count);
            (group, count) = (0, 0);
        }
        at += 1;
    }
    flush_group(&mut out, group, count);
    out
}

fn flush_group(out: &mut Vec<u8>, group: u32, count: u8) {
    match count {
        2 => out.push((group >> 4) as u8),
        3 => out.extend_from_slice(&((group >> 2) as u16).to_be_bytes()),
        _ => {}
    }
}

/// Quoted-printable; what isn't, stays as it stands.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(equals) = memchr(b'=', rest) {
        out.extend_from_slice(&rest[..equals]);
        rest = &rest[equals + 1..];
        if let Some(value) = hex_pair(rest.first().copied(), rest.get(1).copied()) {
            out.push(value);
            rest = &rest[2..];
            continue;
        }
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        match &rest[blanks..] {
            [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] => rest = after,
            [] => rest = &[],
            _ => out.push(b'='),
        }
    }
    out.extend_from_slice(rest);
    out
}

/// The byte of two hexadecimal digits.
pub(super) fn hex_pair(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// Uuencode, from its `begin` line to its `end` line.
fn uuencode(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3);
    let lines = body.split(|byte| *byte == b'\n').skip_while(|line| !line.starts_with(b"begin ")).skip(1);
    for line in lines.take_while(|line| !line.starts_with(b"end")) {
        let Some((&length, data)) = line.split_first() else { continue };
        let length = usize::from(length.wrapping_sub(b' ') & 63);
        let start = out.len();
        for group in data.chunks(4) {
            let bits = (0..4).fold(0u32, |bits, place| {
                bits << 6 | u32::from(group.get(place).unwrap_or(&b' ').wrapping_sub(b' ') & 63)
            });
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
        }
        out.truncate(start + length);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_encodings_give_what_is_left() {
        assert_eq!(base64(b"aGFs\r\nbG8=\r\naGFsbG8="), b"hallohallo");
        assert_eq!(base64(b"aGFsbG8"), b"hallo");
        assert_eq!(base64(b"a G*F s!bG8="), b"hallo");
        assert_eq!(quoted_printable(b"a=3Db =  \r\nc=ZZ=\n=e9="), b"a=b c=ZZ\xE9");
        assert_eq!(uuencode(b"x\nbegin 644 a.txt\n%:&%L;&\\\n`\nend\n"), b"hallo");
    }

    #[test]
    fn the_counted_size_is_the_decoded_size() {
        for length in 0..300usize {
            let plain = vec![7u8; length];
            let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, plain);
            for newline in ["\r\n", "\n"] {
                let lines: Vec<&str> =
                    encoded.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
                let body = lines.join(newline) + newline;
                assert_eq!(decoded_size(body.as_bytes(), Encoding::Base64), length as u64);
            }
        }
    }
}
