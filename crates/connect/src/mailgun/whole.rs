//! A mail that came in parts, put together again: its own headers, its texts, its files.
//!
//! What was between the parts is lost, signatures over the body (DKIM, S/MIME) no longer hold, and a route whose address
//! ends in `mime` loses nothing. The same parts always give the same bytes.

use super::form::Field;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A line of a header is no longer than this (RFC 5322 §2.1.1).
const LINE: usize = 990;
/// Of base 64 (RFC 2045 §6.8).
const BASE64_LINE: usize = 76;

/// The mail; `None` when nothing in the fields is one.
pub(super) fn of_parts(fields: &[Field]) -> Option<Bytes> {
    let text = |name: &str| fields.iter().find(|field| field.name == name).map(Field::text).unwrap_or_default();
    let (plain, html) = (text("body-plain"), text("body-html"));
    let headers = headers(fields);
    let files: Vec<&Field> = fields.iter().filter(|field| is_file(field)).collect();
    if headers.is_empty() || (plain.is_empty() && html.is_empty() && files.is_empty() && text("from").is_empty()) {
        return None;
    }
    let ids: Value = serde_json::from_str(&text("content-id-map")).unwrap_or_default();
    let id_of = |field: &Field| {
        let named = ids.as_object().into_iter().flatten();
        named.into_iter().find(|(_, name)| name.as_str() == Some(&field.name)).map(|(id, _)| id.clone())
    };
    let mut texts = Vec::new();
    if !plain.is_empty() || html.is_empty() {
        texts.push(leaf("text/plain; charset=utf-8", "", plain.as_bytes()));
    }
    if !html.is_empty() {
        texts.push(leaf("text/html; charset=utf-8", "", html.as_bytes()));
    }
    let seed = Sha256::digest(text("message-headers").as_bytes());
    let body = group("alternative", texts, &seed);
    let (inline, attached): (Vec<&&Field>, Vec<&&Field>) = files.iter().partition(|field| id_of(field).is_some());
    let file = |field: &&&Field| {
        let kind = field.kind.as_deref().map(plainly).unwrap_or_else(|| "application/octet-stream".to_owned());
        let name = encoded_name(field.file_name.as_deref().unwrap_or("file"));
        let (manner, id) = match id_of(field) {
            Some(id) => ("inline", format!("Content-ID: <{}>\r\n", plainly(id.trim_matches(['<', '>'])))),
            None => ("attachment", String::new()),
        };
        leaf(&kind, &format!("Content-Disposition: {manner}; filename*=UTF-8''{name}\r\n{id}"), &field.value)
    };
    let related = group("related", [body].into_iter().chain(inline.iter().map(file)).collect(), &seed);
    let mixed = group("mixed", [related].into_iter().chain(attached.iter().map(file)).collect(), &seed);
    let mut whole = String::new();
    for (name, value) in headers {
        whole += &folded(&format!("{name}: {value}"));
    }
    whole += "MIME-Version: 1.0\r\n";
    whole += &mixed;
    Some(whole.into())
}

fn is_file(field: &Field) -> bool {
    let number = field.name.strip_prefix("attachment-");
    number.is_some_and(|number| number.parse::<u32>().is_ok()) && field.file_name.is_some()
}

/// The headers that the mail had, but for those that say how its body was written.
fn headers(fields: &[Field]) -> Vec<(String, String)> {
    let text = |name: &str| fields.iter().find(|field| field.name == name).map(Field::text).unwrap_or_default();
    let given: Value = serde_json::from_str(&text("message-headers")).unwrap_or_default();
    let mut headers: Vec<(String, String)> = Vec::new();
    for pair in given.as_array().into_iter().flatten() {
        let (Some(name), Some(value)) = (pair[0].as_str(), pair[1].as_str()) else { continue };
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        let of_body = name.eq_ignore_ascii_case("mime-version") || name.to_ascii_lowercase().starts_with("content-");
        if is_name && !of_body {
            headers.push((name.to_owned(), plainly(value)));
        }
    }
    if headers.is_empty() {
        for (header, field) in [("From", "from"), ("To", "recipient"), ("Subject", "subject")] {
            let value = plainly(&text(field));
            if !value.is_empty() {
                headers.push((header.to_owned(), value));
            }
        }
    }
    headers
}

