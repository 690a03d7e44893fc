//! Writes MIME by hand: the corpus must not depend on the library that Postkamer reads with.

use base64::{Engine, engine::general_purpose::STANDARD};

/// A body with the header fields that describe it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Part {
    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

/// How text is put on the wire.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wire {
    Plain8Bit,
    QuotedPrintable,
    Base64,
    Latin1,
    Latin9,
    Windows1252,
    Utf16,
    Flowed,
}

pub(super) const WIRES: [Wire; 8] = [
    Wire::Plain8Bit,
    Wire::QuotedPrintable,
    Wire::Base64,
    Wire::Latin1,
    Wire::Latin9,
    Wire::Windows1252,
    Wire::Utf16,
    Wire::Flowed,
];

/// A text part; letters that the charset does not have become question marks.
pub(super) fn text_part(kind: &str, text: &str, wire: Wire) -> Part {
    let head = |charset: &str, encoding: &str, more: &str| {
        format!("Content-Type: text/{kind}; charset={charset}{more}\r\nContent-Transfer-Encoding: {encoding}\r\n")
    };
    match wire {
        Wire::Plain8Bit => Part { head: head("utf-8", "8bit", ""), body: text.into() },
        Wire::Flowed => Part { head: head("UTF-8", "8bit", "; format=flowed"), body: text.into() },
        Wire::QuotedPrintable => {
            Part { head: head("\"utf-8\"", "quoted-printable", ""), body: quoted_printable(text.as_bytes()) }
        }
        Wire::Base64 => Part { head: head("utf-8", "base64", ""), body: base64_lines(text.as_bytes()) },
        Wire::Latin1 => Part { head: head("ISO-8859-1", "8bit", ""), body: one_byte(text, &[]) },
        Wire::Latin9 => Part {
            head: head("iso-8859-15", "quoted-printable", ""),
            body: quoted_printable(&one_byte(text, &[('€', 0xa4)])),
        },
        Wire::Windows1252 => {
            let extra = [('€', 0x80), ('–', 0x96), ('’', 0x92)];
            Part { head: head("windows-1252", "8bit", ""), body: one_byte(text, &extra) }
        }
        Wire::Utf16 => {
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            Part { head: head("utf-16be", "base64", ""), body: base64_lines(&wide) }
        }
    }
}

/// An attachment; `name` is written as RFC 2231 says when it is not plain.
pub(super) fn attachment(kind: &str, name: &str, bytes: &[u8]) -> Part {
    let name = if name.is_ascii() {
        format!("filename=\"{name}\"")
    } else {
        let encoded: String = name.bytes().map(percent).collect();
        format!("filename*=utf-8''{encoded}")
    };
    let head = format!(
        "Content-Type: {kind}\r\nContent-Disposition: attachment;\r\n {name}\r\nContent-Transfer-Encoding: base64\r\n"
    );
    Part { head, body: base64_lines(bytes) }
}

/// Several parts under one boundary.
pub(super) fn multipart(kind: &str, boundary: &str, parts: &[Part]) -> Part {
    let mut body = Vec::from(&b"Dit is een bericht in delen.\r\n"[..]);
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        body.extend_from_slice(&part.bytes());
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Part { head: format!("Content-Type: multipart/{kind};\r\n boundary=\"{boundary}\"\r\n"), body }
}

/// A whole message as a part.
pub(super) fn enclosed(message: &[u8]) -> Part {
    Part { head: "Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n".into(), body: message.to_vec() }
}

/// An unstructured field's text, in encoded words (RFC 2047) where it is not plain; `q` chooses the encoding.
pub(super) fn encoded_words(text: &str, q: bool) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let words = letters.chunks(10).map(|chunk| {
        let piece: String = chunk.iter().collect();
        if q {
            let encoded: String =
                piece.bytes().map(|byte| if byte == b' ' { "_".into() } else { q_byte(byte) }).collect();
            format!("=?utf-8?Q?{encoded}?=")
        } else {
            format!("=?UTF-8?B?{}?=", STANDARD.encode(piece))
        }
    });
    words.collect::<Vec<_>>().join("\r\n ")
}

pub(super) fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let encoded = STANDARD.encode(bytes).into_bytes();
    encoded.chunks(76).flat_map(|line| [line, b"\r\n"].concat()).collect()
}

fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 2);
    let mut column = 0;
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        if rest.starts_with(b"\r\n") {
            out.extend_from_slice(b"\r\n");
            (column, rest) = (0, &rest[2..]);
            continue;
        }
        if column > 70 {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        let at_end = after.starts_with(b"\r\n") || after.is_empty();
        let plain = (33..=126).contains(byte) && *byte != b'=' || *byte == b' ' && !at_end;
        let piece = if plain { vec![*byte] } else { format!("={byte:02X}").into_bytes() };
        column += piece.len();
        out.extend_from_slice(&piece);
        rest = after;
    }
    out
}

fn one_byte(text: &str, extra: &[(char, u8)]) -> Vec<u8> {
    let byte = |letter: char| {
        let known = extra.iter().find(|(it, _)| *it == letter).map(|(_, byte)| *byte);
        known.or_else(|| u8::try_from(letter).ok().filter(|byte| !(0x80..0xa0).contains(byte))).unwrap_or(b'?')
    };
    text.chars().map(byte).collect()
}

fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
        char::from(byte).into()
    } else {
        format!("%{byte:02X}")
    }
}

fn q_byte(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("={byte:02X}") }
}
