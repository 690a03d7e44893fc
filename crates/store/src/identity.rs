//! Who somebody is at the provider where they sign in: its issuer and its own id of them (OpenID Connect Core §5.7 trusts
//! nothing else to stay the same).

use crate::{Row, StoreError, Tx, vals};
use mail::{OrganisationKey, UserKey};

/// Who somebody is at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Whose it is.
    pub user: UserKey,
    /// The provider.
    pub issuer: String,
    /// Its own id of them.
    pub subject: String,
    /// When they first signed in with it.
    pub bound_at: i64,
    /// When they last did.
    pub used_at: i64,
}

const COLUMNS: &str = "person, issuer, subject, bound_at, used_at";

/// Whom this provider calls so.
pub async fn find(
    tx: &mut Tx,
    organisation: OrganisationKey,
    issuer: &str,
    subject: &str,
) -> Result<Option<Identity>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM identities WHERE organisation = $1 AND issuer = $2 AND subject = $3");
    Ok(tx.row(&sql, &vals![organisation, issuer, subject]).await?.map(read))
}

/// Who this person is at the provider, when they signed in there.
pub async fn of(tx: &mut Tx, organisation: OrganisationKey, user: UserKey) -> Result<Option<Identity>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM identities WHERE organisation = $1 AND person = $2");
    Ok(tx.row(&sql, &vals![organisation, user]).await?.map(read))
}

/// Everybody of the organisation who signed in there.
pub async fn users(tx: &mut Tx, organisation: OrganisationKey) -> Result<Vec<UserKey>, StoreError> {
    let sql = "SELECT person FROM identities WHERE organisation = $1 ORDER BY person";
    let rows = tx.rows(sql, &vals![organisation]).await?;
    Ok(rows.iter().map(|row| UserKey(row.int(0))).collect())
}

/// Binds a person to who they are at the provider; `false` when either is bound already.
pub async fn bind(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    (issuer, subject): (&str, &str),
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO identities (organisation, person, issuer, subject, bound_at, used_at)
               VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, &vals![organisation, user, issuer, subject, now]).await? == 1)
}

/// They signed in with it just now.
pub async fn used(tx: &mut Tx, organisation: OrganisationKey, user: UserKey, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE identities SET used_at = $3 WHERE organisation = $1 AND person = $2";
    tx.execute(sql, &vals![organisation, user, now]).await?;
    Ok(())
}

/// Undoes it.
pub async fn unbind(tx: &mut Tx, organisation: OrganisationKey, user: UserKey) -> Result<(), StoreError> {
    let sql = "DELETE FROM identities WHERE organisation = $1 AND person = $2";
    let undone = tx.execute(sql, &vals![organisation, user]).await?;
    if undone == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

fn read(mut row: Row) -> Identity {
    Identity {
        user: UserKey(row.int(0)),
        issuer: row.text(1),
        subject: row.text(2),
        bound_at: row.int(3),
        used_at: row.int(4),
    }
}
