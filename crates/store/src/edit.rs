//! What we still have to do on a server: flags, moves, deletions. Shown here at once, done there when it answers.

use crate::{StoreError, Topic, Tx, vals};
use mail::{AccountKey, Flags, FolderKey, MessageKey, OrganisationKey, UserKey};
use serde::{Deserialize, Serialize};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Action {
    /// Set and take away flags and keywords, by their IMAP names (`\Seen`).
    Flags {
        /// To set.
        add: Vec<String>,
        /// To take away.
        remove: Vec<String>,
    },
    /// Move to another folder of the account.
    Move {
        /// Which.
        to: FolderKey,
    },
    /// Delete for good.
    Delete,
}

impl Action {
    fn kind(&self) -> &'static str {
        match self {
            Action::Flags { .. } => "flags",
            Action::Move { .. } => "move",
            Action::Delete => "delete",
        }
    }

    /// The system flags (see [`Flags::bits`]) that a message with these will have when this was done.
    pub(crate) fn flags_after(&self, flags: i64) -> i64 {
        let bits = |names: &[String]| Flags::from_imap(names.iter().map(String::as_str)).bits();
        match self {
            Action::Flags { add, remove } => flags & !bits(remove) | bits(add),
            Action::Move { .. } | Action::Delete => flags,
        }
    }
}

/// An edit: one action on one message where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Its key; edits of an account are done in this order.
    pub id: i64,
    /// In which account.
    pub account: AccountKey,
    /// Where the message lies.
    pub folder: FolderKey,
    /// In which of our generations of it.
    pub generation: i64,
    /// Its number there.
    pub remote: i64,
    /// Its name there, where that is no number.
    pub remote_name: Option<String>,
    /// The message.
    pub message: MessageKey,
    /// What is to be done.
    pub action: Action,
    /// How often it was tried.
    pub tries: i64,
    /// When the server did this move without telling the new number, in milliseconds since 1970: the next pull finds it.
    pub done_at: Option<i64>,
    /// Who wants it.
    pub created_by: Option<UserKey>,
}

const COLUMNS: &str = "id, account, folder, generation, remote, remote_name, message, body, tries, created_by, done_at";

/// Writes edits down. `tries` of a new one is 0.
pub async fn queue(tx: &mut Tx, organisation: OrganisationKey, edits: &[Edit], now: i64) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(edits.len());
    for edit in edits {
        let body = serde_json::to_string(&edit.action).map_err(|error| StoreError::Broken(error.to_string()))?;
        rows.push(
            vals![
                organisation,
                edit.id,
                edit.account,
                edit.folder,
                edit.generation,
                edit.remote,
                edit.remote_name.as_ref(),
                edit.message,
                edit.action.kind(),
                body,
                edit.tries,
                now,
                edit.created_by
            ]
            .to_vec(),
        );
    }
    tx.execute_many(
        "INSERT INTO edits (organisation, id, account, folder, generation, remote, remote_name, message, kind, body,
             tries, next_try_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &rows,
    )
    .await?;
    tx.ring(Topic::Edits);
    Ok(())
}

/// What is due at a moment, which is the first value of the question. An edit waits for an earlier one of the same message:
/// taking a flag back must not overtake setting it.
const IS_DUE: &str = "next_try_at <= $1 AND done_at IS NULL AND NOT EXISTS (SELECT 1 FROM edits e
    WHERE e.organisation = edits.organisation AND e.folder = edits.folder AND e.remote = edits.remote
    AND e.generation = edits.generation AND e.id < edits.id AND (e.next_try_at > $1 OR e.done_at IS NOT NULL))";

/// What is to be done in an account now, in the order it was asked for.
pub async fn due(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    now: i64,
    limit: usize,
) -> Result<Vec<Edit>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM edits WHERE {IS_DUE} AND organisation = $2 AND account = $3 ORDER BY id LIMIT $4"
    );
    tx.rows(&sql, &vals![now, organisation, account, limit]).await?.into_iter().map(read).collect()
}

