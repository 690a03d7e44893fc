//! Brings mail that lies in files into an account (features M22): onto its server when it has one, so that other
//! programs see it too, and into a folder of our own when it has none. Nothing comes twice: the digest decides.

use super::{
    own::EPOCH,
    pass::{self, Fetched, PassError, Progress, Watch},
    pipeline::{self, Job},
    prepare::Reader,
};
use crate::{MailRoom, accounts};
use bytes::Bytes;
use connect::{Change, Edit};
use mail::{Flags, FolderKey, RemoteId, Role, role};
use std::{collections::HashSet, sync::Arc};
use store::{
    StoreError,
    account::Account,
    folder::{Folder, Seen},
};
use tokio::sync::{mpsc, watch};

/// Messages put on a server in one go.
const AT_ONCE: usize = 20;

/// A message out of a file.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The folder it goes to, by the name people see.
    pub folder: String,
    /// The exact bytes.
    pub raw: Bytes,
    /// Its flags, where the file kept them.
    pub flags: Flags,
    /// When it was received, in milliseconds since 1970, where the file kept that.
    pub internal_at: Option<i64>,
}

/// Takes what comes through the channel into the account. Gives what was new.
pub async fn import(
    room: &MailRoom,
    account: &Account,
    messages: mpsc::Receiver<Imported>,
    seen: Arc<watch::Sender<Progress>>,
) -> Result<Fetched, PassError> {
    // It works beside whoever may have the lease.
    let account = &Account { fence: 0, ..account.clone() };
    match account.settings.incoming.has_own_folders() {
        true => to_own_folders(room, account, messages, seen, Manner { backlog: true, ..Manner::default() }).await,
        false => to_server(room, account, messages, seen).await,
    }
}

/// How mail comes into folders of ours.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manner {
    /// It is old mail, of which nobody is told.
    pub(super) backlog: bool,
    /// So many bytes at its beginning were written here: the same mail can come with others.
    pub(super) ours: usize,
}

/// Into folders of ours.
pub(super) async fn to_own_folders(
    room: &MailRoom,
    account: &Account,
    mut messages: mpsc::Receiver<Imported>,
    seen: Arc<watch::Sender<Progress>>,
    manner: Manner,
) -> Result<Fetched, PassError> {
    let backlog = manner.backlog;
    let (changes, received) = mpsc::channel(64);
    let job = Job { held: account.into(), backlog, since: None, collects: false, one_by_one: false };
    let message_id_key = pass::message_id_key(room, account.organisation).await?;
    room.desks.suspects.take_up(room).await?;
    let reader = Reader::new(room, account, message_id_key);
    let mut folders = stored(room, account).await?;
    let feeding = async {
        let (mut done, mut begun) = (0, HashSet::new());
        while let Some(message) = messages.recv().await {
            let folder = own_folder(room, account, &mut folders, &message.folder).await?;
            done += 1;
            let remote = own_id(message.raw.get(manner.ours..).unwrap_or_default());
            let Imported { raw, flags, internal_at, .. } = message;
            let change = Change::Message { folder, remote, raw, flags, internal_at, room: None };
            let epoch = Change::Epoch { folder, epoch: EPOCH };
            if begun.insert(folder) && changes.send(epoch).await.is_err() {
                break;
            }
            let progress = Change::Progress { folder, done, total: 0 };
            if changes.send(change).await.is_err() || changes.send(progress).await.is_err() {
                break;
            }
        }
        drop(changes);
        Ok::<(), PassError>(())
    };
    let watch = Watch::new(seen);
    let storing = pipeline::run(room, &job, reader, received, &watch);
    let (fed, stored) = tokio::join!(feeding, storing);
    fed?;
    Ok(stored?.fetched)
}

/// What a message is called in a folder of ours: the same bytes are the same mail.
pub(super) fn own_id(raw: &[u8]) -> RemoteId {
    RemoteId::Name(blake3::hash(raw).to_hex().to_string())
}

