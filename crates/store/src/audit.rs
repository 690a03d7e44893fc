//! Who did what (features U5): added to, never changed, and without contents or secrets.

use crate::{Row, StoreError, Tx, page, vals};
use mail::{OrganisationKey, UserKey};
use serde::Serialize;

/// Something that a person or the program did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its key.
    pub id: i64,
    /// Who; `None`: the program.
    pub user: Option<UserKey>,
    /// What, as `thing.verb`: `account.changed`, `user.signed_in`, `message.opened_private`.
    pub action: String,
    /// To what: an id, never a content.
    pub subject: String,
    /// What else matters, without contents.
    pub detail: String,
    /// When.
    pub done_at: i64,
}

/// Writes an entry down.
pub async fn append(tx: &mut Tx, organisation: OrganisationKey, entry: &Entry) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO audit (organisation, id, person, action, subject, detail, done_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &vals![organisation, entry.id, entry.user, &entry.action, &entry.subject, &entry.detail, entry.done_at],
    )
    .await?;
    Ok(())
}

/// The entries, newest first; with `subject` only those about it.
pub async fn list(
    tx: &mut Tx,
    organisation: OrganisationKey,
    subject: Option<&str>,
    before: Option<i64>,
    limit: usize,
) -> Result<(Vec<Entry>, Option<i64>), StoreError> {
    let sql = "SELECT id, person, action, subject, detail, done_at FROM audit
               WHERE organisation = $1 AND id < $2 AND (CAST($3 AS TEXT) IS NULL OR subject = $3)
               ORDER BY id DESC LIMIT $4";
    let rows = tx.rows(sql, &vals![organisation, before.unwrap_or(i64::MAX), subject, limit + 1]).await?;
    let entries = rows.into_iter().map(read).collect();
    Ok(page::cut(entries, limit, |entry: &Entry| entry.id))
}

/// What of the log is wanted; nothing named: all of it.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What this person did.
    pub user: Option<UserKey>,
    /// What was done to one kind of thing: what stands before the point of the action.
    pub kind: Option<String>,
    /// Of which the subject is this, or the detail has this in it, in capitals or not.
    pub text: Option<String>,
    /// Older than this entry.
    pub before: Option<i64>,
}

/// The entries that are wanted, newest first.
pub async fn search(
    tx: &mut Tx,
    organisation: OrganisationKey,
    wanted: &Wanted,
    limit: usize,
) -> Result<(Vec<Entry>, Option<i64>), StoreError> {
    let sql = "SELECT id, person, action, subject, detail, done_at FROM audit
               WHERE organisation = $1 AND id < $2 AND (CAST($3 AS BIGINT) IS NULL OR person = $3)
               AND (CAST($4 AS TEXT) IS NULL OR action LIKE CAST($4 AS TEXT) || '.%')
               AND (CAST($5 AS TEXT) IS NULL OR subject = $5
                   OR LOWER(detail) LIKE '%' || LOWER(CAST($5 AS TEXT)) || '%')
               ORDER BY id DESC LIMIT $6";
    let before = wanted.before.unwrap_or(i64::MAX);
    let values = vals![organisation, before, wanted.user, wanted.kind.as_ref(), wanted.text.as_ref(), limit + 1];
    let entries = tx.rows(sql, &values).await?.into_iter().map(read).collect();
    Ok(page::cut(entries, limit, |entry: &Entry| entry.id))
}

fn read(mut row: Row) -> Entry {
    Entry {
        id: row.int(0),
        user: row.opt_int(1).map(UserKey),
        action: row.text(2),
        subject: row.text(3),
        detail: row.text(4),
        done_at: row.int(5),
    }
}
