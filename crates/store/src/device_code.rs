//! Codes that somebody types on another device to open a mailbox (RFC 8628). They outlive the program, so that a restart
//! goes on asking the provider; of each mailbox the last one is kept, so that everybody is told what became of it.

use crate::{
    Row, StoreError, Topic, Tx,
    secret::{DEVICE_CODE, Keyring},
    vals,
};
use mail::{AccountKey, OrganisationKey, UserKey};
use zeroize::Zeroizing;

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nobody has typed it yet, as far as the provider says.
    Waiting,
    /// The mailbox was opened.
    Done,
    /// It was not, and why.
    Refused(Why),
}

/// Why a code opened nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// For programs.
    pub code: String,
    /// Nederlands.
    pub nl: String,
    /// English.
    pub en: String,
}

/// A code as people may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCode {
    /// What became of it.
    pub state: State,
    /// Who asked for it; `None`: the command line.
    pub user: Option<UserKey>,
    /// What the grant is to open, as the mailbox had it when the code was asked for.
    pub opens: String,
    /// What is typed.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// Between two questions to the provider, in milliseconds.
    pub interval: i64,
    /// When it is asked again, milliseconds since 1970.
    pub next_at: i64,
    /// When it ends, the same.
    pub expires_at: i64,
}

const COLUMNS: &str =
    "state, person, user_code, verification_uri, interval_ms, next_at, expires_at, why_code, why_nl, why_en, opens";

/// Keeps a code for a mailbox, in place of an earlier one. `device_code` is what is redeemed.
pub async fn begin(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    account: AccountKey,
    device_code: &[u8],
    code: &DeviceCode,
) -> Result<(), StoreError> {
    let sealed = keys.seal(tx, organisation, DEVICE_CODE, account.0, device_code).await?;
    tx.execute("DELETE FROM device_codes WHERE organisation = $1 AND id = $2", &vals![organisation, account]).await?;
    let sql = "INSERT INTO device_codes (organisation, id, person, state, device_code, user_code, verification_uri,
                   interval_ms, next_at, expires_at, opens)
               VALUES ($1, $2, $3, 'waiting', $4, $5, $6, $7, $8, $9, $10)";
    let DeviceCode { user, opens, user_code, verification_uri, interval, next_at, expires_at, .. } = code;
    let user = user.map(|user| user.0);
    let times = (*interval, *next_at, *expires_at);
    let values =
        vals![organisation, account, user, sealed, user_code, verification_uri, times.0, times.1, times.2, opens];
    tx.execute(sql, &values).await?;
    // Who asks the provider looks when it is to.
    tx.ring(Topic::Accounts);
    Ok(())
}

/// The last code of a mailbox.
pub async fn get(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
) -> Result<Option<DeviceCode>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM device_codes WHERE organisation = $1 AND id = $2");
    tx.row(&sql, &vals![organisation, account]).await?.map(read).transpose()
}

/// The mailboxes of the whole installation whose code is to be asked for by now, and when the next one is.
pub async fn due(tx: &mut Tx, now: i64) -> Result<(Vec<(OrganisationKey, AccountKey)>, Option<i64>), StoreError> {
    let sql = "SELECT organisation, id FROM device_codes WHERE state = 'waiting' AND next_at <= $1
               ORDER BY next_at, organisation, id";
    let due = tx.rows(sql, &vals![now]).await?;
    let sql = "SELECT MIN(next_at) FROM device_codes WHERE state = 'waiting' AND next_at > $1";
    let next = tx.row(sql, &vals![now]).await?.and_then(|row| row.opt_int(0));
    Ok((due.iter().map(|row| (OrganisationKey(row.int(0)), AccountKey(row.int(1)))).collect(), next))
}

/// What is to be redeemed now, for one asker alone: whoever comes sooner than the interval gets nothing.
pub async fn claim(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    account: AccountKey,
    now: i64,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let sql = "UPDATE device_codes SET next_at = $3 + interval_ms
               WHERE organisation = $1 AND id = $2 AND state = 'waiting' AND next_at <= $3 RETURNING device_code";
    let Some(mut row) = tx.row(sql, &vals![organisation, account, now]).await? else { return Ok(None) };
    Ok(Some(keys.open(tx, organisation, DEVICE_CODE, account.0, &row.bytes(0)).await?))
}

/// The provider wants to be asked less often: the same code, with so many milliseconds between two questions from now on.
pub async fn slow_down(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    interval: i64,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE device_codes SET interval_ms = $3, next_at = $4
               WHERE organisation = $1 AND id = $2 AND state = 'waiting'";
    tx.execute(sql, &vals![organisation, account, interval, now + interval]).await?;
    Ok(())
}

/// Notes what became of the code that was typed as `user_code`, and forgets what could be redeemed. A later code is left
/// alone.
pub async fn settle(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    user_code: &str,
    why: Option<&Why>,
) -> Result<(), StoreError> {
    let sql = "UPDATE device_codes SET state = $4, device_code = NULL, why_code = $5, why_nl = $6, why_en = $7
               WHERE organisation = $1 AND id = $2 AND user_code = $3 AND state = 'waiting'";
    let state = if why.is_some() { "refused" } else { "done" };
    let [code, nl, en] = [why.map(|why| &why.code), why.map(|why| &why.nl), why.map(|why| &why.en)]
        .map(|words| words.map(String::as_str));
    tx.execute(sql, &vals![organisation, account, user_code, state, code, nl, en]).await?;
    Ok(())
}

fn read(mut row: Row) -> Result<DeviceCode, StoreError> {
    let name = row.text(0);
    let state = match name.as_str() {
        "waiting" => State::Waiting,
        "done" => State::Done,
        "refused" => State::Refused(Why {
            code: row.opt_text(7).unwrap_or_default(),
            nl: row.opt_text(8).unwrap_or_default(),
            en: row.opt_text(9).unwrap_or_default(),
        }),
        _ => return Err(StoreError::Broken(format!("a device's code in the unknown state {name:?}"))),
    };
    Ok(DeviceCode {
        state,
        user: row.opt_int(1).map(UserKey),
        user_code: row.text(2),
        verification_uri: row.text(3),
        interval: row.int(4),
        next_at: row.int(5),
        expires_at: row.int(6),
        opens: row.text(10),
    })
}
