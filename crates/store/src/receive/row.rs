//! The rows of messages, blobs and places.

use super::{Incoming, context::Context, thread::Placed};
use crate::{
    Dialect, StoreError, Tx, Val,
    place::{self, Stored, remote_name, remote_number},
    vals,
};
use mail::{FolderKey, MessageKey, OrganisationKey, RemoteId};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// A message that the account has already.
pub(super) struct Found {
    pub(super) message: MessageKey,
    /// No place held it any more.
    pub(super) gone: bool,
}

/// The messages of the run that the account has already.
pub(super) async fn known(
    tx: &mut Tx,
    context: &Context,
    run: &[Incoming],
) -> Result<HashMap<[u8; 32], Found>, StoreError> {
    let lists: Vec<_> =
        run.iter().map(|item| vals![context.organisation, context.account, &item.digest].to_vec()).collect();
    let sql = "SELECT id, gone_at FROM messages WHERE organisation = $1 AND account = $2 AND digest = $3";
    let rows = tx.rows_many(sql, &lists).await?;
    let found = run.iter().zip(rows).filter_map(|(item, rows)| {
        let row = rows.first()?;
        Some((item.digest, Found { message: MessageKey(row.int(0)), gone: row.opt_int(1).is_some() }))
    });
    Ok(found.collect())
}

/// A key for each new message: the second it was received, then bits of its digest. The first free one from there.
pub(super) async fn keys(tx: &mut Tx, context: &Context, fresh: &[&Incoming]) -> Result<Vec<MessageKey>, StoreError> {
    let mut wanted: Vec<i64> = fresh.iter().map(|item| wanted_key(context, item)).collect();
    loop {
        let taken = taken(tx, context, &wanted).await?;
        let mut met = HashSet::new();
        let mut again = false;
        for (key, taken) in wanted.iter_mut().zip(taken) {
            if taken || !met.insert(*key) {
                *key += 1;
                again = true;
            }
        }
        if !again {
            return Ok(wanted.into_iter().map(MessageKey).collect());
        }
    }
}

fn wanted_key(context: &Context, item: &Incoming) -> i64 {
    let seconds = context.received_at(item) / 1000;
    let spread = item.digest[..4].iter().fold(0i64, |number, byte| number << 8 | i64::from(*byte));
    let spread = spread ^ context.account.0 ^ (context.account.0 >> 30);
    (seconds & 0x1_ffff_ffff) << 30 | (spread & 0x3fff_ffff)
}

async fn taken(tx: &mut Tx, context: &Context, keys: &[i64]) -> Result<Vec<bool>, StoreError> {
    // SQLite's row id is one for all organisations (search joins on it), so it must be free in all of them.
    let sql = match tx.dialect() {
        Dialect::Sqlite => "SELECT 1 FROM messages WHERE id = $2 AND $1 IS NOT NULL",
        Dialect::Postgres => "SELECT 1 FROM messages WHERE organisation = $1 AND id = $2",
    };
    let lists: Vec<_> = keys.iter().map(|key| vals![context.organisation, *key].to_vec()).collect();
    Ok(tx.rows_many(sql, &lists).await?.iter().map(|rows| !rows.is_empty()).collect())
}

/// Writes the new messages and what the blob store said of their bytes.
pub(super) async fn insert(
    tx: &mut Tx,
    context: &Context,
    fresh: &[&Incoming],
    keys: &[MessageKey],
    placed: &[Placed],
    private: &[Option<&'static str>],
) -> Result<(), StoreError> {
    let blobs: Vec<_> = fresh
        .iter()
        .filter_map(|item| Some(vals![context.organisation, &item.digest, item.size, item.blob.as_deref()?].to_vec()))
        .collect();
    tx.execute_many(
        "INSERT INTO blobs (organisation, digest, size, place) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        &blobs,
    )
    .await?;
    let rows: Vec<Vec<Val<'_>>> = fresh
        .iter()
        .zip(keys)
        .zip(placed.iter().zip(private))
        .map(|((item, key), (placed, private))| {
            let message = &item.message;
            vals![
                context.organisation,
                *key,
                context.account,
                &item.digest,
                placed.conversation,
                message.date,
                context.received_at(item),
                context.now,
                item.size,
                message.attachments.iter().filter(|attachment| !attachment.inline).count(),
                context.is_outgoing(message),
                origin(message.origin),
                private.is_some(),
                *private,
                item.flags.bits(),
                context.is_restored(item)
            ]
            .to_vec()
        })
        .collect();
    tx.execute_many(
        "INSERT INTO messages (organisation, id, account, digest, conversation, sent_at, received_at, fetched_at, size,
             attachments, outgoing, origin, private, private_reason, flags, restored)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        &rows,
    )
    .await?;
    texts(tx, context.organisation, fresh, keys).await
}

