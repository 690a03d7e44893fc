//! A link that works once, for setting a password (features U3). Only its digest is kept.

use crate::{StoreError, Tx, vals};
use mail::{OrganisationKey, UserKey};

/// How long a link works, in milliseconds.
pub const LIFE: i64 = 30 * 60_000;

/// Makes a link for setting a password.
pub async fn create(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    digest: &[u8],
    now: i64,
) -> Result<(), StoreError> {
    tx.execute("DELETE FROM one_time_links WHERE expires_at <= $1", &vals![now]).await?;
    tx.execute(
        "INSERT INTO one_time_links (organisation, digest, person, purpose, expires_at)
         VALUES ($1, $2, $3, 'password', $4)",
        &vals![organisation, digest, user, now + LIFE],
    )
    .await?;
    Ok(())
}

/// Whom the link is for, once and within half an hour; `NotFound` after that.
pub async fn redeem(tx: &mut Tx, digest: &[u8], now: i64) -> Result<(OrganisationKey, UserKey), StoreError> {
    let sql = "UPDATE one_time_links SET used_at = $2 WHERE digest = $1 AND used_at IS NULL AND expires_at > $2
               RETURNING organisation, person";
    let row = tx.row(sql, &vals![digest, now]).await?.ok_or(StoreError::NotFound)?;
    Ok((OrganisationKey(row.int(0)), UserKey(row.int(1))))
}

/// Whether the link still works, for showing the page that it opens.
pub async fn is_open(tx: &mut Tx, digest: &[u8], now: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM one_time_links WHERE digest = $1 AND used_at IS NULL AND expires_at > $2";
    Ok(tx.row(sql, &vals![digest, now]).await?.is_some())
}
