//! A mailbox in the cloud: folders with what happened in each, letters with their exact bytes.

use crate::fault::{self, Fault};
use bytes::Bytes;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The folders that every mailbox has: the name by which each is known in a path, and the one people see.
pub const STANDARD: [(&str, &str); 7] = [
    ("inbox", "Postvak IN"),
    ("drafts", "Concepten"),
    ("sentitems", "Verzonden items"),
    ("deleteditems", "Verwijderde items"),
    ("junkemail", "Ongewenste e-mail"),
    ("archive", "Archief"),
    ("outbox", "Postvak UIT"),
];

/// A folder.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its identifier, which never changes.
    pub id: String,
    /// What people see.
    pub name: String,
    /// The folder it lies in.
    pub parent: Option<String>,
    /// The name by which it is known in a path.
    pub well_known: Option<&'static str>,
    /// When something happened to which letter here, by the mailbox's count.
    log: Vec<(u64, u64)>,
}

/// A letter.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Counts the letters of the mailbox.
    pub serial: u64,
    /// The identifier of its folder.
    pub folder: String,
    /// The exact bytes.
    pub raw: Bytes,
    /// It was read.
    pub is_read: bool,
    /// `notFlagged`, `flagged` or `complete`.
    pub flag: String,
    /// It is being written.
    pub is_draft: bool,
    /// What was last done with it: 102 answered, 103 answered to all, 104 forwarded (PidTagLastVerbExecuted, MS-OXOMSG §2.2.1.38).
    pub last_verb: Option<u32>,
    /// Words that people give.
    pub categories: Vec<String>,
    /// When it came in.
    pub received_at: Timestamp,
    /// When something last happened to it, by the mailbox's count.
    pub version: u64,
    /// How often it was moved: with each move it gets another identifier, where identifiers are not immutable.
    pub moves: u32,
}

/// Something that happened to a letter under one of its identifiers.
#[derive(Debug, Clone)]
pub struct Event {
    /// When, by the mailbox's count.
    pub count: u64,
    /// The identifier of the folder.
    pub folder: String,
    /// The letter.
    pub serial: u64,
    /// How often it had been moved by then.
    pub moves: u32,
    /// `created`, `updated`, `read` (only that), `deleted`.
    pub what: &'static str,
}

/// What happened in a folder since: letters that are there, and those that are not any more.
#[derive(Debug, Default)]
pub struct Happened {
    /// There, newest change last.
    pub there: Vec<u64>,
    /// Gone, or moved elsewhere.
    pub gone: Vec<u64>,
}

