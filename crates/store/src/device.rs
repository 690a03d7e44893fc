//! A browser that a person signed in with before. Only the digest of what it carries is kept.

use crate::{StoreError, Tx, vals};
use mail::{OrganisationKey, UserKey};

/// A device that was not used for so long is a stranger again, in milliseconds.
const LIFE: i64 = 180 * 24 * 3_600_000;

/// Whether the person signed in with this device before.
pub async fn is_known(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    digest: &[u8],
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM known_devices WHERE organisation = $1 AND person = $2 AND digest = $3 AND seen_at > $4";
    Ok(tx.row(sql, &vals![organisation, user, digest, now - LIFE]).await?.is_some())
}

/// The person signed in with this device. Forgets those of the person that were not used for long.
pub async fn remember(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    digest: &[u8],
    now: i64,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM known_devices WHERE organisation = $1 AND person = $2 AND seen_at <= $3";
    tx.execute(sql, &vals![organisation, user, now - LIFE]).await?;
    tx.execute(
        "INSERT INTO known_devices (organisation, person, digest, seen_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organisation, person, digest) DO UPDATE SET seen_at = excluded.seen_at",
        &vals![organisation, user, digest, now],
    )
    .await?;
    Ok(())
}
