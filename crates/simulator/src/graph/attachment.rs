//! Files of a letter that is being written (learn.microsoft.com/graph/outlook-large-attachments).

use super::{
    Desk,
    mime::{self, File},
    send,
    upload::Upload,
};
use crate::{asked::Reply, sign_in::Grants};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A file may be so long (learn.microsoft.com/graph/api/attachment-createuploadsession), in bytes, and what is shorter than
/// the other goes in one request.
const LONGEST: u64 = 150_000_000;
const SHORTEST: u64 = 3_000_000;
/// How long an address for pieces opens.
const LASTS: SignedDuration = SignedDuration::from_hours(1);

fn file(said: &Value) -> Option<File> {
    Some(File {
        name: said["name"].as_str().filter(|name| !name.is_empty())?.to_owned(),
        kind: said["contentType"].as_str().unwrap_or("application/octet-stream").to_owned(),
        is_inline: said["isInline"] == true,
        content_id: said["contentId"].as_str().map(str::to_owned),
    })
}

impl Desk<'_> {
    pub(super) fn attachments(&mut self, id: &str) -> Reply {
        let Some(found) = self.mailbox().letter(id) else { return self.not_found() };
        Reply::json(200, &json!({ "value": mime::files(&found.raw) }))
    }

    pub(super) fn attach(&mut self, id: &str) -> Reply {
        if self.asked.body.len() > send::LONGEST {
            return self.wrong(413, "RequestEntityTooLarge", "The request is larger than 4 MB.");
        }
        let Some(found) = self.mailbox().letter(id).cloned() else { return self.not_found() };
        let said = self.asked.json().unwrap_or_default();
        let bytes = said["contentBytes"].as_str().and_then(|text| STANDARD.decode(text).ok());
        let is_file = said["@odata.type"] == "#microsoft.graph.fileAttachment";
        let (Some(file), Some(bytes), true) = (file(&said), bytes, is_file) else {
            return self.wrong(400, "ErrorInvalidArgument", "The property 'name' or 'contentBytes' is required.");
        };
        let raw = mime::with_file(&found.raw, &file, &bytes);
        self.mailbox().change(found.serial, &mut Vec::new(), |letter| letter.raw = raw.clone());
        Reply::json(201, mime::files(&raw).last().unwrap_or(&Value::Null))
    }

    pub(super) fn begin_upload(&mut self, id: &str) -> Reply {
        let Some(found) = self.mailbox().letter(id).cloned() else { return self.not_found() };
        let said = self.asked.json().unwrap_or_default();
        let item = &said["AttachmentItem"];
        let (Some(file), Some(size), true) = (file(item), item["size"].as_u64(), item["attachmentType"] == "file")
        else {
            return self.wrong(400, "ErrorInvalidArgument", "The AttachmentItem is not complete.");
        };
        if size < SHORTEST {
            let words = "Attachment size must be greater than the minimum size.";
            return self.wrong(400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", words);
        }
        if size > LONGEST {
            let words = "Attachment size is more than the maximum size.";
            return self.wrong(400, "ErrorAttachmentSizeLimitExceeded", words);
        }
        let (id, key) = (format!("{:032x}", rand::random::<u128>()), Grants::fresh("up"));
        let ends_at = Timestamp::now() + LASTS;
        // Another server than the interface: the token stays at home.
        let port = self.url.rsplit(':').next().unwrap_or_default();
        let url = format!("http://localhost:{port}/api/v2.0/AttachmentSessions/{id}?authtoken={key}");
        let (whose, serial, length) = (self.whose.clone(), found.serial, usize::try_from(size).unwrap_or(usize::MAX));
        self.cloud.uploads.push(Upload { id, key, whose, serial, file, length, bytes: Vec::new(), ends_at });
        let context = "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.uploadSession";
        Reply::json(
            201,
            &json!({
                "@odata.context": context, "uploadUrl": url, "expirationDateTime": super::letter::instant(ends_at),
                "nextExpectedRanges": ["0-"],
            }),
        )
    }
}