/// The accounts in which something is to be done now.
pub async fn accounts_due(tx: &mut Tx, now: i64) -> Result<Vec<AccountKey>, StoreError> {
    let rows = tx.rows(&format!("SELECT DISTINCT account FROM edits WHERE {IS_DUE}"), &vals![now]).await?;
    Ok(rows.iter().map(|row| AccountKey(row.int(0))).collect())
}

/// They were done, or make no sense any more.
pub async fn done(tx: &mut Tx, organisation: OrganisationKey, edits: &[i64]) -> Result<(), StoreError> {
    let rows: Vec<_> = edits.iter().map(|id| vals![organisation, *id].to_vec()).collect();
    tx.execute_many("DELETE FROM edits WHERE organisation = $1 AND id = $2", &rows).await?;
    Ok(())
}

/// It did not work: again at `next_try_at`.
pub async fn retry(tx: &mut Tx, organisation: OrganisationKey, edit: i64, next_try_at: i64) -> Result<(), StoreError> {
    let sql = "UPDATE edits SET tries = tries + 1, next_try_at = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, edit, next_try_at]).await?;
    Ok(())
}

/// The server did this move, and the next pull of the folder finds its new number.
pub async fn hold(tx: &mut Tx, organisation: OrganisationKey, edit: i64, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE edits SET done_at = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, edit, now]).await?;
    Ok(())
}

/// The moves of an account whose new number the next pull finds.
pub async fn moved(tx: &mut Tx, organisation: OrganisationKey, account: AccountKey) -> Result<Vec<Edit>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM edits WHERE organisation = $1 AND account = $2 AND done_at IS NOT NULL ORDER BY id"
    );
    tx.rows(&sql, &vals![organisation, account]).await?.into_iter().map(read).collect()
}

/// What is to be done to the message at a place (folder, our count of its epochs, number).
pub(crate) async fn of_place(
    tx: &mut Tx,
    organisation: OrganisationKey,
    at: (FolderKey, i64, i64),
) -> Result<Vec<Edit>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM edits WHERE organisation = $1 AND folder = $2 AND generation = $3 AND remote = $4 ORDER BY id"
    );
    tx.rows(&sql, &vals![organisation, at.0, at.1, at.2]).await?.into_iter().map(read).collect()
}

/// What is to be done in one epoch of a folder, in the order it was asked for.
pub(crate) async fn of_folder(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    generation: i64,
) -> Result<Vec<Edit>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM edits WHERE organisation = $1 AND folder = $2 AND generation = $3 ORDER BY id");
    tx.rows(&sql, &vals![organisation, folder, generation]).await?.into_iter().map(read).collect()
}

/// The message has another place: what waits is done there.
pub(crate) async fn follow(
    tx: &mut Tx,
    organisation: OrganisationKey,
    from: (FolderKey, i64, i64),
    to: (FolderKey, i64, i64),
    name: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE edits SET folder = $5, generation = $6, remote = $7, remote_name = $8
               WHERE organisation = $1 AND folder = $2 AND generation = $3 AND remote = $4";
    tx.execute(sql, &vals![organisation, from.0, from.1, from.2, to.0, to.1, to.2, name]).await?;
    Ok(())
}

fn read(mut row: crate::Row) -> Result<Edit, StoreError> {
    let body = row.text(7);
    Ok(Edit {
        id: row.int(0),
        account: AccountKey(row.int(1)),
        folder: FolderKey(row.int(2)),
        generation: row.int(3),
        remote: row.int(4),
        remote_name: row.opt_text(5),
        message: MessageKey(row.int(6)),
        action: serde_json::from_str(&body).map_err(|error| StoreError::Damaged(error.to_string()))?,
        tries: row.int(8),
        created_by: row.opt_int(9).map(UserKey),
        done_at: row.opt_int(10),
    })
}