async fn texts(
    tx: &mut Tx,
    organisation: OrganisationKey,
    fresh: &[&Incoming],
    keys: &[MessageKey],
) -> Result<(), StoreError> {
    let rows = fresh.iter().zip(keys).map(|(item, key)| {
        let message = &item.message;
        let people = json!({
            "from": message.from, "to": message.to, "cc": message.cc, "bcc": message.bcc, "reply_to": message.reply_to,
        });
        let defects = (!message.defects.is_empty()).then(|| json!(message.defects).to_string());
        let id = message.message_id.as_ref().map(|id| id.as_str());
        vals![organisation, *key, id, &message.subject, people.to_string(), &item.preview, defects].to_vec()
    });
    tx.execute_many(
        "INSERT INTO message_texts (organisation, id, message_id, subject, people, preview, defects)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &rows.collect::<Vec<_>>(),
    )
    .await?;
    Ok(())
}

fn origin(origin: mail::message::Origin) -> &'static str {
    use mail::message::Origin;
    match origin {
        Origin::Person => "person",
        Origin::AutoReply => "auto_reply",
        Origin::Report => "report",
        Origin::Bulk => "bulk",
    }
}

/// Writes where each message lies. A place of an earlier epoch that holds the same message is the same place under
/// another number. Gives how many places were added for good.
pub(super) async fn places(
    tx: &mut Tx,
    context: &mut Context,
    run: &[Incoming],
    keys: &HashMap<[u8; 32], MessageKey>,
) -> Result<u64, StoreError> {
    let mut by_folder: HashMap<FolderKey, Vec<&Incoming>> = HashMap::new();
    for item in run {
        by_folder.entry(item.folder).or_default().push(item);
    }
    let mut added = 0;
    for (folder, items) in by_folder {
        let generation = context.generation(tx, folder).await?;
        if generation > 1 {
            rebind(tx, context.organisation, folder, generation, &items, keys).await?;
        }
        let numbers: Vec<i64> = items.iter().map(|item| remote_number(&item.remote)).collect();
        let (first, last) = (numbers.iter().min().copied().unwrap_or(0), numbers.iter().max().copied().unwrap_or(0));
        let there = place::between(tx, context.organisation, folder, generation, first, last).await?;
        let mut there: HashSet<i64> = there.iter().map(|place| place.remote).collect();
        let (mut rows, mut unread, mut met) = (Vec::new(), 0, Vec::new());
        for (item, number) in items.iter().zip(numbers) {
            let Some(message) = keys.get(&item.digest) else { continue };
            if !there.insert(number) {
                // We put it there by an edit, with the flags that we knew; the server has the newer ones.
                met.push((item.remote.clone(), item.flags.clone()));
                continue;
            }
            unread += i64::from(!item.flags.seen);
            rows.push(
                vals![
                    context.organisation,
                    folder,
                    generation,
                    number,
                    remote_name(&item.remote),
                    context.account,
                    *message,
                    item.flags.bits(),
                    item.flags.keyword_text()
                ]
                .to_vec(),
            );
        }
        tx.execute_many(
            "INSERT INTO places (organisation, folder, generation, remote, remote_name, account, message, flags, keywords,
                 shown_in) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $2)",
            &rows,
        )
        .await?;
        place::count(tx, context.organisation, folder, rows.len() as i64, unread).await?;
        place::take_flags(tx, context.organisation, folder, generation, &met).await?;
        came_after_all(tx, context, folder, generation, &rows).await?;
        place::arrived(tx, context.organisation, context.account, (folder, generation), &rows).await?;
        added += rows.len() as u64;
    }
    Ok(added)
}

