//! Memory on loan for letters of which nobody says beforehand how long they are.

use crate::Outlet;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// How long letters that turned out long wait for memory, before they go on without.
const TIME: Duration = Duration::from_secs(30);

/// So much memory to begin with, in KiB; the rest when it is known.
pub(crate) async fn first(out: &Outlet, kib: u32) -> Option<OwnedSemaphorePermit> {
    out.room.clone().acquire_many_owned(kib.min(out.room_total.max(1))).await.ok()
}

/// More memory for what is longer than most. What was held is given back first, and nobody waits behind it in order: so two
/// long ones never wait for each other.
pub(crate) async fn grow(room: &mut Option<OwnedSemaphorePermit>, out: &Outlet, bytes: usize) {
    let wanted = kib(bytes).min(out.room_total.max(1));
    if room.as_ref().is_some_and(|held| held.num_permits() >= wanted as usize) {
        return;
    }
    drop(room.take());
    let all = out.room.clone().acquire_many_owned(wanted);
    *room = tokio::time::timeout(TIME, all).await.ok().and_then(Result::ok);
}

/// What so many bytes take, in KiB.
pub(crate) fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX)
}
