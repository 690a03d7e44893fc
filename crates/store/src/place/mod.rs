//! Places: which message lies where, under which name, with which flags.
//!
//! The counts of a folder move with its places, in the same unit of work.

mod moving;

pub(crate) use moving::{arrived, show_in};
pub use moving::{conclude, moved, stays};

use crate::{Row, StoreError, Tx, vals};
use mail::{Flags, FolderKey, MessageKey, OrganisationKey, RemoteId, RemoteSet};
use std::collections::HashMap;

/// The flag of a message that was read.
const SEEN: i64 = 1;

/// The number a remote id has in the database: a UID itself, or a hash of a name.
pub fn remote_number(id: &RemoteId) -> i64 {
    match id {
        RemoteId::Uid(uid) => i64::from(*uid),
        RemoteId::Name(name) => {
            let hash = blake3::hash(name.as_bytes());
            let bytes = hash.as_bytes();
            let number = bytes[..8].iter().fold(0i64, |number, byte| number << 8 | i64::from(*byte));
            // Above every UID, so that the two kinds never meet.
            (number & i64::MAX) | 1 << 62
        }
    }
}

/// The name on the wire, where it isn't the number itself.
pub fn remote_name(id: &RemoteId) -> Option<&str> {
    match id {
        RemoteId::Uid(_) => None,
        RemoteId::Name(name) => Some(name),
    }
}

/// The id that was stored as number and name.
pub fn remote_id(number: i64, name: Option<String>) -> RemoteId {
    match (name, u32::try_from(number)) {
        (Some(name), _) => RemoteId::Name(name),
        (None, Ok(uid)) => RemoteId::Uid(uid),
        (None, Err(_)) => RemoteId::Name(String::new()),
    }
}

/// A stored place.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) remote: i64,
    pub(crate) message: MessageKey,
    pub(crate) flags: i64,
    pub(crate) keywords: Option<String>,
    pub(crate) shown_in: FolderKey,
}

/// The columns that [`Stored::read`] reads.
pub(crate) const STORED: &str = "remote, message, flags, keywords, shown_in";

impl Stored {
    pub(crate) fn read(mut row: Row) -> Stored {
        Stored {
            remote: row.int(0),
            message: MessageKey(row.int(1)),
            flags: row.int(2),
            keywords: row.opt_text(3),
            shown_in: FolderKey(row.int(4)),
        }
    }

    fn unread(&self) -> i64 {
        1 - (self.flags & SEEN)
    }
}

/// The places of one generation of a folder between two numbers, rising.
pub(crate) async fn between(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    generation: i64,
    first: i64,
    last: i64,
) -> Result<Vec<Stored>, StoreError> {
    let sql = format!(
        "SELECT {STORED} FROM places
         WHERE organisation = $1 AND folder = $2 AND generation = $3 AND remote BETWEEN $4 AND $5 ORDER BY remote"
    );
    let rows = tx.rows(&sql, &vals![organisation, folder, generation, first, last]).await?;
    Ok(rows.into_iter().map(Stored::read).collect())
}

/// The remote ids stored for a folder in its present epoch.
pub async fn known(tx: &mut Tx, organisation: OrganisationKey, folder: FolderKey) -> Result<RemoteSet, StoreError> {
    let rows = tx
        .rows(
            "SELECT p.remote, p.remote_name FROM places p JOIN folders f ON f.organisation = p.organisation AND f.id = p.folder
             WHERE p.organisation = $1 AND p.folder = $2 AND p.generation = f.generation ORDER BY p.remote",
            &vals![organisation, folder],
        )
        .await?;
    let mut known = RemoteSet::new();
    for mut row in rows {
        known.insert(&remote_id(row.int(0), row.opt_text(1)));
    }
    Ok(known)
}

/// Whether something of that name lies in one of the account's folders, wherever people have put it since.
pub async fn is_held(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: mail::AccountKey,
    remote: &RemoteId,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM folders f JOIN places p ON p.organisation = f.organisation AND p.folder = f.id
                   AND p.generation = f.generation AND p.remote = $3
               WHERE f.organisation = $1 AND f.account = $2 LIMIT 1";
    Ok(tx.row(sql, &vals![organisation, account, remote_number(remote)]).await?.is_some())
}

/// A place by its key: folder, our count of its epochs, number.
pub(crate) type Key = (FolderKey, i64, i64);

/// The place with this key.
pub(crate) async fn get(tx: &mut Tx, organisation: OrganisationKey, at: Key) -> Result<Option<Stored>, StoreError> {
    let sql = format!(
        "SELECT {STORED} FROM places WHERE organisation = $1 AND folder = $2 AND generation = $3 AND remote = $4"
    );
    Ok(tx.row(&sql, &vals![organisation, at.0, at.1, at.2]).await?.map(Stored::read))
}