/// What was set aside and is here now needs nobody's attention any more.
async fn came_after_all(
    tx: &mut Tx,
    context: &Context,
    folder: FolderKey,
    generation: i64,
    rows: &[Vec<Val<'_>>],
) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM quarantine WHERE organisation = $1 AND folder = $2 AND generation = $3 LIMIT 1";
    let values = vals![context.organisation, folder, generation];
    if rows.is_empty() || tx.row(sql, &values).await?.is_none() {
        return Ok(());
    }
    let lists: Vec<_> = rows
        .iter()
        .map(|row| vec![row[0].clone(), row[1].clone(), row[2].clone(), row[3].clone(), Val::Int(context.now)])
        .collect();
    tx.execute_many(
        "UPDATE quarantine SET resolved_at = $5, next_try_at = NULL
         WHERE organisation = $1 AND folder = $2 AND generation = $3 AND remote = $4 AND resolved_at IS NULL",
        &lists,
    )
    .await?;
    Ok(())
}

async fn rebind(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    generation: i64,
    items: &[&Incoming],
    keys: &HashMap<[u8; 32], MessageKey>,
) -> Result<(), StoreError> {
    let there: HashMap<MessageKey, &RemoteId> =
        items.iter().filter_map(|item| Some((*keys.get(&item.digest)?, &item.remote))).collect();
    let lists: Vec<_> =
        there.keys().map(|message| vals![organisation, folder, *message, generation].to_vec()).collect();
    let sql = "DELETE FROM places WHERE organisation = $1 AND folder = $2 AND message = $3 AND generation < $4
               RETURNING remote, message, flags, keywords, shown_in";
    let old = tx.rows_many(sql, &lists).await?;
    // What is still to be done to it is done under the new number.
    let numbers = there.iter().map(|(message, remote)| {
        vals![organisation, folder, *message, generation, remote_number(remote), remote_name(remote)].to_vec()
    });
    tx.execute_many(
        "UPDATE edits SET generation = $4, remote = $5, remote_name = $6
         WHERE organisation = $1 AND folder = $2 AND message = $3 AND generation < $4 AND done_at IS NULL",
        &numbers.collect::<Vec<_>>(),
    )
    .await?;
    place::uncount(tx, organisation, &old.into_iter().flatten().map(Stored::read).collect::<Vec<_>>()).await
}

/// What is shown of messages that we had already follows the flags they were found with, in another folder or after the
/// server numbered anew; not while an edit of ours is still under way. Gives those that changed.
pub(super) async fn take_flags(
    tx: &mut Tx,
    context: &Context,
    run: &[Incoming],
    known: &HashMap<[u8; 32], Found>,
) -> Result<Vec<MessageKey>, StoreError> {
    let found = run.iter().filter_map(|item| Some((known.get(&item.digest)?.message, item.flags.bits())));
    let lists: Vec<_> =
        found.map(|(message, flags)| vals![context.organisation, message, flags, context.account].to_vec()).collect();
    let sql = "UPDATE messages SET flags = $3 WHERE organisation = $1 AND id = $2 AND flags <> $3
               AND NOT EXISTS (SELECT 1 FROM edits WHERE organisation = $1 AND account = $4 AND message = $2)
               RETURNING id";
    let changed = tx.rows_many(sql, &lists).await?;
    Ok(changed.iter().flatten().map(|row| MessageKey(row.int(0))).collect())
}

/// Messages that had left every folder and are back.
pub(super) async fn revive(
    tx: &mut Tx,
    organisation: OrganisationKey,
    messages: &[MessageKey],
) -> Result<(), StoreError> {
    let lists: Vec<_> = messages.iter().map(|message| vals![organisation, *message].to_vec()).collect();
    tx.execute_many("UPDATE messages SET gone_at = NULL WHERE organisation = $1 AND id = $2", &lists).await?;
    Ok(())
}
