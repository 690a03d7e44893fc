//! Calls for whoever fetches an account: a node that hears of news leaves one for the node that has the account.

use crate::{StoreError, Topic, Tx, vals};
use mail::{AccountKey, OrganisationKey};

/// A call for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Which one is to be fetched.
    pub account: AccountKey,
    /// Its provider tells of news no longer, unless it is asked to anew.
    pub anew: bool,
}

/// Leaves a call. Several are one.
pub async fn leave(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    anew: bool,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO calls (organisation, account, anew) VALUES ($1, $2, $3)
               ON CONFLICT (organisation, account) DO UPDATE SET anew = calls.anew OR $3";
    tx.execute(sql, &vals![organisation, account, anew]).await?;
    tx.ring(Topic::Calls);
    Ok(())
}

/// Whether one waits for an account that this node has.
pub async fn waits(tx: &mut Tx, node: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM calls c JOIN accounts a ON a.organisation = c.organisation AND a.id = c.account
               WHERE a.lease_owner = $1 LIMIT 1";
    Ok(tx.row(sql, &vals![node]).await?.is_some())
}

/// Takes those for the accounts that this node has.
pub async fn take(tx: &mut Tx, node: &str) -> Result<Vec<Call>, StoreError> {
    let sql = "DELETE FROM calls WHERE EXISTS (
                   SELECT 1 FROM accounts a
                   WHERE a.organisation = calls.organisation AND a.id = calls.account AND a.lease_owner = $1)
               RETURNING account, anew";
    let rows = tx.rows(sql, &vals![node]).await?;
    Ok(rows.iter().map(|row| Call { account: AccountKey(row.int(0)), anew: row.bool(1) }).collect())
}
