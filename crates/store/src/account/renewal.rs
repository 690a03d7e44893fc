//! Whose turn it is to renew a grant: one at a time over all nodes. A provider that sees the same refresh token twice may take
//! it for stolen, and withdraw everything that came of that grant (RFC 9700 §4.14.2).

use crate::{StoreError, Topic, Tx, vals};
use mail::{AccountKey, OrganisationKey};

/// Takes the turn until a moment, in milliseconds since 1970; `false` while somebody else has it. Who dies with it keeps it no
/// longer than that.
///
/// `turn` is a number that nobody else chose.
pub async fn begin_renewal(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    turn: i64,
    until: i64,
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO renewals (organisation, account, turn, until_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (organisation, account) DO UPDATE SET turn = $3, until_at = $4 WHERE renewals.until_at <= $5";
    Ok(tx.execute(sql, &vals![organisation, account, turn, until, now]).await? == 1)
}

/// Gives the turn back, when it still has it, and tells whoever waits.
pub async fn end_renewal(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    turn: i64,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM renewals WHERE organisation = $1 AND account = $2 AND turn = $3";
    tx.execute(sql, &vals![organisation, account, turn]).await?;
    tx.ring(Topic::Renewals);
    Ok(())
}
