//! One pass over an account: what the server shows, what changed, into the store.

use super::{
    collecting, edits,
    held::Held,
    identity, ledger, ours,
    pipeline::{self, Brought, Job},
    prepare::Reader,
    restore,
};
use crate::{MailRoom, accounts, killpoint};
use async_trait::async_trait;
use connect::{ConnectError, FolderState, Known, Outlet, RemoteFolder, Source};
use mail::{AccountKey, FolderKey, OrganisationKey, RemoteSet, Role, role};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
    time::Instant,
};
use store::{
    StoreError,
    account::Account,
    folder::{Folder, Seen},
};
use tokio::sync::{Semaphore, mpsc, watch};
use zeroize::Zeroizing;

/// Messages that wait between the line and the reader; their bytes are bounded by [`ROOM`] besides.
const WAITING: usize = 512;
/// KiB of message that may be in memory at once, over all accounts.
const ROOM_KIB: u32 = 14 << 10;
static ROOM: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(ROOM_KIB as usize)));

/// What a pass brought; the answer of `fetch?wait=true`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Fetched {
    /// Messages that came, in whatever folder.
    pub fetched: u64,
    /// Messages whose flags changed there.
    pub updated: u64,
    /// Messages that are no longer there.
    pub removed: u64,
}

/// How far a pass is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// What it brought so far.
    pub fetched: Fetched,
    /// Messages still to come and already here, over all folders that said.
    pub done: u64,
    /// All of them.
    pub total: u64,
    /// When it began to bring something.
    pub began: Option<Instant>,
}

/// Who watches a pass.
#[derive(Clone)]
pub(super) struct Watch {
    seen: Arc<watch::Sender<Progress>>,
    folders: Arc<Mutex<HashMap<FolderKey, (u64, u64)>>>,
    began: Instant,
}

impl Watch {
    pub(super) fn new(seen: Arc<watch::Sender<Progress>>) -> Watch {
        Watch { seen, folders: Arc::default(), began: Instant::now() }
    }

    pub(super) fn tell(&self, fetched: Fetched, folders: &[(FolderKey, u64, u64)]) {
        let Ok(mut known) = self.folders.lock() else { return };
        known.extend(folders.iter().map(|(folder, done, total)| (*folder, (*done, *total))));
        let (done, total) = known.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        self.seen.send_replace(Progress { fetched, done, total, began: Some(self.began) });
    }
}

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// The server's side.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Our side.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One pass over the account, from the connection to the last commit, and a polite goodbye. What `postkamer fetch` does.
pub async fn fetch_once(
    room: &MailRoom,
    organisation: OrganisationKey,
    account: AccountKey,
    seen: Arc<watch::Sender<Progress>>,
) -> Result<Fetched, PassError> {
    let load = store::unit(move |tx| Box::pin(async move { store::account::load(tx, organisation, account).await }));
    let mut account = room.store.db.read(load).await?;
    // It works beside whoever may have the lease.
    account.fence = 0;
    let mut source = accounts::connection::source_for(room, &account).await?;
    let result = run(room, &mut account, &mut *source, &Watch::new(seen)).await;
    let noting = accounts::connection::note(room, &account, result.as_ref().err());
    let ((), noted) = tokio::join!(source.close(), noting);
    noted?;
    result
}

/// The pass itself, on a source that may be connected already. What restoring changed about the account meanwhile counts.
pub(super) async fn run(
    room: &MailRoom,
    account: &mut Account,
    source: &mut dyn Source,
    watch: &Watch,
) -> Result<Fetched, PassError> {
    // While the server is asked, the database is too.
    let ours = async {
        room.desks.suspects.take_up(room).await?;
        ours::ask(room, account).await
    };
    let (ours, shown) = tokio::join!(ours, source.folders());
    let ours = ours?;
    (account.settings.sync_since, account.restoring_at) = (ours.account.settings.sync_since, ours.account.restoring_at);
    account.identity = ours.account.identity;
    let folders = known_folders(room, account, ours.folders, &shown?, source).await?;
    if ours.has_edits {
        edits::run(room, account, &folders, source).await?;
    }
    let fetched = pull(room, account, folders, source, watch).await?;
    restore::end(room, account).await?;
    room.tally.pass(true);
    Ok(fetched)
}

