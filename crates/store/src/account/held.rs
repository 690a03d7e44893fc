//! What a node holds, and whether there is more to hold.

use super::AccountLease;
use crate::{StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey};

/// An account that a node holds.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// With its present fence and version.
    pub lease: AccountLease,
    /// It is still active and waits for nobody.
    pub wanted: bool,
}

/// What this node holds.
pub async fn held(tx: &mut Tx, owner: &str) -> Result<Vec<Held>, StoreError> {
    let sql = "SELECT organisation, id, fence, version, active, parked FROM accounts WHERE lease_owner = $1";
    let rows = tx.rows(sql, &vals![owner]).await?;
    Ok(rows
        .iter()
        .map(|row| Held {
            lease: AccountLease {
                organisation: OrganisationKey(row.int(0)),
                account: AccountKey(row.int(1)),
                fence: row.int(2),
                version: row.int(3),
            },
            wanted: row.bool(4) && !row.bool(5),
        })
        .collect())
}

/// Whether an account should be worked on now and nobody does.
pub async fn any_due(tx: &mut Tx, now: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM accounts WHERE active AND NOT parked AND (lease_until_at IS NULL OR lease_until_at < $1)
               AND (next_try_at IS NULL OR next_try_at <= $1) LIMIT 1";
    Ok(tx.row(sql, &vals![now]).await?.is_some())
}

/// Clears every lease, and every turn to renew a grant: on SQLite, where whoever has the folder has everything.
pub async fn forget_leases(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute("UPDATE accounts SET lease_owner = NULL, lease_until_at = NULL WHERE lease_owner IS NOT NULL", &[])
        .await?;
    tx.execute("DELETE FROM renewals", &[]).await?;
    Ok(())
}
