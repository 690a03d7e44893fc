//! A mailbox that lies with us and nowhere else (features M15, M2 *own address*): what a server does for the others, the
//! store does for this one, so that everything above can read, mark, move and file its mail as anybody's.

use super::{
    Imported,
    import::{self, Manner},
    pass::{PassError, Progress},
};
use crate::MailRoom;
use async_trait::async_trait;
use bytes::Bytes;
use connect::{
    Change, ConnectError, Edit, EditDone, FolderState, Known, Outlet, RemoteFolder, Source, Wake,
    error::{Cause, Step},
};
use mail::{Cursor, Flags, FolderKey, RemoteId, RemoteSet, Role};
use std::{sync::Arc, time::Duration};
use store::{
    StoreError,
    account::Account,
    folder::{self, Folder},
    receive::{Batch, Item},
};
use tokio::sync::{mpsc, watch};

/// Nobody numbers the mail anew but we, and we never do.
pub(super) const EPOCH: i64 = 1;
/// What every such mailbox has.
const STANDARD: [(&str, Role); 6] = [
    ("INBOX", Role::Inbox),
    ("Sent", Role::Sent),
    ("Drafts", Role::Drafts),
    ("Archive", Role::Archive),
    ("Junk", Role::Junk),
    ("Trash", Role::Trash),
];
const SEPARATOR: char = '/';

/// Puts mail into a mailbox of our own. The same bytes twice are one mail.
pub(crate) async fn deliver(room: &MailRoom, account: &Account, raw: Bytes) -> Result<(), PassError> {
    put(room, account, "INBOX", raw, Flags::default(), Some(room.clock.now())).await.map(|_| ())
}

/// Puts mail into a mailbox of our own that came with `ours` bytes of ours before it: without those the same bytes are the
/// same mail, and it is kept once wherever it was put since.
pub(super) async fn deliver_once(room: &MailRoom, account: &Account, raw: Bytes, ours: usize) -> Result<(), PassError> {
    let (organisation, id) = (account.organisation, account.id);
    let remote = import::own_id(raw.get(ours..).unwrap_or_default());
    let read = room
        .store
        .db
        .read(move |tx| Box::pin(async move { store::place::is_held(tx, organisation, id, &remote).await }));
    if read.await? {
        return Ok(());
    }
    let manner = Manner { ours, ..Manner::default() };
    take_in(room, account, "INBOX", raw, Flags::default(), Some(room.clock.now()), manner).await
}

async fn put(
    room: &MailRoom,
    account: &Account,
    folder: &str,
    raw: Bytes,
    flags: Flags,
    internal_at: Option<i64>,
) -> Result<RemoteId, PassError> {
    let remote = import::own_id(&raw);
    take_in(room, account, folder, raw, flags, internal_at, Manner::default()).await?;
    Ok(remote)
}

async fn take_in(
    room: &MailRoom,
    account: &Account,
    folder: &str,
    raw: Bytes,
    flags: Flags,
    internal_at: Option<i64>,
    manner: Manner,
) -> Result<(), PassError> {
    let (one, messages) = mpsc::channel(1);
    // It works beside whoever may have the lease.
    let account = &Account { fence: 0, ..account.clone() };
    let imported = Imported { folder: folder.to_owned(), raw, flags, internal_at };
    // The channel holds one and nobody else has its end.
    let _ = one.try_send(imported);
    drop(one);
    let seen = Arc::new(watch::Sender::new(Progress::default()));
    import::to_own_folders(room, account, messages, seen, manner).await.map(|_| ())
}

/// The folders, and what is done to their mail.
pub(crate) struct OwnSource {
    room: MailRoom,
    account: Account,
}

impl OwnSource {
    pub(crate) fn new(room: &MailRoom, account: &Account) -> OwnSource {
        OwnSource { room: room.clone(), account: account.clone() }
    }

    async fn stored(&self) -> Result<Vec<Folder>, ConnectError> {
        let (organisation, id) = (self.account.organisation, self.account.id);
        let read = self.room.store.db.read(move |tx| Box::pin(async move { folder::list(tx, organisation, id).await }));
        read.await.map_err(ours)
    }

    async fn named(&self, remote: &str) -> Result<FolderKey, ConnectError> {
        let found = self.stored().await?.into_iter().find(|folder| folder.remote == remote);
        found.map(|folder| folder.id).ok_or_else(|| refused(Cause::NoSuchFolder, "no such folder"))
    }

