//! A person who signs in.

use crate::{Row, StoreError, Tx, page, session, vals, viewer::UserRole};
use mail::{AccountKey, OrganisationKey, SessionKey, UserKey, address::fold_address};

/// A person who signs in.
#[derive(Debug, Clone)]
pub struct User {
    /// Their key.
    pub id: UserKey,
    /// Where they work.
    pub organisation: OrganisationKey,
    /// The address by which they sign in.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do with the installation.
    pub role: UserRole,
    /// `nl` or `en`.
    pub language: String,
    /// A password was set.
    pub has_password: bool,
    /// Signing in asks for a code too.
    pub has_second_factor: bool,
    /// May sign in.
    pub active: bool,
    /// The account that they write from unless they choose another (features M17).
    pub default_account: Option<AccountKey>,
    /// Mail that comes in for them is private (features D3).
    pub private_incoming: bool,
    /// Mail that they send is private.
    pub private_outgoing: bool,
    /// When they were made.
    pub created_at: i64,
}

impl User {
    /// What to call them: their name, or their address when they have none.
    pub fn called(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

/// A user about to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Their key, made by the caller.
    pub id: UserKey,
    /// The address by which they sign in.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do with the installation.
    pub role: UserRole,
    /// `nl` or `en`.
    pub language: String,
    /// The hash of their password (argon2id, PHC string), when they have one already.
    pub password: Option<String>,
}

/// What changes about a user; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct UserPatch {
    /// Their name.
    pub name: Option<String>,
    /// What they may do with the installation.
    pub role: Option<UserRole>,
    /// `nl` or `en`.
    pub language: Option<String>,
    /// May sign in.
    pub active: Option<bool>,
    /// The account that they write from.
    pub default_account: Option<Option<AccountKey>>,
    /// Mail that comes in for them is private.
    pub private_incoming: Option<bool>,
    /// Mail that they send is private.
    pub private_outgoing: Option<bool>,
}

const COLUMNS: &str = "id, organisation, email, name, role, language, password IS NOT NULL, active, default_account,
    private_incoming, private_outgoing, created_at, totp_since_at IS NOT NULL";

/// Makes a user. The address must be new in the whole installation, because signing in names no organisation.
pub async fn create(tx: &mut Tx, organisation: OrganisationKey, new: &NewUser, now: i64) -> Result<User, StoreError> {
    let made = tx
        .execute(
            "INSERT INTO users (organisation, id, email, email_folded, name, role, language, password, active,
                 private_incoming, private_outgoing, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE, FALSE, FALSE, $9) ON CONFLICT (email_folded) DO NOTHING",
            &vals![
                organisation,
                new.id,
                &new.email,
                fold_address(&new.email),
                &new.name,
                new.role.as_str(),
                &new.language,
                new.password.as_ref(),
                now
            ],
        )
        .await?;
    if made == 0 {
        return Err(StoreError::Conflict {
            field: "email",
            code: "email_taken",
            message: format!("{} already signs in here.", new.email),
        });
    }
    get(tx, organisation, new.id).await
}

/// The user.
pub async fn get(tx: &mut Tx, organisation: OrganisationKey, user: UserKey) -> Result<User, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE organisation = $1 AND id = $2");
    tx.row(&sql, &vals![organisation, user]).await?.map(read).transpose()?.ok_or(StoreError::NotFound)
}

/// The users of an organisation, oldest first.
pub async fn list(
    tx: &mut Tx,
    organisation: OrganisationKey,
    after: Option<UserKey>,
    limit: usize,
) -> Result<(Vec<User>, Option<UserKey>), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE organisation = $1 AND id > $2 ORDER BY id LIMIT $3");
    let values = vals![organisation, after.map_or(-1, |key| key.0), limit + 1];
    let found = tx.rows(&sql, &values).await?.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(page::cut(found, limit, |user: &User| user.id))
}

