//! Takes a batch of what a server told into the store: all of it in one transaction, or nothing.
//!
//! (folder, generation, remote id) is unique, so that a repeat is harmless. A message is known by its digest: a copy in
//! another folder, a moved mail and a new UIDVALIDITY find the row that is there and tell no "new mail" (pains P4, P5).

mod context;
mod link;
mod private;
mod row;
mod thread;

pub(crate) use thread::merge;
pub use thread::{Ids, hash_of, register};

use crate::{
    KeyMaker, StoreError, Tx, account,
    change::{self, NewChange},
    collected, contact, erasure, folder, mailgun, place, search,
};
use context::Context;
use mail::search::SearchText;
use mail::{AccountKey, Cursor, Flags, FolderKey, Message, MessageKey, OrganisationKey, RemoteId, RemoteSet};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// A message that was read and whose bytes are durable already.
#[derive(Debug)]
pub struct Incoming {
    /// Where it lies.
    pub folder: FolderKey,
    /// Its name there.
    pub remote: RemoteId,
    /// Its flags there.
    pub flags: Flags,
    /// When the server received it, in milliseconds since 1970.
    pub internal_at: Option<i64>,
    /// BLAKE3 of the bytes.
    pub digest: [u8; 32],
    /// How many bytes.
    pub size: u64,
    /// Where the blob store put them; `None` when they were there before.
    pub blob: Option<String>,
    /// As read; text and HTML are not needed.
    pub message: Message,
    /// The first words, for lists.
    pub preview: String,
    /// The words to be found by.
    pub search: SearchText,
    /// Its Message-ID and those it cites, as numbers.
    pub ids: Ids,
}

/// One thing that a server told, in the order it was told.
#[derive(Debug)]
pub enum Item {
    /// A message.
    Message(Box<Incoming>),
    /// What follows belongs to this epoch.
    Epoch(FolderKey, i64),
    /// Flags as they are.
    Flags(FolderKey, Vec<(RemoteId, Flags)>),
    /// No longer there.
    Gone(FolderKey, RemoteSet),
    /// Exactly these are there.
    Present(FolderKey, RemoteSet),
    /// One that stays on the server, which received it at that moment (milliseconds since 1970), before mail is wanted.
    Older(FolderKey, RemoteId, i64),
    /// All before this is described by this cursor.
    Cursor(FolderKey, Cursor),
    /// The folder can't be opened.
    Parked(FolderKey, String),
    /// The folder was pulled to its end: earlier epochs can go.
    Complete(FolderKey),
    /// All of this was posted to us, and a post is taken once: `Conflict` when this one was.
    Post(Box<mailgun::Post>),
}

/// What a server told, in one piece.
#[derive(Debug)]
pub struct Batch {
    /// Whose.
    pub organisation: OrganisationKey,
    /// Which account's.
    pub account: AccountKey,
    /// Of the lease under which it was fetched; 0 without one.
    pub fence: i64,
    /// In the order told.
    pub items: Vec<Item>,
    /// It comes from a server that only hands over (POP3): where a message lies and what is done to it is ours alone, and
    /// `collected` keeps what the server has.
    pub collects: bool,
    /// This history is being fetched for the first time; told with the changes, so that nobody announces old mail.
    pub backlog: bool,
    /// Milliseconds since 1970.
    pub now: i64,
}

/// What came of it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Received {
    /// Messages that were not known, in the order of the batch.
    pub new: Vec<MessageKey>,
    /// Places added, of messages new or known.
    pub fetched: u64,
    /// Places whose flags changed.
    pub updated: u64,
    /// Places taken away.
    pub removed: u64,
}

/// Which of these digests the organisation has bytes for, or erased: they need not be stored again.
pub async fn known_digests(
    tx: &mut Tx,
    organisation: OrganisationKey,
    digests: &[[u8; 32]],
) -> Result<Vec<bool>, StoreError> {
    let lists: Vec<_> = digests.iter().map(|digest| vals_of(organisation, digest)).collect();
    let found = tx.rows_many("SELECT 1 FROM blobs WHERE organisation = $1 AND digest = $2", &lists).await?;
    let erased = erasure::are_erased(tx, organisation, digests).await?;
    Ok(found.iter().zip(erased).map(|(rows, erased)| !rows.is_empty() || erased).collect())
}

