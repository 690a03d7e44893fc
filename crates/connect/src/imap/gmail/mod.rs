//! Gmail's own additions to IMAP (X-GM-EXT-1, developers.google.com/workspace/gmail/imap/imap-extensions).
//!
//! At Gmail a letter has labels, and over IMAP each label is a folder that shows it once more under another number, "All Mail" on
//! top of that. Where a server says X-GM-EXT-1 and shows "All Mail", we don't go by folders: the letters are read where each of them
//! is once, in "All Mail", in spam and in the bin (`map`), with their identifier and their labels (`entry`). A label is a place,
//! what has none lies in the archive, bytes come once for each identifier (`fetch`), and moving means labels (`edit`). It is the same
//! picture as that of Gmail's own interface, so that nothing above can tell the two apart.

mod edit;
mod entry;
mod fetch;
mod map;
mod place;
mod pull;

pub use map::Map;

use super::{ImapSource, cause, command::Command, folder, place::Place, response::Counts};
use crate::{ConnectError, Edit, EditDone, FolderState, Known, Outlet, RemoteFolder};
use entry::Entry;
use mail::{RemoteId, RemoteSet};
use map::Room;
use std::{collections::HashMap, sync::Arc};

/// The capability.
pub const CAPABILITY: &str = "X-GM-EXT-1";
/// Nobody numbers anything anew: an identifier is one letter's for ever.
const FOLDER_EPOCH: i64 = 1;

/// What is remembered of a mailbox at Gmail.
#[derive(Debug)]
pub struct Gmail {
    /// Which folder is what.
    pub map: Map,
    /// How the three rooms stood when the folders were last listed.
    counts: HashMap<String, Counts>,
    /// Everything that is there, for as long as nobody waited or changed anything since.
    everything: Option<Vec<(Room, Entry)>>,
}

/// How Gmail's own interface writes the identifier.
fn remote_id(letter: u64) -> RemoteId {
    RemoteId::Name(format!("{letter:x}"))
}

fn letter(remote: &RemoteId) -> Option<u64> {
    match remote {
        RemoteId::Name(name) => u64::from_str_radix(name, 16).ok(),
        RemoteId::Uid(_) => None,
    }
}

impl Gmail {
    /// With what a listing showed.
    pub fn new(map: Map, counts: HashMap<String, Counts>) -> Gmail {
        Gmail { map, counts, everything: None }
    }

    /// The folder that is watched for all of them.
    pub fn watched(&self) -> &str {
        self.map.name(Room::All)
    }

    /// Things may be otherwise from now on.
    pub fn forget(&mut self) {
        self.everything = None;
    }
}

impl ImapSource {
    /// The folders as Gmail means them, when this is Gmail.
    pub(super) fn as_gmail(&mut self, listing: super::list::Listing, utf8: bool) -> Vec<RemoteFolder> {
        let Some((map, folders)) = Map::of(&listing, utf8) else {
            self.gmail = None;
            return listing.folders;
        };
        self.gmail = Some(Gmail::new(map, listing.counts));
        folders
    }

    pub(super) async fn pull_letters(
        &mut self,
        mut gmail: Gmail,
        folders: Vec<FolderState>,
        known: Arc<dyn Known>,
        out: Outlet,
    ) -> Result<(), ConnectError> {
        gmail.forget();
        let counts = std::mem::take(&mut gmail.counts);
        let session = match self.session().await {
            Ok(session) => session,
            Err(error) => {
                self.gmail = Some(gmail);
                return Err(error);
            }
        };
        let (world, server, credentials, options) = (&self.world, &self.server, &self.credentials, &self.options);
        let line = fetch::Line { world, server, credentials, options, session };
        let mut pull = pull::Pull::new(line, gmail.map.clone(), counts, known.as_ref(), &out, folders);
        let result = pull.run().await;
        let (session, seen, everything) = pull.end();
        // What is watched while we wait, with what is known of it.
        if let Some(now) = seen.get(&Room::All) {
            let place = Place {
                validity: now.validity,
                next: now.next,
                modseq: now.modseq,
                count: now.count,
                finished: true,
                ..Place::default()
            };
            self.places.insert(gmail.map.name(Room::All).to_owned(), place);
        }
        gmail.everything = everything;
        self.gmail = Some(gmail);
        if result.is_ok() {
            self.keep(session);
        }
        result
    }

