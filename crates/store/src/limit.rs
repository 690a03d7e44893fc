//! How much may leave, and how often we may sign in: counted in the database, so that a restart does not burst.

use crate::{StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey};

const MINUTE: i64 = 60_000;
/// Refused sign-ins of one account in ten minutes (reliability.md §3).
const REFUSED_BY_ACCOUNT: (i64, i64) = (3, 10 * MINUTE);
/// Refused sign-ins at one host in an hour, over all accounts: the next could get our address banned for all of them.
const REFUSED_BY_HOST: (i64, i64) = (5, 60 * MINUTE);

/// At most `max` in each slot of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What is limited: `account:...`, `provider:...`, `domain:...`. The slot's length is added to the name.
    pub scope: String,
    /// How long a slot is, in milliseconds.
    pub slot_ms: i64,
    /// How many fit in it.
    pub max: i64,
}

/// The answer of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Go on; it was counted.
    Taken,
    /// Not before this moment; nothing was counted.
    WaitUntil(i64),
}

/// Counts one under every limit, or under none when one of them is full.
pub async fn take(tx: &mut Tx, organisation: OrganisationKey, limits: &[Limit], now: i64) -> Result<Turn, StoreError> {
    let sql = "INSERT INTO sent_counts (organisation, scope, slot_at, count) VALUES ($1, $2, $3, 1)
               ON CONFLICT (organisation, scope, slot_at) DO UPDATE SET count = sent_counts.count + 1
               WHERE sent_counts.count < $4 RETURNING count";
    for (taken, limit) in limits.iter().enumerate() {
        let (scope, slot_at) = slot(limit, now);
        let counted = limit.max > 0 && tx.row(sql, &vals![organisation, &scope, slot_at, limit.max]).await?.is_some();
        if !counted {
            for limit in &limits[..taken] {
                give_back(tx, organisation, limit, now).await?;
            }
            return Ok(Turn::WaitUntil(slot_at + limit.slot_ms));
        }
    }
    Ok(Turn::Taken)
}

/// Takes a count back: what was to leave did not.
pub async fn give_back(tx: &mut Tx, organisation: OrganisationKey, limit: &Limit, now: i64) -> Result<(), StoreError> {
    let (scope, slot_at) = slot(limit, now);
    let sql = "UPDATE sent_counts SET count = count - 1
               WHERE organisation = $1 AND scope = $2 AND slot_at = $3 AND count > 0";
    tx.execute(sql, &vals![organisation, &scope, slot_at]).await?;
    Ok(())
}

/// Nothing goes to this domain by this account before `until`: the next hop put a recipient there off.
pub async fn pause_domain(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    domain: &str,
    until: i64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO domain_pauses (organisation, account, domain, until_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (organisation, account, domain) DO UPDATE SET until_at = excluded.until_at
               WHERE domain_pauses.until_at < excluded.until_at";
    tx.execute(sql, &vals![organisation, account, domain, until]).await?;
    Ok(())
}

/// The domains that wait, and until when.
pub async fn paused_domains(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    now: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT domain, until_at FROM domain_pauses WHERE organisation = $1 AND account = $2 AND until_at > $3";
    let rows = tx.rows(sql, &vals![organisation, account, now]).await?;
    Ok(rows.into_iter().map(|mut row| (row.text(0), row.int(1))).collect())
}

/// Whether we may sign in for this account at this host: not after 3 refusals of the account in ten minutes, nor after
/// 5 at the host in an hour.
pub async fn may_try(tx: &mut Tx, host: &str, account: AccountKey, now: i64) -> Result<Turn, StoreError> {
    let (max, window) = REFUSED_BY_ACCOUNT;
    let sql = "SELECT tried_at FROM sign_in_tries WHERE host = $1 AND account = $2 AND tried_at > $3
               ORDER BY tried_at DESC LIMIT 1 OFFSET $4";
    let by_account = tx.row(sql, &vals![host, account, now - window, max - 1]).await?.map(|row| row.int(0) + window);
    let (max, window) = REFUSED_BY_HOST;
    let sql = "SELECT tried_at FROM sign_in_tries WHERE host = $1 AND tried_at > $2
               ORDER BY tried_at DESC LIMIT 1 OFFSET $3";
    let by_host = tx.row(sql, &vals![host, now - window, max - 1]).await?.map(|row| row.int(0) + window);
    Ok(by_account.max(by_host).map_or(Turn::Taken, Turn::WaitUntil))
}

/// The server refused our credentials. Transient answers never count.
pub async fn record_refused(tx: &mut Tx, host: &str, account: AccountKey, now: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO sign_in_tries (host, account, tried_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    tx.execute(sql, &vals![host, account, now]).await?;
    Ok(())
}

/// The account was let in, or its secret is new: its refusals are forgotten.
pub async fn forget_refused(tx: &mut Tx, host: &str, account: AccountKey) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sign_in_tries WHERE host = $1 AND account = $2", &vals![host, account]).await?;
    Ok(())
}

/// Forgets slots that ended long ago.
pub async fn sweep(tx: &mut Tx, now: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sent_counts WHERE slot_at < $1", &vals![now - 2 * 24 * 60 * MINUTE]).await?;
    tx.execute("DELETE FROM domain_pauses WHERE until_at < $1", &vals![now]).await?;
    tx.execute("DELETE FROM sign_in_tries WHERE tried_at < $1", &vals![now - REFUSED_BY_HOST.1]).await?;
    Ok(())
}

fn slot(limit: &Limit, now: i64) -> (String, i64) {
    (format!("{}/{}", limit.scope, limit.slot_ms), now - now.rem_euclid(limit.slot_ms))
}
