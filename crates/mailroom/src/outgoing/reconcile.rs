//! Settles what may have been sent: by looking where it would lie, four times within the hour, and then by a person
//! (reliability rules 17, 21, 22).

use super::{notice, provider, retry};
use crate::{
    MailRoom,
    accounts::connection,
    incoming::PassError,
    words::{Refusal, text},
};
use mail::{OutboxKey, Role};
use store::{
    StoreError, Viewer,
    account::{self, SentCopy},
    folder,
    outbox::{self, Doubt, Kind, Resolution, State},
};

const BATCH: usize = 32;
/// How long a doubt is ours.
const LEASE: i64 = 300_000;

/// A person decides that it goes again: the same message with the same Message-ID, so that a receiver can fold the two.
pub async fn resend(room: &MailRoom, viewer: &Viewer, id: OutboxKey) -> Result<State, Refusal> {
    decide(room, viewer, id, Resolution::Resend).await
}

/// A person decides to leave it.
pub async fn leave(room: &MailRoom, viewer: &Viewer, id: OutboxKey) -> Result<State, Refusal> {
    decide(room, viewer, id, Resolution::Leave).await
}

/// A person knows that it was sent: they asked, or saw it arrive. A copy goes to the sent folder unless one is there.
pub async fn was_sent(room: &MailRoom, viewer: &Viewer, id: OutboxKey) -> Result<State, Refusal> {
    let words = "Somebody of the organisation says that it was sent.".to_owned();
    decide(room, viewer, id, Resolution::Found { words, is_copy_there: false }).await
}

async fn decide(room: &MailRoom, viewer: &Viewer, id: OutboxKey, resolution: Resolution) -> Result<State, Refusal> {
    let (viewer, now) = (*viewer, room.clock.now());
    let decided =
        room.store.db.write(move |tx| Box::pin(async move { outbox::decide(tx, &viewer, id, &resolution, now).await }));
    Ok(decided.await?)
}

/// Looks for what is uncertain and due; says how many there were.
pub(super) async fn round(room: &MailRoom) -> Result<usize, StoreError> {
    let now = room.clock.now();
    let due = room
        .store
        .db
        .write(move |tx| Box::pin(async move { outbox::reconcile_due(tx, now, BATCH, now + LEASE).await }));
    let due = due.await?;
    for doubt in &due {
        settle(room, doubt).await?;
    }
    Ok(due.len())
}

async fn settle(room: &MailRoom, doubt: &Doubt) -> Result<(), StoreError> {
    let found = match look(room, doubt).await {
        Ok(found) => found,
        Err(PassError::Connect(error)) => {
            tracing::info!(%error, outbox = %doubt.id, "an uncertain message could not be looked for now");
            None
        }
        Err(PassError::Store(error @ (StoreError::Conflict { .. } | StoreError::Damaged(_)))) => {
            tracing::debug!(%error, outbox = %doubt.id, "an uncertain message can't be looked for");
            None
        }
        Err(PassError::Store(error)) => return Err(error),
    };
    let (organisation, id, now) = (doubt.organisation, doubt.id, room.clock.now());
    let next = retry::next_look(doubt.reconcile_tries + 1, doubt.began_at.max(0));
    let resolution = match (found, next) {
        (Some(Found::Copy), _) => {
            let words = text("Gevonden in de map met verzonden berichten.", "Found in the sent folder.");
            Some(Resolution::Found { words: words.en.to_owned(), is_copy_there: true })
        }
        (Some(Found::Traced(words)), _) => Some(Resolution::Found { words, is_copy_there: false }),
        // Nobody misses an automatic reply; a second one would annoy (rule 22).
        (None, None) if doubt.kind == Kind::Automatic => Some(Resolution::Leave),
        (None, _) => None,
    };
    let settled = resolution.is_some();
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            match resolution {
                Some(resolution) => {
                    outbox::resolve_uncertain(tx, organisation, id, &resolution, now).await?;
                }
                None => outbox::reconcile_later(tx, organisation, id, next.map(|at| at.max(now)), now).await?,
            }
            Ok(())
        })
    });
    write.await?;
    if !settled && next.is_none() {
        notice::uncertain(room, organisation, id).await;
    }
    Ok(())
}

/// Where an uncertain message was found.
enum Found {
    /// Among what was sent.
    Copy,
    /// In what the next hop keeps of what it took, in its words (rule 20).
    Traced(String),
}

/// Looks for the message: asks the next hop, where it can say, and then in the account's sent folder. Only a provider that keeps sent mail itself can prove anything
/// by it: elsewhere the copy is ours to make, and we make it only after an answer.
async fn look(room: &MailRoom, doubt: &Doubt) -> Result<Option<Found>, PassError> {
    let (organisation, id) = (doubt.organisation, doubt.account);
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let account = account::load(tx, organisation, id).await?;
            Ok((account, folder::list(tx, organisation, id).await?))
        })
    });
    let (account, folders) = read.await?;
    if let Ok(lane) = room.transports.lane(room, &account).await
        && let Some(words) = lane.transport.traced(&doubt.message_id).await?
    {
        return Ok(Some(Found::Traced(words.0)));
    }
    let may_save = provider::saves_sent(&account) || account.sent_copy != SentCopy::Ours;
    let sent: Vec<_> = folders.iter().filter(|folder| folder.role == Role::Sent && folder.selectable).collect();
    if !may_save || sent.is_empty() {
        return Ok(None);
    }
    let mut source = connection::source_for(room, &account).await?;
    let mut found = false;
    for folder in sent {
        found = found || !source.find(&folder.remote, &doubt.message_id).await?.is_empty();
    }
    source.close().await;
    Ok(found.then_some(Found::Copy))
}
