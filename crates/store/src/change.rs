//! The ordered feed of everything that happened, readable again from any point (pains P28).

use crate::{StoreError, Topic, Tx, vals};
use mail::{AccountKey, MessageKey, OrganisationKey};
use serde_json::Value;

/// Something that happened, about to be told.
#[derive(Debug, Clone)]
pub struct NewChange {
    /// What, as `thing.verb`: `message.received`, `message.linked`, `outbox.accepted`, `account.state`, ...
    pub kind: &'static str,
    /// The account it belongs to: whoever may not read that does not hear of it.
    pub account: Option<AccountKey>,
    /// The message it is about.
    pub message: Option<MessageKey>,
    /// About a private message.
    pub private: bool,
    /// The facts: ids, never contents.
    pub body: Value,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its place in the feed; the cursor of the API.
    pub seq: i64,
    /// What, as in [`NewChange`].
    pub kind: String,
    /// The account it belongs to.
    pub account: Option<AccountKey>,
    /// The message it is about.
    pub message: Option<MessageKey>,
    /// About a private message.
    pub private: bool,
    /// The facts.
    pub body: Value,
    /// When, in milliseconds since 1970.
    pub happened_at: i64,
}

/// Writes changes in their order. The organisation's row is locked until the commit, so that nobody who reads the feed
/// with a cursor can pass a number that is still to come.
pub async fn append(
    tx: &mut Tx,
    organisation: OrganisationKey,
    changes: &[NewChange],
    now: i64,
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let count = changes.len() as i64;
    let sql = "UPDATE organisations SET change_seq = change_seq + $2 WHERE id = $1 RETURNING change_seq";
    let last = tx.row(sql, &vals![organisation, count]).await?.ok_or(StoreError::NotFound)?.int(0);
    let rows: Vec<_> = changes
        .iter()
        .zip(last - count + 1..)
        .map(|(change, seq)| {
            vals![
                organisation,
                seq,
                change.kind,
                change.account,
                change.message,
                change.private,
                change.body.to_string(),
                now
            ]
            .to_vec()
        })
        .collect();
    tx.execute_many(
        "INSERT INTO changes (organisation, seq, kind, account, message, private, body, happened_at)
         VALUES ($1, $2, $3, $4, $5,
             $6 OR COALESCE((SELECT m.private FROM messages m WHERE m.organisation = $1 AND m.id = $5), FALSE), $7, $8)",
        &rows,
    )
    .await?;
    tx.ring(Topic::Changes);
    Ok(())
}

/// The feed after `since`, in order, without regard to who reads it: the caller filters by rights.
pub async fn after(
    tx: &mut Tx,
    organisation: OrganisationKey,
    since: i64,
    limit: usize,
) -> Result<Vec<Change>, StoreError> {
    let rows = tx
        .rows(
            "SELECT seq, kind, account, message, private, body, happened_at FROM changes
             WHERE organisation = $1 AND seq > $2 ORDER BY seq LIMIT $3",
            &vals![organisation, since, limit],
        )
        .await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Change {
                seq: row.int(0),
                kind: row.text(1),
                account: row.opt_int(2).map(AccountKey),
                message: row.opt_int(3).map(MessageKey),
                private: row.bool(4),
                body: serde_json::from_str(&row.text(5)).map_err(|error| StoreError::Damaged(error.to_string()))?,
                happened_at: row.int(6),
            })
        })
        .collect()
}

/// The number of the newest change.
pub async fn newest(tx: &mut Tx, organisation: OrganisationKey) -> Result<i64, StoreError> {
    let row = tx.row("SELECT change_seq FROM organisations WHERE id = $1", &vals![organisation]).await?;
    Ok(row.ok_or(StoreError::NotFound)?.int(0))
}
