//! The three stages: the line, the reader, the writer. Joined by short channels, so that the slowest sets the pace.

use super::{
    batch::{Batches, Unreadable},
    held::Held,
    pass::{Fetched, Watch},
    prepare::{Prepared, Reader},
};
use crate::{MailRoom, killpoint};
use connect::Change;
use mail::{FolderKey, QuarantineKey};
use std::{collections::HashMap, time::Duration};
use store::{
    StoreError,
    blob::NewBlob,
    mailgun::Post,
    quarantine::SetAside,
    receive::{Batch, Item, Received},
};
use tokio::{sync::mpsc, time::Instant};

/// A message that can't be had is asked for so often, with pauses that grow from the first.
const TRIES: i64 = 3;
const FIRST_PAUSE_MS: i64 = 10 * 60_000;
/// Batches that wait for the writer become one transaction up to so many messages: each page is then written once, and
/// the index gets one segment instead of several that must be merged.
const TOGETHER: usize = 1024;
/// During a first fetch the writer waits, but not long, until there is so much.
const WORTH_A_COMMIT: usize = 400;
const PATIENCE: Duration = Duration::from_millis(250);
/// Batches whose bytes are durable that may wait for the writer.
const WAITING: usize = 4;

/// Whose mail this is and how it is being fetched.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) held: Held,
    pub(super) backlog: bool,
    /// Older mail is left out, by the server's date.
    pub(super) since: Option<i64>,
    /// It comes from a server that only hands over.
    pub(super) collects: bool,
    /// The store refused a batch of this account: now each message comes alone, and the one that it refuses is set aside.
    pub(super) one_by_one: bool,
}

/// What a pull brought, and which folders could not be opened.
#[derive(Default)]
pub(super) struct Brought {
    pub(super) fetched: Fetched,
    pub(super) parked: Vec<FolderKey>,
}

/// A batch whose bytes are durable.
struct Durable {
    items: Vec<Item>,
    prepared: Prepared,
    /// Where bytes went that belong to no item: of messages that could not be read.
    unused: HashMap<[u8; 32], (String, i64)>,
}

impl Durable {
    fn join(&mut self, next: Durable) {
        self.items.extend(next.items);
        self.unused.extend(next.unused);
        self.prepared.reports.extend(next.prepared.reports);
        self.prepared.unreadable.extend(next.prepared.unreadable);
        self.prepared.progress.extend(next.prepared.progress);
    }
}

/// Takes everything the source tells into the store. Returns when the source has closed its end.
pub(super) async fn run(
    room: &MailRoom,
    job: &Job,
    reader: Reader,
    changes: mpsc::Receiver<Change>,
    watch: &Watch,
) -> Result<Brought, StoreError> {
    let (to_keep, mut read) = mpsc::channel(1);
    let (to_write, mut durable) = mpsc::channel(WAITING);
    let mut batches = Batches::new(changes, job.one_by_one);
    let mut brought = Brought::default();
    let mut parked = Vec::new();
    let reading = async {
        // Room first: what comes while the writer is busy joins one batch, and one commit, instead of several.
        while let Ok(room) = to_keep.reserve().await {
            let Some(gathered) = batches.next().await else { break };
            parked.extend(gathered.parked.iter().copied());
            let reader = reader.clone();
            room.send(tokio::task::spawn_blocking(move || reader.read(gathered)));
        }
        drop(to_keep);
        // A writer that failed must not leave the source waiting for room.
        batches.close();
    };
    // These two own their ends, so that one that fails leaves nobody before it waiting for room.
    let keeping = async move {
        while let Some(handle) = read.recv().await {
            let prepared = handle.await.map_err(|error| StoreError::Broken(error.to_string()))?;
            if to_write.send(keep(room, job, prepared).await?).await.is_err() {
                break;
            }
        }
        Ok::<_, StoreError>(())
    };
    let so_far = &mut brought;
    let writing = async move {
        // The first mail is shown at once.
        while let Some(batch) = together(&mut durable, job, so_far.fetched.fetched > 0).await {
            write(room, job, batch, watch, so_far).await?;
        }
        Ok::<_, StoreError>(())
    };
    let work = async { tokio::try_join!(keeping, writing) };
    let ((), done) = tokio::join!(reading, work);
    done?;
    brought.parked = parked;
    Ok(brought)
}

