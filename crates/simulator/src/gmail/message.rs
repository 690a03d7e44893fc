//! Letters as Gmail shows them, in each of its formats.

use super::mailbox::Message;
use base64::{Engine, engine::general_purpose::URL_SAFE};
use mail_parser::{MessageParser, MimeHeaders};
use serde_json::{Value, json};

/// The names of a letter and its thread, as a list shows them. Every letter is a thread of its own here.
pub fn named(message: &Message) -> Value {
    json!({ "id": message.id(), "threadId": message.id() })
}

/// The same with its labels, as the history and an answer to a change show them.
pub fn labelled(message: &Message) -> Value {
    let mut shown = named(message);
    shown["labelIds"] = json!(message.labels);
    shown
}

/// A letter in a format: `minimal`, `raw`, `metadata` or `full`.
pub fn shown(message: &Message, format: &str) -> Value {
    let mut shown = labelled(message);
    let text = String::from_utf8_lossy(&message.raw);
    let snippet: String =
        text.split("\r\n\r\n").nth(1).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    shown["snippet"] = json!(snippet.chars().take(200).collect::<String>());
    shown["sizeEstimate"] = json!(message.raw.len());
    shown["historyId"] = json!(message.history.to_string());
    shown["internalDate"] = json!(message.received_at.as_millisecond().to_string());
    match format {
        "raw" => shown["raw"] = json!(URL_SAFE.encode(&message.raw)),
        "full" | "metadata" => shown["payload"] = payload(&message.raw, format == "full"),
        _ => {}
    }
    shown
}

fn payload(raw: &[u8], with_body: bool) -> Value {
    let Some(parsed) = MessageParser::default().parse(raw) else { return json!({}) };
    let headers: Vec<Value> =
        parsed.headers_raw().map(|(name, value)| json!({ "name": name, "value": value.trim() })).collect();
    let kind = parsed.content_type();
    let kind = kind.map_or("text/plain".to_owned(), |kind| match kind.subtype() {
        Some(sub) => format!("{}/{sub}", kind.ctype()),
        None => kind.ctype().to_owned(),
    });
    let text = parsed.body_text(0).unwrap_or_default();
    let mut shown = json!({ "partId": "", "mimeType": kind, "filename": "", "headers": headers });
    if with_body {
        shown["body"] = json!({ "size": text.len(), "data": URL_SAFE.encode(text.as_bytes()) });
    }
    shown
}
