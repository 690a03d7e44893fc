//! Writing and sending: CreateItem, SendItem.

use super::{
    Desk, Wrong,
    item::{DELIVERY_TIME, MESSAGE_FLAGS, id_element, tag_of},
    wrong,
    xml::{self, Node},
};
use crate::graph;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use jiff::Timestamp;

/// A letter may be so long, in bytes, where nobody changed it (learn.microsoft.com/exchange, message size limits).
const LONGEST: usize = 36 << 20;

impl Desk<'_> {
    pub(super) fn create_item(&mut self) -> String {
        let disposition = self.question.attribute("MessageDisposition").unwrap_or("SaveOnly").to_owned();
        let into = self.question.child("SavedItemFolderId").and_then(|into| into.children.first()).cloned();
        let items = self.question.child("Items").map(|items| items.children.clone()).unwrap_or_default();
        let results = items.iter().map(|item| {
            let raw = self.handed(item)?;
            let into = match &into {
                Some(into) => self.folder_id(into)?,
                None => "drafts".to_owned(),
            };
            if disposition != "SaveOnly" {
                self.allowed(&raw)?;
                if disposition == "SendAndSaveCopy" {
                    let kept = graph::without_bcc(&raw);
                    self.mailbox().put("sentitems", kept, Timestamp::now()).is_read = true;
                }
                let whose = self.whose.clone();
                self.cloud.deliver(&whose, raw);
                return Ok("<m:Items/>".to_owned());
            }
            let tag = |wanted: u32| {
                let found = item.children.iter().filter(|child| child.name == "ExtendedProperty");
                found
                    .filter(|one| one.child("ExtendedFieldURI").and_then(tag_of) == Some(wanted))
                    .find_map(|one| one.said("Value"))
            };
            let flags: Option<u32> = tag(MESSAGE_FLAGS).and_then(|value| value.parse().ok());
            let at = tag(DELIVERY_TIME).and_then(|at| at.parse().ok()).unwrap_or_else(Timestamp::now);
            let is_read = item.said("IsRead").map_or(flags.is_none_or(|flags| flags & 1 > 0), xml::is_true);
            let is_flagged = item.all("FlagStatus").first().is_some_and(|flag| flag.text.trim() == "Flagged");
            let made = self.mailbox().put(&into, raw, at);
            // What is made lies there as being written, unless its flags say otherwise.
            made.is_draft = flags.is_none_or(|flags| flags & 8 > 0);
            made.is_read = is_read;
            if is_flagged {
                made.flag = "flagged".to_owned();
            }
            Ok(format!("<m:Items><t:Message>{}</t:Message></m:Items>", id_element(made)))
        });
        let results = results.collect();
        self.several(results)
    }

    /// The letter's bytes: MIME, with those to whom it goes besides; or a small one in Exchange's own form.
    fn handed(&mut self, item: &Node) -> Result<Bytes, Wrong> {
        let bad = || wrong("ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.");
        let raw = match item.said("MimeContent") {
            Some(text) => {
                let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
                STANDARD.decode(text).map_err(|_| bad())?
            }
            None => {
                let to = item.child("ToRecipients").map(addresses).unwrap_or_default().join(", ");
                let subject = item.said("Subject").unwrap_or_default();
                let text = item.said("Body").unwrap_or_default();
                let id = format!("{:032x}@post.voorbeeld.test", rand::random::<u128>());
                let whose = &self.whose;
                format!("From: {whose}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n\r\n{text}\r\n")
                    .into_bytes()
            }
        };
        if raw.len() > LONGEST {
            return Err(wrong("ErrorMessageSizeExceeded", "The message exceeds the maximum supported size."));
        }
        let hidden = item.child("BccRecipients").map(addresses).unwrap_or_default();
        if hidden.is_empty() {
            return Ok(raw.into());
        }
        Ok([format!("Bcc: {}\r\n", hidden.join(",\r\n ")).into_bytes(), raw].concat().into())
    }

    fn allowed(&mut self, raw: &[u8]) -> Result<(), Wrong> {
        let properties = graph::properties(raw);
        let from = properties["from"]["emailAddress"]["address"].as_str().unwrap_or_default();
        if !from.is_empty() && !from.eq_ignore_ascii_case(&self.whose) {
            let words = "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.";
            return Err(wrong("ErrorSendAsDenied", words));
        }
        if graph::recipients(raw).is_empty() {
            return Err(wrong("ErrorInvalidRecipients", "At least one recipient is not valid."));
        }
        Ok(())
    }

    pub(super) fn send_item(&mut self) -> String {
        let keeps = self.question.attribute("SaveItemToFolder").is_some_and(xml::is_true);
        let into = self.question.child("SavedItemFolderId").and_then(|into| into.children.first()).cloned();
        let named = self.question.child("ItemIds").map(|ids| ids.children.clone()).unwrap_or_default();
        let results = named.iter().map(|named| {
            let letter = self.letter(named)?;
            if named.attribute("ChangeKey") != Some(super::item::change_key(&letter).as_str()) {
                let words = "A change key is required for this operation.";
                let code =
                    if named.attribute("ChangeKey").is_some() { "ErrorStaleObject" } else { "ErrorChangeKeyRequired" };
                return Err(wrong(code, words));
            }
            self.allowed(&letter.raw)?;
            let into = match &into {
                Some(into) => self.folder_id(into)?,
                None => "sentitems".to_owned(),
            };
            let kept = graph::without_bcc(&letter.raw);
            match keeps {
                true => {
                    self.mailbox().change(letter.serial, &mut Vec::new(), |sent| {
                        (sent.is_draft, sent.is_read, sent.raw) = (false, true, kept);
                    });
                    self.mailbox().relocate(letter.serial, &into, &mut Vec::new());
                }
                false => self.mailbox().remove(letter.serial, &mut Vec::new()),
            }
            let whose = self.whose.clone();
            self.cloud.deliver(&whose, letter.raw);
            Ok(String::new())
        });
        let results = results.collect();
        self.several(results)
    }
}

fn addresses(list: &Node) -> Vec<String> {
    list.children.iter().filter_map(|mailbox| mailbox.said("EmailAddress")).map(str::to_owned).collect()
}
