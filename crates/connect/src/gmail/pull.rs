//! What changed, for all folders at once: by the history of the mailbox, and by comparing where that does not say enough.

use super::{
    FOLDER_EPOCH,
    brought::{self, Wish},
    history, label,
    letter::{self, Had, Letter},
    list::Lists,
    place::Place,
};
use crate::{Change, ConnectError, FolderState, Known, Line, Outlet, error::Cause, line::later, room};
use bytes::Bytes;
use futures_util::StreamExt;
use mail::{Flags, FolderKey, RemoteId, RemoteSet};
use std::collections::{HashMap, HashSet};

/// Letters of which only the labels are asked, in one request: Google advises against more than fifty.
pub const AT_ONCE: usize = 50;
/// Flags told at once.
pub const FLAGS: usize = 1000;

/// A pull of the whole mailbox.
pub struct Pull<'a> {
    pub line: &'a Line,
    known: &'a dyn Known,
    out: &'a Outlet,
    limit: u64,
    pub lists: Lists,
    pub states: Vec<FolderState>,
    /// What is stored and told of each folder, once it was asked for.
    stored: HashMap<FolderKey, RemoteSet>,
    /// Letters handed over and to be handed over, by folder.
    done: HashMap<FolderKey, (u64, u64)>,
}

impl<'a> Pull<'a> {
    pub fn new(
        line: &'a Line,
        known: &'a dyn Known,
        out: &'a Outlet,
        limit: u64,
        lists: Lists,
        states: Vec<FolderState>,
    ) -> Pull<'a> {
        Pull { line, known, out, limit, lists, states, stored: HashMap::new(), done: HashMap::new() }
    }

    /// Pulls every folder.
    pub async fn run(mut self) -> Result<(), ConnectError> {
        let now = jiff::Timestamp::now().as_second();
        let places: Vec<Option<Place>> = self.states.iter().map(|state| Place::read(state.cursor.as_ref())).collect();
        for at in (0..self.states.len()).filter(|at| places[*at].is_none()) {
            self.send(Change::Epoch { folder: self.states[at].folder, epoch: FOLDER_EPOCH }).await?;
        }
        let is_fresh =
            |at: &usize| places[*at].is_none_or(|place| place.wants_comparing(now)) || self.states[*at].thorough;
        let (mut fresh, mut current): (Vec<usize>, Vec<usize>) = (0..self.states.len()).partition(is_fresh);
        let start = current.iter().filter_map(|at| places[*at].map(|place| place.history)).min();
        if let Some(start) = start {
            match history::since(self.line, start).await? {
                None => fresh.append(&mut current),
                Some(happened) => {
                    let told = !happened.letters.is_empty();
                    let is_whole = self.follow(&current, happened.letters).await?;
                    for at in current {
                        let Some(before) = places[at] else { continue };
                        if told || before.is_old(now) {
                            // It goes on all the same, and comparing once finds what could not be told: a letter that can't
                            // be read for ever holds up nothing, and makes no more of it.
                            let compared_at = if is_whole { before.compared_at } else { 0 };
                            let place = Place { history: happened.now, at: now, compared_at };
                            self.keep(at, place).await?;
                        }
                    }
                }
            }
        }
        if fresh.is_empty() { Ok(()) } else { self.compare(fresh, now).await }
    }

    /// Tells what became of letters to which something happened; `false` when it can't be told of one.
    async fn follow(
        &mut self,
        folders: &[usize],
        letters: std::collections::BTreeMap<String, bool>,
    ) -> Result<bool, ConnectError> {
        let mut is_whole = true;
        let letters: Vec<(String, bool)> = letters.into_iter().collect();
        let mut gone: HashMap<usize, RemoteSet> = HashMap::new();
        let mut flags: HashMap<usize, Vec<(RemoteId, Flags)>> = HashMap::new();
        let mut wishes = Vec::new();
        for some in letters.chunks(AT_ONCE) {
            let ids: Vec<String> = some.iter().map(|(id, _)| id.clone()).collect();
            let found = letter::several(self.line, &ids, self.limit).await?;
            for ((id, moves), had) in some.iter().zip(found) {
                let remote = RemoteId::Name(id.clone());
                let letter = match had {
                    Had::Letter(letter) => Some(letter),
                    Had::Gone => None,
                    Had::Unreadable(..) => {
                        is_whole = false;
                        continue;
                    }
                };
                let lies = letter.as_ref().map(|letter| label::places(&letter.labels)).unwrap_or_default();
                let mut new = Vec::new();
                for at in folders {
                    let is_here = lies.contains(&label::of_folder(&self.states[*at].remote));
                    match &letter {
                        Some(letter) if is_here => {
                            if !moves || self.stored(*at).await.contains(&remote) {
                                let told = (remote.clone(), label::flags(&letter.labels));
                                flags.entry(*at).or_default().push(told);
                            } else if is_since(&self.states[*at], letter) {
                                new.push(*at);
                            }
                        }
                        _ if *moves => gone.entry(*at).or_default().insert(&remote),
                        _ => {}
                    }
                }
                if !new.is_empty() {
                    let size = letter.and_then(|letter| letter.size);
                    wishes.push(Wish { id: id.clone(), folders: new, size });
                }
            }
        }
        for (at, ids) in gone {
            if let Some(stored) = self.stored.get_mut(&self.states[at].folder) {
                *stored = stored.minus(&ids);
            }
            self.send(Change::Gone { folder: self.states[at].folder, ids }).await?;
        }
        for (at, of) in flags {
            self.send(Change::Flags { folder: self.states[at].folder, of }).await?;
        }
        self.fetch(wishes).await.map(|()| is_whole)
    }

    /// What is stored and told of a folder.
    pub async fn stored(&mut self, at: usize) -> &RemoteSet {
        let folder = self.states[at].folder;
        if !self.stored.contains_key(&folder) {
            let known = self.known.known(folder).await;
            self.stored.insert(folder, known);
        }
        self.stored.entry(folder).or_default()
    }

    /// Brings letters, each once, into every folder in which it is new.
    pub async fn fetch(&mut self, wishes: Vec<Wish>) -> Result<(), ConnectError> {
        for at in wishes.iter().flat_map(|wish| &wish.folders) {
            self.done.entry(self.states[*at].folder).or_default().1 += 1;
        }
        let (line, out, limit) = (self.line, self.out, self.limit);
        let mut coming = brought::all(line, out, limit, wishes);
        let mut told: Vec<(FolderKey, RemoteId)> = Vec::new();
        let mut result = Ok(());
        while let Some(some) = coming.next().await {
            let (mut room, letters) = match some {
                Ok(some) => some,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            };
            let mut touched = HashSet::new();
            for (wish, had) in letters {
                let remote = RemoteId::Name(wish.id);
                for (nth, at) in wish.folders.iter().enumerate() {
                    let folder = self.states[*at].folder;
                    touched.insert(folder);
                    self.done.entry(folder).or_default().0 += 1;
                    let change = match &had {
                        Had::Gone => continue,
                        Had::Unreadable(code, reason) => {
                            Change::Unreadable { folder, remote: remote.clone(), code, reason: reason.clone() }
                        }
                        Had::Letter(letter) => {
                            let raw = letter.raw.clone().unwrap_or_default();
                            // The last of its places gives the memory back.
                            let is_last = nth + 1 == wish.folders.len();
                            let kib = room::kib(raw.len()) as usize;
                            let room = room.as_mut().filter(|_| is_last).and_then(|held| held.split(kib));
                            match message(&self.states[*at], remote.clone(), letter, raw, room) {
                                Some(change) => change,
                                None => continue,
                            }
                        }
                    };
                    told.push((folder, remote.clone()));
                    send(self.out, change).await?;
                }
            }
            for folder in touched {
                let (done, total) = self.done.get(&folder).copied().unwrap_or_default();
                send(self.out, Change::Progress { folder, done, total }).await?;
            }
        }
        drop(coming);
        for (folder, remote) in told {
            if let Some(stored) = self.stored.get_mut(&folder) {
                stored.insert(&remote);
            }
        }
        result
    }

    /// Keeps the place of a folder, after everything that came before it.
    pub async fn keep(&self, at: usize, place: Place) -> Result<(), ConnectError> {
        self.send(Change::Cursor { folder: self.states[at].folder, cursor: place.cursor() }).await
    }

    pub async fn send(&self, change: Change) -> Result<(), ConnectError> {
        send(self.out, change).await
    }
}

async fn send(out: &Outlet, change: Change) -> Result<(), ConnectError> {
    out.changes.send(change).await.map_err(|_| later(Cause::Dropped, "nobody takes the changes any more"))
}

/// Whether the letter came in late enough to be wanted.
fn is_since(state: &FolderState, letter: &Letter) -> bool {
    state.since.zip(letter.received_at).is_none_or(|(since, at)| at >= since)
}

/// The letter as it is told of one folder; `None` when it does not lie there any more.
fn message(
    state: &FolderState,
    remote: RemoteId,
    letter: &Letter,
    raw: Bytes,
    room: Option<tokio::sync::OwnedSemaphorePermit>,
) -> Option<Change> {
    let lies = label::places(&letter.labels).contains(&label::of_folder(&state.remote));
    let (flags, internal_at) = (label::flags(&letter.labels), letter.received_at);
    (lies && is_since(state, letter)).then_some(Change::Message {
        folder: state.folder,
        remote,
        raw,
        flags,
        internal_at,
        room,
    })
}
