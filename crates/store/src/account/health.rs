//! How an account does (features M12), and the pause after errors.

use super::Account;
use crate::{StoreError, Topic, Tx, change, change::NewChange, vals};
use mail::{AccountKey, OrganisationKey};
use serde::Serialize;
use serde_json::json;

/// Green, amber or red (*rode mailbox*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// It works.
    Green,
    /// It will work again by itself, or was not tried yet.
    Amber,
    /// A person must act.
    Red,
}

impl Colour {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Colour::Green => "green",
            Colour::Amber => "amber",
            Colour::Red => "red",
        }
    }

    pub(super) fn from_name(name: &str) -> Colour {
        match name {
            "green" => Colour::Green,
            "red" => Colour::Red,
            _ => Colour::Amber,
        }
    }
}

/// How an account does.
#[derive(Debug, Clone)]
pub struct Health {
    /// In one colour.
    pub colour: Colour,
    /// What is wrong, for programs.
    pub code: Option<String>,
    /// What the server said.
    pub words: Option<String>,
    /// Since when it is so.
    pub since_at: i64,
    /// How often in a row it failed.
    pub errors_in_row: i64,
    /// How often in a row the server refused our credentials.
    pub refused_sign_ins: i64,
    /// Waits for a person: no connection until it is saved again.
    pub parked: bool,
    /// Not to be tried before this moment.
    pub next_try_at: Option<i64>,
    /// When a pass over it last ended well.
    pub last_fetched_at: Option<i64>,
}

/// What went wrong with an account, and what follows from it.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// The colour it gets.
    pub colour: Colour,
    /// What is wrong, for programs.
    pub code: String,
    /// What the server said.
    pub words: Option<String>,
    /// The new number of errors in a row; the caller knows which kinds count (pains P9).
    pub errors_in_row: i64,
    /// The server refused our credentials.
    pub refused_sign_in: bool,
    /// Not to be tried before this moment.
    pub next_try_at: Option<i64>,
    /// Waits for a person.
    pub parked: bool,
}

/// What was asked of the account's server was done, and no trouble is left. `fence`: of the lease under which it ran; a lost
/// lease changes nothing and answers `false`.
pub async fn record_success(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    fence: Option<i64>,
    now: i64,
) -> Result<bool, StoreError> {
    let before = super::load(tx, organisation, account).await?;
    if fence.is_some_and(|fence| fence != before.fence) {
        return Ok(false);
    }
    let since = if before.health.colour == Colour::Green { before.health.since_at } else { now };
    tx.execute(
        "UPDATE accounts SET health_colour = 'green', health_code = NULL, health_words = NULL, health_since_at = $3,
             errors_in_row = 0, refused_sign_ins = 0, parked = FALSE, next_try_at = NULL
         WHERE organisation = $1 AND id = $2 AND fence = $4",
        &vals![organisation, account, since, before.fence],
    )
    .await?;
    tell(tx, &before, Colour::Green, None, now).await?;
    Ok(true)
}

/// A pass over the account came to its end, whatever else is the matter with it.
pub async fn record_fetched(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    fence: Option<i64>,
    now: i64,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE accounts SET last_fetched_at = $3 WHERE organisation = $1 AND id = $2 AND fence = COALESCE($4, fence)";
    tx.execute(sql, &vals![organisation, account, now, fence]).await?;
    Ok(())
}

/// Something went wrong with the account. Answers `false`, and changes nothing, when the lease was lost.
pub async fn record_trouble(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    fence: Option<i64>,
    trouble: &Trouble,
    now: i64,
) -> Result<bool, StoreError> {
    let before = super::load(tx, organisation, account).await?;
    if fence.is_some_and(|fence| fence != before.fence) {
        return Ok(false);
    }
    let same = before.health.colour == trouble.colour && before.health.code.as_deref() == Some(&trouble.code);
    let since = if same { before.health.since_at } else { now };
    tx.execute(
        "UPDATE accounts SET health_colour = $3, health_code = $4, health_words = $5, health_since_at = $6,
             errors_in_row = $7, refused_sign_ins = refused_sign_ins + $8, next_try_at = $9, parked = $10
         WHERE organisation = $1 AND id = $2 AND fence = $11",
        &vals![
            organisation,
            account,
            trouble.colour.as_str(),
            &trouble.code,
            trouble.words.as_ref(),
            since,
            trouble.errors_in_row,
            i64::from(trouble.refused_sign_in),
            trouble.next_try_at,
            trouble.parked,
            before.fence,
        ],
    )
    .await?;
    tell(tx, &before, trouble.colour, Some(&trouble.code), now).await?;
    Ok(true)
}

/// A person asks for the account now: the pause after errors ends. One that waits for a person goes on waiting.
pub async fn try_now(tx: &mut Tx, organisation: OrganisationKey, account: AccountKey) -> Result<(), StoreError> {
    end_pause(tx, organisation, account, "").await
}

/// A program asks for the account now: the same, but not after a refused sign-in, because programs ask again and again and
/// servers lock out who does (features M11).
pub async fn rouse(tx: &mut Tx, organisation: OrganisationKey, account: AccountKey) -> Result<(), StoreError> {
    end_pause(tx, organisation, account, " AND refused_sign_ins = 0").await
}

async fn end_pause(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    unless: &str,
) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE accounts SET next_try_at = NULL
         WHERE organisation = $1 AND id = $2 AND next_try_at IS NOT NULL AND NOT parked{unless}"
    );
    if tx.execute(&sql, &vals![organisation, account]).await? > 0 {
        tx.ring(Topic::Accounts);
    }
    Ok(())
}

/// Tells the feed, only when something is different from before.
async fn tell(tx: &mut Tx, before: &Account, colour: Colour, code: Option<&str>, now: i64) -> Result<(), StoreError> {
    if before.health.colour == colour && before.health.code.as_deref() == code {
        return Ok(());
    }
    tx.ring(Topic::Accounts);
    let body = json!({ "account": before.id, "colour": colour, "code": code });
    let change = NewChange { kind: "account.state", account: Some(before.id), message: None, private: false, body };
    change::append(tx, before.organisation, &[change], now).await
}