/// Takes one mail, with the `slip` that says that it was taken, in one transaction. One that can't be read or stored is set
/// aside first, and the slip comes after it: what was posted is never forgotten before it is kept.
pub(super) async fn once(room: &MailRoom, job: &Job, prepared: Prepared, slip: &Post) -> Result<(), StoreError> {
    let watch = Watch::new(std::sync::Arc::default());
    let mut durable = keep(room, job, prepared).await?;
    let is_readable = durable.prepared.unreadable.is_empty();
    let message = durable.items.iter().position(|item| matches!(item, Item::Message(_)));
    let alone = message.and_then(|at| only_message(std::slice::from_ref(&durable.items[at])));
    let slip_alone = || vec![Item::Post(Box::new(slip.clone()))];
    if is_readable {
        durable.items.extend(slip_alone());
    }
    match (write(room, job, durable, &watch, &mut Brought::default()).await, alone) {
        (Ok(()), _) if is_readable => return Ok(()),
        (Ok(()), _) => {}
        (Err(error @ StoreError::Conflict { code: store::mailgun::POST_TAKEN, .. }), _) => return Err(error),
        (Err(error), Some((unreadable, kept))) if is_about_the_mail(&error) => {
            tracing::error!(account = %job.held.account, %error, "a message can't be stored");
            set_aside(room, job, unreadable, kept, room.clock.now()).await?;
        }
        (Err(error), _) => return Err(error),
    }
    let rest = Durable { items: slip_alone(), prepared: Prepared::default(), unused: HashMap::new() };
    write(room, job, rest, &watch, &mut Brought::default()).await
}

/// What one transaction takes: all that waits, and in a first fetch that has `begun` to show something a little more.
async fn together(durable: &mut mpsc::Receiver<Durable>, job: &Job, begun: bool) -> Option<Durable> {
    let mut batch = durable.recv().await?;
    let until = Instant::now() + PATIENCE;
    let patient = job.backlog && begun;
    while batch.items.len() < TOGETHER && !job.one_by_one {
        let next = match durable.try_recv() {
            Ok(next) => next,
            Err(_) if patient && batch.items.len() < WORTH_A_COMMIT => {
                match tokio::time::timeout_at(until, durable.recv()).await {
                    Ok(Some(next)) => next,
                    _ => break,
                }
            }
            Err(_) => break,
        };
        batch.join(next);
    }
    Some(batch)
}

/// Blob first: the bytes are durable before a row names them.
async fn keep(room: &MailRoom, job: &Job, mut prepared: Prepared) -> Result<Durable, StoreError> {
    let organisation = job.held.organisation;
    let digests: Vec<[u8; 32]> = prepared.bytes.iter().map(|(digest, _)| *digest).collect();
    let known = match digests.is_empty() {
        true => Vec::new(),
        false => {
            let read = room.store.db.read(move |tx| {
                Box::pin(async move { store::receive::known_digests(tx, organisation, &digests).await })
            });
            read.await?
        }
    };
    let mut new: HashMap<[u8; 32], bytes::Bytes> = HashMap::new();
    for ((digest, bytes), known) in prepared.bytes.drain(..).zip(known) {
        if !known {
            new.insert(digest, bytes);
        }
    }
    let blobs: Vec<NewBlob> = new.into_iter().map(|(digest, bytes)| NewBlob { organisation, digest, bytes }).collect();
    let sizes: Vec<_> = blobs.iter().map(|blob| (blob.digest, blob.bytes.len() as i64)).collect();
    killpoint!("receive.before_blob");
    let stored = if blobs.is_empty() { Vec::new() } else { room.store.blobs.put(blobs).await? };
    killpoint!("receive.after_blob");
    prepared.room.clear();
    let mut places: HashMap<[u8; 32], (String, i64)> =
        sizes.into_iter().zip(stored).map(|((digest, size), place)| (digest, (place, size))).collect();
    let mut items = std::mem::take(&mut prepared.items);
    for item in &mut items {
        if let Item::Message(message) = item {
            message.blob = places.remove(&message.digest).map(|(place, _)| place);
        }
    }
    Ok(Durable { items, prepared, unused: places })
}

