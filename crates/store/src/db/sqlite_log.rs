//! The log of a SQLite database: how long it may grow, and what becomes of it at the end.

use rusqlite::{Connection, config::DbConfig};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// After every commit SQLite writes back what it can of a log of so many frames (16 MiB). It begins the log anew only when
/// nobody reads from it in that instant, and while mail is fetched somebody always does: so a log of this size is once
/// waited for. Readers that begin meanwhile don't need it.
const LONG_LOG: u64 = 64 << 20;
/// A reader that takes longer than this keeps the log: then it is tried again when it has grown by [`MORE`].
const PATIENCE: Duration = Duration::from_millis(500);
const MORE: u64 = 16 << 20;

/// How long a connection waits for another that holds the database.
const BUSY: Duration = Duration::from_secs(10);

/// A log of fewer frames is left as it is at the end: the next start reads it sooner than we take it apart.
const SMALL_LOG: i64 = 512;

/// The file with what was committed and not written back yet.
pub(super) struct Log {
    file: PathBuf,
    /// Not before it is so long, in bytes.
    next: u64,
}

impl Log {
    pub(super) fn of(database: &Path) -> Log {
        let mut file = database.as_os_str().to_owned();
        file.push("-wal");
        Log { file: file.into(), next: LONG_LOG }
    }

    /// Writes back a log that grew long, and empties it. Nobody waits for what was committed: they have been told.
    pub(super) fn keep_short(&mut self, connection: &Connection) {
        let before = std::fs::metadata(&self.file).map_or(0, |file| file.len());
        if before < self.next {
            return;
        }
        let emptied = connection
            .busy_timeout(PATIENCE)
            .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)));
        if let Err(error) = connection.busy_timeout(BUSY) {
            tracing::warn!(%error, "the database's patience could not be set");
        }
        match emptied {
            Ok(0) => self.next = LONG_LOG,
            Ok(_) => self.next = before + MORE,
            Err(error) => {
                tracing::warn!(%error, "the database's log could not be written back");
                self.next = before + MORE;
            }
        }
    }

    /// Closing writes the log back into the database, which is not worth it for a few pages.
    pub(super) fn close(&self, connection: &Connection) {
        let log = connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get::<_, i64>(1));
        let keep = log.is_ok_and(|frames| (0..SMALL_LOG).contains(&frames));
        // Where that can't be said the log is written back: slower, nothing else.
        let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep);
    }
}
