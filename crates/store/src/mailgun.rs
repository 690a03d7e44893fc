//! Domains at Mailgun (features M27), and the posts of Mailgun that were taken (reliability case 57).

use crate::{
    Row, StoreError, Topic, Tx, outbox,
    secret::{Keyring, MAILGUN_API_KEY, MAILGUN_SIGNING_KEY},
    vals,
};
mod log;
mod post;

pub use log::{came, claim_log, in_use, log_read, message_ids_since};
pub use post::{sweep, take_post, taken};

use mail::{AccountKey, MailgunDomainKey, OrganisationKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Two domains of one name; told at this field.
pub const NAME_TAKEN: &str = "domain_taken";
/// A mailbox still goes by the domain.
pub const IN_USE: &str = "domain_in_use";
/// The same post was taken before.
pub const POST_TAKEN: &str = "post_taken";
/// The state in which a domain can be used.
pub const ACTIVE: &str = "active";

/// A record that belongs in DNS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// For mail that leaves; else for mail that comes in.
    pub sends: bool,
    /// `TXT`, `CNAME`, `MX`.
    pub kind: String,
    /// Of which name.
    pub name: String,
    /// What belongs there.
    pub value: String,
    /// Of an MX record.
    #[serde(default)]
    pub priority: Option<String>,
    /// `valid`, `invalid` or `unknown`, as Mailgun sees it.
    pub validity: String,
}

/// A domain as it is kept, without its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailgunDomain {
    /// Its key.
    pub id: MailgunDomainKey,
    /// Whose it is.
    pub organisation: OrganisationKey,
    /// Its name, in small letters.
    pub name: String,
    /// `us` or `eu`.
    pub region: String,
    /// Whether there is a key with which posts are believed.
    pub has_signing_key: bool,
    /// When a key was last given.
    pub keys_set_at: i64,
    /// `active`, `unverified` or `disabled`.
    pub state: String,
    /// What Mailgun wants to see in DNS.
    pub records: Vec<Record>,
    /// When Mailgun was last asked and answered.
    pub checked_at: Option<i64>,
    /// When the last signed post came.
    pub told_at: Option<i64>,
    /// Up to when its log was read.
    pub log_at: Option<i64>,
    /// When somebody last began to read it.
    pub log_tried_at: Option<i64>,
    /// Up to when mail that came in was held against what is here.
    pub came_at: Option<i64>,
    /// When it was added.
    pub created_at: i64,
}

impl MailgunDomain {
    /// Whether mailboxes can go by it.
    pub fn is_active(&self) -> bool {
        self.state == ACTIVE
    }
}

/// What is new about a domain; what is `None` stays.
#[derive(Clone, Default)]
pub struct Change {
    /// `us` or `eu`.
    pub region: Option<String>,
    /// The API key.
    pub api_key: Option<Zeroizing<Vec<u8>>>,
    /// The key that posts are signed with.
    pub signing_key: Option<Zeroizing<Vec<u8>>>,
}

/// A post of Mailgun that is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// About which domain.
    pub domain: MailgunDomainKey,
    /// What makes it this one.
    pub token: String,
    /// Of all that was posted.
    pub digest: [u8; 32],
    /// It was posted to us, and not fetched because it never was.
    pub is_posted: bool,
}

const COLUMNS: &str = "id, organisation, name, region, signing_key IS NOT NULL, keys_set_at, state, records, checked_at, told_at, log_at, log_tried_at, came_at, created_at";

/// The domains, by name.
pub async fn list(tx: &mut Tx, organisation: OrganisationKey) -> Result<Vec<MailgunDomain>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mailgun_domains WHERE organisation = $1 ORDER BY name");
    tx.rows(&sql, &vals![organisation]).await?.into_iter().map(read).collect()
}

/// One domain.
pub async fn get(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: MailgunDomainKey,
) -> Result<MailgunDomain, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mailgun_domains WHERE organisation = $1 AND id = $2");
    tx.row(&sql, &vals![organisation, id]).await?.map(read).transpose()?.ok_or(StoreError::NotFound)
}

/// The domain of that name, in whatever letters.
pub async fn by_name(
    tx: &mut Tx,
    organisation: OrganisationKey,
    name: &str,
) -> Result<Option<MailgunDomain>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mailgun_domains WHERE organisation = $1 AND name = $2");
    tx.row(&sql, &vals![organisation, name.to_lowercase()]).await?.map(read).transpose()
}