    pub(super) async fn edit_letters(
        &mut self,
        mut gmail: Gmail,
        edits: Vec<Edit>,
    ) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        gmail.forget();
        let session = self.session().await;
        let done = match session {
            Ok(mut session) => {
                let (done, alive) = edit::run(&gmail.map, &mut session, edits).await;
                if alive {
                    self.keep(session);
                }
                Ok(done)
            }
            Err(error) => Err(error),
        };
        self.gmail = Some(gmail);
        done
    }

    /// The letters of a folder that carry this Message-ID.
    pub(super) async fn find_letters(&mut self, remote: &str, criteria: Command) -> Result<Vec<u64>, ConnectError> {
        let Some(gmail) = &self.gmail else { return Ok(Vec::new()) };
        let (room, map) = (gmail.map.room_of(remote), gmail.map.clone());
        let mut session = self.opened(map.name(room)).await?;
        let found = match folder::search(&mut session, criteria).await? {
            Ok(found) => found,
            Err(status) => {
                self.keep(session);
                return Err(cause::work(&status));
            }
        };
        let entries = match found.is_empty() {
            true => Ok(Vec::new()),
            false => entry::of(&mut session, &map, room, &found).await?,
        };
        self.keep(session);
        let entries = entries.map_err(|status| cause::work(&status))?;
        Ok(entries.into_iter().rev().filter(|entry| entry.lies_in(remote)).map(|entry| entry.letter).collect())
    }

    /// Every letter in a folder, with the moment at which it came in.
    pub(super) async fn letters(&mut self, remote: &str) -> Result<Vec<(u64, Option<i64>)>, ConnectError> {
        let Some(gmail) = &mut self.gmail else { return Ok(Vec::new()) };
        if gmail.everything.is_none() {
            let map = gmail.map.clone();
            let mut session = self.session().await?;
            let mut all = Vec::new();
            for (room, name) in map.rooms() {
                let refused = match folder::open(&mut session, name, false, None).await? {
                    Ok(_) => match entry::all(&mut session, &map, room, None).await? {
                        Ok(entries) => {
                            all.extend(entries.into_iter().map(|entry| (room, entry)));
                            continue;
                        }
                        Err(status) => status,
                    },
                    Err(status) => status,
                };
                self.keep(session);
                return Err(cause::work(&refused));
            }
            self.keep(session);
            if let Some(gmail) = &mut self.gmail {
                gmail.everything = Some(all);
            }
        }
        let everything = self.gmail.iter().flat_map(|gmail| gmail.everything.iter().flatten());
        let here = everything.filter(|(_, entry)| entry.lies_in(remote));
        Ok(here.map(|(_, entry)| (entry.letter, entry.internal_at)).collect())
    }
}

/// Letters as a set of their names.
pub(super) fn named(letters: impl IntoIterator<Item = u64>) -> RemoteSet {
    let mut set = RemoteSet::new();
    letters.into_iter().for_each(|letter| set.insert(&remote_id(letter)));
    set
}

/// With the epoch of every folder.
pub(super) fn with_epoch(letters: Vec<u64>) -> Vec<(i64, RemoteId)> {
    letters.into_iter().map(|letter| (FOLDER_EPOCH, remote_id(letter))).collect()
}

/// The set with its epoch.
pub(super) fn inventory(letters: Vec<(u64, Option<i64>)>) -> (i64, RemoteSet) {
    (FOLDER_EPOCH, named(letters.into_iter().map(|(letter, _)| letter)))
}