/// Changes one place's flags and the folder it shows in by what they are, and the counts with them. Gives the place as
/// it was, with its new flags; `None` when nothing changes. Beside another unit of work it is read once more when that
/// one changed it first, or both would count the same message.
pub(crate) async fn alter(
    tx: &mut Tx,
    organisation: OrganisationKey,
    at: Key,
    change: impl Fn(&Stored) -> (i64, FolderKey) + Send,
) -> Result<Option<(Stored, i64)>, StoreError> {
    while let Some(was) = get(tx, organisation, at).await? {
        let (flags, shown_in) = change(&was);
        if (flags, shown_in) == (was.flags, was.shown_in) {
            return Ok(None);
        }
        let sql = "UPDATE places SET flags = $5, shown_in = $6 WHERE organisation = $1 AND folder = $2
                   AND generation = $3 AND remote = $4 AND flags = $7 AND shown_in = $8";
        let values = vals![organisation, at.0, at.1, at.2, flags, shown_in, was.flags, was.shown_in];
        if tx.execute(sql, &values).await? > 0 {
            let unread = 1 - (flags & SEEN);
            if shown_in == was.shown_in {
                count(tx, organisation, shown_in, 0, unread - was.unread()).await?;
            } else {
                count(tx, organisation, was.shown_in, -1, -was.unread()).await?;
                count(tx, organisation, shown_in, 1, unread).await?;
            }
            return Ok(Some((was, flags)));
        }
    }
    Ok(None)
}

/// Takes flags as the server has them, and as edits of ours that are still under way will make them. Gives the messages
/// that changed.
pub(crate) async fn take_flags(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    generation: i64,
    of: &[(RemoteId, Flags)],
) -> Result<Vec<MessageKey>, StoreError> {
    let mut wanted: HashMap<i64, &Flags> = of.iter().map(|(id, flags)| (remote_number(id), flags)).collect();
    let mut unread: HashMap<FolderKey, i64> = HashMap::new();
    let mut changed = Vec::new();
    // Those that somebody changed after we read them are left, and read once more.
    while let (Some(first), Some(last)) = (wanted.keys().min().copied(), wanted.keys().max().copied()) {
        let ours = crate::edit::of_folder(tx, organisation, folder, generation).await?;
        let (mut found, mut places) = (Vec::new(), Vec::new());
        for place in between(tx, organisation, folder, generation, first, last).await? {
            let Some(flags) = wanted.get(&place.remote) else { continue };
            let keywords = flags.keyword_text();
            let edits = ours.iter().filter(|edit| edit.remote == place.remote);
            let bits = edits.fold(flags.bits(), |bits, edit| edit.action.flags_after(bits));
            if bits == place.flags && keywords == place.keywords {
                continue;
            }
            let at = vals![organisation, folder, generation, place.remote, bits, keywords, place.flags, place.shown_in];
            places.push(at.to_vec());
            found.push((place, bits));
        }
        let sql = "UPDATE places SET flags = $5, keywords = $6
                   WHERE organisation = $1 AND folder = $2 AND generation = $3 AND remote = $4
                   AND flags = $7 AND shown_in = $8 RETURNING 1";
        let taken = tx.rows_many(sql, &places).await?;
        let (mut messages, mut left) = (Vec::new(), HashMap::new());
        for ((place, bits), taken) in found.into_iter().zip(taken) {
            if taken.is_empty() {
                left.extend(wanted.remove_entry(&place.remote));
                continue;
            }
            *unread.entry(place.shown_in).or_default() += (place.flags & SEEN) - (bits & SEEN);
            messages.push(vals![organisation, place.message, bits].to_vec());
            changed.push(place.message);
        }
        tx.execute_many("UPDATE messages SET flags = $3 WHERE organisation = $1 AND id = $2", &messages).await?;
        wanted = left;
    }
    for (folder, unread) in unread {
        count(tx, organisation, folder, 0, unread).await?;
    }
    Ok(changed)
}

/// Takes places away because the server no longer has them. Gives their messages. What left because we moved it stays
/// until its new place is found, so that nobody sees it gone in between.
pub(crate) async fn take_gone(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    generation: i64,
    ids: &RemoteSet,
    now: i64,
) -> Result<Vec<MessageKey>, StoreError> {
    let named = ids.names().map(|name| remote_number(&RemoteId::Name(name.to_owned()))).map(|number| (number, number));
    let uids = ids.ranges().iter().map(|range| (i64::from(range.0), i64::from(range.1)));
    let mut gone = Vec::new();
    for (first, last) in uids.chain(named).collect::<Vec<_>>() {
        let sql = format!(
            "DELETE FROM places WHERE organisation = $1 AND folder = $2 AND generation = $3 AND remote BETWEEN $4 AND $5
             AND NOT EXISTS (SELECT 1 FROM edits e WHERE e.organisation = places.organisation
                 AND e.folder = places.folder AND e.remote = places.remote AND e.generation = places.generation
                 AND e.done_at IS NOT NULL) RETURNING {STORED}"
        );
        let rows = tx.rows(&sql, &vals![organisation, folder, generation, first, last]).await?;
        gone.extend(rows.into_iter().map(Stored::read));
    }
    left(tx, organisation, &gone, now).await
}

