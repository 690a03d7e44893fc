//! A person's second factor: the sealed secret of their authenticator, and recovery codes that work once each.

use crate::{
    StoreError, Tx,
    secret::{Keyring, USER_TOTP},
    vals,
};
use mail::{OrganisationKey, UserKey};
use zeroize::Zeroizing;

/// What an authenticator makes codes of.
#[derive(Debug)]
pub struct Totp {
    /// The shared secret.
    pub secret: Zeroizing<Vec<u8>>,
    /// A code of it was shown once: it counts at signing in.
    pub is_confirmed: bool,
}

/// Keeps a new secret, sealed, to be confirmed with a code. A confirmed one is replaced only after [`drop`].
pub async fn begin(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    user: UserKey,
    secret: &[u8],
) -> Result<(), StoreError> {
    let sealed = keys.seal(tx, organisation, USER_TOTP, user.0, secret).await?;
    let sql = "UPDATE users SET totp_secret = $3, totp_step = NULL
               WHERE organisation = $1 AND id = $2 AND totp_since_at IS NULL";
    if tx.execute(sql, &vals![organisation, user, sealed]).await? == 0 {
        return Err(StoreError::Conflict {
            field: "second_factor",
            code: "second_factor_present",
            message: "There is a second factor already.".to_owned(),
        });
    }
    Ok(())
}

/// The person's authenticator, when they have one.
pub async fn totp(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    user: UserKey,
) -> Result<Option<Totp>, StoreError> {
    let sql = "SELECT totp_secret, totp_since_at IS NOT NULL FROM users WHERE organisation = $1 AND id = $2";
    let mut row = tx.row(sql, &vals![organisation, user]).await?.ok_or(StoreError::NotFound)?;
    let Some(sealed) = row.opt_bytes(0) else { return Ok(None) };
    let secret = keys.open(tx, organisation, USER_TOTP, user.0, &sealed).await?;
    Ok(Some(Totp { secret, is_confirmed: row.bool(1) }))
}

/// Uses the code of this time step up; `false` when it, or a later one, was used before (RFC 6238 §5.2).
pub async fn use_step(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    step: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE users SET totp_step = $3
               WHERE organisation = $1 AND id = $2 AND (totp_step IS NULL OR totp_step < $3)";
    Ok(tx.execute(sql, &vals![organisation, user, step]).await? == 1)
}

/// The secret counts from now on, with these recovery codes.
pub async fn confirm(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    codes: &[[u8; 32]],
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE users SET totp_since_at = $3 WHERE organisation = $1 AND id = $2 AND totp_secret IS NOT NULL";
    if tx.execute(sql, &vals![organisation, user, now]).await? == 0 {
        return Err(StoreError::NotFound);
    }
    set_recovery_codes(tx, organisation, user, codes).await
}

/// Puts these codes in the place of all earlier ones.
pub async fn set_recovery_codes(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    codes: &[[u8; 32]],
) -> Result<(), StoreError> {
    tx.execute("DELETE FROM recovery_codes WHERE organisation = $1 AND person = $2", &vals![organisation, user])
        .await?;
    let sql = "INSERT INTO recovery_codes (organisation, person, digest) VALUES ($1, $2, $3)";
    for digest in codes {
        tx.execute(sql, &vals![organisation, user, &digest[..]]).await?;
    }
    Ok(())
}

/// Uses a recovery code up; `false` when there is no such code any more.
pub async fn use_recovery_code(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    digest: &[u8],
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE recovery_codes SET used_at = $4
               WHERE organisation = $1 AND person = $2 AND digest = $3 AND used_at IS NULL";
    Ok(tx.execute(sql, &vals![organisation, user, digest, now]).await? == 1)
}

/// How many recovery codes are left.
pub async fn recovery_codes_left(tx: &mut Tx, organisation: OrganisationKey, user: UserKey) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM recovery_codes WHERE organisation = $1 AND person = $2 AND used_at IS NULL";
    Ok(tx.row(sql, &vals![organisation, user]).await?.map_or(0, |row| row.int(0)))
}

/// Takes the second factor away.
pub async fn drop(tx: &mut Tx, organisation: OrganisationKey, user: UserKey) -> Result<(), StoreError> {
    let sql = "UPDATE users SET totp_secret = NULL, totp_since_at = NULL, totp_step = NULL
               WHERE organisation = $1 AND id = $2";
    if tx.execute(sql, &vals![organisation, user]).await? == 0 {
        return Err(StoreError::NotFound);
    }
    set_recovery_codes(tx, organisation, user, &[]).await
}
