//! The receiving half of a connector.
//!
//! One task per account owns a `Source`. Several connections, pipelining and the order of folders are the
//! connector's own business; what comes out is one stream of [`Change`]s with backpressure.

use crate::ConnectError;
use async_trait::async_trait;
use bytes::Bytes;
use mail::{Cursor, Flags, FolderKey, RemoteId, RemoteSet, Role};
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// A folder as the server shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFolder {
    /// The name on the wire, byte for byte as far as text goes (modified UTF-7 stays encoded): the key to it.
    pub remote: String,
    /// The name to show, decoded.
    pub name: String,
    /// What the server says it is for; [`Role::None`] when it doesn't.
    pub declared: Role,
    /// Can hold messages and be opened.
    pub selectable: bool,
    /// Between levels of the name.
    pub separator: Option<char>,
    /// How many messages the server says are in it, when it said so while listing.
    pub messages: Option<u64>,
    /// How the server numbers the messages in it (UIDVALIDITY), when it said so while listing.
    pub uidvalidity: Option<u32>,
}

/// What we know of a folder, handed down for a pull.
#[derive(Debug, Clone)]
pub struct FolderState {
    /// Ours; comes back with every change.
    pub folder: FolderKey,
    /// As [`RemoteFolder::remote`].
    pub remote: String,
    /// Where the last pull ended; `None` for never.
    pub cursor: Option<Cursor>,
    /// Compare everything that is there with everything that is known, whatever the cursor says: what is missing comes.
    pub thorough: bool,
    /// Mail that the server received before this moment stays there, in milliseconds since 1970. A few of it may be handed
    /// over all the same.
    pub since: Option<i64>,
}

/// Asked only when the cursor does not say enough: an interrupted first fetch, a server without CONDSTORE.
#[async_trait]
pub trait Known: Send + Sync {
    /// The remote ids stored for the folder in its present epoch.
    async fn known(&self, folder: FolderKey) -> RemoteSet;
}

/// Something that happened there.
#[derive(Debug)]
pub enum Change {
    /// The ids that follow belong to a new epoch (first pull, or another UIDVALIDITY): whatever was stored for the
    /// folder under another epoch is to be bound anew by digest. Comes before anything else of the folder.
    Epoch {
        /// Which folder.
        folder: FolderKey,
        /// UIDVALIDITY, or 1 where the server has no such thing. The upper 32 bits count how often ids had to be bound
        /// anew under one UIDVALIDITY (UIDs that went back, a UIDVALIDITY that is suddenly missing).
        epoch: i64,
    },
    /// A message that was not known.
    Message {
        /// Which folder.
        folder: FolderKey,
        /// Its name there.
        remote: RemoteId,
        /// The exact bytes.
        raw: Bytes,
        /// Its flags.
        flags: Flags,
        /// The server's own date (INTERNALDATE), milliseconds since 1970.
        internal_at: Option<i64>,
        /// Memory on loan: dropped when the bytes are stored.
        room: Option<OwnedSemaphorePermit>,
    },
    /// Flags as they are now; may be the same as before.
    Flags {
        /// Which folder.
        folder: FolderKey,
        /// Which message and its flags.
        of: Vec<(RemoteId, Flags)>,
    },
    /// These are no longer there.
    Gone {
        /// Which folder.
        folder: FolderKey,
        /// Which ids; ids that we never had are harmless.
        ids: RemoteSet,
    },
    /// Exactly these are there: whatever else is stored for the folder is gone.
    Present {
        /// Which folder.
        folder: FolderKey,
        /// All of them.
        ids: RemoteSet,
    },
    /// One message that the server would not hand over whole: empty though it has a size, over the limit, refused.
    Unreadable {
        /// Which folder.
        folder: FolderKey,
        /// Its name there.
        remote: RemoteId,
        /// `empty`, `too_large`, `refused`.
        code: &'static str,
        /// In words, for the quarantine list.
        reason: String,
    },
    /// A message that the server received before [`FolderState::since`], of a server that has to be asked for the head of
    /// each to know: it stays there and need not be asked for again.
    Older {
        /// Which folder.
        folder: FolderKey,
        /// Its name there.
        remote: RemoteId,
        /// When the server received it, milliseconds since 1970.
        at: i64,
    },
    /// Everything sent so far for this folder is described by this cursor.
    Cursor {
        /// Which folder.
        folder: FolderKey,
        /// To be stored in the transaction of what came before it.
        cursor: Cursor,
    },
    /// The folder could not be opened now; the others go on.
    Parked {
        /// Which folder.
        folder: FolderKey,
        /// What the server said.
        words: String,
    },
    /// How far the folder is, for the progress bar.
    Progress {
        /// Which folder.
        folder: FolderKey,
        /// Messages handed over in this pull.
        done: u64,
        /// Messages this pull will hand over.
        total: u64,
    },
}

