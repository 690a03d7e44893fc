//! Writing and sending (learn.microsoft.com/graph/outlook-send-mime-message).

use super::{Desk, letter, mime};
use crate::asked::Reply;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use jiff::Timestamp;

/// A request may be so long (learn.microsoft.com/graph/api/user-sendmail).
pub(super) const LONGEST: usize = 4 << 20;

impl Desk<'_> {
    /// What was handed over: MIME in base 64 as plain text, or Graph's own JSON.
    fn handed(&mut self, in_envelope: bool) -> Result<Bytes, Reply> {
        if self.asked.body.len() > LONGEST {
            return Err(self.wrong(413, "RequestEntityTooLarge", "The request is larger than 4 MB."));
        }
        let kind = self.asked.headers.get("content-type").map_or("", String::as_str);
        if kind.starts_with("text/plain") {
            let text: Vec<u8> = self.asked.body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            let wrong =
                |_| self.wrong(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.");
            return STANDARD.decode(text).map(Bytes::from).map_err(wrong);
        }
        let body =
            self.asked.json().ok_or_else(|| self.wrong(400, "BadRequest", "Unable to read JSON request payload."))?;
        let message = if in_envelope { &body["message"] } else { &body };
        Ok(mime::written(message, &self.whose))
    }

    /// A new letter that is being written.
    pub(super) fn draft(&mut self, folder: &str) -> Reply {
        if self.mailbox().folder(folder).is_none() {
            return self.not_found();
        }
        let raw = match self.handed(false) {
            Ok(raw) => raw,
            Err(reply) => return reply,
        };
        let immutable = self.immutable();
        let made = self.mailbox().put(folder, raw, Timestamp::now());
        (made.is_draft, made.is_read) = (true, true);
        Reply::json(201, &letter::shown(made, immutable, None))
    }

    /// A letter leaves, and lies among what was sent from then on, by the same immutable identifier.
    pub(super) fn send(&mut self, id: &str) -> Reply {
        let Some(found) = self.mailbox().letter(id).cloned() else { return self.not_found() };
        if !found.is_draft {
            return self.wrong(400, "ErrorInvalidOperation", "The message is not a draft.");
        }
        if let Err(reply) = self.allowed(&found.raw) {
            return reply;
        }
        let kept = mime::without_bcc(&found.raw);
        self.mailbox().change(found.serial, &mut Vec::new(), |letter| {
            (letter.is_draft, letter.is_read, letter.raw) = (false, true, kept);
        });
        self.mailbox().relocate(found.serial, "sentitems", &mut Vec::new());
        let whose = self.whose.clone();
        self.cloud.deliver(&whose, found.raw);
        Reply::bare(202)
    }

    pub(super) fn send_mail(&mut self) -> Reply {
        let raw = match self.handed(true) {
            Ok(raw) => raw,
            Err(reply) => return reply,
        };
        if let Err(reply) = self.allowed(&raw) {
            return reply;
        }
        let is_json = self.asked.json();
        if is_json.is_none_or(|body| body["saveToSentItems"] != false) {
            self.mailbox().put("sentitems", mime::without_bcc(&raw), Timestamp::now()).is_read = true;
        }
        let whose = self.whose.clone();
        self.cloud.deliver(&whose, raw);
        Reply::bare(202)
    }

    fn allowed(&mut self, raw: &[u8]) -> Result<(), Reply> {
        let properties = mime::properties(raw);
        let from = properties["from"]["emailAddress"]["address"].as_str().unwrap_or_default().to_owned();
        if !from.is_empty() && !from.eq_ignore_ascii_case(&self.whose) {
            let words = "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.";
            return Err(self.wrong(403, "ErrorSendAsDenied", words));
        }
        if mime::recipients(raw).is_empty() {
            return Err(self.wrong(400, "ErrorInvalidRecipients", "At least one recipient isn't valid."));
        }
        Ok(())
    }
}