/// Without what ends a line.
fn plainly(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

fn leaf(kind: &str, more: &str, content: &[u8]) -> String {
    let encoded = STANDARD.encode(content);
    let mut part = format!("Content-Type: {kind}\r\n{more}Content-Transfer-Encoding: base64\r\n\r\n");
    for line in encoded.as_bytes().chunks(BASE64_LINE) {
        part.push_str(&String::from_utf8_lossy(line));
        part.push_str("\r\n");
    }
    part
}

/// These parts as one; a single one is itself.
fn group(kind: &str, mut parts: Vec<String>, seed: &[u8]) -> String {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let hex: String = seed.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let boundary = format!("={kind}-{hex}");
    let mut whole = format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n");
    for part in parts {
        whole += &format!("--{boundary}\r\n{part}\r\n");
    }
    whole + &format!("--{boundary}--\r\n")
}

/// RFC 8187 §3.2.
fn encoded_name(name: &str) -> String {
    let one = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    name.bytes().map(one).collect()
}

fn folded(header: &str) -> String {
    let mut lines = String::with_capacity(header.len() + 2);
    let mut length = 0;
    for (at, word) in header.split(' ').enumerate() {
        if at > 0 {
            let ends = length + word.len() >= LINE;
            lines.push_str(if ends { "\r\n " } else { " " });
            length = if ends { 1 } else { length + 1 };
        }
        lines.push_str(word);
        length += word.len();
    }
    lines + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: &str) -> Field {
        Field { name: name.into(), file_name: None, kind: None, value: value.to_owned().into() }
    }

    fn file(name: &str, file_name: &str, kind: &str, value: &[u8]) -> Field {
        let (file_name, kind) = (Some(file_name.into()), Some(kind.into()));
        Field { name: name.into(), file_name, kind, value: Bytes::copy_from_slice(value) }
    }

    #[test]
    fn a_mail_in_parts_is_whole_again_with_its_headers_texts_and_files() {
        let headers = r#"[["Received","by x"],["From","Els <els@klant.nl>"],["Subject","=?utf-8?q?caf=C3=A9?="],
            ["Message-Id","<een@klant.nl>"],["Content-Type","multipart/mixed; boundary=oud"],["X-Evil","a\r\nBcc: b@x.nl"]]"#;
        let fields = [
            field("message-headers", headers),
            field("body-plain", "Dag! café\r\n"),
            field("body-html", "<p>Dag! <img src=\"cid:foto\"></p>"),
            field("content-id-map", r#"{"<foto>":"attachment-2"}"#),
            file("attachment-1", "bestek é.pdf", "application/pdf", b"%PDF\xff\x00"),
            file("attachment-2", "foto.png", "image/png", b"\x89PNG"),
        ];
        let raw = of_parts(&fields).unwrap();
        assert_eq!(of_parts(&fields).unwrap(), raw, "the same parts give the same bytes");
        let read = mail::parse::parse(&raw);
        assert_eq!(read.message_id.map(|id| id.0).as_deref(), Some("een@klant.nl"));
        assert_eq!(read.subject, "café");
        let text = String::from_utf8_lossy(&raw);
        assert!(!text.contains("\r\nBcc:") && !text.contains("boundary=oud"), "{text}");
        for (content, name) in [(&b"%PDF\xff\x00"[..], "bestek%20%C3%A9.pdf"), (b"\x89PNG", "foto.png")] {
            assert!(text.contains(&STANDARD.encode(content)) && text.contains(name), "{name}");
        }
        assert!(text.contains("Content-ID: <foto>") && text.contains(&STANDARD.encode("Dag! café\r\n")));
    }

    #[test]
    fn long_lines_are_folded_and_no_mail_is_made_of_nothing() {
        let ids = "<een@klant.nl> ".repeat(200);
        let headers = serde_json::json!([["References", ids]]).to_string();
        let raw = of_parts(&[field("message-headers", &headers), field("body-plain", "x")]).unwrap();
        assert!(raw.split(|byte| *byte == b'\n').all(|line| line.len() < 998));
        assert!(of_parts(&[field("recipient", "a@x.nl")]).is_none());
    }
}
