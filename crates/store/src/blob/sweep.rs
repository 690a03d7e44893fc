//! What no row names goes, and what a row names is looked at (reliability case 1, *Limits*).
//!
//! Bytes are durable before a row names them, so that a process that dies in between leaves an orphan. A round looks at a
//! part of what is kept, so that all of it was looked at within four weeks.

use crate::{Db, Store, StoreError, Val, vals};
use mail::OrganisationKey;

/// Bytes younger than this may belong to a row that is still to come.
const SPARED_MS: i64 = 24 * 3_600_000;
/// Between two rounds, over all nodes.
const PAUSE_MS: i64 = 3_600_000;
/// Rounds in which everything is looked at: four weeks of them.
pub(super) const ROUNDS: u32 = 4 * 7 * 24;

/// What a round is asked to do.
#[derive(Debug, Clone)]
pub struct Round {
    /// Where the last one ended.
    pub from: String,
    /// Only what was kept before this moment, in milliseconds since 1970, may go.
    pub before: i64,
    /// What was taken away from other nodes' eyes is put back when a row named it meanwhile: how long to wait for one.
    pub patience: std::time::Duration,
}

/// What a round did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Where the next one begins.
    pub next: String,
    /// Pieces that were looked at.
    pub looked_at: u64,
    /// Orphans that went.
    pub removed: u64,
    /// Named by a row, and not there or not what the digest says.
    pub damaged: Vec<(OrganisationKey, [u8; 32])>,
}

/// A row of the table of blobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) organisation: OrganisationKey,
    pub(super) digest: [u8; 32],
    pub(super) place: String,
}

impl Store {
    /// One round over the blobs, or nothing when the last one was less than an hour ago, here or on another node.
    pub async fn sweep(&self, now: i64, patience: std::time::Duration) -> Result<Option<Swept>, StoreError> {
        let claim = crate::unit(move |tx| {
            Box::pin(async move {
                let sql =
                    "INSERT INTO meta (name, value) VALUES ('swept_at', '0'), ('swept', '') ON CONFLICT DO NOTHING";
                tx.execute(sql, &[]).await?;
                // A clock that was put back must not end the sweeping.
                let sql = "UPDATE meta SET value = $1 WHERE name = 'swept_at'
                           AND (CAST(value AS BIGINT) <= $2 OR CAST(value AS BIGINT) > $3)";
                if tx.execute(sql, &vals![now.to_string(), now - PAUSE_MS, now]).await? == 0 {
                    return Ok(None);
                }
                let row = tx.row("SELECT value FROM meta WHERE name = 'swept'", &[]).await?;
                Ok::<_, StoreError>(Some(row.map(|mut row| row.text(0)).unwrap_or_default()))
            })
        });
        let Some(from) = self.db.write(claim).await? else { return Ok(None) };
        let swept = self.blobs.sweep(&self.db, Round { from, before: now - SPARED_MS, patience }).await?;
        let next = swept.next.clone();
        let write = crate::unit(move |tx| {
            Box::pin(async move { tx.execute("UPDATE meta SET value = $1 WHERE name = 'swept'", &vals![next]).await })
        });
        self.db.write(write).await?;
        Ok(Some(swept))
    }
}

/// The rows whose place begins so.
pub(super) async fn placed(db: &Db, begins: String) -> Result<Vec<Named>, StoreError> {
    let sql = "SELECT organisation, digest, place FROM blobs WHERE place LIKE $1";
    let rows = db.read(move |tx| Box::pin(async move { tx.rows(sql, &vals![begins + "%"]).await })).await?;
    let named = rows.into_iter().map(|mut row| {
        let digest = row.bytes(1).try_into().map_err(|_| StoreError::Damaged("a digest of another length".into()))?;
        Ok(Named { organisation: OrganisationKey(row.int(0)), digest, place: row.text(2) })
    });
    named.collect()
}

/// Whether a row names each of these.
pub(super) async fn are_named(db: &Db, keys: Vec<(OrganisationKey, [u8; 32])>) -> Result<Vec<bool>, StoreError> {
    let read = crate::unit(move |tx| {
        Box::pin(async move {
            let lists: Vec<Vec<Val<'_>>> =
                keys.iter().map(|(organisation, digest)| vals![*organisation, digest].to_vec()).collect();
            let found = tx.rows_many("SELECT 1 FROM blobs WHERE organisation = $1 AND digest = $2", &lists).await?;
            Ok(found.iter().map(|rows| !rows.is_empty()).collect())
        })
    });
    db.read(read).await
}

/// They lie elsewhere now.
pub(super) async fn moved(db: &Db, pieces: Vec<(Named, String)>) -> Result<(), StoreError> {
    let write = crate::unit(move |tx| {
        Box::pin(async move {
            let row = |(named, place): &(Named, String)| {
                vals![named.organisation, named.digest, named.place.clone(), place.clone()].to_vec()
            };
            let lists: Vec<Vec<Val<'_>>> = pieces.iter().map(row).collect();
            let sql = "UPDATE blobs SET place = $4 WHERE organisation = $1 AND digest = $2 AND place = $3";
            tx.execute_many(sql, &lists).await.map(|_| ())
        })
    });
    db.write(write).await
}