/// What the server shows, as stored now.
pub(super) async fn folders(
    room: &MailRoom,
    account: &Account,
    source: &mut dyn Source,
) -> Result<Vec<Folder>, PassError> {
    let shown = source.folders().await?;
    let (organisation, id) = (account.organisation, account.id);
    let read = room.store.db.read(move |tx| Box::pin(async move { store::folder::list(tx, organisation, id).await }));
    known_folders(room, account, read.await?, &shown, source).await
}

/// The folders as they are stored now, once it is sure that they are those of the same mailbox.
async fn known_folders(
    room: &MailRoom,
    account: &Account,
    mut stored: Vec<Folder>,
    shown: &[RemoteFolder],
    source: &mut dyn Source,
) -> Result<Vec<Folder>, PassError> {
    identity::check(room, account, shown, &mut stored, source).await?;
    killpoint!("receive.before_folders");
    let folders = take_folders(room, account, stored, shown).await?;
    killpoint!("receive.after_folders");
    Ok(folders)
}

/// Pulls these folders and keeps the ledger.
pub(super) async fn pull(
    room: &MailRoom,
    account: &Account,
    folders: Vec<Folder>,
    source: &mut dyn Source,
    watch: &Watch,
) -> Result<Fetched, PassError> {
    let (organisation, id) = (account.organisation, account.id);
    let began = room.clock.now();
    room.desks.suspects.take_up(room).await?;
    killpoint!("receive.before_pull");
    let (changes, received) = mpsc::channel(WAITING);
    let outlet = Outlet { changes, room: ROOM.clone(), room_total: ROOM_KIB };
    let mut states: Vec<&Folder> = folders.iter().filter(|folder| folder.selectable).collect();
    // What people wait for comes first.
    states.sort_by_key(|folder| match folder.role {
        Role::Inbox => 0,
        Role::Sent => 1,
        Role::None | Role::Archive | Role::Drafts => 2,
        Role::Junk | Role::Trash => 3,
    });
    let states: Vec<FolderState> = states
        .into_iter()
        .map(|folder| FolderState {
            folder: folder.id,
            remote: folder.remote.clone(),
            cursor: folder.cursor.clone(),
            thorough: folder.thorough,
            since: account.settings.sync_since,
        })
        .collect();
    let job = Job {
        held: Held::from(account),
        backlog: account.health.last_fetched_at.is_none(),
        since: account.settings.sync_since,
        one_by_one: room.desks.care.has(id),
        collects: collecting::is_meant(account),
    };
    let reader = Reader::new(room, account, message_id_key(room, organisation).await?);
    let known = Arc::new(StoredIds { room: room.clone(), organisation });
    let pulling = source.pull(states, known, outlet);
    let storing = pipeline::run(room, &job, reader, received, watch);
    let (pulled, stored) = tokio::join!(pulling, storing);
    if let Err(error) = &stored
        && pipeline::is_about_the_mail(error)
    {
        // One bad message must not keep the others out for ever (pains P3): the next pass finds out which.
        room.desks.care.take(id);
    }
    let brought = stored?;
    pulled?;
    room.desks.care.end(id);
    killpoint!("receive.before_complete");
    complete(room, &job, &folders, &brought, began).await?;
    killpoint!("receive.before_ledger");
    ledger::keep(room, account, &folders, &brought, source).await?;
    killpoint!("receive.after_ledger");
    source.acknowledge().await?;
    room.tally.brought(brought.fetched);
    Ok(brought.fetched)
}

