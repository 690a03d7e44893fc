//! Letters: what Gmail says of one, and many of them in one request.

use super::{USER, fault};
use crate::{
    ConnectError,
    error::Cause,
    http::Answer,
    line::{Line, Question, encoded, later},
};
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

/// Gmail writes base 64 for addresses, with its end or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// What a letter costs, in units.
pub const COST: u32 = 5;
/// Between the parts of a request.
const BOUNDARY: &str = "postkamer-batch";
/// Longer than this no answer to many questions is read: each of them is asked by itself then.
const MANY_BYTES: u64 = 4 << 20;

/// What is wanted of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Its labels.
    Minimal,
    /// Its bytes too.
    Raw,
}

/// A letter.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its identifier, which never changes; nor do its bytes.
    pub id: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// When it came in, milliseconds since 1970.
    pub received_at: Option<i64>,
    /// About how long it is, in bytes, where that is said.
    pub size: Option<u64>,
    /// Its bytes, when they were asked for.
    pub raw: Option<Bytes>,
}

/// What became of asking for one.
#[derive(Debug)]
pub enum Had {
    /// Here it is.
    Letter(Box<Letter>),
    /// It is not there any more.
    Gone,
    /// It can't be had, for a reason that says nothing of the others: `refused`, `too_large`, `empty`, and in words.
    Unreadable(&'static str, String),
}

impl Letter {
    fn read(value: &Value) -> Option<Letter> {
        let id = value["id"].as_str()?.to_owned();
        let labels = value["labelIds"].as_array().into_iter().flatten();
        let labels = labels.filter_map(|label| label.as_str().map(str::to_owned)).collect();
        let received_at = value["internalDate"].as_str().and_then(|text| text.parse().ok());
        let raw = match value["raw"].as_str() {
            Some(text) => Some(Bytes::from(BASE64.decode(text).ok()?)),
            None => None,
        };
        let size = value["sizeEstimate"].as_u64();
        Some(Letter { id, labels, received_at, size, raw })
    }
}

fn path(id: &str, depth: Depth) -> String {
    let format = if depth == Depth::Raw { "raw" } else { "minimal" };
    format!("{USER}/messages/{}?format={format}", encoded(id))
}

/// One letter of at most so many bytes.
pub async fn one(line: &Line, id: &str, depth: Depth, limit: u64) -> Result<Had, ConnectError> {
    let most = limit.saturating_mul(4) / 3 + (64 << 10);
    let question = Question::get(path(id, depth)).costing(COST).at_most(most).slowly();
    match line.ask(question).await {
        Err(ConnectError::Refused { cause: Cause::TooLarge, .. }) => {
            Ok(Had::Unreadable("too_large", format!("it is above the limit of {limit} bytes")))
        }
        Err(error) => Err(error),
        Ok(answer) => had(&answer, depth, limit),
    }
}

fn had(answer: &Answer, depth: Depth, limit: u64) -> Result<Had, ConnectError> {
    match answer.status {
        200 => {}
        404 => return Ok(Had::Gone),
        _ => {
            return match fault::meaning(answer) {
                // What can't be had of one letter says nothing of the others.
                ConnectError::Refused { .. } => Ok(Had::Unreadable("refused", fault::said(answer).1.0)),
                ConnectError::Later { cause: Cause::Dropped, .. } if matches!(answer.status, 500 | 501) => {
                    Ok(Had::Unreadable("refused", fault::said(answer).1.0))
                }
                error => Err(error),
            };
        }
    }
    let letter = serde_json::from_slice(&answer.body).ok().and_then(|said| Letter::read(&said));
    let letter = letter.ok_or_else(|| later(Cause::Protocol, "a letter that makes no sense"))?;
    Ok(match &letter.raw {
        None if depth == Depth::Raw => Had::Unreadable("empty", "Google gave no content".to_owned()),
        Some(raw) if raw.is_empty() => Had::Unreadable("empty", "Google gave no content".to_owned()),
        Some(raw) if raw.len() as u64 > limit => {
            Had::Unreadable("too_large", format!("it is above the limit of {limit} bytes"))
        }
        _ => Had::Letter(Box::new(letter)),
    })
}

/// Several letters, in their order, without their bytes. Those of which the one answer says nothing good are asked for again
/// by themselves.
pub async fn several(line: &Line, ids: &[String], limit: u64) -> Result<Vec<Had>, ConnectError> {
    let mut found = Vec::with_capacity(ids.len());
    for (id, had) in ids.iter().zip(at_once(line, ids, Depth::Minimal, limit).await?) {
        found.push(match had {
            Some(had) => had,
            None => one(line, id, Depth::Minimal, limit).await?,
        });
    }
    Ok(found)
}

/// Several letters in one answer (developers.google.com/workspace/gmail/api/guides/batch), in their order. `None` for those of which
/// it says nothing good, and for all when it is too long: they are to be asked for by themselves, as one alone is anyway.
pub async fn at_once(line: &Line, ids: &[String], depth: Depth, limit: u64) -> Result<Vec<Option<Had>>, ConnectError> {
    let mut answers: Vec<Option<Answer>> = Vec::new();
    if ids.len() > 1 {
        let kind = format!("multipart/mixed; boundary={BOUNDARY}");
        let question = Question::new(Method::POST, "/batch/gmail/v1", true)
            .carrying(kind, request(ids, depth))
            .costing(COST * u32::try_from(ids.len()).unwrap_or(u32::MAX))
            .at_most(MANY_BYTES)
            .slowly();
        match line.ask(question).await {
            Err(ConnectError::Refused { cause: Cause::TooLarge, .. }) => {}
            Err(error) => return Err(error),
            Ok(answer) => answers = parts(&line.well(answer)?.body),
        }
    }
    answers.resize_with(ids.len(), || None);
    let good = |answer: &Answer| matches!(answer.status, 200 | 404);
    Ok(answers.into_iter().map(|answer| had(&answer.filter(good)?, depth, limit).ok()).collect())
}

fn request(ids: &[String], depth: Depth) -> Bytes {
    let mut body = String::new();
    for (at, id) in ids.iter().enumerate() {
        let path = path(id, depth);
        body += &format!(
            "--{BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: <{at}>\r\n\r\nGET {path} HTTP/1.1\r\n\r\n\r\n"
        );
    }
    body += &format!("--{BOUNDARY}--\r\n");
    body.into()
}

/// The answers in an answer, each at the place of its question.
fn parts(body: &[u8]) -> Vec<Option<Answer>> {
    let text = String::from_utf8_lossy(body);
    let Some(boundary) = text.trim_start().lines().next().map(str::trim_end).filter(|line| line.starts_with("--"))
    else {
        return Vec::new();
    };
    let mut found: Vec<Option<Answer>> = Vec::new();
    for part in text.split(boundary) {
        let Some((at, answer)) = part_of(part) else { continue };
        if at >= found.len() {
            found.resize_with(at.min(1000) + 1, || None);
        }
        if let Some(place) = found.get_mut(at) {
            *place = Some(answer);
        }
    }
    found
}

fn part_of(part: &str) -> Option<(usize, Answer)> {
    let (head, rest) = halves(part.trim_start())?;
    let id = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-id").then_some(value.trim())
    })?;
    let at = id.trim_matches(['<', '>']).strip_prefix("response-")?.parse().ok()?;
    let (head, body) = halves(rest.trim_start())?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let body = body.trim().as_bytes().to_vec();
    Some((at, Answer { status, url: String::new(), body, retry_after: None }))
}

