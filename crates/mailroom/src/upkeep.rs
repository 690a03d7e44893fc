//! What an installation does for itself, hour by hour: kept bytes that nothing names go, damaged ones are told, old
//! tries to sign in are forgotten, secrets that end soon are told, and what was asked to be erased goes.

use crate::MailRoom;
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks whether it is time.
const LOOK: Duration = Duration::from_secs(10 * 60);
/// How long another node may take from keeping bytes to naming them.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs until told to stop.
pub async fn run(room: MailRoom, mut stop: watch::Receiver<bool>) {
    if let Err(error) = crate::people::erasure::after_a_backup(&room).await {
        tracing::warn!(%error, "the list of erasures could not be compared with the database");
    }
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(LOOK) => sweep(&room).await,
        }
    }
}

/// Wrong passwords that are too old to matter are forgotten.
async fn forget_tries(room: &MailRoom) {
    let now = room.clock.now();
    let write = room.store.db.write(move |tx| Box::pin(async move { store::guard::sweep(tx, now).await }));
    if let Err(error) = write.await {
        tracing::warn!(%error, "old tries to sign in could not be forgotten; it is tried again");
    }
}

/// What somebody asked to be erased goes on.
async fn erase(room: &MailRoom) {
    if let Err(error) = crate::people::erasure::go_on(&room.store, room.clock.now(), false).await {
        tracing::warn!(%error, "what was asked to be erased could not go on; it is tried again");
    }
}

async fn sweep(room: &MailRoom) {
    forget_tries(room).await;
    if let Err(error) = crate::accounts::app::warn(room).await {
        tracing::warn!(%error, "secrets that end soon could not be looked for; it is tried again");
    }
    crate::accounts::sender::look_after(room).await;
    erase(room).await;
    let swept = match room.store.sweep(room.clock.now(), PATIENCE).await {
        Ok(Some(swept)) => swept,
        Ok(None) => return,
        Err(error) => return tracing::warn!(%error, "what is kept could not be looked through; it is tried again"),
    };
    for (organisation, digest) in &swept.damaged {
        let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        tracing::error!(%organisation, digest, "a kept message is damaged; restore it from a backup of the blobs");
    }
    if swept.removed > 0 {
        tracing::info!(removed = swept.removed, "bytes that nothing named were taken away");
    }
}
