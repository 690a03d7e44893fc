//! Keys that sign mail which we deliver ourselves (DKIM): each signs from when its public half was seen in the DNS until
//! a newer one takes its place.

use crate::{
    Row, StoreError, Tx,
    secret::{DKIM_PRIVATE, Keyring},
    vals,
};
use mail::{OrganisationKey, SignatureKey};
use zeroize::Zeroizing;

/// A key without its private half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimKey {
    /// Its key here.
    pub id: SignatureKey,
    /// Whose it is.
    pub organisation: OrganisationKey,
    /// Which domain it signs for.
    pub domain: String,
    /// Where its public half is published.
    pub selector: String,
    /// `rsa` or `ed25519`.
    pub algorithm: String,
    /// The public half as it stands in the record.
    pub public: String,
    /// Since when it is seen in the DNS, milliseconds since 1970.
    pub published_at: Option<i64>,
    /// When it was seen there for the first time.
    pub began_at: Option<i64>,
    /// When a newer one took its place.
    pub retired_at: Option<i64>,
    /// How often administrators were told that its record is waited for.
    pub told: i64,
    /// When it was made.
    pub created_at: i64,
}

impl DkimKey {
    /// Whether it signs.
    pub fn signs(&self) -> bool {
        self.published_at.is_some() && self.retired_at.is_none()
    }

    /// Whether its record is waited for.
    pub fn waits(&self) -> bool {
        self.published_at.is_none() && self.retired_at.is_none()
    }
}

const COLUMNS: &str =
    "id, organisation, domain, selector, algorithm, public_key, published_at, began_at, retired_at, told, created_at";

/// Keeps a new key, its private half sealed.
pub async fn add(tx: &mut Tx, keys: &Keyring, key: &DkimKey, private: &[u8]) -> Result<(), StoreError> {
    let sealed = keys.seal(tx, key.organisation, DKIM_PRIVATE, key.id.0, private).await?;
    let sql =
        "INSERT INTO dkim_keys (organisation, id, domain, selector, algorithm, public_key, private_key, told, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let DkimKey { organisation, id, domain, selector, algorithm, public, told, created_at, .. } = key;
    let values = vals![*organisation, *id, domain, selector, algorithm, public, sealed, *told, *created_at];
    tx.execute(sql, &values).await?;
    Ok(())
}

/// The keys of a domain, oldest first.
pub async fn of_domain(tx: &mut Tx, organisation: OrganisationKey, domain: &str) -> Result<Vec<DkimKey>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM dkim_keys WHERE organisation = $1 AND domain = $2 ORDER BY id");
    Ok(tx.rows(&sql, &vals![organisation, domain]).await?.into_iter().map(read).collect())
}

/// The keys that sign for a domain, with their private halves.
pub async fn signing(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    domain: &str,
) -> Result<Vec<(DkimKey, Zeroizing<Vec<u8>>)>, StoreError> {
    let sql = "SELECT private_key FROM dkim_keys WHERE organisation = $1 AND id = $2";
    let mut found = Vec::new();
    for key in of_domain(tx, organisation, domain).await?.into_iter().filter(DkimKey::signs) {
        let mut row = tx.row(sql, &vals![organisation, key.id]).await?.ok_or(StoreError::NotFound)?;
        let private = keys.open(tx, organisation, DKIM_PRIVATE, key.id.0, &row.bytes(0)).await?;
        found.push((key, private));
    }
    Ok(found)
}

/// Its public half was seen in the DNS: it signs from now on, and the ones before it, of its manner, no more.
pub async fn published(tx: &mut Tx, key: &DkimKey, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE dkim_keys SET published_at = $3, began_at = COALESCE(began_at, $3)
               WHERE organisation = $1 AND id = $2 AND published_at IS NULL";
    if tx.execute(sql, &vals![key.organisation, key.id, now]).await? == 0 {
        return Ok(());
    }
    let sql = "UPDATE dkim_keys SET retired_at = $5
               WHERE organisation = $1 AND domain = $2 AND algorithm = $3 AND id < $4 AND retired_at IS NULL";
    let values = vals![key.organisation, &key.domain, &key.algorithm, key.id, now];
    tx.execute(sql, &values).await?;
    Ok(())
}

/// Forgets keys that sign no more since before this moment.
pub async fn sweep(tx: &mut Tx, retired_before: i64) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM dkim_keys WHERE retired_at < $1", &vals![retired_before]).await
}

/// Its public half is in the DNS no more: what it signed could not be verified, so it signs no longer. The key before it, of
/// its manner, signs again: one name server of several may be behind, and nothing shall leave unsigned for that.
pub async fn gone(tx: &mut Tx, key: &DkimKey) -> Result<(), StoreError> {
    let sql = "UPDATE dkim_keys SET published_at = NULL
               WHERE organisation = $1 AND id = $2 AND published_at IS NOT NULL AND retired_at IS NULL";
    if tx.execute(sql, &vals![key.organisation, key.id]).await? == 0 {
        return Ok(());
    }
    let sql = "UPDATE dkim_keys SET retired_at = NULL WHERE organisation = $1 AND id =
                   (SELECT MAX(id) FROM dkim_keys WHERE organisation = $1 AND domain = $2 AND algorithm = $3 AND id < $4
                    AND published_at IS NOT NULL AND retired_at IS NOT NULL)";
    tx.execute(sql, &vals![key.organisation, &key.domain, &key.algorithm, key.id]).await?;
    Ok(())
}

/// Forgets a key.
pub async fn forget(tx: &mut Tx, key: &DkimKey) -> Result<(), StoreError> {
    let sql = "DELETE FROM dkim_keys WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![key.organisation, key.id]).await?;
    Ok(())
}

/// Notes that administrators are told for this time (the first is 1) that the key's record is waited for; `false` when they
/// were told before, or when it is waited for no more.
pub async fn told(tx: &mut Tx, key: &DkimKey, times: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE dkim_keys SET told = $3
               WHERE organisation = $1 AND id = $2 AND told < $3 AND published_at IS NULL AND retired_at IS NULL";
    Ok(tx.execute(sql, &vals![key.organisation, key.id, times]).await? > 0)
}

/// The keys of the whole installation that sign no more since before this moment.
pub async fn retired(tx: &mut Tx, before: i64) -> Result<Vec<DkimKey>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM dkim_keys WHERE retired_at < $1 ORDER BY organisation, id");
    Ok(tx.rows(&sql, &vals![before]).await?.into_iter().map(read).collect())
}

/// The keys of the whole installation that sign, or will.
pub async fn active(tx: &mut Tx) -> Result<Vec<DkimKey>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM dkim_keys WHERE retired_at IS NULL ORDER BY organisation, id");
    Ok(tx.rows(&sql, &[]).await?.into_iter().map(read).collect())
}

fn read(mut row: Row) -> DkimKey {
    DkimKey {
        id: SignatureKey(row.int(0)),
        organisation: OrganisationKey(row.int(1)),
        domain: row.text(2),
        selector: row.text(3),
        algorithm: row.text(4),
        public: row.text(5),
        published_at: row.opt_int(6),
        began_at: row.opt_int(7),
        retired_at: row.opt_int(8),
        told: row.int(9),
        created_at: row.int(10),
    }
}
