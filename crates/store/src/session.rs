//! Somebody at a browser. Only the digest of what proves it is kept.

use crate::{
    Row, StoreError, Tx, vals,
    viewer::{UserRole, Viewer},
};
use mail::{OrganisationKey, SessionKey, UserKey};

/// A session ends so many milliseconds after it was last used: over a long weekend, not over a holiday.
pub const IDLE: i64 = 4 * 24 * 3_600_000;
/// A session ends so many milliseconds after signing in, used or not.
pub const LIFE: i64 = 30 * 24 * 3_600_000;
/// So long the second factor may take after the password, in milliseconds.
pub const HALF_WAY: i64 = 10 * 60_000;
/// `seen_at` is exact to this many milliseconds.
const SEEN_STEP: i64 = 60_000;

/// Somebody at a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its key; proves nothing.
    pub id: SessionKey,
    /// Who.
    pub viewer: Viewer,
    /// The password was right and the second factor is awaited: nothing may be seen yet.
    pub half_way: bool,
    /// The rights have changed: give it another token ([`renew`]).
    pub renew: bool,
    /// The address it came from when it began.
    pub source: String,
    /// What the browser calls itself.
    pub agent: String,
    /// When the password was last asked.
    pub confirmed_at: i64,
    /// When it began.
    pub created_at: i64,
    /// When it was last used, to the minute.
    pub seen_at: i64,
    /// When it ends at the latest.
    pub expires_at: i64,
    /// The person has a second factor.
    pub has_second_factor: bool,
    /// The organisation asks one of them, and they have none: nothing else may be done before.
    pub owes_second_factor: bool,
    /// `nl` or `en`.
    pub language: String,
}

/// A session about to be made.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its key, made by the caller.
    pub id: SessionKey,
    /// Whose.
    pub user: UserKey,
    /// The digest of what proves it.
    pub digest: Vec<u8>,
    /// The second factor is awaited.
    pub half_way: bool,
    /// The address it comes from.
    pub source: String,
    /// What the browser calls itself.
    pub agent: String,
}

const COLUMNS: &str = "s.organisation, s.id, s.person, u.role, s.half_way, s.renew, s.source, s.agent, s.confirmed_at,
    s.created_at, s.seen_at, s.expires_at, u.totp_since_at IS NOT NULL, u.language,
    u.role = 'administrator' AND u.totp_since_at IS NULL AND o.second_factor_for_administrators";
const FROM: &str = "sessions s JOIN users u ON u.organisation = s.organisation AND u.id = s.person
    JOIN organisations o ON o.id = s.organisation";

/// Makes a session, and forgets those of the person that have ended.
pub async fn create(tx: &mut Tx, organisation: OrganisationKey, new: &NewSession, now: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM sessions WHERE organisation = $1 AND person = $2 AND (expires_at <= $3 OR seen_at <= $4)";
    tx.execute(sql, &vals![organisation, new.user, now, now - IDLE]).await?;
    let life = if new.half_way { HALF_WAY } else { LIFE };
    tx.execute(
        "INSERT INTO sessions (organisation, id, person, digest, half_way, renew, source, agent, confirmed_at,
             created_at, seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, FALSE, $6, $7, $8, $8, $8, $9)",
        &vals![organisation, new.id, new.user, &new.digest, new.half_way, &new.source, &new.agent, now, now + life],
    )
    .await?;
    Ok(())
}

/// The session of this digest; none when it has ended or its user may not sign in any more.
pub async fn find(tx: &mut Tx, digest: &[u8], now: i64) -> Result<Option<Session>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE s.digest = $1 AND s.expires_at > $2 AND s.seen_at > $3 AND u.active"
    );
    tx.row(&sql, &vals![digest, now, now - IDLE]).await?.map(read).transpose()
}

/// The sessions of a person that are open now, newest first.
pub async fn list(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    now: i64,
) -> Result<Vec<Session>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE s.organisation = $1 AND s.person = $2 AND s.expires_at > $3
             AND s.seen_at > $4 AND NOT s.half_way ORDER BY s.id DESC"
    );
    tx.rows(&sql, &vals![organisation, user, now, now - IDLE]).await?.into_iter().map(read).collect()
}

impl Session {
    /// [`touch`] has something to write.
    pub fn is_touch_due(&self, now: i64) -> bool {
        self.seen_at + SEEN_STEP <= now
    }
}

/// Notes that the session is in use, at most once a minute.
pub async fn touch(tx: &mut Tx, session: &Session, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET seen_at = $3 WHERE organisation = $1 AND id = $2 AND seen_at <= $4";
    tx.execute(sql, &vals![session.viewer.organisation, session.id, now, now - SEEN_STEP]).await?;
    Ok(())
}

/// Gives a session another token; `false` when somebody else did so meanwhile.
pub async fn renew(tx: &mut Tx, session: &Session, old: &[u8], new: &[u8]) -> Result<bool, StoreError> {
    let sql = "UPDATE sessions SET digest = $4, renew = FALSE WHERE organisation = $1 AND id = $2 AND digest = $3";
    Ok(tx.execute(sql, &vals![session.viewer.organisation, session.id, old, new]).await? == 1)
}

/// Every session of a person gets another token at its next request: their rights have changed.
pub async fn renew_all(tx: &mut Tx, organisation: OrganisationKey, user: UserKey) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET renew = TRUE WHERE organisation = $1 AND person = $2";
    tx.execute(sql, &vals![organisation, user]).await?;
    Ok(())
}

/// The password was asked again just now.
pub async fn confirm(tx: &mut Tx, session: &Session, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET confirmed_at = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![session.viewer.organisation, session.id, now]).await?;
    Ok(())
}

/// Ends the session of this digest; one that is not there has ended already.
pub async fn end(tx: &mut Tx, digest: &[u8]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sessions WHERE digest = $1", &vals![digest]).await?;
    Ok(())
}

/// Ends one session of a person.
pub async fn end_one(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    session: SessionKey,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM sessions WHERE organisation = $1 AND id = $2 AND person = $3";
    let ended = tx.execute(sql, &vals![organisation, session, user]).await?;
    if ended == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Ends every session of a person but `keep`.
pub async fn end_others(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    keep: Option<SessionKey>,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM sessions WHERE organisation = $1 AND person = $2 AND id <> $3";
    tx.execute(sql, &vals![organisation, user, keep.map_or(-1, |keep| keep.0)]).await?;
    Ok(())
}

fn read(mut row: Row) -> Result<Session, StoreError> {
    let role = row.text(3);
    let role = UserRole::from_name(&role).ok_or_else(|| StoreError::Damaged(format!("no role is called {role}")))?;
    Ok(Session {
        id: SessionKey(row.int(1)),
        viewer: Viewer { organisation: OrganisationKey(row.int(0)), user: UserKey(row.int(2)), role },
        half_way: row.bool(4),
        renew: row.bool(5),
        source: row.text(6),
        agent: row.text(7),
        confirmed_at: row.int(8),
        created_at: row.int(9),
        seen_at: row.int(10),
        expires_at: row.int(11),
        has_second_factor: row.bool(12),
        language: row.text(13),
        owes_second_factor: row.bool(14),
    })
}
