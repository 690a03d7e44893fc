//! Reading one letter, and changing letters.

use super::{Desk, fault, message, ok};
use crate::asked::Reply;
use serde_json::Value;

/// Letters in one request at most.
const MANY: usize = 1000;

fn names(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

impl Desk<'_> {
    pub(super) fn message(&mut self, id: &str) -> Reply {
        let format = self.asked.query("format").unwrap_or("full").to_lowercase();
        if !["minimal", "raw", "full", "metadata"].contains(&format.as_str()) {
            return fault::invalid("Invalid format");
        }
        match self.mailbox().message(id) {
            Some(found) => ok(&message::shown(found, &format)),
            None => fault::not_found(),
        }
    }

    /// The labels to put on and to take off, when they may be.
    fn change(&mut self) -> Result<(Vec<String>, Vec<String>), Reply> {
        let asked = self.asked.json().unwrap_or_default();
        let (on, off) = (names(&asked["addLabelIds"]), names(&asked["removeLabelIds"]));
        for label in on.iter().chain(&off) {
            if !self.mailbox().has_label(label) {
                return Err(fault::invalid(&format!("Invalid label: {label}")));
            }
            if ["SENT", "DRAFT", "CHAT"].contains(&label.as_str()) {
                return Err(fault::invalid(&format!("Cannot add or remove label: {label}")));
            }
        }
        if on.is_empty() && off.is_empty() {
            return Err(fault::invalid("No label add or removes specified"));
        }
        Ok((on, off))
    }

    pub(super) fn modify(&mut self, id: &str) -> Reply {
        let (on, off) = match self.change() {
            Ok(change) => change,
            Err(reply) => return reply,
        };
        let Some(serial) = self.mailbox().message(id).map(|found| found.serial) else { return fault::not_found() };
        self.mailbox().modify(serial, &on, &off);
        self.labelled(serial)
    }

    pub(super) fn modify_many(&mut self) -> Reply {
        let (on, off) = match self.change() {
            Ok(change) => change,
            Err(reply) => return reply,
        };
        let ids = names(&self.asked.json().unwrap_or_default()["ids"]);
        if ids.is_empty() || ids.len() > MANY {
            return fault::invalid("Invalid number of ids");
        }
        for id in ids {
            if let Some(serial) = self.mailbox().message(&id).map(|found| found.serial) {
                self.mailbox().modify(serial, &on, &off);
            }
        }
        Reply::bare(204)
    }

    /// Into the bin, where it keeps its labels except that of the inbox, or out of it.
    pub(super) fn bin(&mut self, id: &str, is_in: bool) -> Reply {
        let Some(serial) = self.mailbox().message(id).map(|found| found.serial) else { return fault::not_found() };
        let label = |name: &str| vec![name.to_owned()];
        match is_in {
            true => self.mailbox().modify(serial, &label("TRASH"), &label("INBOX")),
            false => self.mailbox().modify(serial, &[], &label("TRASH")),
        }
        self.labelled(serial)
    }

    pub(super) fn delete(&mut self, id: &str) -> Reply {
        let Some(serial) = self.mailbox().message(id).map(|found| found.serial) else { return fault::not_found() };
        self.mailbox().remove(serial);
        Reply::bare(204)
    }

    pub(super) fn delete_many(&mut self) -> Reply {
        for id in names(&self.asked.json().unwrap_or_default()["ids"]) {
            if let Some(serial) = self.mailbox().message(&id).map(|found| found.serial) {
                self.mailbox().remove(serial);
            }
        }
        Reply::bare(204)
    }

    pub(super) fn labelled(&mut self, serial: u64) -> Reply {
        match self.mailbox().messages.get(&serial) {
            Some(found) => ok(&message::labelled(found)),
            None => fault::not_found(),
        }
    }
}
