//! A letter that is too long for one request (learn.microsoft.com/graph/outlook-large-attachments): its draft is made without
//! the heavy attachments, which then follow one by one, the long ones in pieces. Text, heads and our Message-ID go as they
//! were written; of an attachment Microsoft takes the bytes, the name, the kind and the name that the text calls it by.

use super::{fault, refused};
use crate::line::{Line, Question, encoded, later};
use crate::{ConnectError, error::Cause, http::Answer};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use mail::{Attachment, parse};
use reqwest::Method;
use serde_json::{Value, json};

/// A request may be so long, in bytes (learn.microsoft.com/graph/api/user-sendmail): base 64 of three quarters of it.
const REQUEST: usize = 4 << 20;
/// Everybody who is only in the envelope is named in the head, in so many bytes at most.
const HEAD: usize = 256 << 10;
/// A shorter attachment goes in one request, a longer one in pieces, in bytes (learn.microsoft.com/graph/api/
/// attachment-createuploadsession: from 3 MB).
const SHORT: usize = 3_000_000;
/// And this is the longest that is taken (the same page).
const LONGEST: usize = 150_000_000;
/// A piece of it: a multiple of 320 KiB, which the vendor's own client sends, and less than a request.
const PIECE: usize = 10 * (320 << 10);
/// How often one attachment may falter before it is left for later.
const STUMBLES: u32 = 5;

/// Whether a letter of so many bytes needs more than one request.
pub(super) fn is_heavy(length: usize) -> bool {
    length > REQUEST / 4 * 3 - HEAD
}

/// Makes the whole draft; gives its identifier. When anything fails nothing of it stays, and nothing was sent.
pub(super) async fn draft(line: &Line, message: &[u8]) -> Result<String, ConnectError> {
    let apart = parse::apart(message, REQUEST / 4 * 3).ok_or_else(|| {
        let words = format!(
            "{} bytes are more than Microsoft takes at once (about 3 MB), and it can't be taken apart: the text alone is too long, or it is signed or encrypted as a whole",
            message.len()
        );
        refused(Cause::TooLarge, &words)
    })?;
    if let Some((long, bytes)) = apart.heavy.iter().find(|(_, bytes)| bytes.len() > LONGEST) {
        let words = format!("{} has {} bytes; Microsoft takes no attachment above 150 MB", long.name, bytes.len());
        return Err(refused(Cause::TooLarge, &words));
    }
    let id = made(line, &apart.letter).await?;
    for (attachment, bytes) in apart.heavy {
        let added = match bytes.len() < SHORT {
            true => at_once(line, &id, &attachment, &bytes).await,
            false => in_pieces(line, &id, &attachment, bytes.into()).await,
        };
        if let Err(error) = added {
            forget(line, &id).await;
            return Err(error);
        }
    }
    Ok(id)
}

/// A draft of these bytes; gives its identifier.
pub(super) async fn made(line: &Line, message: &[u8]) -> Result<String, ConnectError> {
    let text = STANDARD.encode(message);
    let question = Question::new(Method::POST, "/messages", false).carrying("text/plain", text.into()).slowly();
    let made = line.json(question).await?;
    let lost = || later(Cause::Protocol, "a draft without an identifier");
    made["id"].as_str().map(str::to_owned).ok_or_else(lost)
}

/// A draft that is not sent is taken away.
pub(super) async fn forget(line: &Line, id: &str) {
    let path = format!("/messages/{}", encoded(id));
    if let Err(error) = line.json(Question::new(Method::DELETE, path, true)).await {
        tracing::info!(%error, "a draft that could not be sent stays in the mailbox");
    }
}

fn named(attachment: &Attachment) -> Value {
    let mut named = json!({
        "name": attachment.name, "contentType": attachment.content_type, "isInline": attachment.inline,
    });
    if let Some(id) = &attachment.content_id {
        named["contentId"] = json!(id);
    }
    named
}

async fn at_once(line: &Line, draft: &str, attachment: &Attachment, bytes: &[u8]) -> Result<(), ConnectError> {
    let mut body = named(attachment);
    body["@odata.type"] = json!("#microsoft.graph.fileAttachment");
    body["contentBytes"] = json!(STANDARD.encode(bytes));
    let path = format!("/messages/{}/attachments", encoded(draft));
    line.json(Question::new(Method::POST, path, false).json(&body).slowly()).await.map(|_| ())
}

async fn in_pieces(line: &Line, draft: &str, attachment: &Attachment, bytes: Bytes) -> Result<(), ConnectError> {
    let mut item = named(attachment);
    item["attachmentType"] = json!("file");
    item["size"] = json!(bytes.len());
    let path = format!("/messages/{}/attachments/createUploadSession", encoded(draft));
    let question = Question::new(Method::POST, path, true).json(&json!({ "AttachmentItem": item }));
    let session = line.json(question).await?;
    let lost = || later(Cause::Protocol, "an upload without an address");
    let url = session["uploadUrl"].as_str().ok_or_else(lost)?;
    let (mut at, mut stumbles) = (0, 0);
    while at < bytes.len() {
        let piece = bytes.slice(at..bytes.len().min(at + PIECE));
        let range = format!("bytes {at}-{}/{}", at + piece.len() - 1, bytes.len());
        let kind = "application/octet-stream";
        let question = Question::new(Method::PUT, url, false).bare().carrying(kind, piece.clone()).slowly();
        let next = match line.ask(question.with("content-range", range)).await {
            Ok(answer) if answer.status == 201 => return Ok(()),
            Ok(answer) if (200..300).contains(&answer.status) => {
                let next = expected(&answer).unwrap_or(at + piece.len());
                if next <= at {
                    return Err(later(Cause::Protocol, "an upload that does not go on"));
                }
                next
            }
            Ok(answer) if answer.status < 500 && ![408, 409, 416].contains(&answer.status) => {
                return Err(unfinished(fault::meaning(&answer)));
            }
            // Nobody knows how much of it came over: the session does.
            Ok(_) | Err(ConnectError::Later { .. }) if stumbles < STUMBLES => {
                stumbles += 1;
                let asked = line.ask(Question::new(Method::GET, url, true).bare()).await?;
                match (200..300).contains(&asked.status) {
                    true => expected(&asked).unwrap_or(bytes.len()),
                    false => return Err(unfinished(fault::meaning(&asked))),
                }
            }
            Ok(answer) => return Err(unfinished(fault::meaning(&answer))),
            Err(error) => return Err(error),
        };
        if next > bytes.len() {
            return Err(later(Cause::Protocol, "an upload that wants other bytes than there are"));
        }
        at = next;
    }
    Ok(())
}

/// Where the session wants us to go on; `None` when it wants nothing more.
fn expected(answer: &Answer) -> Option<usize> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    body["nextExpectedRanges"][0].as_str()?.split('-').next()?.parse().ok()
}

/// An address that opens by itself ends by itself too: that says nothing of the mailbox, and the next try gets another.
fn unfinished(error: ConnectError) -> ConnectError {
    match error {
        ConnectError::Credentials { words, .. }
        | ConnectError::Refused { cause: Cause::NoSuchFolder | Cause::AccountDisabled, words } => {
            later(Cause::Dropped, &format!("the upload ended before its time: {words}"))
        }
        ConnectError::CursorLost => later(Cause::Dropped, "the upload ended before its time"),
        other => other,
    }
}
