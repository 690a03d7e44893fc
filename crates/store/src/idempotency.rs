//! The same request twice is done once (reliability case 34).

use crate::{StoreError, Tx, vals};
use mail::{OrganisationKey, UserKey};
use serde_json::Value;

/// How long a key is remembered, in milliseconds.
pub const LIFE: i64 = 7 * 86_400_000;
/// A first call that has not ended after this time died.
const LONGEST_CALL: i64 = 5 * 60_000;

/// What to do with a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Begin {
    /// Do it, then call [`finish`].
    New,
    /// It was done: answer this status and body again.
    Replay(i64, Value),
    /// It is being done by another call: come back.
    Running,
    /// The key was used for another request.
    Reused,
}

/// Whether this request is new for its key. `body_digest` is over method, path and body.
pub async fn begin(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    key: &str,
    body_digest: &[u8],
    now: i64,
) -> Result<Begin, StoreError> {
    let sql = "DELETE FROM idempotency WHERE organisation = $1 AND person = $2 AND key = $3
               AND (created_at <= $4 OR (status IS NULL AND created_at <= $5))";
    tx.execute(sql, &vals![organisation, user, key, now - LIFE, now - LONGEST_CALL]).await?;
    let sql = "INSERT INTO idempotency (organisation, person, key, body_digest, created_at)
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    if tx.execute(sql, &vals![organisation, user, key, body_digest, now]).await? == 1 {
        return Ok(Begin::New);
    }
    let sql = "SELECT body_digest, status, answer FROM idempotency
               WHERE organisation = $1 AND person = $2 AND key = $3";
    let Some(mut row) = tx.row(sql, &vals![organisation, user, key]).await? else { return Ok(Begin::Running) };
    if row.bytes(0) != body_digest {
        return Ok(Begin::Reused);
    }
    let (Some(status), answer) = (row.opt_int(1), row.opt_text(2)) else { return Ok(Begin::Running) };
    let answer = answer.as_deref().map_or(Ok(Value::Null), serde_json::from_str);
    Ok(Begin::Replay(status, answer.map_err(|error| StoreError::Damaged(error.to_string()))?))
}

/// Remembers the answer, in the unit of work that did what was asked.
pub async fn finish(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    key: &str,
    status: i64,
    answer: &Value,
) -> Result<(), StoreError> {
    let sql = "UPDATE idempotency SET status = $4, answer = $5
               WHERE organisation = $1 AND person = $2 AND key = $3";
    tx.execute(sql, &vals![organisation, user, key, status, answer.to_string()]).await?;
    Ok(())
}

/// Forgets a request that was refused, so that it can be corrected and sent again with its key.
pub async fn forget(tx: &mut Tx, organisation: OrganisationKey, user: UserKey, key: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM idempotency WHERE organisation = $1 AND person = $2 AND key = $3 AND status IS NULL";
    tx.execute(sql, &vals![organisation, user, key]).await?;
    Ok(())
}

/// Forgets what is older than a week, and says how many.
pub async fn sweep(tx: &mut Tx, now: i64) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM idempotency WHERE created_at <= $1", &vals![now - LIFE]).await
}
