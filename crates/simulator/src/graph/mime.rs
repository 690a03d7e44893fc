//! What has to be known of a letter's bytes.

use bytes::Bytes;
use mail_parser::{Address, HeaderValue, MessageParser};
use serde_json::{Value, json};

fn addresses(address: Option<&Address<'_>>) -> Vec<(String, String)> {
    let all = address.into_iter().flat_map(Address::iter);
    all.filter_map(|one| Some((one.name().unwrap_or_default().to_owned(), one.address()?.to_owned()))).collect()
}

fn shown(address: Option<&Address<'_>>) -> Vec<Value> {
    let one = |(name, address): (String, String)| {
        let name = if name.is_empty() { address.clone() } else { name };
        json!({ "emailAddress": { "name": name, "address": address } })
    };
    addresses(address).into_iter().map(one).collect()
}

/// The addresses in To, Cc and Bcc.
pub fn recipients(raw: &[u8]) -> Vec<String> {
    let Some(message) = MessageParser::default().parse(raw) else { return Vec::new() };
    let all = [message.to(), message.cc(), message.bcc()];
    all.into_iter().flat_map(addresses).map(|(_, address)| address).collect()
}

/// The bytes without the header that names hidden recipients.
pub fn without_bcc(raw: &Bytes) -> Bytes {
    let mut kept = Vec::with_capacity(raw.len());
    let (mut in_head, mut in_bcc) = (true, false);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if in_head {
            in_head = !line.iter().all(|byte| b"\r\n".contains(byte));
            let goes_on = line.first().is_some_and(|first| b" \t".contains(first));
            in_bcc = if goes_on { in_bcc } else { line.len() > 4 && line[..4].eq_ignore_ascii_case(b"bcc:") };
        }
        if !in_head || !in_bcc {
            kept.extend_from_slice(line);
        }
    }
    kept.into()
}

/// What a letter's head and body say, in the names of Graph's `message`.
pub fn properties(raw: &[u8]) -> Value {
    let Some(message) = MessageParser::default().parse(raw) else { return json!({}) };
    let text = message.body_text(0).unwrap_or_default().into_owned();
    let preview: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(255).collect();
    let html = message.body_html(0).filter(|_| !message.html_body.is_empty());
    let from = shown(message.from()).into_iter().next().unwrap_or(Value::Null);
    let sender = shown(message.sender()).into_iter().next().unwrap_or_else(|| from.clone());
    let id = message.message_id().map(|id| format!("<{id}>"));
    let id = id.or_else(|| match message.header("Message-ID") {
        Some(HeaderValue::Text(text)) => Some(text.to_string()),
        _ => None,
    });
    let sent = message.date().map(|date| date.to_timestamp());
    json!({
        "subject": message.subject().unwrap_or_default(),
        "bodyPreview": preview,
        "body": {
            "contentType": if html.is_some() { "html" } else { "text" },
            "content": html.unwrap_or_else(|| text.into()),
        },
        "from": from,
        "sender": sender,
        "toRecipients": shown(message.to()),
        "ccRecipients": shown(message.cc()),
        "bccRecipients": shown(message.bcc()),
        "replyTo": shown(message.reply_to()),
        "internetMessageId": id,
        "hasAttachments": message.attachment_count() > 0,
        "sentDateTime": sent.and_then(|at| jiff::Timestamp::from_second(at).ok()).map(super::letter::instant),
    })
}

/// A letter of what Graph's `message` says, for who writes JSON instead of MIME.
pub fn written(message: &Value, from: &str) -> Bytes {
    let list = |name: &str| {
        let all = message[name].as_array().into_iter().flatten();
        let all: Vec<&str> = all.filter_map(|one| one["emailAddress"]["address"].as_str()).collect();
        all.join(", ")
    };
    let plain = |text: &str| text.replace(['\r', '\n'], " ");
    let kind = if message["body"]["contentType"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("html")) {
        "html"
    } else {
        "plain"
    };
    let mut text = format!("From: {from}\r\n");
    for (header, name) in [("To", "toRecipients"), ("Cc", "ccRecipients"), ("Bcc", "bccRecipients")] {
        let list = list(name);
        if !list.is_empty() {
            text += &format!("{header}: {}\r\n", plain(&list));
        }
    }
    text += &format!(
        "Subject: {}\r\nMessage-ID: <{:032x}@simulator.invalid>\r\nMIME-Version: 1.0\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
        plain(message["subject"].as_str().unwrap_or_default()),
        rand::random::<u128>(),
        message["body"]["content"].as_str().unwrap_or_default(),
    );
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_recipients_are_taken_out_of_the_head_and_nothing_else() {
        let raw = Bytes::from_static(b"To: a@x.nl\r\nBcc: b@x.nl,\r\n c@x.nl\r\nSubject: x\r\n\r\nBcc: stays\r\n");
        assert_eq!(recipients(&raw), ["a@x.nl", "b@x.nl", "c@x.nl"]);
        assert_eq!(without_bcc(&raw), &b"To: a@x.nl\r\nSubject: x\r\n\r\nBcc: stays\r\n"[..]);
    }
}