async fn write(
    room: &MailRoom,
    job: &Job,
    durable: Durable,
    watch: &Watch,
    brought: &mut Brought,
) -> Result<(), StoreError> {
    let (organisation, account) = (job.held.organisation, job.held.account);
    let mut items = durable.items;
    leave_out_old(job, &mut items);
    let now = room.clock.now();
    let stored = room.desks.suspects.among(&items);
    let alone = if job.one_by_one { only_message(&items) } else { None };
    let batch = Batch {
        organisation,
        account,
        fence: job.held.fence,
        items,
        collects: job.collects,
        backlog: job.backlog,
        now,
    };
    let store = room.store.clone();
    killpoint!("receive.before_commit");
    let received: Result<Received, StoreError> = room
        .store
        .db
        .write(move |tx| {
            Box::pin(async move {
                #[cfg(debug_assertions)]
                super::suspect::break_on_poison(&batch);
                let received = store::receive::receive(tx, &store.make, batch).await?;
                killpoint!("receive.in_commit");
                Ok(received)
            })
        })
        .await;
    killpoint!("receive.after_commit");
    let received = match (received, alone) {
        (Ok(received), _) => received,
        (Err(error), Some((unreadable, kept))) if is_about_the_mail(&error) => {
            tracing::error!(%account, %error, "a message can't be stored");
            return set_aside(room, job, unreadable, kept, now).await;
        }
        (Err(error), _) => return Err(error),
    };
    room.desks.suspects.clear(room, organisation, &stored).await?;
    for unreadable in durable.prepared.unreadable {
        let kept = unreadable.digest.and_then(|digest| durable.unused.get(&digest).cloned());
        set_aside(room, job, unreadable, kept, now).await?;
    }
    for (_, report) in durable.prepared.reports {
        if let Err(error) = crate::outgoing::on_report(room, organisation, account, &report).await {
            tracing::warn!(%account, %error, "a delivery report could not be tied to what it reports on");
        }
    }
    brought.fetched.fetched += received.fetched;
    brought.fetched.updated += received.updated;
    brought.fetched.removed += received.removed;
    watch.tell(brought.fetched, &durable.prepared.progress);
    Ok(())
}

/// Whether the store failed over what it was given, and would again: not over a full disk or a lost connection.
pub(super) fn is_about_the_mail(error: &StoreError) -> bool {
    use StoreError::{Broken, Conflict, Damaged, NotFound};
    matches!(error, Broken(_) | Conflict { .. } | Damaged(_) | NotFound)
}

/// The one message that these items are, in case it can't be stored, and where its bytes went.
fn only_message(items: &[Item]) -> Option<(Unreadable, Option<(String, i64)>)> {
    let [Item::Message(message)] = items else { return None };
    let unreadable = Unreadable {
        folder: message.folder,
        remote: message.remote.clone(),
        code: "unstorable",
        reason: "Het bericht kon niet worden bewaard. / The message could not be stored.".to_owned(),
        digest: Some(message.digest),
    };
    Some((unreadable, message.blob.clone().map(|place| (place, message.size as i64))))
}

/// Mail from before the date to begin at stays on the server; the source leaves out most of it already.
fn leave_out_old(job: &Job, items: &mut [Item]) {
    let Some(since) = job.since else { return };
    for item in items {
        if let Item::Message(message) = item
            && let Some(at) = message.internal_at.filter(|at| *at < since)
        {
            *item = Item::Older(message.folder, message.remote.clone(), at);
        }
    }
}

/// Sets a message aside; it is tried again a few times with growing pauses, then it waits for a person (case 14).
async fn set_aside(
    room: &MailRoom,
    job: &Job,
    unreadable: Unreadable,
    kept: Option<(String, i64)>,
    now: i64,
) -> Result<(), StoreError> {
    let (organisation, account) = (job.held.organisation, job.held.account);
    tracing::warn!(%account, folder = %unreadable.folder, code = unreadable.code, "a message was set aside");
    let id = QuarantineKey(room.store.make.key(now));
    let work = store::unit(move |tx| {
        Box::pin(async move {
            let Unreadable { folder, remote, code, reason, digest } = unreadable;
            if let (Some(digest), Some((place, size))) = (digest, kept) {
                store::blob::record(tx, organisation, &[(digest, size, place)]).await?;
            }
            let generation = store::folder::get(tx, organisation, folder).await?.generation;
            let mut what = SetAside {
                id,
                account,
                folder,
                generation,
                remote: store::place::remote_number(&remote),
                remote_name: store::place::remote_name(&remote).map(str::to_owned),
                digest: digest.map(|digest| digest.to_vec()),
                code: code.to_owned(),
                reason,
                tries: 1,
                next_try_at: None,
                set_aside_at: now,
            };
            what.next_try_at = Some(now + FIRST_PAUSE_MS);
            let tries = store::quarantine::set_aside(tx, organisation, &what).await?;
            let next = (tries < TRIES).then(|| now + FIRST_PAUSE_MS * tries);
            store::quarantine::set_next_try(tx, organisation, what.folder, generation, what.remote, next).await
        })
    });
    job.held.write(room, work).await
}
