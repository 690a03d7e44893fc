//! Links the mail that was there before its contact was: in small units, beside everything else.

use crate::MailRoom;
use std::time::Duration;
use store::{StoreError, Topic, contact};
use tokio::sync::watch;

/// The net under the bell.
const LOOK: Duration = Duration::from_secs(15);

/// Links until told to stop.
pub async fn run(room: MailRoom, mut stop: watch::Receiver<bool>) {
    let mut bell = room.store.db.bell(Topic::Changes);
    while !*stop.borrow() {
        bell.mark_unchanged();
        match one_unit(&room).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "mail could not be linked to its contacts now; it is tried again"),
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
            () = rung(&mut bell) => {}
        }
    }
}

async fn one_unit(room: &MailRoom) -> Result<bool, StoreError> {
    let now = room.clock.now();
    room.store.db.write(move |tx| Box::pin(async move { contact::go_on_relinking(tx, now).await })).await
}

/// Returns when the feed grew, at most once a second: a first fetch makes it grow all the time.
async fn rung(bell: &mut watch::Receiver<u64>) {
    tokio::time::sleep(Duration::from_secs(1)).await;
    if bell.changed().await.is_err() {
        std::future::pending().await
    }
}
