//! Fetching now, at a person's request (*ophaalknop*).

use crate::{
    MailRoom,
    incoming::{self, DeskError, Fetched, Wish},
    words::{Refusal, field},
};
use mail::{AccountKey, OrganisationKey};
use std::time::Duration;
use store::{StoreError, Viewer, account, owner};
use tokio::time::{Instant, timeout};

/// How long the task of an account that was just saved may take to begin.
const BEGINS_WITHIN: Duration = Duration::from_secs(10);
/// Attempts at most that had begun before, or were taken away.
const ASKS: usize = 3;

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

/// What the pass brought that fulfils the wish. An account that rests after errors rests no longer, unless its sign-in was
/// refused; and an attempt that had begun before somebody asked is not their answer.
pub async fn when_begun(
    room: &MailRoom,
    organisation: OrganisationKey,
    account: AccountKey,
    wish: Wish,
) -> Result<Fetched, DeskError> {
    let (since, mut asks) = (Instant::now(), 0);
    loop {
        let mut asked = room.desks.ask(account, wish, since).await;
        if asked.in_lobby {
            let rouse = store::unit(move |tx| Box::pin(async move { account::rouse(tx, organisation, account).await }));
            room.store.db.write(rouse).await?;
            // Another node may have it: that one fetches at once, and whoever waits here is told that it does.
            incoming::call(room, account, false).await?;
        }
        let answer = match timeout(BEGINS_WITHIN, asked.answer()).await {
            Ok(answer) => answer,
            Err(_) => {
                // Whom a task has taken up by now is not in there any more.
                room.desks.empty_lobby(account);
                asked.answer().await
            }
        };
        asks += 1;
        match answer {
            Err(DeskError::FailedBefore(_)) if asks < ASKS => {}
            answer => return answer,
        }
    }
}
