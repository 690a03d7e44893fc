//! What a mail room must survive: being killed anywhere, servers that lie, a full disk, mail that kills its reader.

mod backing;
mod books;
mod crash;
mod disk;
mod hostile;
mod house;
mod liar;
mod lost_sync;
mod model;
mod poison;
mod pop3;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// One storm at a time: they measure how long things take, on a machine with few cores.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
