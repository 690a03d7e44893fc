//! What changed, for all folders at once: by what the server says has changed in each room, and by comparing everything where that
//! does not add up.

use super::{
    super::{
        cause, folder,
        response::Counts,
        session::{Selected, Session},
    },
    FOLDER_EPOCH,
    entry::{self, Entry},
    fetch::{Line, Wish},
    map::{Map, Room},
    named,
    place::{Place, Stand},
    remote_id,
};
use crate::{Change, ConnectError, FolderState, Known, Outlet};
use mail::{Flags, RemoteId, RemoteSet};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Flags told at once.
const FLAGS: usize = 1000;

/// A pull of the whole mailbox.
pub struct Pull<'a> {
    pub line: Line<'a>,
    pub map: Map,
    counts: HashMap<String, Counts>,
    known: &'a dyn Known,
    pub out: &'a Outlet,
    pub states: Vec<FolderState>,
    /// What is stored and told of each folder, once it was asked for.
    stored: HashMap<usize, RemoteSet>,
    /// Letters handed over and to be handed over, by folder.
    pub done: HashMap<usize, (u64, u64)>,
    seen: HashMap<Room, Stand>,
    everything: Option<Vec<(Room, Entry)>>,
}

/// The connection, how the rooms were met, and everything that is there when that was asked for.
type End = (Session, HashMap<Room, Stand>, Option<Vec<(Room, Entry)>>);

/// What the rooms tell of a letter that changed.
struct News {
    room: Room,
    /// It was not in this room before.
    arrived: bool,
    entry: Entry,
}