/// Which of these digests the account has a message for, wherever it lies now.
pub async fn held_digests(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    digests: &[[u8; 32]],
) -> Result<Vec<bool>, StoreError> {
    let lists: Vec<_> = digests.iter().map(|digest| crate::vals![organisation, account, digest].to_vec()).collect();
    let sql = "SELECT 1 FROM messages WHERE organisation = $1 AND account = $2 AND digest = $3 AND gone_at IS NULL";
    Ok(tx.rows_many(sql, &lists).await?.iter().map(|rows| !rows.is_empty()).collect())
}

fn vals_of(organisation: OrganisationKey, digest: &[u8; 32]) -> Vec<crate::Val<'_>> {
    crate::vals![organisation, digest].to_vec()
}

/// Takes the batch. Everything in it happens in this transaction: rows, conversations, links, confidentiality, search
/// index, cursor and feed.
pub async fn receive(tx: &mut Tx, make: &KeyMaker, batch: Batch) -> Result<Received, StoreError> {
    contact::turn::of_mail(tx, batch.organisation).await?;
    account::hold(tx, batch.organisation, batch.account, batch.fence).await?;
    let mut context = Context::load(tx, &batch).await?;
    let mut received = Received::default();
    let mut changes = Vec::new();
    // Indexed in one go, because the index gathers words only as long as the keys rise.
    let mut texts = Vec::new();
    let mut items = batch.items.into_iter().peekable();
    while let Some(item) = items.next() {
        match item {
            Item::Message(first) => {
                let mut run = vec![*first];
                while let Some(Item::Message(next)) = items.next_if(|item| matches!(item, Item::Message(_))) {
                    run.push(*next);
                }
                texts.extend(messages(tx, make, &mut context, run, &mut received, &mut changes).await?);
            }
            other => happened(tx, &mut context, other, &mut received, &mut changes).await?,
        }
    }
    let texts: Vec<_> = texts.iter().map(|(key, text)| (*key, text)).collect();
    search::index(tx, batch.organisation, batch.account, &texts).await?;
    change::append(tx, batch.organisation, &changes, batch.now).await?;
    Ok(received)
}

async fn happened(
    tx: &mut Tx,
    context: &mut Context,
    item: Item,
    received: &mut Received,
    changes: &mut Vec<NewChange>,
) -> Result<(), StoreError> {
    let organisation = context.organisation;
    let now = context.now;
    match item {
        Item::Message(_) => {}
        Item::Epoch(folder, epoch) => context.begin_epoch(tx, folder, epoch).await?,
        Item::Flags(folder, of) => {
            let generation = context.generation(tx, folder).await?;
            let changed = place::take_flags(tx, organisation, folder, generation, &of).await?;
            received.updated += changed.len() as u64;
            changes.extend(changed.into_iter().map(|message| context.told("message.updated", message)));
        }
        Item::Gone(folder, ids) => {
            let generation = context.generation(tx, folder).await?;
            let gone = place::take_gone(tx, organisation, folder, generation, &ids, now).await?;
            received.removed += gone.len() as u64;
            changes.extend(gone.into_iter().map(|message| context.told("message.removed", message)));
        }
        Item::Present(folder, ids) if context.collects => {
            collected::listed(tx, organisation, folder, &ids, now).await?;
        }
        Item::Older(folder, remote, at) => {
            if context.collects {
                collected::record_older(tx, organisation, context.account, (folder, &remote, at), now).await?;
            }
        }
        Item::Present(folder, ids) => {
            let generation = context.generation(tx, folder).await?;
            let gone = place::keep_only(tx, organisation, folder, generation, &ids, now).await?;
            received.removed += gone.len() as u64;
            changes.extend(gone.into_iter().map(|message| context.told("message.removed", message)));
        }
        Item::Complete(folder) => {
            let generation = context.generation(tx, folder).await?;
            if generation > 1 {
                let gone = place::close_generations(tx, organisation, folder, generation, now).await?;
                received.removed += gone.len() as u64;
                changes.extend(gone.into_iter().map(|message| context.told("message.removed", message)));
            }
        }
        Item::Cursor(folder, cursor) => folder::set_cursor(tx, organisation, folder, &cursor).await?,
        Item::Parked(folder, words) => folder::park(tx, organisation, folder, Some(&words)).await?,
        Item::Post(post) => mailgun::take_post(tx, organisation, &post, context.account, now).await?,
    }
    Ok(())
}

/// What a server that only hands over has brought: what is new lies in a folder of ours, under a name of ours. What the
/// account has already, wherever people have put it since, stays as it is: the server only gave it another name.
async fn take_collected(
    tx: &mut Tx,
    context: &Context,
    run: &mut Vec<Incoming>,
    known: &mut HashMap<[u8; 32], row::Found>,
) -> Result<(), StoreError> {
    let taken: Vec<_> = run.iter().map(|item| (item.folder, item.remote.clone(), item.digest)).collect();
    collected::record(tx, context.organisation, context.account, &taken, context.now).await?;
    run.retain(|item| !known.contains_key(&item.digest));
    known.clear();
    for item in run {
        item.remote = RemoteId::Name(blake3::Hash::from_bytes(item.digest).to_hex().to_string());
    }
    Ok(())
}