/// Where a source puts its changes: bounded, so that the slowest stage sets the pace.
#[derive(Debug, Clone)]
pub struct Outlet {
    /// The stream.
    pub changes: mpsc::Sender<Change>,
    /// Bytes of message that may be in memory at once, over all accounts; one permit is one KiB.
    pub room: Arc<tokio::sync::Semaphore>,
    /// How many permits `room` began with: a message larger than all of it takes all of it.
    pub room_total: u32,
}

/// Why `wait` returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wake {
    /// Something changed, in these folders if the server said which (remote names); pull them first.
    Changed(Vec<String>),
    /// The time is up.
    Timer,
}

/// Something we want done there.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Set and clear flags (`add` and `remove` hold IMAP flag names).
    Flags {
        /// Folder's remote name.
        folder: String,
        /// UIDVALIDITY the id belongs to.
        epoch: i64,
        /// Which message.
        remote: RemoteId,
        /// To set.
        add: Vec<String>,
        /// To clear.
        remove: Vec<String>,
    },
    /// Move to another folder (MOVE, or COPY + STORE + UID EXPUNGE).
    Move {
        /// Folder's remote name.
        folder: String,
        /// UIDVALIDITY the id belongs to.
        epoch: i64,
        /// Which message.
        remote: RemoteId,
        /// Remote name of the folder it goes to.
        to: String,
    },
    /// Remove for good.
    Delete {
        /// Folder's remote name.
        folder: String,
        /// UIDVALIDITY the id belongs to.
        epoch: i64,
        /// Which message.
        remote: RemoteId,
    },
    /// Put a message in a folder.
    Append {
        /// Remote name of the folder.
        folder: String,
        /// The bytes.
        raw: Bytes,
        /// Flags it gets.
        flags: Flags,
        /// INTERNALDATE it gets, milliseconds since 1970.
        internal_at: Option<i64>,
    },
    /// Make a folder.
    CreateFolder {
        /// Remote name.
        folder: String,
    },
}

/// What came of an edit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EditDone {
    /// The new id and epoch where the server told (COPYUID, APPENDUID).
    pub new: Option<(i64, RemoteId)>,
    /// The message was no longer there: nothing was done.
    pub missing: bool,
}

/// The receiving half of a connector.
#[async_trait]
pub trait Source: Send {
    /// Every folder, with a status when the server gives it in the same answer. Opens the connection when needed.
    async fn folders(&mut self) -> Result<Vec<RemoteFolder>, ConnectError>;

    /// Streams what changed in these folders since their cursors. Returns when all is handed over. An error of one
    /// folder parks that folder; an error here ends the connection.
    async fn pull(&mut self, folders: Vec<FolderState>, known: Arc<dyn Known>, out: Outlet)
    -> Result<(), ConnectError>;

    /// Returns when the server tells of a change, or after `at_most`. Without push it just waits.
    /// Cancel-safe: dropping the future leaves the source usable.
    async fn wait(&mut self, at_most: Duration) -> Result<Wake, ConnectError>;

    /// Does the edits in order and says what came of each; an edit that can run twice does no harm.
    async fn edit(&mut self, edits: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError>;

    /// The messages of the folder that carry this Message-ID, newest first, with the folder's epoch.
    async fn find(&mut self, folder: &str, message_id: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError>;

    /// Every id in the folder now, with its epoch: the ledger's other side.
    async fn inventory(&mut self, folder: &str) -> Result<(i64, RemoteSet), ConnectError>;

    /// The ids in the folder that the server received before this moment, in milliseconds since 1970.
    async fn older(&mut self, folder: &str, moment: i64) -> Result<RemoteSet, ConnectError>;

    /// Everything that the last pull handed over is durable by now: what is to leave the server for that can leave it.
    async fn acknowledge(&mut self) -> Result<(), ConnectError> {
        Ok(())
    }

    /// The provider said that it no longer tells of what happens, or soon will not: at the next pull it is asked to anew.
    fn ask_anew(&mut self) {}

    /// How long from now the server wants to be left alone, where it wants that; nothing else is lost by waiting.
    fn rest(&self) -> Duration {
        Duration::ZERO
    }

    /// Signs out politely.
    async fn close(&mut self);
}