    async fn done(&self, edit: Edit) -> Result<EditDone, ConnectError> {
        match edit {
            // What was asked for shows already, and there is nobody to tell.
            Edit::Flags { .. } => Ok(EditDone::default()),
            Edit::Move { remote, .. } => Ok(EditDone { new: Some((EPOCH, remote)), missing: false }),
            Edit::Delete { folder, remote, .. } => {
                let mut ids = RemoteSet::new();
                ids.insert(&remote);
                self.take(Item::Gone(self.named(&folder).await?, ids)).await.map_err(ours)?;
                Ok(EditDone::default())
            }
            Edit::Append { folder, raw, flags, internal_at } => {
                let put = put(&self.room, &self.account, &folder, raw, flags, internal_at).await;
                let remote = put.map_err(|error| match error {
                    PassError::Connect(error) => error,
                    PassError::Store(error) => ours(error),
                })?;
                Ok(EditDone { new: Some((EPOCH, remote)), missing: false })
            }
            Edit::CreateFolder { folder } => {
                let mut folders = self.stored().await?;
                import::own_folder(&self.room, &self.account, &mut folders, &folder).await.map_err(ours)?;
                Ok(EditDone::default())
            }
        }
    }

    async fn take(&self, item: Item) -> Result<(), StoreError> {
        let (organisation, account, now) = (self.account.organisation, self.account.id, self.room.clock.now());
        let fence = self.account.fence;
        let batch = Batch { organisation, account, fence, items: vec![item], collects: false, backlog: false, now };
        let store = self.room.store.clone();
        let work = store::unit(move |tx| {
            Box::pin(async move { store::receive::receive(tx, &store.make, batch).await.map(|_| ()) })
        });
        self.room.store.db.write(work).await
    }
}

#[async_trait]
impl Source for OwnSource {
    async fn folders(&mut self) -> Result<Vec<RemoteFolder>, ConnectError> {
        let stored = self.stored().await?;
        let made = stored.iter().filter(|folder| STANDARD.iter().all(|(name, _)| *name != folder.remote));
        let standard = STANDARD.map(|(name, role)| shown(name, role));
        Ok(standard.into_iter().chain(made.map(|folder| shown(&folder.remote, Role::None))).collect())
    }

    async fn pull(
        &mut self,
        folders: Vec<FolderState>,
        _known: Arc<dyn Known>,
        out: Outlet,
    ) -> Result<(), ConnectError> {
        for FolderState { folder, .. } in folders.into_iter().filter(|folder| folder.cursor.is_none()) {
            let cursor = Cursor("own".to_owned());
            for change in [Change::Epoch { folder, epoch: EPOCH }, Change::Cursor { folder, cursor }] {
                // Whoever listened has ended for a reason of their own.
                let _ = out.changes.send(change).await;
            }
        }
        Ok(())
    }

    async fn wait(&mut self, at_most: Duration) -> Result<Wake, ConnectError> {
        tokio::time::sleep(at_most).await;
        Ok(Wake::Timer)
    }

    async fn edit(&mut self, edits: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        let mut done = Vec::with_capacity(edits.len());
        for edit in edits {
            done.push(self.done(edit).await);
        }
        Ok(done)
    }

    async fn find(&mut self, folder: &str, message_id: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError> {
        // Before the first mail comes into one of them, the folders are only shown.
        let Some(folder) = self.stored().await?.into_iter().find(|there| there.remote == folder) else {
            return Ok(Vec::new());
        };
        let (organisation, folder, message_id) = (self.account.organisation, folder.id, message_id.to_owned());
        let read = self.room.store.db.read(move |tx| {
            Box::pin(async move { folder::with_message_id(tx, organisation, folder, &message_id).await })
        });
        Ok(read.await.map_err(ours)?.into_iter().map(|remote| (EPOCH, remote)).collect())
    }

    async fn inventory(&mut self, folder: &str) -> Result<(i64, RemoteSet), ConnectError> {
        let (organisation, folder) = (self.account.organisation, self.named(folder).await?);
        let read = self
            .room
            .store
            .db
            .read(move |tx| Box::pin(async move { store::place::known(tx, organisation, folder).await }));
        Ok((EPOCH, read.await.map_err(ours)?))
    }

    async fn older(&mut self, _folder: &str, _moment: i64) -> Result<RemoteSet, ConnectError> {
        Ok(RemoteSet::new())
    }

    async fn close(&mut self) {}
}

fn shown(name: &str, declared: Role) -> RemoteFolder {
    RemoteFolder {
        remote: name.to_owned(),
        name: name.to_owned(),
        declared,
        selectable: true,
        separator: Some(SEPARATOR),
        messages: None,
        uidvalidity: None,
    }
}

/// Our own trouble, told as a server's that passes.
fn ours(error: StoreError) -> ConnectError {
    ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason: error.to_string() }
}

fn refused(cause: Cause, words: &str) -> ConnectError {
    ConnectError::Refused { cause, words: connect::ServerWords(words.to_owned()) }
}
