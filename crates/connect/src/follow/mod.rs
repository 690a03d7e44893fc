//! Following a folder of a provider that names each letter for ever and tells what changed since a place in the folder's
//! history: Microsoft's delta, Exchange's SyncFolderItems. Such histories forget now and then (pains P19), so every name is
//! compared where the numbers say so, and now and then anyway.
//!
//! `place` is what is kept between two pulls, `run` a pull of one folder, `compare` the comparison. What a provider is asked,
//! and how it answers, is its [`Teller`]'s.

mod compare;
mod place;
mod run;

use crate::{Change, ConnectError, FolderState, Known, Outlet, error::Cause, line::later};
use async_trait::async_trait;
use mail::{Flags, FolderKey, RemoteId, RemoteSet};

/// Nobody numbers anything anew: a name is one letter's for ever.
pub(crate) const EPOCH: i64 = 1;

/// A letter in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its identifier, in which capitals count.
    pub id: String,
    /// What its present state is called, where one has to say it.
    pub key: String,
    /// It left the folder.
    pub is_gone: bool,
    /// Its flags; `None` when the list did not say.
    pub flags: Option<Flags>,
    /// When it came in, milliseconds since 1970.
    pub received_at: Option<i64>,
    /// About how long it is, in bytes; 0 when the list did not say.
    pub size: u64,
}

impl Item {
    /// It is still being written, so that its bytes change though its identifier stays.
    pub fn is_draft(&self) -> bool {
        self.flags.as_ref().is_some_and(|flags| flags.draft)
    }
}

/// A piece of a folder's history.
pub(crate) struct Told {
    /// What changed; what is no mail is left out.
    pub items: Vec<Item>,
    /// Where to ask next.
    pub next: String,
    /// There is no more for now.
    pub is_last: bool,
}

/// Where the history of a folder that was told whole is asked for next.
pub(crate) fn next_of(mark: &str, state: &FolderState) -> Option<String> {
    let place = place::Place::read(mark, state.cursor.as_ref())?;
    place.whole.then_some(place.next)
}

/// What a provider is asked, and how it answers.
#[async_trait]
pub(crate) trait Teller: Sync {
    /// Stands before a place as it is kept, so that no other connector reads it.
    const MARK: &'static str;

    /// What changed in a folder since a place in its history; from the beginning when the place is empty. A place that the
    /// provider no longer knows is [`ConnectError::CursorLost`].
    async fn changes(&self, folder: &str, place: &str) -> Result<Told, ConnectError>;

    /// What lies in a folder, newest first, and where the list goes on; from the beginning when `at` is empty.
    async fn list(&self, folder: &str, at: &str) -> Result<(Vec<Item>, Option<String>), ConnectError>;

    /// Which of these lie in the folder.
    async fn still_in(&self, folder: &str, ids: Vec<String>) -> Result<Vec<String>, ConnectError>;

    /// What is said now of letters of which the history said less; nothing where it says everything.
    async fn look(&self, _ids: Vec<String>) -> Result<Vec<Item>, ConnectError> {
        Ok(Vec::new())
    }

    /// Hands over the bytes of new letters. One that is gone by now is told nothing of.
    async fn letters(&self, hand: &mut Hand<'_>, new: Vec<Item>) -> Result<(), ConnectError>;
}

/// What a pull of one folder needs.
pub(crate) struct Pull<'a, T> {
    pub teller: T,
    pub known: &'a dyn Known,
    pub out: &'a Outlet,
    /// Letters above this are not taken, in bytes.
    pub limit: u64,
    /// How many letters the folder counted when it was listed.
    pub total: Option<u64>,
}

/// The hand through which changes of a folder go.
pub(crate) struct Hand<'a> {
    pub folder: FolderKey,
    pub out: &'a Outlet,
    /// Letters above this are not taken, in bytes.
    pub limit: u64,
    /// Letters handed over, and how many there are.
    done: u64,
    total: u64,
    /// The names of those that were handed over and not yet seen to.
    told: RemoteSet,
}

impl Hand<'_> {
    /// Hands a change over.
    pub async fn over(&mut self, change: Change) -> Result<(), ConnectError> {
        if let Change::Message { remote, .. } | Change::Unreadable { remote, .. } = &change {
            self.told.insert(remote);
            self.done += 1;
        }
        let nobody = |_| later(Cause::Dropped, "nobody takes the changes any more");
        self.out.changes.send(change).await.map_err(nobody)
    }

    /// Tells how far it is.
    pub async fn progress(&mut self) -> Result<(), ConnectError> {
        let (folder, done, total) = (self.folder, self.done, self.total.max(self.done));
        self.over(Change::Progress { folder, done, total }).await
    }

    /// A letter that can't be had, and why.
    pub fn unreadable(folder: FolderKey, id: &str, code: &'static str, reason: String) -> Change {
        Change::Unreadable { folder, remote: RemoteId::Name(id.to_owned()), code, reason }
    }

    /// One that is above the limit.
    pub fn too_large(folder: FolderKey, id: &str, limit: u64) -> Change {
        Hand::unreadable(folder, id, "too_large", format!("it is above the limit of {limit} bytes"))
    }
}
