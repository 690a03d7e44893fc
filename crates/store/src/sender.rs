//! Whose an address is that we send as by our own hand (features S8): shown by a code that was mailed to it, or for a
//! whole domain by a record in the DNS.

use crate::{StoreError, Topic, Tx, vals};
use mail::{AccountKey, OrganisationKey};

/// What is known of an account's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Of which address, folded.
    pub folded: String,
    /// When the code under way was sent, milliseconds since 1970.
    pub code_sent_at: Option<i64>,
    /// Wrong codes since.
    pub tries: i64,
    /// When it was shown.
    pub verified_at: Option<i64>,
}

/// What is known of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Which.
    pub domain: String,
    /// What the record must say.
    pub token: String,
    /// When the record was last looked for, milliseconds since 1970.
    pub checked_at: Option<i64>,
    /// When it was shown.
    pub verified_at: Option<i64>,
    /// New keys are made when the ones that sign are so many days old; 0 is never.
    pub renew_after_days: i64,
}

/// What a typed code came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It is the one.
    Right,
    /// It is not; so many tries are left.
    Wrong(i64),
    /// There is no code to try: none was sent, or it has ended.
    Ended,
}

/// What is known of this address of the account.
pub async fn address(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    folded: &str,
) -> Result<Option<Address>, StoreError> {
    let sql = "SELECT address_folded, code_sent_at, tries, verified_at FROM sender_addresses
               WHERE organisation = $1 AND account = $2 AND address_folded = $3";
    let row = tx.row(sql, &vals![organisation, account, folded]).await?;
    Ok(row.map(|mut row| Address {
        folded: row.text(0),
        code_sent_at: row.opt_int(1),
        tries: row.int(2),
        verified_at: row.opt_int(3),
    }))
}

/// A code is on its way to the address; an earlier one counts no more.
pub async fn code_sent(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    folded: &str,
    digest: &[u8; 32],
    now: i64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO sender_addresses (organisation, account, address_folded, code_digest, code_sent_at, tries)
               VALUES ($1, $2, $3, $4, $5, 0)
               ON CONFLICT (organisation, account) DO UPDATE SET code_digest = excluded.code_digest,
                   code_sent_at = excluded.code_sent_at, tries = 0,
                   verified_at = CASE WHEN sender_addresses.address_folded = excluded.address_folded
                       THEN sender_addresses.verified_at END,
                   address_folded = excluded.address_folded";
    tx.execute(sql, &vals![organisation, account, folded, digest, now]).await?;
    Ok(())
}

/// Tries a code: at most `tries_max` times, and not when it was sent before `not_before`. A right one shows the address.
#[expect(clippy::too_many_arguments, reason = "who, what and three bounds, none of which belongs to another")]
pub async fn try_code(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    folded: &str,
    digest: &[u8; 32],
    tries_max: i64,
    not_before: i64,
    now: i64,
) -> Result<Tried, StoreError> {
    let sql = "UPDATE sender_addresses SET tries = tries + 1
               WHERE organisation = $1 AND account = $2 AND address_folded = $3 AND code_digest IS NOT NULL
                   AND tries < $4 AND code_sent_at > $5
               RETURNING tries, code_digest";
    let values = vals![organisation, account, folded, tries_max, not_before];
    let Some(mut row) = tx.row(sql, &values).await? else { return Ok(Tried::Ended) };
    if row.bytes(1) != digest {
        return Ok(Tried::Wrong(tries_max - row.int(0)));
    }
    let sql = "UPDATE sender_addresses SET code_digest = NULL, code_sent_at = NULL, tries = 0, verified_at = $3
               WHERE organisation = $1 AND account = $2";
    tx.execute(sql, &vals![organisation, account, now]).await?;
    changed(tx, organisation).await?;
    Ok(Tried::Right)
}

/// What is known of a domain.
pub async fn domain(tx: &mut Tx, organisation: OrganisationKey, domain: &str) -> Result<Option<Domain>, StoreError> {
    let sql = "SELECT domain, token, checked_at, verified_at, renew_after_days FROM sender_domains
               WHERE organisation = $1 AND domain = $2";
    let row = tx.row(sql, &vals![organisation, domain]).await?;
    Ok(row.map(|mut row| Domain {
        domain: row.text(0),
        token: row.text(1),
        checked_at: row.opt_int(2),
        verified_at: row.opt_int(3),
        renew_after_days: row.int(4),
    }))
}

/// Nobody else changes the keys of this domain until the unit of work ends.
pub async fn hold(tx: &mut Tx, organisation: OrganisationKey, domain: &str) -> Result<(), StoreError> {
    let sql = "UPDATE sender_domains SET token = token WHERE organisation = $1 AND domain = $2";
    tx.execute(sql, &vals![organisation, domain]).await?;
    Ok(())
}

/// From now on new keys of the domain are made when the ones that sign are so many days old; 0 is never.
pub async fn renew_after(
    tx: &mut Tx,
    organisation: OrganisationKey,
    domain: &str,
    days: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE sender_domains SET renew_after_days = $3 WHERE organisation = $1 AND domain = $2";
    tx.execute(sql, &vals![organisation, domain, days]).await?;
    Ok(())
}

/// The domain with what its record must say; `token` is that when nothing was asked of it before.
pub async fn ask_domain(
    tx: &mut Tx,
    organisation: OrganisationKey,
    name: &str,
    token: &str,
) -> Result<Domain, StoreError> {
    let sql = "INSERT INTO sender_domains (organisation, domain, token) VALUES ($1, $2, $3)
               ON CONFLICT (organisation, domain) DO NOTHING";
    tx.execute(sql, &vals![organisation, name, token]).await?;
    domain(tx, organisation, name).await?.ok_or(StoreError::NotFound)
}

/// The record was looked for. One that was found shows the domain; one that is gone changes nothing, since it is needed
/// only once.
pub async fn domain_checked(
    tx: &mut Tx,
    organisation: OrganisationKey,
    domain: &str,
    found: bool,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE sender_domains SET checked_at = $3,
                   verified_at = CASE WHEN $4 = TRUE THEN COALESCE(verified_at, $3) ELSE verified_at END
               WHERE organisation = $1 AND domain = $2";
    tx.execute(sql, &vals![organisation, domain, now, found]).await?;
    if found { changed(tx, organisation).await } else { Ok(()) }
}

/// Whoever holds an account of it looks again: it may send now, and what stood in its way is forgotten.
async fn changed(tx: &mut Tx, organisation: OrganisationKey) -> Result<(), StoreError> {
    let sql = "UPDATE accounts SET version = version + 1, parked = FALSE, next_try_at = NULL
               WHERE organisation = $1 AND outgoing LIKE '{\"kind\":\"builtin\"%'";
    tx.execute(sql, &vals![organisation]).await?;
    tx.ring(Topic::Accounts);
    tx.ring(Topic::Outbox);
    Ok(())
}
