//! The secrets of an account: a password or a grant a direction, sealed to its row.

use crate::{
    StoreError, Topic, Tx,
    secret::{ACCOUNT_INCOMING, ACCOUNT_OUTGOING, Keyring, SecretColumn},
    vals,
};
use mail::{AccountKey, OrganisationKey};
use zeroize::Zeroizing;

/// Which half of an account a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Receiving.
    Incoming,
    /// Sending.
    Outgoing,
}

impl Direction {
    fn column(self) -> SecretColumn {
        match self {
            Direction::Incoming => ACCOUNT_INCOMING,
            Direction::Outgoing => ACCOUNT_OUTGOING,
        }
    }
}

/// Keeps a secret, byte for byte as it was typed, or forgets it (`None`). A new secret takes the account out of its
/// parking place: a person did what it waited for.
pub async fn set_secret(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    account: AccountKey,
    direction: Direction,
    secret: Option<&[u8]>,
    now: i64,
) -> Result<(), StoreError> {
    let sealed = match secret {
        Some(secret) => Some(keys.seal(tx, organisation, direction.column(), account.0, secret).await?),
        None => None,
    };
    let column = direction.column().column;
    let sql = format!(
        "UPDATE accounts SET {column} = $3, secrets_set_at = $4, parked = FALSE, refused_sign_ins = 0,
             next_try_at = NULL WHERE organisation = $1 AND id = $2"
    );
    if tx.execute(&sql, &vals![organisation, account, sealed, now]).await? == 0 {
        return Err(StoreError::NotFound);
    }
    tx.ring(Topic::Accounts);
    tx.ring(Topic::Outbox);
    Ok(())
}

/// Keeps what a provider gave in place of a grant; `false` when that grant is not the one that is kept any more, because
/// somebody gave another meanwhile. Nobody did anything, so nothing else of the account changes.
pub async fn renew_secret(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    account: AccountKey,
    direction: Direction,
    before: &[u8],
    secret: &[u8],
) -> Result<bool, StoreError> {
    let kept = open_secret(tx, keys, organisation, account, direction).await?;
    if kept.is_none_or(|kept| kept.as_slice() != before) {
        return Ok(false);
    }
    let column = direction.column();
    let sealed = keys.seal(tx, organisation, column, account.0, secret).await?;
    let sql = format!("UPDATE accounts SET {} = $3 WHERE organisation = $1 AND id = $2", column.column);
    Ok(tx.execute(&sql, &vals![organisation, account, sealed]).await? > 0)
}

/// The secret, or `None` when none was set. `Damaged` when it was sealed to another row.
pub async fn open_secret(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    account: AccountKey,
    direction: Direction,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let column = direction.column();
    let sql = format!("SELECT {} FROM accounts WHERE organisation = $1 AND id = $2", column.column);
    let mut row = tx.row(&sql, &vals![organisation, account]).await?.ok_or(StoreError::NotFound)?;
    match row.opt_bytes(0) {
        Some(sealed) => keys.open(tx, organisation, column, account.0, &sealed).await.map(Some),
        None => Ok(None),
    }
}
