//! What the outbox needs besides sending: taking up what a dead worker left, looking for what is uncertain, sent copies,
//! and telling authors of delays. Each is a job of its own: one that fails keeps none of the others.

use super::{notice, reconcile, retry, sent_copy};
use crate::MailRoom;
use std::time::Duration;
use store::{
    StoreError, Topic, draft, idempotency, limit,
    outbox::{self, Dead},
};
use tokio::sync::watch;

/// How often to look when the bell says nothing.
const LOOK: Duration = Duration::from_secs(10);
/// How often what is long past is forgotten.
const SWEEP: i64 = 3_600_000;
/// Between two rounds at least: the bell rings for every message sent.
const PAUSE: Duration = Duration::from_millis(200);

/// Goes round until told to stop.
pub async fn run(room: MailRoom, mut stop: watch::Receiver<bool>) {
    let mut bell = room.store.db.bell(Topic::Outbox);
    let mut sweep_at = 0;
    while !*stop.borrow() {
        bell.mark_unchanged();
        let mut did = 0;
        for (what, done) in [
            ("taking up what a worker left", expired(&room).await),
            ("settling uncertain messages", reconcile::round(&room).await),
            ("sent copies", sent_copy::round(&room).await),
            ("reading the logs of Mailgun", crate::mailgun::read_logs(&room).await),
            ("telling authors of delays", delays(&room).await),
            ("forgetting what is long past", sweep(&room, &mut sweep_at).await),
        ] {
            match done {
                Ok(count) => did += count,
                Err(error) => tracing::error!(%error, "{what} did not work; it is tried again"),
            }
        }
        let rest = if did > 0 { PAUSE } else { LOOK };
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(rest) => {}
            () = rung(&mut bell) => {}
        }
    }
}

/// Returns when the bell rang, and not sooner than after the pause.
async fn rung(bell: &mut watch::Receiver<u64>) {
    tokio::time::sleep(PAUSE).await;
    if bell.changed().await.is_err() {
        std::future::pending().await
    }
}

async fn expired(room: &MailRoom) -> Result<usize, StoreError> {
    let now = room.clock.now();
    let recover = room.store.db.write(move |tx| Box::pin(async move { outbox::recover(tx, Dead::Expired, now).await }));
    let recovered = recover.await?;
    Ok(recovered.waiting + recovered.uncertain)
}

/// Keys of requests that are older than a week, and counts of slots that ended.
async fn sweep(room: &MailRoom, at: &mut i64) -> Result<usize, StoreError> {
    let now = room.clock.now();
    if now < *at {
        return Ok(0);
    }
    *at = now + SWEEP;
    let sweep = room.store.db.write(move |tx| {
        Box::pin(async move {
            idempotency::sweep(tx, now).await?;
            draft::sweep(tx, now).await?;
            crate::mailgun::sweep(tx, now).await?;
            limit::sweep(tx, now).await
        })
    });
    sweep.await?;
    Ok(0)
}

async fn delays(room: &MailRoom) -> Result<usize, StoreError> {
    let now = room.clock.now();
    let delays = room
        .store
        .db
        .write(move |tx| Box::pin(async move { outbox::delays_to_tell(tx, now - retry::NOTICE_AFTER, now).await }));
    let delays = delays.await?;
    for delay in &delays {
        notice::delayed(room, delay.organisation, delay.id).await;
    }
    Ok(delays.len())
}
