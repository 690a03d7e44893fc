//! Writing a SQLite database anew, so that nothing that was deleted is left in its file.

use crate::StoreError;
use rusqlite::Connection;

/// Puts the index together and writes the whole file anew: what was deleted stays in free pages, in the room between rows and
/// in the index until then. Takes as much room again, once where temporary files go and once in the log. `false` when
/// somebody read so long that the log could not be emptied.
pub(super) fn clean(connection: &Connection) -> Result<bool, StoreError> {
    // In memory, where we have SQLite put what it needs for a moment, a large database has no room.
    connection.execute_batch("INSERT INTO search (search) VALUES ('optimize'); PRAGMA temp_store = FILE;")?;
    let written = connection.execute_batch("VACUUM");
    connection.execute_batch("PRAGMA temp_store = MEMORY;")?;
    written?;
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}
