//! The log of a SQLite database stays short, however busy it is.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use store::{Db, StoreError, db::Place};

/// What is written, in MiB, one in each transaction.
const WRITTEN: usize = 192;
/// What the log may grow to meanwhile, in bytes.
const LONGEST: u64 = 128 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_that_somebody_always_reads_is_written_back_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("busy.db");
    let db = Arc::new(Db::open(&Place::Sqlite(file.clone())).await.unwrap());
    db.write(|tx| Box::pin(async move { tx.script("CREATE TABLE lumps (lump BLOB NOT NULL)").await })).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    // Three that read in turn: there is always one with a view of its own.
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (db, done) = (db.clone(), done.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    db.read(|tx| Box::pin(async move { looked(tx).await })).await?;
                }
                Ok::<(), StoreError>(())
            })
        })
        .collect();
    let mut longest = 0;
    for _ in 0..WRITTEN {
        let sql = "INSERT INTO lumps (lump) VALUES (zeroblob(1048576))";
        db.write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await.map(|_| ()) })).await.unwrap();
        longest = longest.max(std::fs::metadata(folder.path().join("busy.db-wal")).map_or(0, |log| log.len()));
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap().unwrap();
    }
    assert!(longest < LONGEST, "{longest} bytes");
    assert!(std::fs::metadata(&file).unwrap().len() > (WRITTEN as u64 - 128) << 20, "the database itself has the rest");
}

async fn looked(tx: &mut store::Tx) -> Result<(), StoreError> {
    let sql = "WITH RECURSIVE numbers (n) AS (SELECT COUNT(*) - COUNT(*) FROM lumps UNION ALL
                   SELECT n + 1 FROM numbers WHERE n < 5000) SELECT COUNT(*) FROM numbers";
    tx.row(sql, &[]).await.map(|_| ())
}