/// Something that happened: in which folder, to which letter, and `created`, `updated` or `deleted`.
pub(crate) type News = (String, u64, &'static str);

/// A mailbox.
#[derive(Debug, Clone)]
pub struct Mailbox {
    /// Its address and name of its owner at the sign-in.
    pub address: String,
    /// The owner.
    pub name: String,
    /// Who else may read it, by address.
    pub shared_with: Vec<String>,
    /// Its folders.
    pub folders: Vec<Folder>,
    /// Its letters.
    pub letters: BTreeMap<u64, Letter>,
    /// Grows with every change.
    pub count: u64,
    /// Places in folders' histories of an earlier generation mean nothing any more.
    pub generation: u64,
    /// Folders in which something happened since the last look, with what: for notifications.
    pub(crate) news: Vec<News>,
    /// Everything that happened, in its order.
    pub history: Vec<Event>,
    serial: u64,
}

impl Mailbox {
    /// An empty one.
    pub fn new(address: &str, name: &str) -> Mailbox {
        let folders = STANDARD.iter().enumerate().map(|(at, (well_known, shown))| Folder {
            id: folder_id(address, at),
            name: (*shown).to_owned(),
            parent: None,
            well_known: Some(well_known),
            log: Vec::new(),
        });
        Mailbox {
            address: address.to_owned(),
            name: name.to_owned(),
            shared_with: Vec::new(),
            folders: folders.collect(),
            letters: BTreeMap::new(),
            count: 0,
            generation: 1,
            news: Vec::new(),
            history: Vec::new(),
            serial: 0,
        }
    }

    /// A folder by its identifier or, as in a path, by its well-known name.
    pub fn folder(&self, name: &str) -> Option<&Folder> {
        self.folders
            .iter()
            .find(|folder| folder.id == name || folder.well_known.is_some_and(|known| known.eq_ignore_ascii_case(name)))
    }

    /// Makes a folder; `None` when its parent is not there or one of that name is.
    pub fn make_folder(&mut self, name: &str, parent: Option<&str>) -> Option<String> {
        let parent = match parent {
            Some(parent) => Some(self.folder(parent)?.id.clone()),
            None => None,
        };
        if self.folders.iter().any(|folder| folder.parent == parent && folder.name == name) {
            return None;
        }
        let id = folder_id(&self.address, self.folders.len());
        self.folders.push(Folder { id: id.clone(), name: name.to_owned(), parent, well_known: None, log: Vec::new() });
        Some(id)
    }

    /// Puts a letter into a folder, as its only copy.
    ///
    /// # Panics
    /// When there is no such folder.
    pub fn put(&mut self, folder: &str, raw: impl Into<Bytes>, received_at: Timestamp) -> &mut Letter {
        let folder = self.folder(folder).map(|folder| folder.id.clone()).expect("a folder of this mailbox");
        self.serial += 1;
        let serial = self.serial;
        let letter = Letter {
            serial,
            folder: folder.clone(),
            raw: raw.into(),
            is_read: false,
            flag: "notFlagged".to_owned(),
            is_draft: false,
            last_verb: None,
            categories: Vec::new(),
            received_at,
            version: 0,
            moves: 0,
        };
        self.letters.insert(serial, letter);
        self.note(&folder, (serial, 0), "created", &mut Vec::new());
        self.letters.get_mut(&serial).expect("it was put there just now")
    }

    /// The letter with this identifier, whichever of its two it is. The one that is not immutable ends with a move.
    pub fn letter(&self, id: &str) -> Option<&Letter> {
        let serial = id.get(IMMUTABLE.len()..)?.trim_end_matches('=').split('-').next()?;
        let letter = self.letters.get(&u64::from_str_radix(serial, 16).ok()?)?;
        [true, false].into_iter().any(|immutable| letter.id(immutable) == id).then_some(letter)
    }

    /// Changes a letter and writes down that it happened, unless a fault loses it.
    pub fn change(&mut self, serial: u64, faults: &mut Vec<Fault>, change: impl FnOnce(&mut Letter)) {
        let Some(letter) = self.letters.get_mut(&serial) else { return };
        let before = letter.clone();
        change(letter);
        let was_only_read = letter.is_read != before.is_read
            && (&letter.flag, &letter.raw, letter.is_draft) == (&before.flag, &before.raw, before.is_draft);
        let folder = letter.folder.clone();
        self.note(&folder, (serial, before.moves), if was_only_read { "read" } else { "updated" }, faults);
    }

    /// Moves a letter. Its immutable identifier stays.
    pub fn relocate(&mut self, serial: u64, to: &str, faults: &mut Vec<Fault>) -> bool {
        let Some(to) = self.folder(to).map(|folder| folder.id.clone()) else { return false };
        let Some(letter) = self.letters.get_mut(&serial) else { return false };
        let from = std::mem::replace(&mut letter.folder, to.clone());
        letter.moves += 1;
        let moves = letter.moves;
        self.note(&from, (serial, moves - 1), "deleted", faults);
        self.note(&to, (serial, moves), "created", &mut Vec::new());
        true
    }

    /// Removes a letter.
    pub fn remove(&mut self, serial: u64, faults: &mut Vec<Fault>) {
        if let Some(letter) = self.letters.remove(&serial) {
            self.note(&letter.folder, (serial, letter.moves), "deleted", faults);
        }
    }

    fn note(&mut self, folder: &str, (serial, moves): (u64, u32), what: &'static str, faults: &mut Vec<Fault>) {
        self.count += 1;
        let count = self.count;
        if let Some(letter) = self.letters.get_mut(&serial) {
            letter.version = count;
        }
        let change = if what == "read" { "updated" } else { what };
        if fault::take(faults, change, fault::To::Change).is_some() {
            return;
        }
        self.history.push(Event { count, folder: folder.to_owned(), serial, moves, what });
        if let Some(folder) = self.folders.iter_mut().find(|known| known.id == folder) {
            folder.log.push((count, serial));
        }
        self.news.push((folder.to_owned(), serial, change));
    }

    /// What happened in a folder after one count, up to another.
    pub fn happened(&self, folder: &Folder, after: u64, up_to: u64) -> Happened {
        let mut last: BTreeMap<u64, u64> = BTreeMap::new();
        for (count, serial) in folder.log.iter().filter(|(count, _)| (after + 1..=up_to).contains(count)) {
            last.insert(*serial, *count);
        }
        let mut serials: Vec<(u64, u64)> = last.into_iter().map(|(serial, count)| (count, serial)).collect();
        serials.sort_unstable();
        let is_there = |serial: &u64| self.letters.get(serial).is_some_and(|letter| letter.folder == folder.id);
        let (there, gone) = serials.into_iter().map(|(_, serial)| serial).partition(is_there);
        Happened { there, gone }
    }

    /// The letters of a folder, the newest first.
    pub fn letters_in(&self, folder: &str) -> Vec<&Letter> {
        let mut found: Vec<&Letter> = self.letters.values().filter(|letter| letter.folder == folder).collect();
        found.sort_by_key(|letter| std::cmp::Reverse((letter.received_at, letter.serial)));
        found
    }

    /// The identifier of a letter that is gone by now.
    pub fn id_of_gone(serial: u64, immutable: bool) -> String {
        id(serial, 0, immutable)
    }
}

const IMMUTABLE: &str = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A";
const FLEETING: &str = "AAMkAGVmMDEzMTM4LTZmYWUtNDdkNC1hMDZi";

impl Letter {
    /// Its identifier, of the kind that was asked for (learn.microsoft.com/graph/outlook-immutable-id).
    pub fn id(&self, immutable: bool) -> String {
        id(self.serial, self.moves, immutable)
    }
}

fn id(serial: u64, moves: u32, immutable: bool) -> String {
    match immutable {
        true => format!("{IMMUTABLE}{serial:012x}="),
        false => format!("{FLEETING}{serial:012x}-{moves}="),
    }
}

fn folder_id(address: &str, number: usize) -> String {
    let sum = address.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    format!("AQMkADAwATM0MDAAMS1i{sum:08x}_{number:04x}AAA=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_ends_one_identifier_and_not_the_other() {
        let mut mailbox = Mailbox::new("anna@voorbeeld.test", "Anna");
        let letter = mailbox.put("inbox", "Subject: een\r\n\r\n", Timestamp::UNIX_EPOCH);
        let (serial, lasting, fleeting) = (letter.serial, letter.id(true), letter.id(false));
        assert!(mailbox.letter(&lasting).is_some() && mailbox.letter(&fleeting).is_some());
        assert!(mailbox.relocate(serial, "archive", &mut Vec::new()));
        assert!(mailbox.letter(&lasting).is_some() && mailbox.letter(&fleeting).is_none());
        let (inbox, archive) = (mailbox.folder("inbox").unwrap(), mailbox.folder("Archive").unwrap());
        assert_eq!(mailbox.happened(inbox, 0, mailbox.count).gone, [serial]);
        assert_eq!(mailbox.happened(archive, 0, mailbox.count).there, [serial]);
        assert!(mailbox.letter("").is_none() && mailbox.letter("é").is_none());
    }
}
