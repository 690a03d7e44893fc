//! A long file in pieces, one after the other, at an address that opens by itself
//! (learn.microsoft.com/graph/outlook-large-attachments).

use super::{
    letter,
    mime::{self, File},
    send,
};
use crate::{
    asked::{Asked, Reply},
    cloud::Cloud,
    fault,
};
use jiff::Timestamp;
use serde_json::json;

/// A file that comes in pieces.
#[derive(Debug)]
pub struct Upload {
    pub(super) id: String,
    /// What makes the address open.
    pub(super) key: String,
    /// The mailbox, and the letter in it.
    pub(super) whose: String,
    pub(super) serial: u64,
    pub(super) file: File,
    pub(super) length: usize,
    pub(super) bytes: Vec<u8>,
    pub(super) ends_at: Timestamp,
}

/// Whether this is the path of such an address.
pub fn is_upload(path: &str) -> bool {
    path.starts_with("/api/v2.0/AttachmentSessions/")
}

pub(super) fn answer(cloud: &mut Cloud, asked: &Asked, id: &str) -> Reply {
    if asked.headers.contains_key("authorization") {
        return fault::error(asked, 401, "InvalidAuthenticationToken", "The address opens by itself.");
    }
    let key = asked.query("authtoken").unwrap_or_default();
    let now = Timestamp::now();
    let found = cloud.uploads.iter().position(|one| one.id == id && one.key == key && one.ends_at > now);
    let Some(at) = found else {
        return fault::error(asked, 404, "ErrorItemNotFound", "The upload session was not found.");
    };
    match asked.method.as_str() {
        "GET" => state(&cloud.uploads[at]),
        "DELETE" => {
            cloud.uploads.remove(at);
            Reply::bare(204)
        }
        "PUT" => {
            let one = &mut cloud.uploads[at];
            if let Err(reply) = put(one, asked) {
                return reply;
            }
            if one.bytes.len() < one.length { state(one) } else { finish(cloud, at) }
        }
        _ => fault::error(asked, 405, "MethodNotAllowed", "The method is not allowed."),
    }
}

fn state(one: &Upload) -> Reply {
    let next = one.bytes.len();
    Reply::json(
        200,
        &json!({
            "@odata.context": "https://outlook.office.com/api/v2.0/$metadata#Users/Messages/AttachmentSessions/$entity",
            "expirationDateTime": letter::instant(one.ends_at),
            "nextExpectedRanges": [next.to_string()],
        }),
    )
}

/// Takes the piece that comes next, and no other.
fn put(one: &mut Upload, asked: &Asked) -> Result<(), Reply> {
    let wrong = |words: &str| Err(fault::error(asked, 416, "ErrorInvalidRange", words));
    let said = asked.headers.get("content-range").and_then(|said| said.strip_prefix("bytes "));
    let numbers: Option<Vec<usize>> =
        said.map(|said| said.split(['-', '/']).filter_map(|number| number.trim().parse().ok()).collect());
    let &[first, last, length] = numbers.unwrap_or_default().as_slice() else {
        return wrong("The Content-Range header is missing or malformed.");
    };
    if length != one.length || last.checked_sub(first).map(|more| more + 1) != Some(asked.body.len()) {
        return wrong("The Content-Range does not fit the content.");
    }
    if asked.body.len() > send::LONGEST {
        return Err(fault::error(asked, 413, "RequestEntityTooLarge", "The piece is larger than 4 MB."));
    }
    if first != one.bytes.len() || last >= length {
        return wrong("The range is not the one that is expected next.");
    }
    one.bytes.extend_from_slice(&asked.body);
    Ok(())
}

fn finish(cloud: &mut Cloud, at: usize) -> Reply {
    let one = cloud.uploads.remove(at);
    if let Some(mailbox) = cloud.mailbox(&one.whose)
        && let Some(raw) = mailbox.letters.get(&one.serial).map(|letter| letter.raw.clone())
    {
        let whole = mime::with_file(&raw, &one.file, &one.bytes);
        mailbox.change(one.serial, &mut Vec::new(), |letter| letter.raw = whole);
    }
    let place =
        format!("https://outlook.office.com/api/v2.0/Users('{}')/Messages/Attachments('{}')", one.whose, one.id);
    Reply { status: 201, headers: vec![("location", place)], ..Reply::default() }
}
