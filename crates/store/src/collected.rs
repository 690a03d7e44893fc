//! What a server has shown that only hands mail over and knows no folders and no flags (POP3): by its own names, with what
//! became of each here and there.
//!
//! Such mail lies in folders of ours, where people move and delete it. So whether it was taken stands here and not with its
//! place, and a message that is there under a new name is known by its digest (pains P2, reliability cases 17 and 18).

use crate::{
    StoreError, Tx,
    place::{self, remote_id, remote_name, remote_number},
    vals,
};
use mail::{AccountKey, FolderKey, OrganisationKey, RemoteId, RemoteSet};

/// What is no longer there is remembered for so long.
const REMEMBERED_MS: i64 = 90 * 24 * 3_600_000;

/// A message that may leave the server: it is stored here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its name there.
    pub remote: RemoteId,
    /// The digest of its bytes here.
    pub digest: [u8; 32],
    /// Where the blob store put them.
    pub place: String,
}

/// These were taken: their messages are stored, or were before, in the same transaction.
pub(crate) async fn record(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    taken: &[(FolderKey, RemoteId, [u8; 32])],
    now: i64,
) -> Result<(), StoreError> {
    let rows: Vec<_> = taken
        .iter()
        .map(|(folder, remote, digest)| {
            vals![organisation, *folder, remote_number(remote), remote_name(remote), account, digest, now].to_vec()
        })
        .collect();
    tx.execute_many(
        "INSERT INTO collected (organisation, folder, number, name, account, digest, seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (organisation, folder, number) DO UPDATE SET digest = excluded.digest, seen_at = excluded.seen_at,
             received_at = NULL, asked_at = NULL, confirmed_at = NULL, gone_at = NULL, erased = FALSE",
        &rows,
    )
    .await?;
    // What was set aside and is here now needs nobody's attention any more.
    let rows: Vec<_> = taken
        .iter()
        .map(|(folder, remote, _)| vals![organisation, *folder, remote_number(remote), now].to_vec())
        .collect();
    tx.execute_many(
        "UPDATE quarantine SET resolved_at = $4, next_try_at = NULL
         WHERE organisation = $1 AND folder = $2 AND remote = $3 AND resolved_at IS NULL",
        &rows,
    )
    .await?;
    Ok(())
}

/// This one stays there, because the server received it at that moment and mail is wanted from a later one on.
pub(crate) async fn record_older(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    (folder, remote, at): (FolderKey, &RemoteId, i64),
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO collected (organisation, folder, number, name, account, received_at, seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (organisation, folder, number) DO UPDATE SET received_at = excluded.received_at, gone_at = NULL",
        &vals![organisation, folder, remote_number(remote), remote_name(remote), account, at, now],
    )
    .await?;
    Ok(())
}

/// Exactly these are there. Gives how many were and are not any more; their messages stay here.
pub(crate) async fn listed(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    there: &RemoteSet,
    now: i64,
) -> Result<u64, StoreError> {
    let gone = known(tx, organisation, folder, Some(i64::MAX)).await?.minus(there);
    let rows: Vec<_> = gone
        .names()
        .map(|name| vals![organisation, folder, remote_number(&RemoteId::Name(name.to_owned())), now].to_vec())
        .collect();
    let sql = "UPDATE collected SET gone_at = $4 WHERE organisation = $1 AND folder = $2 AND number = $3";
    let gone = tx.execute_many(sql, &rows).await?;
    let sql = "DELETE FROM collected WHERE organisation = $1 AND folder = $2 AND gone_at < $3";
    tx.execute(sql, &vals![organisation, folder, now - REMEMBERED_MS]).await?;
    Ok(gone)
}

/// The names that need not be asked for: what was taken, and what the server received before `since`. A name that had
/// gone and is back is asked for again, for it may be another message.
pub async fn known(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    since: Option<i64>,
) -> Result<RemoteSet, StoreError> {
    let sql = "SELECT name FROM collected WHERE organisation = $1 AND folder = $2 AND gone_at IS NULL
               AND (digest IS NOT NULL OR received_at < $3)";
    let rows = tx.rows(sql, &vals![organisation, folder, since.unwrap_or(i64::MIN)]).await?;
    let mut known = RemoteSet::new();
    for mut row in rows {
        known.insert(&RemoteId::Name(row.text(0)));
    }
    Ok(known)
}

/// All names under which a folder's mail is stored: those of its places, and those by which it was collected.
pub async fn held(tx: &mut Tx, organisation: OrganisationKey, folder: FolderKey) -> Result<RemoteSet, StoreError> {
    let mut held = place::known(tx, organisation, folder).await?;
    for name in known(tx, organisation, folder, None).await?.names() {
        held.insert(&RemoteId::Name(name.to_owned()));
    }
    Ok(held)
}