impl<'a> Pull<'a> {
    pub fn new(
        line: Line<'a>,
        map: Map,
        counts: HashMap<String, Counts>,
        known: &'a dyn Known,
        out: &'a Outlet,
        states: Vec<FolderState>,
    ) -> Pull<'a> {
        let (stored, done, seen) = (HashMap::new(), HashMap::new(), HashMap::new());
        Pull { line, map, counts, known, out, states, stored, done, seen, everything: None }
    }

    /// What is left of it.
    pub fn end(self) -> End {
        (self.line.session, self.seen, self.everything)
    }

    /// Pulls every folder.
    pub async fn run(&mut self) -> Result<(), ConnectError> {
        let now = jiff::Timestamp::now().as_second();
        let places: Vec<Option<Place>> = self.states.iter().map(|state| Place::read(state.cursor.as_ref())).collect();
        for at in (0..self.states.len()).filter(|at| places[*at].is_none()) {
            self.send(Change::Epoch { folder: self.states[at].folder, epoch: FOLDER_EPOCH }).await?;
        }
        let is_whole = self.states.len() == self.map.folders() && !self.states.iter().any(|state| state.thorough);
        let same = places.first().cloned().flatten().filter(|first| places.iter().all(|it| it.as_ref() == Some(first)));
        if let Some(before) = same.filter(|place| is_whole && !place.wants_comparing(now))
            && self.follow(&before).await?
        {
            return Ok(());
        }
        self.compare(now).await
    }

    /// Tells what changed since; `false` when that does not add up to what is there, and nothing was told.
    async fn follow(&mut self, before: &Place) -> Result<bool, ConnectError> {
        let mut stands = Vec::new();
        let mut news = Vec::new();
        for (room, name) in self.rooms() {
            let Some(old) = before.stand(room).filter(|old| old.modseq > 0) else { return Ok(false) };
            if self.counts.get(&name).is_some_and(|counts| is_same(counts, &old)) {
                stands.push((room, old));
                continue;
            }
            let selected = self.open(&name).await?;
            let is_lost = selected.uidvalidity.unwrap_or(0) != old.validity
                || selected.uidnext.is_some_and(|next| next < old.next)
                || selected.highestmodseq.is_none();
            if is_lost {
                return Ok(false);
            }
            let entries = entry::all(&mut self.line.session, &self.map, room, Some(old.modseq)).await?;
            let entries = entries.map_err(|status| cause::work(&status))?;
            stands.push((room, self.stand(&selected, &entries, old.next)));
            let told = entries.into_iter().map(|entry| News { room, arrived: entry.uid >= old.next, entry });
            news.extend(told);
        }
        let count = |rooms: &[(Room, Stand)]| rooms.iter().map(|(_, stand)| u64::from(stand.count)).sum::<u64>();
        let mut new = 0;
        for it in news.iter().filter(|it| it.arrived) {
            new += u64::from(!self.was_counted(it).await);
        }
        if count(&stands) != count(&before.rooms) + new {
            return Ok(false);
        }
        self.tell(news).await?;
        if stands != before.rooms {
            self.keep(&Place { rooms: stands.clone(), compared_at: before.compared_at }).await?;
        }
        self.seen = stands.into_iter().collect();
        Ok(true)
    }

    /// Whether a letter that arrived in a room was in another one before, as far as we hold it.
    async fn was_counted(&mut self, news: &News) -> bool {
        let remote = remote_id(news.entry.letter);
        for at in 0..self.states.len() {
            // Into "All Mail" letters come from the other two.
            let elsewhere = news.room != Room::All || self.map.room_of(&self.states[at].remote) != Room::All;
            if elsewhere && self.stored(at).await.contains(&remote) {
                return true;
            }
        }
        false
    }

    async fn tell(&mut self, news: Vec<News>) -> Result<(), ConnectError> {
        let mut gone: BTreeMap<usize, RemoteSet> = BTreeMap::new();
        let mut flags: BTreeMap<usize, Vec<(RemoteId, Flags)>> = BTreeMap::new();
        let mut wishes = Vec::new();
        for News { room, arrived, entry } in news {
            let remote = remote_id(entry.letter);
            let mut folders = Vec::new();
            for at in 0..self.states.len() {
                let state = &self.states[at];
                if entry.lies_in(&state.remote) {
                    let wanted = is_since(state, &entry);
                    match self.stored(at).await.contains(&remote) {
                        true => flags.entry(at).or_default().push((remote.clone(), entry.flags.clone())),
                        false if wanted => folders.push(at),
                        false => {}
                    }
                } else if arrived || room == Room::All {
                    gone.entry(at).or_default().insert(&remote);
                }
            }
            if !folders.is_empty() {
                wishes.push(Wish { room, entry, folders });
            }
        }
        for (at, ids) in gone {
            if let Some(stored) = self.stored.get_mut(&at) {
                *stored = stored.minus(&ids);
            }
            self.send(Change::Gone { folder: self.states[at].folder, ids }).await?;
        }
        for (at, of) in flags {
            self.send_flags(at, of).await?;
        }
        self.fetch(wishes).await
    }

    /// Compares everything that is there with everything that is stored.
    async fn compare(&mut self, now: i64) -> Result<(), ConnectError> {
        let mut stands = Vec::new();
        let mut everything = Vec::new();
        for (room, name) in self.rooms() {
            let selected = self.open(&name).await?;
            let entries = entry::all(&mut self.line.session, &self.map, room, None).await?;
            let entries = entries.map_err(|status| cause::work(&status))?;
            stands.push((room, self.stand(&selected, &entries, 0)));
            everything.extend(entries.into_iter().map(|entry| (room, entry)));
        }
        let mut there: Vec<Vec<u64>> = vec![Vec::new(); self.states.len()];
        let mut flags: Vec<Vec<(RemoteId, Flags)>> = vec![Vec::new(); self.states.len()];
        let mut wishes: Vec<Wish> = Vec::new();
        let mut folders_of: HashMap<usize, Vec<usize>> = HashMap::new();
        for (room, entry) in &everything {
            let lies = folders_of.entry(Arc::as_ptr(&entry.places).addr()).or_insert_with(|| {
                (0..self.states.len()).filter(|at| entry.lies_in(&self.states[*at].remote)).collect()
            });
            let remote = remote_id(entry.letter);
            let mut folders = Vec::new();
            for at in lies.clone() {
                there[at].push(entry.letter);
                if self.stored(at).await.contains(&remote) {
                    flags[at].push((remote.clone(), entry.flags.clone()));
                } else if is_since(&self.states[at], entry) {
                    folders.push(at);
                }
            }
            if !folders.is_empty() {
                wishes.push(Wish { room: *room, entry: entry.clone(), folders });
            }
        }
        self.everything = Some(everything);
        for (at, of) in flags.into_iter().enumerate() {
            self.send_flags(at, of).await?;
        }
        self.fetch(wishes).await?;
        for (at, letters) in there.into_iter().enumerate() {
            self.send(Change::Present { folder: self.states[at].folder, ids: named(letters) }).await?;
        }
        self.keep(&Place { rooms: stands.clone(), compared_at: now }).await?;
        self.seen = stands.into_iter().collect();
        Ok(())
    }

    fn rooms(&self) -> Vec<(Room, String)> {
        self.map.rooms().map(|(room, name)| (room, name.to_owned())).collect()
    }

    async fn open(&mut self, name: &str) -> Result<Selected, ConnectError> {
        match folder::open(&mut self.line.session, name, false, None).await? {
            Ok(_) => Ok(self.line.session.selected.clone().unwrap_or_default()),
            Err(status) => Err(cause::work(&status)),
        }
    }

    /// How a room stands of which `entries` were told: its numbers are those of the moment it was opened, so that whatever happens
    /// after that is told again.
    fn stand(&self, selected: &Selected, entries: &[Entry], next: u32) -> Stand {
        let top = entries.last().map_or(0, |entry| entry.uid);
        let exists = self.line.session.selected.as_ref().map_or(selected.exists, |now| now.exists);
        Stand {
            validity: selected.uidvalidity.unwrap_or(0),
            next: next.max(selected.uidnext.unwrap_or(0)).max(top.saturating_add(1)),
            modseq: selected.highestmodseq.unwrap_or(0),
            count: exists,
        }
    }

    /// What is stored and told of a folder.
    async fn stored(&mut self, at: usize) -> &RemoteSet {
        if !self.stored.contains_key(&at) {
            let known = self.known.known(self.states[at].folder).await;
            self.stored.insert(at, known);
        }
        self.stored.entry(at).or_default()
    }

    /// A letter of this folder was handed over.
    pub fn told(&mut self, at: usize, remote: &RemoteId) {
        if let Some(stored) = self.stored.get_mut(&at) {
            stored.insert(remote);
        }
    }

    async fn send_flags(&mut self, at: usize, of: Vec<(RemoteId, Flags)>) -> Result<(), ConnectError> {
        for some in of.chunks(FLAGS) {
            self.send(Change::Flags { folder: self.states[at].folder, of: some.to_vec() }).await?;
        }
        Ok(())
    }

    /// Keeps the place of every folder, after everything that came before it.
    async fn keep(&mut self, place: &Place) -> Result<(), ConnectError> {
        for at in 0..self.states.len() {
            self.send(Change::Cursor { folder: self.states[at].folder, cursor: place.cursor() }).await?;
        }
        Ok(())
    }
}

/// Whether a room stands as it did, by what a listing said of it.
fn is_same(counts: &Counts, old: &Stand) -> bool {
    counts.uidvalidity == Some(old.validity)
        && counts.uidnext == Some(old.next)
        && counts.messages == Some(old.count)
        && counts.highestmodseq == Some(old.modseq)
}

/// Whether the letter came in late enough to be wanted.
fn is_since(state: &FolderState, entry: &Entry) -> bool {
    state.since.zip(entry.internal_at).is_none_or(|(since, at)| at >= since)
}
