//! What the model server holds: folders of messages with UIDs, flags and mod-sequences.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A message in a folder.
#[derive(Debug, Clone)]
pub(super) struct Mail {
    pub(super) uid: u32,
    pub(super) flags: BTreeSet<String>,
    pub(super) date: String,
    pub(super) raw: Arc<Vec<u8>>,
    /// When anything about it last changed (RFC 7162 §3.1).
    pub(super) modseq: u64,
}

/// A folder; its name is the key that it is kept under.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) validity: u32,
    pub(super) next_uid: u32,
    pub(super) messages: Vec<Mail>,
    /// UIDs that are gone, with the mod-sequence of their going.
    pub(super) gone: Vec<(u32, u64)>,
    pub(super) highest: u64,
    pub(super) special: Option<&'static str>,
}

impl Folder {
    fn new(validity: u32, special: Option<&'static str>) -> Folder {
        Folder { validity, next_uid: 1, messages: Vec::new(), gone: Vec::new(), highest: 1, special }
    }

    pub(super) fn add(&mut self, raw: Arc<Vec<u8>>, flags: BTreeSet<String>, date: String) -> u32 {
        let uid = self.next_uid;
        self.next_uid += 1;
        self.highest += 1;
        self.messages.push(Mail { uid, flags, date, raw, modseq: self.highest });
        uid
    }

    /// Takes these out and answers them; all of one call go at one mod-sequence.
    pub(super) fn remove(&mut self, uids: &BTreeSet<u32>) -> Vec<Mail> {
        let (out, kept): (Vec<Mail>, Vec<Mail>) =
            std::mem::take(&mut self.messages).into_iter().partition(|mail| uids.contains(&mail.uid));
        self.messages = kept;
        if !out.is_empty() {
            self.highest += 1;
            self.gone.extend(out.iter().map(|mail| (mail.uid, self.highest)));
        }
        out
    }

    pub(super) fn find(&self, uid: u32) -> Option<&Mail> {
        self.messages.binary_search_by_key(&uid, |mail| mail.uid).ok().map(|place| &self.messages[place])
    }

    /// Gives the message these flags; nothing happens when it has them already.
    pub(super) fn set_flags(&mut self, uid: u32, flags: BTreeSet<String>) {
        if let Ok(place) = self.messages.binary_search_by_key(&uid, |mail| mail.uid)
            && self.messages[place].flags != flags
        {
            self.highest += 1;
            self.messages[place].flags = flags;
            self.messages[place].modseq = self.highest;
        }
    }
}

/// All folders of the one user.
#[derive(Debug)]
pub(super) struct Mailbox {
    pub(super) folders: BTreeMap<String, Folder>,
    last_validity: u32,
    pub(super) separator: char,
}

impl Mailbox {
    pub(super) fn new(separator: char) -> Mailbox {
        let mut mailbox = Mailbox { folders: BTreeMap::new(), last_validity: 1_000, separator };
        for (name, special) in [
            ("INBOX", None),
            ("Concepten", Some("\\Drafts")),
            ("Verzonden", Some("\\Sent")),
            ("Prullenbak", Some("\\Trash")),
            ("Ongewenst", Some("\\Junk")),
            ("Archief", Some("\\Archive")),
        ] {
            mailbox.create(name, special);
        }
        mailbox
    }

    /// False when it exists.
    pub(super) fn create(&mut self, name: &str, special: Option<&'static str>) -> bool {
        if self.folders.contains_key(name) {
            return false;
        }
        self.last_validity += 1;
        self.folders.insert(name.to_owned(), Folder::new(self.last_validity, special));
        true
    }

    /// With everything below it (RFC 3501 §6.3.5); false when there is nothing to rename or the name is taken.
    pub(super) fn rename(&mut self, from: &str, to: &str) -> bool {
        if !self.folders.contains_key(from) || self.folders.contains_key(to) {
            return false;
        }
        let below = format!("{from}{}", self.separator);
        let names: Vec<String> =
            self.folders.keys().filter(|name| *name == from || name.starts_with(&below)).cloned().collect();
        for name in names {
            if let Some(folder) = self.folders.remove(&name) {
                self.folders.insert(format!("{to}{}", &name[from.len()..]), folder);
            }
        }
        true
    }

    /// New UIDVALIDITY and new UIDs, in the order that `order` brings the messages in: a restored server.
    pub(super) fn renumber(&mut self, name: &str, order: impl FnOnce(&mut Vec<Mail>)) {
        self.last_validity += 1;
        let validity = self.last_validity;
        let Some(folder) = self.folders.get_mut(name) else { return };
        let mut messages = std::mem::take(&mut folder.messages);
        order(&mut messages);
        *folder = Folder::new(validity, folder.special);
        for mail in messages {
            folder.add(mail.raw, mail.flags, mail.date);
        }
    }
}

/// INBOX in any case is INBOX (RFC 3501 §5.1).
pub(super) fn folder_name(name: &str) -> String {
    if name.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { name.to_owned() }
}
