//! Fetching now, at a person's request (*ophaalknop*).

use crate::{
    MailRoom,
    incoming::{DeskError, Fetched, Wish},
    words::{Refusal, field},
};
use mail::{AccountKey, OrganisationKey};
use std::time::Duration;
use store::{StoreError, Viewer, account, owner};
use tokio::time::{Instant, sleep};

/// How long the task of an account that was just saved may take to begin.
const BEGINS_WITHIN: Duration = Duration::from_secs(10);

/// Begins to fetch: a pause after errors ends, and the account's health tells how it went. An account that waits for a
/// person is refused, for who reads or manages it.
pub async fn fetch_soon(room: &MailRoom, viewer: &Viewer, account: AccountKey) -> Result<(), Refusal> {
    let viewer = *viewer;
    let found = room.store.db.read(move |tx| {
        Box::pin(async move {
            let rights = owner::rights(tx, &viewer, account).await?;
            if !rights.read && !rights.manage {
                return Err(StoreError::NotFound);
            }
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
    in_the_background(room, viewer.organisation, account, Wish::fetched_now());
    Ok(())
}

/// Has the account fetched, without waiting for it.
pub fn in_the_background(room: &MailRoom, organisation: OrganisationKey, account: AccountKey, wish: Wish) {
    let room = room.clone();
    tokio::spawn(async move {
        if let Err(error) = when_begun(&room, organisation, account, wish).await {
            tracing::info!(account = %account, %error, "a fetch that was asked for did not come to an end");
        }
    });
}

/// What the pass brought that fulfils the wish. An account that rests after errors rests no longer, and an attempt that had
/// begun before somebody asked is not their answer.
pub async fn when_begun(
    room: &MailRoom,
    organisation: OrganisationKey,
    account: AccountKey,
    wish: Wish,
) -> Result<Fetched, DeskError> {
    let since = Instant::now();
    let mut until = since + BEGINS_WITHIN;
    loop {
        match room.desks.fetch(account, wish, since).await {
            Err(DeskError::NotRunning) if Instant::now() < until => {}
            Err(DeskError::FailedBefore(_)) => until = Instant::now() + BEGINS_WITHIN,
            other => return other,
        }
        room.store
            .db
            .write(move |tx| Box::pin(async move { account::try_now(tx, organisation, account).await }))
            .await?;
        sleep(Duration::from_millis(100)).await;
    }
}
