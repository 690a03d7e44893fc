//! Writing and sending (developers.google.com/workspace/gmail/api/guides/drafts).

use super::{Desk, fault, message, ok};
use crate::{asked::Reply, graph};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;

impl Desk<'_> {
    fn draft_serial(&mut self, id: &str) -> Option<u64> {
        let of = |message: &&super::Message| message.draft.as_deref() == Some(id);
        self.mailbox().messages.values().find(of).map(|found| found.serial)
    }

    pub(super) fn make_draft(&mut self, is_upload: bool) -> Reply {
        let raw = match self.handed(is_upload) {
            Ok((_, raw)) => raw,
            Err(reply) => return reply,
        };
        let raw = self.rewritten(raw);
        let mailbox = self.mailbox();
        let serial = mailbox.put(&["DRAFT"], raw, Timestamp::now()).serial;
        let id = mailbox.make_draft(serial);
        let message = mailbox.messages.get(&serial).map(message::labelled);
        ok(&json!({ "id": id, "message": message }))
    }

    pub(super) fn draft(&mut self, id: &str) -> Reply {
        let format = self.asked.query("format").unwrap_or("full").to_lowercase();
        let serial = self.draft_serial(id);
        let found = serial.and_then(|serial| self.mailbox().messages.get(&serial).cloned());
        match found {
            Some(found) => ok(&json!({ "id": id, "message": message::shown(&found, &format) })),
            None => fault::not_found(),
        }
    }

    pub(super) fn delete_draft(&mut self, id: &str) -> Reply {
        let Some(serial) = self.draft_serial(id) else { return fault::not_found() };
        self.mailbox().remove(serial);
        Reply::bare(204)
    }

    /// A draft leaves: it is gone, and another letter lies among what was sent.
    pub(super) fn send_draft(&mut self) -> Reply {
        let asked = self.asked.json().unwrap_or_default();
        let serial = asked["id"].as_str().and_then(|id| self.draft_serial(id));
        let Some(found) = serial.and_then(|serial| self.mailbox().messages.get(&serial).cloned()) else {
            return fault::not_found();
        };
        if graph::recipients(&found.raw).is_empty() {
            return fault::invalid("Recipient address required");
        }
        self.mailbox().remove(found.serial);
        self.leave(found.raw)
    }

    pub(super) fn send_message(&mut self, is_upload: bool) -> Reply {
        let raw = match self.handed(is_upload) {
            Ok((_, raw)) => raw,
            Err(reply) => return reply,
        };
        if graph::recipients(&raw).is_empty() {
            return fault::invalid("Recipient address required");
        }
        let raw = self.rewritten(raw);
        self.leave(raw)
    }

    /// Who writes to themselves has one letter, that was sent and came in.
    fn leave(&mut self, raw: Bytes) -> Reply {
        let (whose, now) = (self.whose.clone(), Timestamp::now());
        let to_self = graph::recipients(&raw).iter().any(|address| address.eq_ignore_ascii_case(&whose));
        let labels: &[&str] = if to_self { &["SENT", "INBOX", "UNREAD"] } else { &["SENT"] };
        let serial = self.mailbox().put(labels, graph::without_bcc(&raw), now).serial;
        self.cloud.deliver(&whose, raw);
        self.labelled(serial)
    }

    /// Google may put an identifier of its own in the place of the one that was given.
    fn rewritten(&self, raw: Bytes) -> Bytes {
        if !self.cloud.google.rewrites_message_ids {
            return raw;
        }
        let mut kept = format!("Message-ID: <CA{:032x}@mail.gmail.com>\r\n", rand::random::<u128>()).into_bytes();
        let (mut in_head, mut dropped) = (true, false);
        for line in raw.split_inclusive(|byte| *byte == b'\n') {
            if in_head {
                in_head = !line.iter().all(|byte| b"\r\n".contains(byte));
                let goes_on = line.first().is_some_and(|first| b" \t".contains(first));
                dropped =
                    if goes_on { dropped } else { line.len() > 11 && line[..11].eq_ignore_ascii_case(b"message-id:") };
            }
            if !in_head || !dropped {
                kept.extend_from_slice(line);
            }
        }
        kept.into()
    }
}
