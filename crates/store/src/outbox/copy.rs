//! The copy in the sent folder: a job of its own, that can never cause a second sending (reliability.md, rule 23).

use crate::{Dialect, StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey, OutboxKey};

/// A sent copy to be looked for, and put there if it is not.
#[derive(Debug, Clone)]
pub struct DueCopy {
    /// Whose.
    pub organisation: OrganisationKey,
    /// Of which submission.
    pub id: OutboxKey,
    /// In which account.
    pub account: AccountKey,
    /// What to look for.
    pub message_id: String,
    /// The digest of the bytes to put there.
    pub digest: Vec<u8>,
    /// How often it was tried.
    pub tries: i64,
}

/// The copies that are due. Each is ours until `until`, then it is due again. Accounts that are switched off or wait
/// for a person are left alone.
pub async fn copies_due(tx: &mut Tx, now: i64, limit: usize, until: i64) -> Result<Vec<DueCopy>, StoreError> {
    let skip = if tx.dialect() == Dialect::Postgres { "FOR UPDATE OF o SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE outbox SET sent_copy_at = $3, sent_copy_tries = sent_copy_tries + 1
         WHERE sent_copy = 'due' AND (organisation, id) IN (
             SELECT o.organisation, o.id FROM outbox o
             JOIN accounts a ON a.organisation = o.organisation AND a.id = o.account
             WHERE o.sent_copy = 'due' AND o.sent_copy_at <= $1 AND a.active AND NOT a.parked
             ORDER BY o.sent_copy_at LIMIT $2 {skip})
         RETURNING organisation, id, account, message_id, digest, sent_copy_tries"
    );
    let rows = tx.rows(&sql, &vals![now, limit, until]).await?;
    Ok(rows
        .into_iter()
        .map(|mut row| DueCopy {
            organisation: OrganisationKey(row.int(0)),
            id: OutboxKey(row.int(1)),
            account: AccountKey(row.int(2)),
            message_id: row.text(3),
            digest: row.bytes(4),
            tries: row.int(5),
        })
        .collect())
}

/// Keeps a copy for longer; `false` when another worker has it by now, which a later try shows.
pub async fn copy_renew(tx: &mut Tx, copy: &DueCopy, until: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE outbox SET sent_copy_at = $4
               WHERE organisation = $1 AND id = $2 AND sent_copy = 'due' AND sent_copy_tries = $3";
    Ok(tx.execute(sql, &vals![copy.organisation, copy.id, copy.tries, until]).await? == 1)
}

/// The copy is there, whoever put it, or none is wanted any more.
pub async fn copy_done(tx: &mut Tx, organisation: OrganisationKey, id: OutboxKey) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET sent_copy = 'done', sent_copy_at = NULL
               WHERE organisation = $1 AND id = $2 AND sent_copy = 'due'";
    tx.execute(sql, &vals![organisation, id]).await?;
    Ok(())
}

/// It did not work: again at `at`, unless another worker has it by now.
pub async fn copy_retry(tx: &mut Tx, copy: &DueCopy, at: i64) -> Result<(), StoreError> {
    copy_renew(tx, copy, at).await?;
    tx.ring(crate::Topic::Outbox);
    Ok(())
}
