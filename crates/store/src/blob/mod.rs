//! Raw messages and other bytes that never change, kept outside the database: durable before any row names them.

mod local;
mod pack;
mod s3;
mod scan;
mod sweep;

pub use local::LocalBlobs;
pub use s3::S3Blobs;
pub use scan::{Found, scan};
pub use sweep::{Round, Swept};

use crate::{Db, StoreError, Tx, vals};
use async_trait::async_trait;
use bytes::Bytes;
use mail::OrganisationKey;

/// Bytes to keep.
#[derive(Debug, Clone)]
pub struct NewBlob {
    /// Whose they are. Equal bytes of two organisations are kept twice: nobody learns what another has.
    pub organisation: OrganisationKey,
    /// Their BLAKE3 digest.
    pub digest: [u8; 32],
    /// The bytes.
    pub bytes: Bytes,
}

/// Where bytes are kept.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Keeps the bytes and says where, in the same order: durable when this returns.
    async fn put(&self, blobs: Vec<NewBlob>) -> Result<Vec<String>, StoreError>;

    /// The bytes kept at a place; `Damaged` when they are not what the digest says.
    async fn get(&self, organisation: OrganisationKey, digest: [u8; 32], place: &str) -> Result<Bytes, StoreError>;

    /// Puts nothing in the place of the bytes: they can't be had again, from the disk neither. Once more is harmless.
    async fn erase(&self, organisation: OrganisationKey, digest: [u8; 32], place: &str) -> Result<(), StoreError>;

    /// Looks at a part of what is kept and takes away what no row of this database names.
    async fn sweep(&self, db: &Db, round: Round) -> Result<Swept, StoreError>;

    /// Whether it would take and give bytes now.
    async fn check(&self) -> Result<(), StoreError>;

    /// Whether nothing was kept a moment ago, for want of room. A bucket has no end.
    fn is_full(&self) -> bool {
        false
    }
}

/// The digest by which bytes are kept.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

/// Writes down where bytes are: (digest, size, place). The place that was known first stays.
pub async fn record(
    tx: &mut Tx,
    organisation: OrganisationKey,
    blobs: &[([u8; 32], i64, String)],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO blobs (organisation, digest, size, place) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let lists: Vec<_> =
        blobs.iter().map(|(digest, size, place)| vals![organisation, digest, *size, place].to_vec()).collect();
    tx.execute_many(sql, &lists).await?;
    Ok(())
}

/// The size and place of bytes, when we have them.
pub async fn find(
    tx: &mut Tx,
    organisation: OrganisationKey,
    digest: &[u8; 32],
) -> Result<Option<(i64, String)>, StoreError> {
    let sql = "SELECT size, place FROM blobs WHERE organisation = $1 AND digest = $2";
    let found = tx.row(sql, &vals![organisation, digest]).await?;
    Ok(found.map(|mut row| (row.int(0), row.text(1))))
}