/// What stands before the first empty line, and after it.
fn halves(text: &str) -> Option<(&str, &str)> {
    text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_in_an_answer_are_found_by_their_questions() {
        let part = |at: usize, status: &str, body: &str| {
            format!(
                "--batch_x\r\nContent-Type: application/http\r\nContent-ID: <response-{at}>\r\n\r\nHTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n{body}\r\n"
            )
        };
        let body = format!(
            "{}{}--batch_x--\r\n",
            part(1, "404 Not Found", r#"{"error":{"code":404}}"#),
            part(
                0,
                "200 OK",
                "{\n \"id\": \"a1\",\n\n \"labelIds\": [\"INBOX\"],\n \"internalDate\": \"5\",\n \"raw\": \"aGFsbG8_\"\n}"
            )
        );
        let found = parts(body.as_bytes());
        let statuses: Vec<u16> = found.iter().flatten().map(|answer| answer.status).collect();
        assert_eq!(statuses, [200, 404]);
        let first = had(found[0].as_ref().unwrap(), Depth::Raw, 100).unwrap();
        let Had::Letter(letter) = first else { panic!("{first:?}") };
        assert_eq!(
            (letter.id.as_str(), letter.received_at, letter.raw.unwrap().as_ref()),
            ("a1", Some(5), &b"hallo?"[..])
        );
        assert!(parts(b"nothing of the kind").is_empty() && parts(b"").is_empty());
    }
}
