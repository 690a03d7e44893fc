//! An API token: what a program signs in with. Only its digest is kept.

use crate::{
    StoreError, Tx, vals,
    viewer::{UserRole, Viewer},
};
use mail::{OrganisationKey, TokenKey, UserKey};
use serde::{Deserialize, Serialize};

/// `last_used_at` is exact to this many milliseconds: a busy program must not cost a write a call.
const USED_STEP: i64 = 60_000;

/// What a token may do, within what its user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Look.
    Read,
    /// Work with mail.
    Write,
    /// Change settings too.
    Admin,
}

impl Scope {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Write => "write",
            Scope::Admin => "admin",
        }
    }

    /// The scope of that name.
    pub fn from_name(name: &str) -> Option<Scope> {
        [Scope::Read, Scope::Write, Scope::Admin].into_iter().find(|scope| scope.as_str() == name)
    }
}

/// A token, without what proves it.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its key.
    pub id: TokenKey,
    /// Whose it is.
    pub user: UserKey,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// When it was made.
    pub created_at: i64,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
}

/// A token about to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its key, made by the caller.
    pub id: TokenKey,
    /// Whose it is.
    pub user: UserKey,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// The digest of what proves it.
    pub digest: Vec<u8>,
}

/// Who came with a token.
#[derive(Debug, Clone, Copy)]
pub struct Authenticated {
    /// The person.
    pub viewer: Viewer,
    /// What the token may do.
    pub scope: Scope,
    /// The token.
    pub token: TokenKey,
    /// `touch` has something to write.
    pub is_touch_due: bool,
    /// The person is an administrator who must have a second factor, and has none.
    pub owes_second_factor: bool,
}

/// Makes a token.
pub async fn create(tx: &mut Tx, organisation: OrganisationKey, new: &NewToken, now: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO tokens (organisation, id, person, name, scope, digest, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &vals![organisation, new.id, new.user, &new.name, new.scope.as_str(), &new.digest, now],
    )
    .await?;
    Ok(())
}

/// Who came with the token of this digest; nobody when it was taken back or its user may not sign in any more.
pub async fn authenticate(tx: &mut Tx, digest: &[u8], now: i64) -> Result<Option<Authenticated>, StoreError> {
    let sql = "SELECT t.organisation, t.id, t.person, t.scope, t.last_used_at, u.role,
                   u.role = 'administrator' AND u.totp_since_at IS NULL AND o.second_factor_for_administrators
               FROM tokens t JOIN users u ON u.organisation = t.organisation AND u.id = t.person
               JOIN organisations o ON o.id = t.organisation
               WHERE t.digest = $1 AND t.revoked_at IS NULL AND u.active";
    let Some(mut row) = tx.row(sql, &vals![digest]).await? else { return Ok(None) };
    let (Some(scope), Some(role)) = (Scope::from_name(&row.text(3)), UserRole::from_name(&row.text(5))) else {
        return Ok(None);
    };
    let viewer = Viewer { organisation: OrganisationKey(row.int(0)), user: UserKey(row.int(2)), role };
    let is_touch_due = row.opt_int(4).is_none_or(|used| used + USED_STEP <= now);
    let owes_second_factor = row.bool(6);
    Ok(Some(Authenticated { viewer, scope, token: TokenKey(row.int(1)), is_touch_due, owes_second_factor }))
}

/// Notes that the token was used, at most once a minute.
pub async fn touch(tx: &mut Tx, organisation: OrganisationKey, token: TokenKey, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE tokens SET last_used_at = $3
               WHERE organisation = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at <= $4)";
    tx.execute(sql, &vals![organisation, token, now, now - USED_STEP]).await?;
    Ok(())
}

/// Takes a token back, for ever. With `user`, only that person's.
pub async fn revoke(
    tx: &mut Tx,
    organisation: OrganisationKey,
    token: TokenKey,
    user: Option<UserKey>,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE tokens SET revoked_at = COALESCE(revoked_at, $4) WHERE organisation = $1 AND id = $2
               AND (CAST($3 AS BIGINT) IS NULL OR person = $3)";
    let touched = tx.execute(sql, &vals![organisation, token, user, now]).await?;
    if touched == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// The tokens of a person that were not taken back.
pub async fn list(tx: &mut Tx, organisation: OrganisationKey, user: UserKey) -> Result<Vec<Token>, StoreError> {
    of(tx, organisation, Some(user)).await
}

/// The tokens of everybody in the organisation that were not taken back.
pub async fn list_all(tx: &mut Tx, organisation: OrganisationKey) -> Result<Vec<Token>, StoreError> {
    of(tx, organisation, None).await
}

async fn of(tx: &mut Tx, organisation: OrganisationKey, user: Option<UserKey>) -> Result<Vec<Token>, StoreError> {
    let sql = "SELECT id, name, scope, created_at, last_used_at, person FROM tokens
               WHERE organisation = $1 AND revoked_at IS NULL AND (CAST($2 AS BIGINT) IS NULL OR person = $2)
               ORDER BY id";
    let rows = tx.rows(sql, &vals![organisation, user]).await?;
    rows.into_iter()
        .map(|mut row| {
            let scope = row.text(2);
            Ok(Token {
                id: TokenKey(row.int(0)),
                user: UserKey(row.int(5)),
                name: row.text(1),
                scope: Scope::from_name(&scope)
                    .ok_or_else(|| StoreError::Damaged(format!("no scope is called {scope}")))?,
                created_at: row.int(3),
                last_used_at: row.opt_int(4),
                revoked_at: None,
            })
        })
        .collect()
}
