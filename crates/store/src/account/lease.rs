//! Who works on an account: one process at a time, proven by a number that grows with every lease.

use crate::{Dialect, StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey};

/// The right to work on an account until a moment, as long as nobody else got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountLease {
    /// Whose account.
    pub organisation: OrganisationKey,
    /// The account.
    pub account: AccountKey,
    /// Every write of the worker names it; a paused worker whose lease went to another can change nothing.
    pub fence: i64,
    /// Grows when a person saves the account.
    pub version: i64,
}

/// Takes every account that should be worked on now and that nobody holds, at most `limit`.
pub async fn lease(
    tx: &mut Tx,
    owner: &str,
    until: i64,
    now: i64,
    limit: usize,
) -> Result<Vec<AccountLease>, StoreError> {
    // The one difference: two nodes that ask at once must not wait for each other. SQLite has one writer.
    let skip = if tx.dialect() == Dialect::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE accounts SET lease_owner = $1, lease_until_at = $2, fence = fence + 1
         WHERE (organisation, id) IN (
             SELECT organisation, id FROM accounts
             WHERE active AND NOT parked AND (lease_until_at IS NULL OR lease_until_at < $3)
                 AND (next_try_at IS NULL OR next_try_at <= $3)
             ORDER BY organisation, id LIMIT $4 {skip})
         RETURNING organisation, id, fence, version"
    );
    let rows = tx.rows(&sql, &vals![owner, until, now, limit]).await?;
    Ok(rows
        .iter()
        .map(|row| AccountLease {
            organisation: OrganisationKey(row.int(0)),
            account: AccountKey(row.int(1)),
            fence: row.int(2),
            version: row.int(3),
        })
        .collect())
}

/// Keeps a lease for longer; `false` when it went to another in the meantime.
pub async fn renew(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    fence: i64,
    until: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE accounts SET lease_until_at = $4
               WHERE organisation = $1 AND id = $2 AND fence = $3 AND lease_owner IS NOT NULL";
    Ok(tx.execute(sql, &vals![organisation, account, fence, until]).await? == 1)
}

/// Makes sure that the account went to nobody else since this fence was given, and that it goes to nobody before this
/// transaction ends. With a fence of 0 whoever has it is no matter: a command works beside them, and so does mail that is posted
/// to us. They take turns all the same, or one mail would come in twice in the same instant.
pub async fn hold(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    fence: i64,
) -> Result<(), StoreError> {
    // The one difference: on SQLite nobody else writes during a transaction.
    let lock = if tx.dialect() == Dialect::Postgres { "FOR NO KEY UPDATE" } else { "" };
    let sql = format!("SELECT 1 FROM accounts WHERE organisation = $1 AND id = $2 AND ($3 = 0 OR fence = $3) {lock}");
    let ours = tx.row(&sql, &vals![organisation, account, fence]).await?;
    ours.map(|_| ()).ok_or(StoreError::TakenOver)
}

/// Gives a lease back, so that another need not wait for its end.
pub async fn release(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    fence: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE accounts SET lease_owner = NULL, lease_until_at = NULL
               WHERE organisation = $1 AND id = $2 AND fence = $3";
    tx.execute(sql, &vals![organisation, account, fence]).await?;
    Ok(())
}
