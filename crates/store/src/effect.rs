//! What a message or a state sets off: once, however often the cause is seen (reliability.md §4, rule 7).

use crate::{StoreError, Tx, vals};
use mail::OrganisationKey;
use serde_json::Value;

/// Something to be done once.
#[derive(Debug, Clone)]
pub struct Effect {
    /// Whose.
    pub organisation: OrganisationKey,
    /// What makes it the same effect: a hash of kind, rule, content and recipient.
    pub key: Vec<u8>,
    /// What kind of thing it is.
    pub kind: String,
    /// The facts it needs.
    pub body: Value,
    /// When it was set off.
    pub created_at: i64,
}

/// The key of an effect: a hash over its parts, each with its length, so that `ab`, `c` is not `a`, `bc`.
pub fn key_of(parts: &[&[u8]]) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().as_bytes().to_vec()
}

/// Writes down that something is to be done; `false` when it was written down before, done or not.
pub async fn insert(
    tx: &mut Tx,
    organisation: OrganisationKey,
    key: &[u8],
    kind: &str,
    body: &Value,
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO effects (organisation, key, kind, body, created_at) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (organisation, key) DO NOTHING";
    Ok(tx.execute(sql, &vals![organisation, key, kind, body.to_string(), now]).await? == 1)
}

/// What of this kind is still to be done, oldest first. Doing it twice must be harmless.
pub async fn due(tx: &mut Tx, kind: &str, limit: usize) -> Result<Vec<Effect>, StoreError> {
    let sql = "SELECT organisation, key, kind, body, created_at FROM effects WHERE kind = $1 AND done_at IS NULL
               ORDER BY created_at LIMIT $2";
    let rows = tx.rows(sql, &vals![kind, limit]).await?;
    rows.into_iter()
        .map(|mut row| {
            let body = row.text(3);
            Ok(Effect {
                organisation: OrganisationKey(row.int(0)),
                key: row.bytes(1),
                kind: row.text(2),
                body: serde_json::from_str(&body).map_err(|error| StoreError::Damaged(error.to_string()))?,
                created_at: row.int(4),
            })
        })
        .collect()
}

/// It was done. Answers `false` when another was first.
pub async fn done(tx: &mut Tx, organisation: OrganisationKey, key: &[u8], now: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE effects SET done_at = $3 WHERE organisation = $1 AND key = $2 AND done_at IS NULL";
    Ok(tx.execute(sql, &vals![organisation, key, now]).await? == 1)
}
