//! Header fields as they lie in the bytes (RFC 5322 §2.2): names, raw values, and where the body begins.

use memchr::memchr;
use std::borrow::Cow;

/// How much of one field is read.
pub(super) const FIELD_LIMIT: usize = 64 * 1024;
/// How much header is read of one message, all its parts together.
pub(super) const HEADER_LIMIT: usize = 1024 * 1024;

/// One field, still folded and encoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// From the first byte of the name to after the line end.
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Field<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value as text: UTF-8 as RFC 6532 has it, or else what old programs of Western Europe meant by raw bytes.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match std::str::from_utf8(self.value) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(self.value).0,
        }
    }
}

/// A header that was read.
#[derive(Debug, Default)]
pub(super) struct Header<'a> {
    pub(super) fields: Vec<Field<'a>>,
    /// The first byte of the body.
    pub(super) body: usize,
    /// Something was over a limit and left out.
    pub(super) cut: bool,
}

/// Reads fields from `start` until the empty line. In a part a line that begins with `--` ends the header too: it is a
/// boundary that came too early. `budget` is what may still be read of the whole message's headers.
pub(super) fn read<'a>(raw: &'a [u8], start: usize, in_part: bool, budget: &mut usize) -> Header<'a> {
    let start = if in_part { start } else { skip_envelope_line(raw, start) };
    fields(raw, start, in_part, budget)
}

/// Reads a header as it is read below a field that somebody puts before it: what is folded onto that one is no field of its own.
pub(super) fn read_below<'a>(raw: &'a [u8], budget: &mut usize) -> Header<'a> {
    let mut start = 0;
    while matches!(raw.get(start), Some(b' ' | b'\t')) {
        start = next_line(raw, start);
    }
    fields(raw, start, false, budget)
}

fn fields<'a>(raw: &'a [u8], start: usize, in_part: bool, budget: &mut usize) -> Header<'a> {
    let mut header = Header::default();
    let mut at = start;
    while at < raw.len() {
        let line_end = next_line(raw, at);
        if is_blank(&raw[at..line_end]) {
            at = line_end;
            break;
        }
        if in_part && raw[at..].starts_with(b"--") {
            break;
        }
        let Some((name, value_start)) = field_name(raw, at, line_end) else {
            break;
        };
        let mut end = line_end;
        while end < raw.len() && matches!(raw[end], b' ' | b'\t') {
            end = next_line(raw, end);
        }
        if end - at > *budget {
            *budget = 0;
            header.cut = true;
        } else {
            *budget -= end - at;
            let mut value = trim_line_end(&raw[value_start..end]);
            if value.len() > FIELD_LIMIT {
                value = &value[..FIELD_LIMIT];
                header.cut = true;
            }
            header.fields.push(Field { name, value, start: at, end });
        }
        at = end;
    }
    header.body = at;
    header
}

/// The line that mbox files put before a message is not of the message.
fn skip_envelope_line(raw: &[u8], at: usize) -> usize {
    let rest = &raw[at..];
    if rest.starts_with(b"From ") || rest.starts_with(b">From ") { next_line(raw, at) } else { at }
}

fn field_name(raw: &[u8], at: usize, line_end: usize) -> Option<(&[u8], usize)> {
    let line = &raw[at..line_end];
    let colon = memchr(b':', line)?;
    let mut name = &line[..colon];
    while let [rest @ .., b' ' | b'\t'] = name {
        name = rest;
    }
    let printable = name.iter().all(|byte| (33..=126).contains(byte));
    (!name.is_empty() && printable).then_some((name, at + colon + 1))
}

pub(super) fn next_line(raw: &[u8], at: usize) -> usize {
    memchr(b'\n', &raw[at..]).map_or(raw.len(), |newline| at + newline + 1)
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n" | b"\r")
}

fn trim_line_end(mut value: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r' | b'\n'] = value {
        value = rest;
    }
    value
}
