//! Fetching now, at a person's request (*ophaalknop*).

use crate::{
    MailRoom,
    incoming::{DeskError, Desks, Fetched, Wish},
    words::{Refusal, field},
};
use mail::AccountKey;
use std::time::Duration;
use store::{StoreError, Viewer, account, owner};
use tokio::time::{Instant, sleep};

/// How long the task of an account that was just saved may take to begin.
const BEGINS_WITHIN: Duration = Duration::from_secs(10);

/// Begins to fetch: a pause after errors ends, and the account's health tells how it went. An account that waits for a
/// person is refused, for who reads or manages it.
pub async fn fetch_soon(room: &MailRoom, viewer: &Viewer, account: AccountKey) -> Result<(), Refusal> {
    let viewer = *viewer;
    let found = room.store.db.write(move |tx| {
        Box::pin(async move {
            let rights = owner::rights(tx, &viewer, account).await?;
            if !rights.read && !rights.manage {
                return Err(StoreError::NotFound);
            }
            account::try_now(tx, viewer.organisation, account).await?;
            account::load(tx, viewer.organisation, account).await
        })
    });
    let found = found.await?;
    if !found.settings.active {
        return Err(Refusal::conflict("account", field::INACTIVE));
    }
    if found.health.parked {
        return Err(Refusal::conflict("account", field::WAITS_FOR_PERSON));
    }
    in_the_background(room, account, Wish::fetched_now());
    Ok(())
}

/// Has the account fetched, without waiting for it.
pub fn in_the_background(room: &MailRoom, account: AccountKey, wish: Wish) {
    let desks = room.desks.clone();
    tokio::spawn(async move {
        if let Err(error) = when_begun(&desks, account, wish).await {
            tracing::info!(account = %account, %error, "a fetch that was asked for did not come to an end");
        }
    });
}

/// What the pass brought that fulfils the wish. A task that was not there yet may be about to begin: the account was made
/// or saved a moment ago.
pub async fn when_begun(desks: &Desks, account: AccountKey, wish: Wish) -> Result<Fetched, DeskError> {
    let until = Instant::now() + BEGINS_WITHIN;
    loop {
        match desks.fetch(account, wish).await {
            Err(DeskError::NotRunning) if Instant::now() < until => sleep(Duration::from_millis(100)).await,
            other => return other,
        }
    }
}