/// Mail that was erased does not come back: its server is asked to delete it (docs/personal-data.md).
async fn turn_away(
    tx: &mut Tx,
    make: &KeyMaker,
    context: &mut Context,
    run: &mut Vec<Incoming>,
) -> Result<(), StoreError> {
    let digests: Vec<_> = run.iter().map(|item| item.digest).collect();
    let erased = erasure::are_erased(tx, context.organisation, &digests).await?;
    let mut erased = erased.into_iter();
    let (away, kept) = std::mem::take(run).into_iter().partition(|_| erased.next().unwrap_or(false));
    *run = kept;
    let away: Vec<Incoming> = away;
    for item in away {
        if context.collects {
            collected::erase(tx, context.organisation, context.account, &item.digest).await?;
            continue;
        }
        let generation = context.generation(tx, item.folder).await?;
        let at = (item.folder, generation, place::remote_number(&item.remote));
        let name = place::remote_name(&item.remote).map(str::to_owned);
        erasure::delete_again(tx, make, (context.organisation, context.account), at, name, context.now).await?;
    }
    Ok(())
}

/// Stores a run of messages; gives the words of the new ones, which are not indexed yet.
async fn messages(
    tx: &mut Tx,
    make: &KeyMaker,
    context: &mut Context,
    run: Vec<Incoming>,
    received: &mut Received,
    changes: &mut Vec<NewChange>,
) -> Result<Vec<(MessageKey, SearchText)>, StoreError> {
    let mut run = run;
    let mut known = row::known(tx, context, &run).await?;
    if context.collects {
        take_collected(tx, context, &mut run, &mut known).await?;
    }
    turn_away(tx, make, context, &mut run).await?;
    let mut keys: HashMap<[u8; 32], MessageKey> =
        known.iter().map(|(digest, found)| (*digest, found.message)).collect();
    let fresh: Vec<&Incoming> = {
        let mut met = HashSet::new();
        run.iter().filter(|item| !keys.contains_key(&item.digest) && met.insert(item.digest)).collect()
    };
    let mut unindexed = HashSet::new();
    if !fresh.is_empty() {
        let new_keys = row::keys(tx, context, &fresh).await?;
        let conversations = thread::place(tx, make, context, &fresh).await?;
        let links = link::find(tx, context, &fresh, &conversations).await?;
        let hidden: Vec<_> = fresh
            .iter()
            .zip(&links)
            .map(|(item, links)| private::reason(context, &item.message, links.hidden))
            .collect();
        row::insert(tx, context, &fresh, &new_keys, &conversations, &hidden).await?;
        link::insert(tx, context, &new_keys, &links).await?;
        for (((item, key), placed), (links, hidden)) in
            fresh.iter().zip(&new_keys).zip(&conversations).zip(links.iter().zip(&hidden))
        {
            keys.insert(item.digest, *key);
            changes.push(NewChange {
                kind: if context.is_outgoing(&item.message) { "message.sent" } else { "message.received" },
                account: Some(context.account),
                message: Some(*key),
                private: hidden.is_some(),
                body: json!({
                    "message": key, "account": context.account, "folder": item.folder,
                    "conversation": placed.conversation, "backlog": context.backlog, "restored": context.is_restored(item),
                    "contacts": links.contacts, "dossiers": links.dossiers,
                }),
            });
        }
        received.new.extend(&new_keys);
        unindexed.extend(new_keys);
    }
    let placed = row::places(tx, context, &run, &keys).await?;
    received.fetched += placed;
    let changed = row::take_flags(tx, context, &run, &known).await?;
    changes.extend(changed.into_iter().map(|message| context.told("message.updated", message)));
    // A message that had left every folder and is back was moved by someone else: the row, its links and its
    // conversation are the old ones.
    let back: Vec<_> = known.values().filter(|found| found.gone).map(|found| found.message).collect();
    row::revive(tx, context.organisation, &back).await?;
    changes.extend(back.into_iter().map(|message| context.told("message.moved", message)));
    let texts = run.into_iter().filter_map(|item| {
        let key = keys.get(&item.digest).filter(|key| unindexed.remove(key))?;
        Some((*key, item.search))
    });
    Ok(texts.collect())
}
