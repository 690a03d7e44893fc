//! Having an account fetched by whichever node has it. What is called here is heard there at once; a node that dies before it
//! heard is no loss, since whoever takes the account up fetches it first of all.

use crate::MailRoom;
use mail::AccountKey;
use std::time::Duration;
use store::{Dialect, StoreError, Topic, account, call};
use tokio::sync::watch;

/// How often to look for calls when nobody says that there is one.
const LOOK: Duration = Duration::from_secs(2);

/// Has the account fetched soon; `anew`: its provider tells of news no longer, unless it is asked to anew.
pub(crate) async fn call(room: &MailRoom, id: AccountKey, anew: bool) -> Result<(), StoreError> {
    let is_here = if anew { room.desks.ask_anew(id) } else { room.desks.look(id) };
    if is_here || room.store.db.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            match account::organisation_of(tx, id).await? {
                Some(organisation) => call::leave(tx, organisation, id, anew).await,
                None => Ok(()),
            }
        })
    });
    write.await
}

/// The same for who has nobody to tell when it fails: the account is fetched at its interval then.
pub(crate) async fn look(room: &MailRoom, id: AccountKey) {
    if let Err(error) = call(room, id, false).await {
        tracing::warn!(account = %id, %error, "the node that fetches an account could not be told of news");
    }
}

/// Answers the calls of other nodes until told to stop.
pub(super) async fn hear(room: MailRoom, mut stop: watch::Receiver<bool>) {
    let mut bell = room.store.db.bell(Topic::Calls);
    // On SQLite there is no other node.
    let is_alone = room.store.db.dialect() == Dialect::Sqlite;
    while !is_alone && !*stop.borrow() {
        answer(&room).await;
        // Whether it rang or not, it is looked at.
        tokio::select! {
            _ = stop.changed() => {}
            _ = bell.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn answer(room: &MailRoom) {
    let node = room.config.node.clone();
    let read = store::unit({
        let node = node.clone();
        move |tx| Box::pin(async move { call::waits(tx, &node).await })
    });
    let taken = match room.store.db.read(read).await {
        Ok(false) => return,
        Ok(true) => room.store.db.write(move |tx| Box::pin(async move { call::take(tx, &node).await })).await,
        Err(error) => Err(error),
    };
    match taken {
        Ok(calls) => {
            for call in calls {
                // Whoever had it here and has it no longer left it to a node that fetches it first of all.
                let _ = if call.anew { room.desks.ask_anew(call.account) } else { room.desks.look(call.account) };
            }
        }
        Err(error) => tracing::warn!(%error, "calls of other nodes could not be heard"),
    }
}
