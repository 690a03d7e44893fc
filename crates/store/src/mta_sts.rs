//! What domains ask of those who deliver to them (MTA-STS, RFC 8461), kept until it ends: a policy that was once seen
//! holds, whoever stands in the way of asking again.

use crate::{StoreError, Tx, vals};

/// A policy as its domain wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// As the domain numbers it.
    pub version: String,
    /// The policy itself.
    pub text: String,
    /// When it was had, milliseconds since 1970.
    pub fetched_at: i64,
}

/// The policy that is kept for the domain.
pub async fn get(tx: &mut Tx, domain: &str) -> Result<Option<Policy>, StoreError> {
    let sql = "SELECT version, policy, fetched_at FROM mta_sts_policies WHERE domain = $1";
    let row = tx.row(sql, &vals![domain]).await?;
    Ok(row.map(|mut row| Policy { version: row.text(0), text: row.text(1), fetched_at: row.int(2) }))
}

/// Keeps a policy in the place of an earlier one, until it ends.
pub async fn set(tx: &mut Tx, domain: &str, policy: &Policy, ends_at: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO mta_sts_policies (domain, version, policy, fetched_at, ends_at) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (domain) DO UPDATE SET version = excluded.version, policy = excluded.policy,
                   fetched_at = excluded.fetched_at, ends_at = excluded.ends_at";
    tx.execute(sql, &vals![domain, &policy.version, &policy.text, policy.fetched_at, ends_at]).await?;
    Ok(())
}

/// Forgets what has ended.
pub async fn sweep(tx: &mut Tx, now: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM mta_sts_policies WHERE ends_at < $1", &vals![now]).await?;
    Ok(())
}
