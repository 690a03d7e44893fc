//! Letters that are handed over: as JSON, as they are, or both in two parts (developers.google.com/workspace/gmail/api/guides/uploads).

use super::{Desk, fault};
use crate::asked::Reply;
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use jiff::Timestamp;
use mail_parser::MessageParser;
use serde_json::Value;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// A letter may be so long, in bytes.
const LONGEST: usize = 36_700_160;

impl Desk<'_> {
    /// What is said of the letter, and its bytes.
    pub(super) fn handed(&self, is_upload: bool) -> Result<(Value, Bytes), Reply> {
        let kind = self.asked.headers.get("content-type").map_or("", String::as_str).to_owned();
        let (about, raw) = match (is_upload, self.asked.query("uploadType")) {
            (false, _) => {
                let about = self.asked.json().ok_or_else(|| fault::invalid("Invalid JSON payload received."))?;
                // A draft has its letter inside.
                let raw = about["raw"].as_str().or(about["message"]["raw"].as_str()).unwrap_or_default();
                let raw = BASE64.decode(raw).map_err(|_| fault::invalid("Invalid value for ByteString"))?;
                (about, Bytes::from(raw))
            }
            (true, Some("media")) if kind.starts_with("message/") => {
                (Value::Null, Bytes::from(self.asked.body.clone()))
            }
            (true, Some("multipart")) => {
                two_parts(&kind, &self.asked.body).ok_or_else(|| fault::invalid("Malformed multipart body."))?
            }
            (true, _) => return Err(fault::invalid("Media type is not supported. Valid media types: [message/*]")),
        };
        if raw.len() > LONGEST {
            return Err(fault::error(413, "uploadTooLarge", "INVALID_ARGUMENT", "Request Entity Too Large"));
        }
        if raw.is_empty() {
            return Err(fault::invalid(
                "'raw' RFC822 payload message string or uploading message via /upload/* URL required",
            ));
        }
        Ok((about, raw))
    }

    /// Puts a letter there: by the side door, or as if it came in.
    pub(super) fn insert(&mut self, is_upload: bool, by_side_door: bool) -> Reply {
        let (about, raw) = match self.handed(is_upload) {
            Ok(handed) => handed,
            Err(reply) => return reply,
        };
        let labels: Vec<String> =
            about["labelIds"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        for label in &labels {
            if !self.mailbox().has_label(label) || ["DRAFT", "CHAT"].contains(&label.as_str()) {
                return fault::invalid(&format!("Invalid label: {label}"));
            }
        }
        let usual = if by_side_door { "receivedTime" } else { "dateHeader" };
        let at = match self.asked.query("internalDateSource").unwrap_or(usual) {
            "dateHeader" => dated(&raw).unwrap_or_else(Timestamp::now),
            _ => Timestamp::now(),
        };
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let serial = self.mailbox().put(&labels, raw, at).serial;
        self.labelled(serial)
    }
}

fn dated(raw: &[u8]) -> Option<Timestamp> {
    Timestamp::from_second(MessageParser::default().parse(raw)?.date()?.to_timestamp()).ok()
}

/// The JSON and the letter of `multipart/related`.
fn two_parts(kind: &str, body: &[u8]) -> Option<(Value, Bytes)> {
    let boundary = kind.split("boundary=").nth(1)?.split(';').next()?.trim().trim_matches('"');
    let mark = format!("--{boundary}");
    let find = |from: usize, wanted: &[u8]| {
        body[from..].windows(wanted.len()).position(|window| window == wanted).map(|at| at + from)
    };
    let mut parts = Vec::new();
    let mut at = find(0, mark.as_bytes())?;
    while let Some(next) = find(at + mark.len(), format!("\n{mark}").as_bytes()) {
        let part = &body[at + mark.len()..next];
        // After the first empty line; the line end before the mark belongs to the mark.
        let crlf = part.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
        let lf = part.windows(2).position(|window| window == b"\n\n").map(|at| at + 2);
        let begin = [crlf, lf].into_iter().flatten().min()?;
        let content = &part[begin..];
        parts.push(content.strip_suffix(b"\r").unwrap_or(content).to_vec());
        at = next + 1;
    }
    let [about, raw] = <[Vec<u8>; 2]>::try_from(parts).ok()?;
    Some((serde_json::from_slice(&about).ok()?, raw.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_parts_of_an_upload_come_apart_byte_for_byte() {
        let body = b"--x\r\nContent-Type: application/json\r\n\r\n{\"labelIds\":[]}\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\nc\r\n\r\n--x--";
        let (about, raw) = two_parts("multipart/related; boundary=\"x\"", body).unwrap();
        assert_eq!((about["labelIds"].is_array(), raw.as_ref()), (true, &b"A: b\r\n\r\nc\r\n"[..]));
    }
}