pub(super) async fn message_id_key(
    room: &MailRoom,
    organisation: OrganisationKey,
) -> Result<Arc<Zeroizing<Vec<u8>>>, StoreError> {
    let keys = room.store.keys.clone();
    if let Some(key) = keys.message_id_key_at_hand(organisation) {
        return Ok(key);
    }
    let read = room.store.db.read(move |tx| Box::pin(async move { keys.message_id_key(tx, organisation).await }));
    read.await
}

/// Stores what the server shows, and gives what is there now. Nothing is written when nothing changed.
pub(crate) async fn take_folders(
    room: &MailRoom,
    account: &Account,
    stored: Vec<Folder>,
    shown: &[RemoteFolder],
) -> Result<Vec<Folder>, StoreError> {
    let (organisation, id) = (account.organisation, account.id);
    let now = room.clock.now();
    let seen: Vec<Seen> = shown.iter().map(|folder| seen(room, folder, now)).collect();
    let same = stored.len() == seen.len()
        && seen.iter().all(|seen| {
            let known = stored.iter().find(|known| known.remote == seen.remote);
            known.is_some_and(|known| {
                known.name == seen.name
                    && known.declared_role == seen.declared
                    && known.selectable == seen.selectable
                    && known.role == known.chosen_role.unwrap_or(seen.guessed)
            })
        });
    if same {
        return Ok(stored);
    }
    let work =
        store::unit(move |tx| Box::pin(async move { store::folder::sync(tx, organisation, id, &seen, now).await }));
    Held::from(account).write(room, work).await
}

fn seen(room: &MailRoom, folder: &RemoteFolder, now: i64) -> Seen {
    let guessed = match folder.declared {
        Role::None => role::guess(&folder.name, folder.separator),
        declared => declared,
    };
    Seen {
        id: FolderKey(room.store.make.key(now)),
        remote: folder.remote.clone(),
        name: folder.name.clone(),
        separator: folder.separator,
        declared: folder.declared,
        guessed,
        selectable: folder.selectable,
    }
}

/// The pull came to its end: whatever an earlier epoch still holds is not there any more, and neither is what we moved
/// before it `began` and did not meet again.
async fn complete(
    room: &MailRoom,
    job: &Job,
    folders: &[Folder],
    brought: &Brought,
    began: i64,
) -> Result<(), StoreError> {
    let pulled = folders.iter().filter(|folder| !brought.parked.contains(&folder.id)).map(|folder| folder.id);
    let pulled: Vec<FolderKey> = pulled.collect();
    let (organisation, account, now) = (job.held.organisation, job.held.account, room.clock.now());
    let store = room.store.clone();
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let moved = store::edit::moved(tx, organisation, account).await?;
            Ok((moved, store::place::with_old_generations(tx, organisation, account).await?))
        })
    });
    let (moved, old) = read.await?;
    if !moved.is_empty() {
        let pulled = pulled.clone();
        let work = store::unit(move |tx| {
            Box::pin(async move { store::place::conclude(tx, organisation, account, &pulled, began, now).await })
        });
        job.held.write(room, work).await?;
    }
    let items: Vec<_> =
        old.into_iter().filter(|folder| pulled.contains(folder)).map(store::receive::Item::Complete).collect();
    if items.is_empty() {
        return Ok(());
    }
    let batch = store::receive::Batch {
        organisation,
        account,
        fence: job.held.fence,
        items,
        collects: false,
        backlog: false,
        now,
    };
    let work = store::unit(move |tx| {
        Box::pin(async move { store::receive::receive(tx, &store.make, batch).await.map(|_| ()) })
    });
    room.store.db.write(work).await
}

/// What the source asks when its cursor does not say enough.
struct StoredIds {
    room: MailRoom,
    organisation: OrganisationKey,
}

#[async_trait]
impl Known for StoredIds {
    async fn known(&self, folder: FolderKey) -> RemoteSet {
        let organisation = self.organisation;
        let read = self
            .room
            .store
            .db
            .read(move |tx| Box::pin(async move { store::place::known(tx, organisation, folder).await }));
        // Nothing known only means that more is fetched than needed: harmless.
        read.await.unwrap_or_default()
    }
}
