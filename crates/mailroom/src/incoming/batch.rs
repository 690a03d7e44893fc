//! Gathers what a source tells into batches: as much as is there, up to a ceiling, and never waiting for more.

use bytes::Bytes;
use connect::Change;
use mail::{Flags, FolderKey, RemoteId};
use store::receive::Item;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// A batch is full at so many messages ...
const MESSAGES: usize = 256;
/// ... or so many bytes of them.
const BYTES: usize = 4 << 20;

/// A message as it came, not yet read.
pub(super) struct Raw {
    pub(super) folder: FolderKey,
    pub(super) remote: RemoteId,
    pub(super) raw: Bytes,
    pub(super) flags: Flags,
    pub(super) internal_at: Option<i64>,
    pub(super) room: Option<OwnedSemaphorePermit>,
}

/// A message that the server would not hand over.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) folder: FolderKey,
    pub(super) remote: RemoteId,
    pub(super) code: &'static str,
    pub(super) reason: String,
    /// The bytes, when we have them.
    pub(super) digest: Option<[u8; 32]>,
}

/// One thing told.
pub(super) enum Told {
    Raw(Raw),
    Item(Item),
}

/// What one transaction will hold.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) told: Vec<Told>,
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) progress: Vec<(FolderKey, u64, u64)>,
    /// Folders that could not be opened: they are not complete when the pull ends.
    pub(super) parked: Vec<FolderKey>,
    messages: usize,
    bytes: usize,
}

impl Gathered {
    fn is_full(&self) -> bool {
        self.messages >= MESSAGES || self.bytes >= BYTES
    }

    fn take(&mut self, change: Change) {
        let item = match change {
            Change::Message { folder, remote, raw, flags, internal_at, room } => {
                self.messages += 1;
                self.bytes += raw.len();
                self.told.push(Told::Raw(Raw { folder, remote, raw, flags, internal_at, room }));
                return;
            }
            Change::Unreadable { folder, remote, code, reason } => {
                self.unreadable.push(Unreadable { folder, remote, code, reason, digest: None });
                return;
            }
            Change::Progress { folder, done, total } => {
                self.progress.push((folder, done, total));
                return;
            }
            Change::Parked { folder, words } => {
                self.parked.push(folder);
                Item::Parked(folder, words)
            }
            Change::Epoch { folder, epoch } => Item::Epoch(folder, epoch),
            Change::Flags { folder, of } => Item::Flags(folder, of),
            Change::Gone { folder, ids } => Item::Gone(folder, ids),
            Change::Present { folder, ids } => Item::Present(folder, ids),
            Change::Older { folder, remote, at } => Item::Older(folder, remote, at),
            Change::Cursor { folder, cursor } => Item::Cursor(folder, cursor),
        };
        self.told.push(Told::Item(item));
    }
}

/// What a source tells, in batches.
pub(super) struct Batches {
    changes: mpsc::Receiver<Change>,
    /// Every message is a batch of its own.
    one_by_one: bool,
    /// Taken out and kept for the next batch.
    ahead: Option<Change>,
}

impl Batches {
    pub(super) fn new(changes: mpsc::Receiver<Change>, one_by_one: bool) -> Batches {
        Batches { changes, one_by_one, ahead: None }
    }

    /// The next one, or `None` when the source has said everything.
    pub(super) async fn next(&mut self) -> Option<Gathered> {
        let mut gathered = Gathered::default();
        let first = match self.ahead.take() {
            Some(change) => change,
            None => self.changes.recv().await?,
        };
        gathered.take(first);
        while !(gathered.is_full() || self.one_by_one && gathered.messages > 0) {
            match self.changes.try_recv() {
                Ok(change @ Change::Message { .. }) if self.one_by_one => {
                    self.ahead = Some(change);
                    break;
                }
                Ok(change) => gathered.take(change),
                Err(_) => break,
            }
        }
        Some(gathered)
    }

    /// A source that still has something to tell must not wait for room.
    pub(super) fn close(&mut self) {
        self.changes.close();
    }
}
