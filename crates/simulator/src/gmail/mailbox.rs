//! A mailbox at Gmail: letters with labels, and the history of both.

use bytes::Bytes;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Gmail's own labels (developers.google.com/workspace/gmail/api/guides/labels).
pub const SYSTEM: [&str; 14] = [
    "INBOX",
    "SENT",
    "DRAFT",
    "SPAM",
    "TRASH",
    "UNREAD",
    "STARRED",
    "IMPORTANT",
    "CHAT",
    "CATEGORY_PERSONAL",
    "CATEGORY_SOCIAL",
    "CATEGORY_PROMOTIONS",
    "CATEGORY_UPDATES",
    "CATEGORY_FORUMS",
];

/// A letter.
#[derive(Debug, Clone)]
pub struct Message {
    /// Counts the letters of the mailbox.
    pub serial: u64,
    /// Its labels, by identifier.
    pub labels: BTreeSet<String>,
    /// The exact bytes.
    pub raw: Bytes,
    /// When it came in.
    pub received_at: Timestamp,
    /// When something last happened to it, by the mailbox's count.
    pub history: u64,
    /// The draft it is, by identifier.
    pub draft: Option<String>,
}

/// What happened to a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It came.
    Added,
    /// It went for good.
    Deleted,
    /// These labels were put on.
    On(Vec<String>),
    /// These labels were taken off.
    Off(Vec<String>),
}

/// One entry of the history.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its place.
    pub history: u64,
    /// Which letter.
    pub serial: u64,
    /// What happened to it.
    pub what: What,
}

/// A mailbox.
#[derive(Debug, Clone)]
pub struct GmailBox {
    /// Its address, and the name of its owner.
    pub address: String,
    /// The owner.
    pub name: String,
    /// People's own labels: identifier and name.
    pub labels: Vec<(String, String)>,
    /// Its letters.
    pub messages: BTreeMap<u64, Message>,
    /// What happened, the oldest first.
    pub events: Vec<Event>,
    /// Grows with every change, and not by one.
    pub history: u64,
    /// Before this place nothing is known any more.
    pub oldest: u64,
    /// Where news go, while somebody watches.
    pub watch: Option<Watch>,
    serial: u64,
    drafts: u64,
    labels_made: u64,
}

/// Somebody wants to hear of news.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The topic of Pub/Sub.
    pub topic: String,
    /// Until when.
    pub ends_at: Timestamp,
    /// Up to where in the history was told.
    pub told: u64,
}

impl GmailBox {
    /// An empty one.
    pub fn new(address: &str, name: &str) -> GmailBox {
        GmailBox {
            address: address.to_owned(),
            name: name.to_owned(),
            labels: Vec::new(),
            messages: BTreeMap::new(),
            events: Vec::new(),
            history: 1000,
            oldest: 0,
            watch: None,
            serial: 0x19a0,
            drafts: 0,
            labels_made: 0,
        }
    }

    /// Makes a label; `None` when one of that name is there.
    pub fn make_label(&mut self, name: &str) -> Option<String> {
        let is_taken = self.labels.iter().any(|(_, known)| known.eq_ignore_ascii_case(name))
            || SYSTEM.iter().any(|known| known.eq_ignore_ascii_case(name));
        if is_taken || name.trim().is_empty() {
            return None;
        }
        self.labels_made += 1;
        let id = format!("Label_{}", self.labels_made);
        self.labels.push((id.clone(), name.to_owned()));
        Some(id)
    }

    /// Whether there is such a label.
    pub fn has_label(&self, id: &str) -> bool {
        SYSTEM.contains(&id) || self.labels.iter().any(|(known, _)| known == id)
    }

    /// Puts a letter there with these labels.
    pub fn put(&mut self, labels: &[&str], raw: impl Into<Bytes>, received_at: Timestamp) -> &mut Message {
        self.serial += 7;
        let serial = self.serial;
        let history = self.note(serial, What::Added);
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        let message = Message { serial, labels, raw: raw.into(), received_at, history, draft: None };
        self.messages.entry(serial).insert_entry(message).into_mut()
    }

    /// Makes a letter a draft, and says which.
    pub fn make_draft(&mut self, serial: u64) -> Option<String> {
        self.drafts += 1;
        let id = format!("r-{:016}", self.drafts * 7_919);
        self.messages.get_mut(&serial)?.draft = Some(id.clone());
        Some(id)
    }

    /// Puts labels on a letter and takes others off.
    pub fn modify(&mut self, serial: u64, on: &[String], off: &[String]) {
        let Some(message) = self.messages.get_mut(&serial) else { return };
        let on: Vec<String> = on.iter().filter(|label| message.labels.insert((*label).clone())).cloned().collect();
        let off: Vec<String> = off.iter().filter(|label| message.labels.remove(*label)).cloned().collect();
        for (labels, what) in [(on, What::On as fn(Vec<String>) -> What), (off, What::Off)] {
            if !labels.is_empty() {
                self.note(serial, what(labels));
            }
        }
    }

    /// Removes a letter for good.
    pub fn remove(&mut self, serial: u64) {
        if self.messages.remove(&serial).is_some() {
            self.note(serial, What::Deleted);
        }
    }

    /// The letter with this identifier.
    pub fn message(&self, id: &str) -> Option<&Message> {
        self.messages.get(&u64::from_str_radix(id, 16).ok()?)
    }

    /// The letters with all of these labels, the newest first.
    pub fn with_labels(&self, labels: &[&str], everywhere: bool) -> Vec<&Message> {
        let has = |message: &Message, label: &str| message.labels.contains(label);
        let is_hidden = |message: &Message| !everywhere && (has(message, "SPAM") || has(message, "TRASH"));
        let mut found: Vec<&Message> = self
            .messages
            .values()
            .filter(|message| labels.iter().all(|label| has(message, label)) && !is_hidden(message))
            .collect();
        found.sort_by_key(|message| std::cmp::Reverse((message.received_at, message.serial)));
        found
    }

    /// Forgets what happened up to now.
    pub fn forget_history(&mut self) {
        self.history += 3;
        self.oldest = self.history;
        self.events.clear();
    }

    fn note(&mut self, serial: u64, what: What) -> u64 {
        self.history += 1 + self.history % 5;
        let history = self.history;
        if let Some(message) = self.messages.get_mut(&serial) {
            message.history = history;
        }
        self.events.push(Event { history, serial, what });
        history
    }
}

impl Message {
    /// Its identifier.
    pub fn id(&self) -> String {
        id(self.serial)
    }
}

/// The identifier of a letter.
pub fn id(serial: u64) -> String {
    format!("{serial:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_to_a_letter_is_written_down_once_and_in_order() {
        let mut mailbox = GmailBox::new("anna@werkplaats.test", "Anna");
        let serial = mailbox.put(&["INBOX", "UNREAD"], "Subject: een\r\n\r\n", Timestamp::UNIX_EPOCH).serial;
        let labels = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        mailbox.modify(serial, &labels(&["STARRED"]), &labels(&["UNREAD", "SPAM"]));
        mailbox.modify(serial, &labels(&["STARRED"]), &[]);
        let happened: Vec<What> = mailbox.events.iter().map(|event| event.what.clone()).collect();
        assert_eq!(happened, [What::Added, What::On(labels(&["STARRED"])), What::Off(labels(&["UNREAD"]))]);
        assert!(mailbox.events.windows(2).all(|two| two[0].history < two[1].history));
        assert_eq!(mailbox.message(&id(serial)).unwrap().history, mailbox.history);
        assert_eq!((mailbox.make_label("Klanten"), mailbox.make_label("klanten")), (Some("Label_1".into()), None));
    }
}