/// What stays there because the server received it before the moment.
pub async fn older(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    moment: i64,
) -> Result<RemoteSet, StoreError> {
    let sql =
        "SELECT name FROM collected WHERE organisation = $1 AND folder = $2 AND digest IS NULL AND received_at < $3";
    let mut older = RemoteSet::new();
    for mut row in tx.rows(sql, &vals![organisation, folder, moment]).await? {
        older.insert(&RemoteId::Name(row.text(0)));
    }
    Ok(older)
}

/// What was taken no later than `until` and is still there, the oldest first. What the server once promised to delete is
/// asked for again only when that was before `promised`. A name of our own making is never among them.
pub async fn due(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    (until, promised): (i64, i64),
    limit: usize,
) -> Result<Vec<Due>, StoreError> {
    let sql = "SELECT c.name, c.digest, b.place FROM collected c
               JOIN blobs b ON b.organisation = c.organisation AND b.digest = c.digest
               WHERE c.organisation = $1 AND c.folder = $2 AND c.gone_at IS NULL AND c.seen_at <= $3
               AND (c.confirmed_at IS NULL OR c.confirmed_at < $4) AND c.name NOT LIKE '% %'
               AND EXISTS (SELECT 1 FROM messages m WHERE m.organisation = c.organisation AND m.account = c.account
                   AND m.digest = c.digest)
               ORDER BY c.seen_at, c.number LIMIT $5";
    let rows = tx.rows(sql, &vals![organisation, folder, until, promised, limit]).await?;
    let read = |mut row: crate::Row| {
        let digest = row.bytes(1).try_into();
        let digest = digest.map_err(|_| StoreError::Damaged("the digest of a collected message".to_owned()))?;
        Ok(Due { remote: RemoteId::Name(row.text(0)), digest, place: row.text(2) })
    };
    rows.into_iter().map(read).collect()
}

/// Mail of the account with these bytes was erased.
pub(crate) async fn erase(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    digest: &[u8],
) -> Result<(), StoreError> {
    let sql = "UPDATE collected SET erased = TRUE WHERE organisation = $1 AND account = $2 AND digest = $3";
    tx.execute(sql, &vals![organisation, account, digest]).await?;
    Ok(())
}

/// What was erased and is still there: it leaves the server whatever becomes of other mail. `promised` as for [`due`].
pub async fn erased(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    promised: i64,
    limit: usize,
) -> Result<Vec<RemoteId>, StoreError> {
    let sql = "SELECT name FROM collected WHERE organisation = $1 AND folder = $2 AND erased AND gone_at IS NULL
               AND (confirmed_at IS NULL OR confirmed_at < $3) AND name NOT LIKE '% %' ORDER BY number LIMIT $4";
    let rows = tx.rows(sql, &vals![organisation, folder, promised, limit]).await?;
    Ok(rows.into_iter().map(|mut row| RemoteId::Name(row.text(0))).collect())
}

/// The server is about to be asked to delete these.
pub async fn ask(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    remotes: &[RemoteId],
    now: i64,
) -> Result<(), StoreError> {
    mark(tx, "asked_at", organisation, folder, remotes, now).await
}

/// The server said that it deleted these. Whether it did the next list tells.
pub async fn confirm(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    remotes: &[RemoteId],
    now: i64,
) -> Result<(), StoreError> {
    mark(tx, "confirmed_at", organisation, folder, remotes, now).await
}

async fn mark(
    tx: &mut Tx,
    column: &'static str,
    organisation: OrganisationKey,
    folder: FolderKey,
    remotes: &[RemoteId],
    now: i64,
) -> Result<(), StoreError> {
    let rows: Vec<_> =
        remotes.iter().map(|remote| vals![organisation, folder, remote_number(remote), now].to_vec()).collect();
    let sql = format!("UPDATE collected SET {column} = $4 WHERE organisation = $1 AND folder = $2 AND number = $3");
    tx.execute_many(&sql, &rows).await?;
    Ok(())
}

/// Another server gives names of its own: what the former one's said counts no more. Its messages are known by their
/// digests when they come again.
pub async fn forget(tx: &mut Tx, organisation: OrganisationKey, account: AccountKey) -> Result<(), StoreError> {
    tx.execute("DELETE FROM collected WHERE organisation = $1 AND account = $2", &vals![organisation, account]).await?;
    Ok(())
}

/// Message-IDs of the newest messages that were taken and are still there, with their names.
pub async fn some_message_ids(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    limit: usize,
) -> Result<Vec<(String, RemoteId)>, StoreError> {
    let sql = "SELECT t.message_id, c.number, c.name FROM collected c
               JOIN messages m ON m.organisation = c.organisation AND m.account = c.account AND m.digest = c.digest
               JOIN message_texts t ON t.organisation = m.organisation AND t.id = m.id
               WHERE c.organisation = $1 AND c.account = $2 AND c.gone_at IS NULL AND t.message_id IS NOT NULL
               ORDER BY m.id DESC LIMIT $3";
    let rows = tx.rows(sql, &vals![organisation, account, limit]).await?;
    Ok(rows.into_iter().map(|mut row| (row.text(0), remote_id(row.int(1), row.opt_text(2)))).collect())
}
