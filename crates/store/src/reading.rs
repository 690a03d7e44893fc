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

/// Suspects these: they were being read when the program died, and that was the first try of those that nobody suspected.
pub async fn suspect(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    digests: &[[u8; 32]],
) -> Result<(), StoreError> {
    let rows: Vec<_> = digests.iter().map(|digest| vals![organisation, digest, account].to_vec()).collect();
    let sql = "INSERT INTO reading (organisation, digest, account, tries) VALUES ($1, $2, $3, 1)
               ON CONFLICT (organisation, digest) DO UPDATE SET tries = CASE WHEN reading.tries = 0 THEN 1
                   ELSE reading.tries END, account = excluded.account";
    tx.execute_many(sql, &rows).await?;
    Ok(())
}

/// Counts one more try to read a suspect, committed before it is made. `false` when there were enough; then the count
/// begins anew, for when somebody asks for the message again.
pub async fn begin_again(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    digest: &[u8; 32],
    enough: i64,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO reading (organisation, digest, account, tries) VALUES ($1, $2, $3, 1)
               ON CONFLICT (organisation, digest) DO UPDATE SET tries = CASE WHEN reading.tries >= $4 THEN 0
                   ELSE reading.tries + 1 END, account = excluded.account
               RETURNING tries";
    let row = tx.row(sql, &vals![organisation, digest, account, enough]).await?;
    Ok(row.is_some_and(|row| row.int(0) > 0))
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
