//! Messages that are being read right now: what is left here after a crash is suspected of it (reliability case 19).

use crate::{StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey};

/// A message that was being read when the program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// Whose.
    pub organisation: OrganisationKey,
    /// The digest of its bytes.
    pub digest: Vec<u8>,
    /// From which account.
    pub account: AccountKey,
    /// How often reading it was begun.
    pub tries: i64,
}

/// Marks messages as being read. Committed before the first of them is.
pub async fn begin(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    digests: &[[u8; 32]],
) -> Result<(), StoreError> {
    let rows: Vec<_> = digests.iter().map(|digest| vals![organisation, digest, account].to_vec()).collect();
    let sql = "INSERT INTO reading (organisation, digest, account, tries) VALUES ($1, $2, $3, 1)
               ON CONFLICT (organisation, digest) DO UPDATE SET tries = reading.tries + 1, account = excluded.account";
    tx.execute_many(sql, &rows).await?;
    Ok(())
}

/// They were read, whatever came of it.
pub async fn end(tx: &mut Tx, organisation: OrganisationKey, digests: &[[u8; 32]]) -> Result<(), StoreError> {
    let rows: Vec<_> = digests.iter().map(|digest| vals![organisation, digest].to_vec()).collect();
    tx.execute_many("DELETE FROM reading WHERE organisation = $1 AND digest = $2", &rows).await?;
    Ok(())
}

/// What was being read when the program ended, asked at its start.
pub async fn suspects(tx: &mut Tx) -> Result<Vec<Suspect>, StoreError> {
    let sql = "SELECT organisation, digest, account, tries FROM reading ORDER BY organisation, tries DESC";
    let rows = tx.rows(sql, &[]).await?;
    Ok(rows
        .into_iter()
        .map(|mut row| Suspect {
            organisation: OrganisationKey(row.int(0)),
            digest: row.bytes(1),
            account: AccountKey(row.int(2)),
            tries: row.int(3),
        })
        .collect())
}

/// How often reading this message was begun and not ended: 0 for one that nobody suspects.
pub async fn tries(tx: &mut Tx, organisation: OrganisationKey, digest: &[u8; 32]) -> Result<i64, StoreError> {
    let sql = "SELECT tries FROM reading WHERE organisation = $1 AND digest = $2";
    Ok(tx.row(sql, &vals![organisation, digest]).await?.map_or(0, |row| row.int(0)))
}
