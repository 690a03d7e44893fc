//! The end of the process after a sync that failed (reliability case 5).
//!
//! The kernel may drop the pages that it could not write and call the next sync of the same file a success. So nothing in
//! this process may be believed about that file any more: no row is committed, nobody is told that anything is kept, and
//! the next start reads what is really there. Blobs come before their rows, and servers are acknowledged last, so that
//! what was under way is fetched or sent again.

use std::fmt::Display;

/// "Input/output error" of sysexits.h.
const STATUS: i32 = 74;

/// Ends the process; `file` is what could not be synced.
pub(crate) fn end(file: &str, cause: &dyn Display) -> ! {
    tracing::error!(%cause, "{file} could not be made durable: the disk is failing; the program ends and must be started again");
    std::process::exit(STATUS)
}
