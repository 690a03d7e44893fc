//! Which folder is what: the three rooms in one of which every letter is, and the labels that are places.

use super::super::list::{self, Listing, View};
use crate::RemoteFolder;
use mail::Role;
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, sync::Arc};

/// How people call what has no label; the server calls the folder of it "All Mail", in the language of the mailbox.
const ARCHIVE: &str = "Archive";
const INBOX: &str = "INBOX";

/// Every letter is in exactly one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Room {
    /// The bin.
    #[serde(rename = "bin")]
    Bin,
    /// Spam.
    #[serde(rename = "spam")]
    Spam,
    /// "All Mail": whatever is neither.
    #[serde(rename = "all")]
    All,
}

/// The folders of a mailbox at Gmail, by their remote names.
#[derive(Debug, Clone, Default)]
pub struct Map(Arc<Names>);

#[derive(Debug, Default)]
struct Names {
    all: String,
    spam: Option<String>,
    bin: Option<String>,
    sent: Option<String>,
    drafts: Option<String>,
    /// People's own.
    own: HashSet<String>,
    /// Names go over the line in UTF-8.
    utf8: bool,
}

impl Map {
    /// What a listing says, and the folders to show for it; `None` when "All Mail" is kept from IMAP, which an owner may choose:
    /// then each folder is taken for itself.
    pub fn of(listing: &Listing, utf8: bool) -> Option<(Map, Vec<RemoteFolder>)> {
        let is_all = |folder: &&RemoteFolder| listing.views.get(&folder.remote) == Some(&View::All);
        let all = listing.folders.iter().filter(|folder| folder.selectable).find(is_all)?;
        let mut names = Names { all: all.remote.clone(), utf8, ..Names::default() };
        let mut folders = Vec::new();
        for folder in listing.folders.iter().filter(|folder| folder.selectable) {
            let view = listing.views.get(&folder.remote);
            match folder.declared {
                _ if view == Some(&View::Some) || (view == Some(&View::All) && folder.remote != names.all) => continue,
                _ if view.is_some() => {}
                Role::Junk => names.spam = Some(folder.remote.clone()),
                Role::Trash => names.bin = Some(folder.remote.clone()),
                Role::Sent => names.sent = Some(folder.remote.clone()),
                Role::Drafts => names.drafts = Some(folder.remote.clone()),
                Role::Inbox => {}
                Role::Archive | Role::None => {
                    names.own.insert(folder.remote.clone());
                }
            }
            folders.push(shown(folder, view.is_some()));
        }
        Some((Map(Arc::new(names)), folders))
    }

    /// The rooms that there are. "All Mail" is last, so that what is taken out of the bin meanwhile is met there.
    pub fn rooms(&self) -> impl Iterator<Item = (Room, &str)> {
        let names = &self.0;
        let rooms = [(Room::Bin, names.bin.as_deref()), (Room::Spam, names.spam.as_deref())];
        rooms.into_iter().filter_map(|(room, name)| Some((room, name?))).chain([(Room::All, names.all.as_str())])
    }

    /// How many folders are shown.
    pub fn folders(&self) -> usize {
        let names = &self.0;
        let marked = [&names.spam, &names.bin, &names.sent, &names.drafts].into_iter().flatten().count();
        // With the inbox and the archive.
        names.own.len() + marked + 2
    }

    /// The room in which the letters of a folder are.
    pub fn room_of(&self, folder: &str) -> Room {
        match folder {
            _ if self.0.bin.as_deref() == Some(folder) => Room::Bin,
            _ if self.0.spam.as_deref() == Some(folder) => Room::Spam,
            _ => Room::All,
        }
    }

    /// The folder of a room.
    pub fn name(&self, room: Room) -> &str {
        let name = match room {
            Room::Bin => self.0.bin.as_deref(),
            Room::Spam => self.0.spam.as_deref(),
            Room::All => None,
        };
        name.unwrap_or(&self.0.all)
    }

    /// The bin, where there is one.
    pub fn bin(&self) -> Option<&str> {
        self.0.bin.as_deref()
    }

    /// Whether it is the archive: what has no other place.
    pub fn is_archive(&self, folder: &str) -> bool {
        self.0.all == folder
    }

    /// Whether Gmail alone puts letters there.
    pub fn is_fixed(&self, folder: &str) -> bool {
        [&self.0.sent, &self.0.drafts].into_iter().any(|name| name.as_deref() == Some(folder))
    }

    /// The folders in which a letter lies that has these labels, as they stand on the line. What is in the bin or is spam lies
    /// there alone.
    pub fn places(&self, room: Room, labels: &[String]) -> Vec<String> {
        let names = &self.0;
        if room != Room::All {
            return vec![self.name(room).to_owned()];
        }
        let mut places: Vec<String> = labels.iter().filter_map(|label| self.place(label)).collect();
        places.sort();
        places.dedup();
        if places.is_empty() {
            places.push(names.all.clone());
        }
        places
    }

