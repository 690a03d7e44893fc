//! What has to be known of a letter's bytes.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use mail_parser::{Address, HeaderValue, MessageParser, MimeHeaders};
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

/// A file that belongs to a letter.
#[derive(Debug, Clone, Default)]
pub struct File {
    pub name: String,
    pub kind: String,
    pub is_inline: bool,
    /// The name by which the text calls it.
    pub content_id: Option<String>,
}

/// Where the parts of a letter meet that was given files here.
const SEAM: &str = "=_of-the-simulator";

/// The letter with one file more.
pub fn with_file(raw: &[u8], file: &File, bytes: &[u8]) -> Bytes {
    let plain = |text: &str| text.replace(['\r', '\n', '"'], " ");
    let mut part = format!(
        "--{SEAM}\r\nContent-Type: {}; name*=utf-8''{name}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: {}; filename*=utf-8''{name}\r\n",
        plain(&file.kind),
        if file.is_inline { "inline" } else { "attachment" },
        name = crate::asked::encoded(&file.name),
    );
    if let Some(id) = &file.content_id {
        part += &format!("Content-ID: <{}>\r\n", plain(id));
    }
    part += "\r\n";
    for line in STANDARD.encode(bytes).as_bytes().chunks(76) {
        part.extend(line.iter().map(|byte| char::from(*byte)));
        part += "\r\n";
    }
    let end = format!("--{SEAM}--\r\n");
    let mut whole = match raw.strip_suffix(end.as_bytes()) {
        Some(before) => before.to_vec(),
        None => wrapped(raw),
    };
    whole.extend_from_slice(part.as_bytes());
    whole.extend_from_slice(end.as_bytes());
    whole.into()
}

/// The letter as the first part of another, with its own head but for what says how it is written.
fn wrapped(raw: &[u8]) -> Vec<u8> {
    let (mut head, mut inner, mut in_head, mut is_of_content) = (Vec::new(), Vec::new(), true, false);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if in_head && line.iter().all(|byte| b"\r\n".contains(byte)) {
            in_head = false;
        }
        let goes_on = line.first().is_some_and(|first| b" \t".contains(first));
        if in_head && !goes_on {
            is_of_content = line.get(..8).is_some_and(|name| name.eq_ignore_ascii_case(b"content-"));
        }
        if in_head && !is_of_content { &mut head } else { &mut inner }.extend_from_slice(line);
    }
    head.extend_from_slice(
        format!("Content-Type: multipart/mixed; boundary=\"{SEAM}\"\r\n\r\n--{SEAM}\r\n").as_bytes(),
    );
    head.extend_from_slice(&inner);
    head.extend_from_slice(b"\r\n");
    head
}

/// The files of a letter, in Graph's names.
pub fn files(raw: &[u8]) -> Vec<Value> {
    let Some(message) = MessageParser::default().parse(raw) else { return Vec::new() };
    let one = |(at, part): (usize, &mail_parser::MessagePart<'_>)| {
        let kind = part.content_type().map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("plain")));
        json!({
            "@odata.type": "#microsoft.graph.fileAttachment",
            "id": format!("AAMkAttachment{at}="),
            "name": part.attachment_name(),
            "contentType": kind,
            "size": part.contents().len(),
            "isInline": part.content_disposition().is_some_and(|said| said.is_inline()),
            "contentId": part.content_id(),
        })
    };
    message.attachments().enumerate().map(one).collect()
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

    #[test]
    fn a_letter_keeps_its_head_and_its_text_whatever_files_it_is_given() {
        let raw = b"Message-ID: <a@b>\r\nContent-Type: text/html;\r\n charset=utf-8\r\nTo: a@x.nl\r\n\r\n<p>Dag\r\n";
        let file = |name: &str| File { name: name.to_owned(), kind: "image/png".to_owned(), ..File::default() };
        let one = with_file(raw, &file("een \u{20ac}.png"), b"\x00\x01");
        let two = with_file(&one, &file("twee.png"), &[7; 200]);
        let message = MessageParser::default().parse(&two[..]).unwrap();
        assert_eq!((message.message_id(), message.body_html(0).as_deref()), (Some("a@b"), Some("<p>Dag\r\n")));
        let files: Vec<_> = message.attachments().map(|part| (part.attachment_name(), part.contents())).collect();
        assert_eq!(files, [(Some("een \u{20ac}.png"), &[0, 1][..]), (Some("twee.png"), &[7; 200][..])]);
    }
}