/// The user who signs in with this address, and the hash of their password.
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<(User, Option<String>)>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, password FROM users WHERE email_folded = $1");
    let Some(mut row) = tx.row(&sql, &vals![fold_address(email)]).await? else { return Ok(None) };
    let password = row.opt_text(13);
    Ok(Some((read(row)?, password)))
}

/// The hash of the user's password: for changing it, the old one is asked.
pub async fn password(tx: &mut Tx, organisation: OrganisationKey, user: UserKey) -> Result<Option<String>, StoreError> {
    let sql = "SELECT password FROM users WHERE organisation = $1 AND id = $2";
    Ok(tx.row(sql, &vals![organisation, user]).await?.ok_or(StoreError::NotFound)?.opt_text(0))
}

/// Sets the hash of the password, takes back every link that could set another, and ends every session but `keep`.
pub async fn set_password(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    hash: &str,
    keep: Option<SessionKey>,
) -> Result<(), StoreError> {
    let sql = "UPDATE users SET password = $3 WHERE organisation = $1 AND id = $2";
    if tx.execute(sql, &vals![organisation, user, hash]).await? == 0 {
        return Err(StoreError::NotFound);
    }
    let sql = "DELETE FROM one_time_links WHERE organisation = $1 AND person = $2 AND purpose = 'password'";
    tx.execute(sql, &vals![organisation, user]).await?;
    session::end_others(tx, organisation, user, keep).await
}

/// Puts the same password's new hash in the place of its old one, unless it was changed meanwhile.
pub async fn rehash(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    old: &str,
    new: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE users SET password = $4 WHERE organisation = $1 AND id = $2 AND password = $3";
    tx.execute(sql, &vals![organisation, user, old, new]).await?;
    Ok(())
}

/// Changes a user. The last administrator stays one.
pub async fn update(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    patch: &UserPatch,
) -> Result<User, StoreError> {
    let before = get(tx, organisation, user).await?;
    let role = patch.role.unwrap_or(before.role);
    let active = patch.active.unwrap_or(before.active);
    if before.role == UserRole::Administrator && (role != UserRole::Administrator || !active) {
        let sql = "SELECT COUNT(*) FROM users
                   WHERE organisation = $1 AND role = 'administrator' AND active AND id <> $2";
        let others = tx.row(sql, &vals![organisation, user]).await?.map_or(0, |row| row.int(0));
        if others == 0 {
            return Err(StoreError::Conflict {
                field: "role",
                code: "last_administrator",
                message: "This is the only administrator. Make somebody else administrator first.".to_owned(),
            });
        }
    }
    tx.execute(
        "UPDATE users SET name = $3, role = $4, language = $5, active = $6, default_account = $7,
             private_incoming = $8, private_outgoing = $9 WHERE organisation = $1 AND id = $2",
        &vals![
            organisation,
            user,
            patch.name.as_ref().unwrap_or(&before.name),
            role.as_str(),
            patch.language.as_ref().unwrap_or(&before.language),
            active,
            patch.default_account.unwrap_or(before.default_account),
            patch.private_incoming.unwrap_or(before.private_incoming),
            patch.private_outgoing.unwrap_or(before.private_outgoing),
        ],
    )
    .await?;
    if role != before.role {
        session::renew_all(tx, organisation, user).await?;
    }
    get(tx, organisation, user).await
}

fn read(mut row: Row) -> Result<User, StoreError> {
    let role = row.text(4);
    Ok(User {
        id: UserKey(row.int(0)),
        organisation: OrganisationKey(row.int(1)),
        email: row.text(2),
        name: row.text(3),
        role: UserRole::from_name(&role).ok_or_else(|| StoreError::Damaged(format!("no role is called {role}")))?,
        language: row.text(5),
        has_password: row.bool(6),
        active: row.bool(7),
        default_account: row.opt_int(8).map(AccountKey),
        private_incoming: row.bool(9),
        private_outgoing: row.bool(10),
        created_at: row.int(11),
        has_second_factor: row.bool(12),
    })
}