    fn place(&self, label: &str) -> Option<String> {
        let names = &self.0;
        match label.to_ascii_lowercase().as_str() {
            "\\inbox" => return Some(INBOX.to_owned()),
            "\\sent" => return names.sent.clone(),
            "\\draft" | "\\drafts" => return names.drafts.clone(),
            // What is starred, important, muted: it says something of the letter.
            other if other.starts_with('\\') => return None,
            _ => {}
        }
        let name = list::remote_name(label.to_owned(), names.utf8);
        names.own.contains(&name).then_some(name)
    }

    /// The label for a folder, to be written as it is; `None` when a label does not stand for it by itself.
    pub fn label(&self, folder: &str) -> Option<Label> {
        match folder {
            INBOX => Some(Label::System("\\Inbox")),
            _ if self.is_archive(folder) || self.is_fixed(folder) || self.room_of(folder) != Room::All => None,
            own => Some(Label::Own(own.to_owned())),
        }
    }
}

/// A label as it is written in a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// One of Gmail's.
    System(&'static str),
    /// One of people's own, by the name of its folder.
    Own(String),
}

fn shown(folder: &RemoteFolder, is_archive: bool) -> RemoteFolder {
    let declared = if is_archive { Role::Archive } else { folder.declared };
    let last = || folder.separator.and_then(|it| folder.name.rsplit(it).next()).unwrap_or(&folder.name);
    let name = match declared {
        Role::Archive if is_archive => ARCHIVE,
        // They lie under "[Gmail]", which is no folder that people made.
        Role::Sent | Role::Drafts | Role::Junk | Role::Trash => last(),
        _ => &folder.name,
    };
    RemoteFolder {
        name: name.to_owned(),
        declared,
        // "All Mail" counts more than what lies in the archive; and identifiers are no numbers of a folder's.
        messages: if is_archive { None } else { folder.messages },
        uidvalidity: None,
        ..folder.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let folder = |remote: &str, declared, selectable| RemoteFolder {
            remote: remote.to_owned(),
            name: super::super::super::utf7::decode(remote),
            declared,
            selectable,
            separator: Some('/'),
            messages: Some(3),
            uidvalidity: Some(7),
        };
        let mut listing = Listing::default();
        listing.folders = vec![
            folder("INBOX", Role::Inbox, true),
            folder("[Gmail]", Role::None, false),
            folder("[Gmail]/Alle berichten", Role::None, true),
            folder("[Gmail]/Prullenbak", Role::Trash, true),
            folder("[Gmail]/Verzonden berichten", Role::Sent, true),
            folder("[Gmail]/Belangrijk", Role::None, true),
            folder("Caf&AOk-", Role::None, true),
        ];
        listing.views.insert("[Gmail]/Alle berichten".to_owned(), View::All);
        listing.views.insert("[Gmail]/Belangrijk".to_owned(), View::Some);
        listing
    }

    fn places(utf8: bool, labels: &[&str]) -> Vec<String> {
        let (map, _) = Map::of(&listing(), utf8).expect("it is Gmail");
        map.places(Room::All, &labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_letter_lies_under_each_of_its_labels_and_without_any_in_the_archive() {
        assert_eq!(places(false, &["\\Inbox", "Caf&AOk-", "\\Important"]), ["Caf&AOk-", "INBOX"]);
        assert_eq!(places(true, &["Caf\u{e9}", "\\Sent"]), ["Caf&AOk-", "[Gmail]/Verzonden berichten"]);
        assert_eq!(places(false, &["\\Starred", "nowhere to be seen"]), ["[Gmail]/Alle berichten"]);
        let (map, _) = Map::of(&listing(), false).expect("it is Gmail");
        assert_eq!(map.places(Room::Bin, &["\\Inbox".to_owned()]), ["[Gmail]/Prullenbak"]);
    }

    #[test]
    fn folders_that_show_something_once_more_are_left_out_and_the_archive_is_no_copy() {
        let (map, folders) = Map::of(&listing(), false).expect("it is Gmail");
        let shown: Vec<(&str, Role)> = folders.iter().map(|it| (it.name.as_str(), it.declared)).collect();
        assert_eq!(
            shown,
            [
                ("INBOX", Role::Inbox),
                ("Archive", Role::Archive),
                ("Prullenbak", Role::Trash),
                ("Verzonden berichten", Role::Sent),
                ("Caf\u{e9}", Role::None)
            ]
        );
        assert!(folders.iter().all(|folder| folder.uidvalidity.is_none()));
        assert_eq!(map.rooms().map(|(room, _)| room).collect::<Vec<_>>(), [Room::Bin, Room::All]);
        assert_eq!(map.label("INBOX"), Some(Label::System("\\Inbox")));
        assert_eq!(map.label("[Gmail]/Verzonden berichten"), None);
    }

    #[test]
    fn without_all_mail_each_folder_is_taken_for_itself() {
        let mut listing = listing();
        listing.views.clear();
        assert!(Map::of(&listing, false).is_none());
    }
}
