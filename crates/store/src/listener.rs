//! Nodes that take mail in by SMTP: what one of them knows, the page of every other has to say too.

use crate::{Row, StoreError, Tx, vals};

/// A node says again within this time that it listens; who is silent for longer does not. Milliseconds.
pub const LIFE: i64 = 180_000;

/// A node that takes mail in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Which node.
    pub node: String,
    /// Where it listens, `ADDR:PORT`.
    pub address: String,
    /// It shows a certificate of the owner's, not one of our own making.
    pub certified: bool,
    /// Since when, in milliseconds since 1970.
    pub since_at: i64,
}

/// The node listens, and says so.
pub async fn tell(tx: &mut Tx, node: &str, address: &str, certified: bool, now: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO listeners (node, address, certified, since_at, seen_at) VALUES ($1, $2, $3, $4, $4)
               ON CONFLICT (node) DO UPDATE SET address = $2, certified = $3, seen_at = $4,
                   since_at = CASE WHEN listeners.seen_at < $5 THEN $4 ELSE listeners.since_at END";
    tx.execute(sql, &vals![node, address, certified, now, now - LIFE]).await?;
    Ok(())
}

/// The node listens no more.
pub async fn end(tx: &mut Tx, node: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM listeners WHERE node = $1", &vals![node]).await?;
    Ok(())
}

/// The nodes that listen now.
pub async fn list(tx: &mut Tx, now: i64) -> Result<Vec<Listener>, StoreError> {
    let sql = "SELECT node, address, certified, since_at FROM listeners WHERE seen_at >= $1 ORDER BY node";
    let read = |mut row: Row| Listener {
        node: row.text(0),
        address: row.text(1),
        certified: row.bool(2),
        since_at: row.int(3),
    };
    Ok(tx.rows(sql, &vals![now - LIFE]).await?.into_iter().map(read).collect())
}