/// The folder of that name, made when it is not there.
pub(super) async fn own_folder(
    room: &MailRoom,
    account: &Account,
    folders: &mut Vec<Folder>,
    name: &str,
) -> Result<FolderKey, StoreError> {
    if let Some(folder) = folders.iter().find(|folder| folder.name == name) {
        return Ok(folder.id);
    }
    let now = room.clock.now();
    let mut seen: Vec<Seen> = folders.iter().map(as_seen).collect();
    let guessed = role::guess(name, Some('/'));
    let id = FolderKey(room.store.make.key(now));
    seen.push(Seen {
        id,
        remote: name.to_owned(),
        name: name.to_owned(),
        separator: Some('/'),
        declared: Role::None,
        guessed,
        selectable: true,
    });
    let (organisation, account) = (account.organisation, account.id);
    let work = store::unit(move |tx| {
        Box::pin(async move { store::folder::sync(tx, organisation, account, &seen, now).await })
    });
    *folders = room.store.db.write(work).await?;
    let made = folders.iter().find(|folder| folder.name == name);
    Ok(made.map_or(id, |folder| folder.id))
}

fn as_seen(folder: &Folder) -> Seen {
    Seen {
        id: folder.id,
        remote: folder.remote.clone(),
        name: folder.name.clone(),
        separator: Some('/'),
        declared: folder.declared_role,
        guessed: folder.role,
        selectable: folder.selectable,
    }
}

async fn stored(room: &MailRoom, account: &Account) -> Result<Vec<Folder>, PassError> {
    let (organisation, id) = (account.organisation, account.id);
    let read = room.store.db.read(move |tx| Box::pin(async move { store::folder::list(tx, organisation, id).await }));
    Ok(read.await?)
}

/// Appends what the account does not have yet, then fetches, so that the store says what the server says.
async fn to_server(
    room: &MailRoom,
    account: &Account,
    mut messages: mpsc::Receiver<Imported>,
    seen: Arc<watch::Sender<Progress>>,
) -> Result<Fetched, PassError> {
    let account = &mut account.clone();
    let mut source = accounts::connection::source_for(room, account).await?;
    let watch = Watch::new(seen);
    let mut fetched = pass::run(room, account, &mut *source, &watch).await?;
    let mut folders = stored(room, account).await?;
    let mut batch = Vec::new();
    while messages.recv_many(&mut batch, AT_ONCE).await > 0 {
        let new = unknown(room, account, std::mem::take(&mut batch)).await?;
        let mut edits = Vec::new();
        for message in new {
            let remote = match folders.iter().find(|folder| folder.name == message.folder) {
                Some(folder) => folder.remote.clone(),
                None => {
                    let folder = connect::imap::encode_name(&message.folder);
                    source.edit(vec![Edit::CreateFolder { folder: folder.clone() }]).await?;
                    folders = pass::folders(room, account, &mut *source).await?;
                    folder
                }
            };
            let Imported { raw, flags, internal_at, .. } = message;
            edits.push(Edit::Append { folder: remote, raw, flags, internal_at });
        }
        for done in source.edit(edits).await? {
            done?;
        }
    }
    let after = pass::run(room, account, &mut *source, &watch).await?;
    source.close().await;
    fetched.fetched = after.fetched;
    Ok(fetched)
}

async fn unknown(room: &MailRoom, account: &Account, batch: Vec<Imported>) -> Result<Vec<Imported>, PassError> {
    let (organisation, id) = (account.organisation, account.id);
    let digests: Vec<[u8; 32]> = batch.iter().map(|message| *blake3::hash(&message.raw).as_bytes()).collect();
    let asked = digests.clone();
    let read = room
        .store
        .db
        .read(move |tx| Box::pin(async move { store::receive::held_digests(tx, organisation, id, &asked).await }));
    let held = read.await?;
    let mut met = HashSet::new();
    let fresh = batch.into_iter().zip(digests).zip(held).filter(|((_, digest), held)| !held && met.insert(*digest));
    Ok(fresh.map(|((message, _), _)| message).collect())
}