/// The domain of that key, of whatever organisation: who posts to us names nothing else.
pub async fn anywhere(tx: &mut Tx, id: MailgunDomainKey) -> Result<Option<MailgunDomain>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mailgun_domains WHERE id = $1");
    tx.row(&sql, &vals![id]).await?.map(read).transpose()
}

/// Half of an account that goes by this domain, as it is kept; a test holds it against what is written.
fn half(name: &str) -> String {
    format!("{{\"kind\":\"mailgun\",\"domain\":\"{name}\"}}")
}

/// Adds a domain. `Conflict` when there is one of that name.
pub async fn add(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    id: MailgunDomainKey,
    name: &str,
    change: &Change,
    now: i64,
) -> Result<MailgunDomain, StoreError> {
    if by_name(tx, organisation, name).await?.is_some() {
        let message = "There is such a domain already.".to_owned();
        return Err(StoreError::Conflict { field: "domain", code: NAME_TAKEN, message });
    }
    let (Some(region), Some(api_key)) = (&change.region, &change.api_key) else {
        return Err(StoreError::Broken("a domain without its region or key".to_owned()));
    };
    let api_key = keys.seal(tx, organisation, MAILGUN_API_KEY, id.0, api_key).await?;
    let sql =
        "INSERT INTO mailgun_domains (organisation, id, name, region, api_key, keys_set_at, state, records, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, 'unverified', '[]', $6)";
    tx.execute(sql, &vals![organisation, id, name.to_lowercase(), region, api_key, now]).await?;
    let signing = Change { signing_key: change.signing_key.clone(), ..Change::default() };
    set(tx, keys, organisation, id, &signing, now).await
}

/// Changes what is given.
pub async fn set(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    id: MailgunDomainKey,
    change: &Change,
    now: i64,
) -> Result<MailgunDomain, StoreError> {
    if let Some(region) = &change.region {
        let sql = "UPDATE mailgun_domains SET region = $3 WHERE organisation = $1 AND id = $2";
        tx.execute(sql, &vals![organisation, id, region]).await?;
    }
    if let Some(key) = &change.api_key {
        let sealed = keys.seal(tx, organisation, MAILGUN_API_KEY, id.0, key).await?;
        let sql = "UPDATE mailgun_domains SET api_key = $3, keys_set_at = $4 WHERE organisation = $1 AND id = $2";
        tx.execute(sql, &vals![organisation, id, sealed, now]).await?;
    }
    if let Some(key) = &change.signing_key {
        let sealed = keys.seal(tx, organisation, MAILGUN_SIGNING_KEY, id.0, key).await?;
        let sql = "UPDATE mailgun_domains SET signing_key = $3, keys_set_at = $4 WHERE organisation = $1 AND id = $2";
        tx.execute(sql, &vals![organisation, id, sealed, now]).await?;
    }
    get(tx, organisation, id).await
}

/// Notes what Mailgun says of the domain.
pub async fn found(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: MailgunDomainKey,
    state: &str,
    records: &[Record],
    now: i64,
) -> Result<(), StoreError> {
    let records = serde_json::to_string(records).map_err(|error| StoreError::Broken(error.to_string()))?;
    let sql =
        "UPDATE mailgun_domains SET state = $3, records = $4, checked_at = $5 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, id, state, records, now]).await?;
    Ok(())
}

/// The mailboxes that go by the domain, in either direction.
pub async fn users(
    tx: &mut Tx,
    organisation: OrganisationKey,
    name: &str,
) -> Result<Vec<(String, AccountKey)>, StoreError> {
    let sql = "SELECT address, id FROM accounts WHERE organisation = $1 AND (incoming = $2 OR outgoing = $2) ORDER BY address";
    let rows = tx.rows(sql, &vals![organisation, half(&name.to_lowercase())]).await?;
    Ok(rows.into_iter().map(|mut row| (row.text(0), AccountKey(row.int(1)))).collect())
}

