//! Messages that could not be read, set aside with the reason, so that the rest goes on (pains P3).

use crate::{
    Row, StoreError, Topic, Tx, page, vals,
    viewer::{READABLE, Viewer},
};
use mail::{AccountKey, FolderKey, OrganisationKey, QuarantineKey};

/// A message set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Its key.
    pub id: QuarantineKey,
    /// In which account.
    pub account: AccountKey,
    /// Where it lies.
    pub folder: FolderKey,
    /// In which of our generations of it.
    pub generation: i64,
    /// Its number there.
    pub remote: i64,
    /// Its name there, where that is no number.
    pub remote_name: Option<String>,
    /// The digest of its bytes, when we have them.
    pub digest: Option<Vec<u8>>,
    /// `empty`, `too_large`, `refused`, `unreadable`, `unstorable`.
    pub code: String,
    /// In words.
    pub reason: String,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried again by itself.
    pub next_try_at: Option<i64>,
    /// When it was first set aside.
    pub set_aside_at: i64,
}

const COLUMNS: &str = "id, account, folder, generation, remote, remote_name, digest, code, reason, tries, next_try_at,
    set_aside_at";

/// Sets a message aside, or counts one more try of one that was. Says how often it was tried now.
pub async fn set_aside(tx: &mut Tx, organisation: OrganisationKey, what: &SetAside) -> Result<i64, StoreError> {
    let row = tx
        .row(
            "INSERT INTO quarantine (organisation, id, account, folder, generation, remote, remote_name, digest, code,
                 reason, tries, next_try_at, set_aside_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT (organisation, folder, generation, remote) DO UPDATE SET tries = quarantine.tries + 1,
                 code = excluded.code, reason = excluded.reason, next_try_at = excluded.next_try_at,
                 digest = COALESCE(excluded.digest, quarantine.digest), resolved_at = NULL
             RETURNING tries",
            &vals![
                organisation,
                what.id,
                what.account,
                what.folder,
                what.generation,
                what.remote,
                what.remote_name.as_ref(),
                what.digest.as_ref(),
                &what.code,
                &what.reason,
                what.tries,
                what.next_try_at,
                what.set_aside_at
            ],
        )
        .await?;
    Ok(row.map_or(0, |row| row.int(0)))
}

/// What is set aside in the accounts that the viewer may read, newest first.
pub async fn list(
    tx: &mut Tx,
    viewer: &Viewer,
    before: Option<QuarantineKey>,
    limit: usize,
) -> Result<(Vec<SetAside>, Option<QuarantineKey>), StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM quarantine WHERE organisation = $1 AND id < $3 AND account IN {READABLE}
         AND resolved_at IS NULL ORDER BY id DESC LIMIT $4"
    );
    let before = before.map_or(i64::MAX, |key| key.0);
    let found = tx.rows(&sql, &vals![viewer.organisation, viewer.user, before, limit + 1]).await?;
    Ok(page::cut(found.into_iter().map(read).collect(), limit, |one: &SetAside| one.id))
}

/// One of them.
pub async fn get(tx: &mut Tx, viewer: &Viewer, id: QuarantineKey) -> Result<SetAside, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM quarantine WHERE organisation = $1 AND id = $3 AND account IN {READABLE}
         AND resolved_at IS NULL"
    );
    tx.row(&sql, &vals![viewer.organisation, viewer.user, id]).await?.map(read).ok_or(StoreError::NotFound)
}

/// Asks for another try now, and wakes the account.
pub async fn retry(tx: &mut Tx, viewer: &Viewer, id: QuarantineKey, now: i64) -> Result<SetAside, StoreError> {
    let found = get(tx, viewer, id).await?;
    let sql = "UPDATE quarantine SET next_try_at = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![viewer.organisation, id, now]).await?;
    tx.ring(Topic::Accounts);
    Ok(SetAside { next_try_at: Some(now), ..found })
}

/// It came in after all.
pub async fn resolve(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: QuarantineKey,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE quarantine SET resolved_at = $3, next_try_at = NULL WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, id, now]).await?;
    Ok(())
}

/// The accounts in which something is to be tried again now.
pub async fn accounts_due(tx: &mut Tx, now: i64) -> Result<Vec<AccountKey>, StoreError> {
    let sql = "SELECT DISTINCT account FROM quarantine WHERE resolved_at IS NULL AND next_try_at <= $1";
    Ok(tx.rows(sql, &vals![now]).await?.iter().map(|row| AccountKey(row.int(0))).collect())
}

/// What of an account is to be tried again now.
pub async fn due(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    now: i64,
    limit: usize,
) -> Result<Vec<SetAside>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM quarantine WHERE organisation = $1 AND account = $2 AND resolved_at IS NULL
         AND next_try_at <= $3 ORDER BY id LIMIT $4"
    );
    Ok(tx.rows(&sql, &vals![organisation, account, now, limit]).await?.into_iter().map(read).collect())
}

/// How many are set aside in each folder of an account, for the ledger (pains P27).
pub async fn counts(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
) -> Result<Vec<(FolderKey, i64)>, StoreError> {
    let sql = "SELECT q.folder, COUNT(*) FROM quarantine q
               JOIN folders f ON f.organisation = q.organisation AND f.id = q.folder AND f.generation = q.generation
               WHERE q.organisation = $1 AND q.account = $2 AND q.resolved_at IS NULL GROUP BY q.folder";
    let rows = tx.rows(sql, &vals![organisation, account]).await?;
    Ok(rows.iter().map(|row| (FolderKey(row.int(0)), row.int(1))).collect())
}

fn read(mut row: Row) -> SetAside {
    SetAside {
        id: QuarantineKey(row.int(0)),
        account: AccountKey(row.int(1)),
        folder: FolderKey(row.int(2)),
        generation: row.int(3),
        remote: row.int(4),
        remote_name: row.opt_text(5),
        digest: row.opt_bytes(6),
        code: row.text(7),
        reason: row.text(8),
        tries: row.int(9),
        next_try_at: row.opt_int(10),
        set_aside_at: row.int(11),
    }
}

/// What is set aside of a folder's present epoch: neither stored nor missing.
pub async fn remotes(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
) -> Result<mail::RemoteSet, StoreError> {
    let sql = "SELECT q.remote, q.remote_name FROM quarantine q
               JOIN folders f ON f.organisation = q.organisation AND f.id = q.folder AND f.generation = q.generation
               WHERE q.organisation = $1 AND q.folder = $2 AND q.resolved_at IS NULL ORDER BY q.remote";
    let mut remotes = mail::RemoteSet::new();
    for mut row in tx.rows(sql, &vals![organisation, folder]).await? {
        remotes.insert(&crate::place::remote_id(row.int(0), row.opt_text(1)));
    }
    Ok(remotes)
}

/// When a message that was set aside is asked for again; `None`: when a person says so.
pub async fn set_next_try(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    generation: i64,
    remote: i64,
    next_try_at: Option<i64>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE quarantine SET next_try_at = $5
         WHERE organisation = $1 AND folder = $2 AND generation = $3 AND remote = $4",
        &vals![organisation, folder, generation, remote, next_try_at],
    )
    .await?;
    Ok(())
}