/// Takes every place away that is not in `ids`. Gives their messages.
pub(crate) async fn keep_only(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    generation: i64,
    ids: &RemoteSet,
    now: i64,
) -> Result<Vec<MessageKey>, StoreError> {
    let stored = known(tx, organisation, folder).await?;
    let gone = stored.minus(ids);
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    take_gone(tx, organisation, folder, generation, &gone, now).await
}

/// Takes the places of earlier epochs away: the present one is complete, and what it holds was bound anew.
pub(crate) async fn close_generations(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    generation: i64,
    now: i64,
) -> Result<Vec<MessageKey>, StoreError> {
    let sql =
        format!("DELETE FROM places WHERE organisation = $1 AND folder = $2 AND generation < $3 RETURNING {STORED}");
    let rows = tx.rows(&sql, &vals![organisation, folder, generation]).await?;
    let gone: Vec<Stored> = rows.into_iter().map(Stored::read).collect();
    left(tx, organisation, &gone, now).await
}

/// Takes every place of a folder away, because the folder itself is gone.
pub(crate) async fn forget_folder(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    now: i64,
) -> Result<Vec<MessageKey>, StoreError> {
    close_generations(tx, organisation, folder, i64::MAX, now).await
}

async fn left(
    tx: &mut Tx,
    organisation: OrganisationKey,
    gone: &[Stored],
    now: i64,
) -> Result<Vec<MessageKey>, StoreError> {
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    uncount(tx, organisation, gone).await?;
    mark_gone(tx, organisation, gone, now).await
}

/// Notes which messages no folder holds any more. Gives all of them.
async fn mark_gone(
    tx: &mut Tx,
    organisation: OrganisationKey,
    gone: &[Stored],
    now: i64,
) -> Result<Vec<MessageKey>, StoreError> {
    let messages: Vec<MessageKey> = gone.iter().map(|place| place.message).collect();
    let rows: Vec<_> = messages.iter().map(|message| vals![organisation, *message, now].to_vec()).collect();
    tx.execute_many(
        "UPDATE messages SET gone_at = $3 WHERE organisation = $1 AND id = $2 AND gone_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM places WHERE organisation = $1 AND message = $2)",
        &rows,
    )
    .await?;
    Ok(messages)
}

/// Takes places that are no more off the counts of the folders they were seen in.
pub(crate) async fn uncount(tx: &mut Tx, organisation: OrganisationKey, gone: &[Stored]) -> Result<(), StoreError> {
    let mut folders: HashMap<FolderKey, (i64, i64)> = HashMap::new();
    for place in gone {
        let (messages, unread) = folders.entry(place.shown_in).or_default();
        *messages -= 1;
        *unread -= place.unread();
    }
    for (folder, (messages, unread)) in folders {
        count(tx, organisation, folder, messages, unread).await?;
    }
    Ok(())
}

/// Adds to a folder's counts.
pub(crate) async fn count(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    messages: i64,
    unread: i64,
) -> Result<(), StoreError> {
    if messages == 0 && unread == 0 {
        return Ok(());
    }
    let sql = "UPDATE folders SET messages = messages + $3, unread = unread + $4 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, folder, messages, unread]).await?;
    Ok(())
}

/// The folders of an account that still hold places of an earlier epoch.
pub async fn with_old_generations(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: mail::AccountKey,
) -> Result<Vec<FolderKey>, StoreError> {
    let sql = "SELECT f.id FROM folders f WHERE f.organisation = $1 AND f.account = $2 AND f.generation > 1
               AND EXISTS (SELECT 1 FROM places p WHERE p.organisation = f.organisation AND p.folder = f.id
                   AND p.generation < f.generation)";
    let rows = tx.rows(sql, &vals![organisation, account]).await?;
    Ok(rows.iter().map(|row| FolderKey(row.int(0))).collect())
}

/// A message where it lies, for whoever walks through a whole folder.
#[derive(Debug, Clone)]
pub struct Lying {
    /// Its number there; the next page begins after the last one's.
    pub remote: i64,
    /// The message.
    pub message: MessageKey,
    /// The digest of its bytes.
    pub digest: Vec<u8>,
    /// Its flags there.
    pub flags: Flags,
    /// When the server received it, in milliseconds since 1970.
    pub received_at: i64,
}

/// The next places of a folder's present epoch after this number.
pub async fn page(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    after: i64,
    limit: usize,
) -> Result<Vec<Lying>, StoreError> {
    let rows = tx
        .rows(
            "SELECT p.remote, p.message, m.digest, p.flags, p.keywords, m.received_at FROM places p
             JOIN folders f ON f.organisation = p.organisation AND f.id = p.folder AND f.generation = p.generation
             JOIN messages m ON m.organisation = p.organisation AND m.id = p.message
             WHERE p.organisation = $1 AND p.folder = $2 AND p.remote > $3 ORDER BY p.remote LIMIT $4",
            &vals![organisation, folder, after, limit],
        )
        .await?;
    let read = |mut row: Row| Lying {
        remote: row.int(0),
        message: MessageKey(row.int(1)),
        digest: row.bytes(2),
        flags: Flags::from_stored(row.int(3), row.opt_text(4).as_deref()),
        received_at: row.int(5),
    };
    Ok(rows.into_iter().map(read).collect())
}