/// What stood in the way of the mailboxes that go by the domain is gone: they are tried at once. Gives which they are.
pub async fn wake(
    tx: &mut Tx,
    organisation: OrganisationKey,
    name: &str,
    now: i64,
) -> Result<Vec<AccountKey>, StoreError> {
    let woken: Vec<AccountKey> = users(tx, organisation, name).await?.into_iter().map(|(_, id)| id).collect();
    for id in &woken {
        let sql = "UPDATE accounts SET parked = FALSE, next_try_at = NULL, refused_sign_ins = 0
                   WHERE organisation = $1 AND id = $2";
        tx.execute(sql, &vals![organisation, *id]).await?;
        outbox::wake_account(tx, organisation, *id, now).await?;
    }
    tx.ring(Topic::Accounts);
    Ok(woken)
}

/// Removes a domain. `Conflict` while a mailbox goes by it.
pub async fn remove(tx: &mut Tx, organisation: OrganisationKey, id: MailgunDomainKey) -> Result<(), StoreError> {
    let domain = get(tx, organisation, id).await?;
    if let Some((address, _)) = users(tx, organisation, &domain.name).await?.first() {
        let message = format!("{address} goes by this domain.");
        return Err(StoreError::Conflict { field: "", code: IN_USE, message });
    }
    tx.execute("DELETE FROM mailgun_posts WHERE organisation = $1 AND domain = $2", &vals![organisation, id]).await?;
    tx.execute("DELETE FROM mailgun_domains WHERE organisation = $1 AND id = $2", &vals![organisation, id]).await?;
    Ok(())
}

/// What opens Mailgun's interface.
pub async fn open_api_key(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    id: MailgunDomainKey,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let sql = "SELECT api_key FROM mailgun_domains WHERE organisation = $1 AND id = $2";
    let mut row = tx.row(sql, &vals![organisation, id]).await?.ok_or(StoreError::NotFound)?;
    keys.open(tx, organisation, MAILGUN_API_KEY, id.0, &row.bytes(0)).await
}

/// What posts are signed with, when it was given.
pub async fn open_signing_key(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    id: MailgunDomainKey,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let sql = "SELECT signing_key FROM mailgun_domains WHERE organisation = $1 AND id = $2";
    let mut row = tx.row(sql, &vals![organisation, id]).await?.ok_or(StoreError::NotFound)?;
    match row.opt_bytes(0) {
        Some(sealed) => keys.open(tx, organisation, MAILGUN_SIGNING_KEY, id.0, &sealed).await.map(Some),
        None => Ok(None),
    }
}

/// The mailboxes that receive by this domain: address, folded, and key; switched off ones too, since what is posted for
/// them lies nowhere else.
pub async fn receivers(
    tx: &mut Tx,
    organisation: OrganisationKey,
    name: &str,
) -> Result<Vec<(String, AccountKey)>, StoreError> {
    let sql = "SELECT address_folded, id FROM accounts WHERE organisation = $1 AND incoming = $2 ORDER BY id";
    let rows = tx.rows(sql, &vals![organisation, half(&name.to_lowercase())]).await?;
    Ok(rows.into_iter().map(|mut row| (row.text(0), AccountKey(row.int(1)))).collect())
}

fn read(mut row: Row) -> Result<MailgunDomain, StoreError> {
    let records = row.text(7);
    let records = serde_json::from_str(&records)
        .map_err(|error| StoreError::Damaged(format!("the records of a domain can't be read: {error}")))?;
    Ok(MailgunDomain {
        id: MailgunDomainKey(row.int(0)),
        organisation: OrganisationKey(row.int(1)),
        name: row.text(2),
        region: row.text(3),
        has_signing_key: row.bool(4),
        keys_set_at: row.int(5),
        state: row.text(6),
        records,
        checked_at: row.opt_int(8),
        told_at: row.opt_int(9),
        log_at: row.opt_int(10),
        log_tried_at: row.opt_int(11),
        came_at: row.opt_int(12),
        created_at: row.int(13),
    })
}

#[cfg(test)]
mod tests {
    use super::half;
    use crate::account::{Domain, Incoming, Outgoing};

    #[test]
    fn an_account_by_a_domain_is_found_by_how_it_is_written() {
        let domain = Domain { domain: "mg.voorbeeld.nl".into() };
        let incoming = serde_json::to_string(&Incoming::Mailgun(domain.clone())).unwrap();
        assert_eq!(incoming, half("mg.voorbeeld.nl"));
        assert_eq!(serde_json::to_string(&Outgoing::Mailgun(domain)).unwrap(), half("mg.voorbeeld.nl"));
    }
}
