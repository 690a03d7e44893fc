//! A link that works once, for setting a password (features U3). Only its digest is kept.

use crate::{StoreError, Tx, vals};
use mail::{OrganisationKey, UserKey};

/// How long a link for a forgotten password works, in milliseconds.
pub const LIFE: i64 = 30 * 60_000;
/// How long an invitation works: nobody waits for that mail, so it may lie for some days.
pub const INVITATION_LIFE: i64 = 7 * 24 * 3_600_000;

/// Makes a link for setting a password, that works for `life` milliseconds.
pub async fn create(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    digest: &[u8],
    life: i64,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute("DELETE FROM one_time_links WHERE expires_at <= $1", &vals![now]).await?;
    tx.execute(
        "INSERT INTO one_time_links (organisation, digest, person, purpose, expires_at)
         VALUES ($1, $2, $3, 'password', $4)",
        &vals![organisation, digest, user, now + life],
    )
    .await?;
    Ok(())
}

/// Whom the link is for, once and within its time; `NotFound` after that.
pub async fn redeem(tx: &mut Tx, digest: &[u8], now: i64) -> Result<(OrganisationKey, UserKey), StoreError> {
    let sql = "UPDATE one_time_links SET used_at = $2 WHERE digest = $1 AND used_at IS NULL AND expires_at > $2
               RETURNING organisation, person";
    let row = tx.row(sql, &vals![digest, now]).await?.ok_or(StoreError::NotFound)?;
    Ok((OrganisationKey(row.int(0)), UserKey(row.int(1))))
}

/// Whom the link is for while it works, for showing the page that it opens.
pub async fn whose(tx: &mut Tx, digest: &[u8], now: i64) -> Result<Option<(OrganisationKey, UserKey)>, StoreError> {
    let sql = "SELECT organisation, person FROM one_time_links
               WHERE digest = $1 AND used_at IS NULL AND expires_at > $2";
    let row = tx.row(sql, &vals![digest, now]).await?;
    Ok(row.map(|row| (OrganisationKey(row.int(0)), UserKey(row.int(1)))))
}
