//! The outbox as people see and change it.

use crate::{MailRoom, words::Refusal};
use mail::OutboxKey;
use store::{
    Viewer,
    outbox::{self, Filter, State, Submission},
};

/// One submission.
pub async fn get(room: &MailRoom, viewer: &Viewer, id: OutboxKey) -> Result<Submission, Refusal> {
    let viewer = *viewer;
    Ok(room.store.db.read(move |tx| Box::pin(async move { outbox::get(tx, &viewer, id).await })).await?)
}

/// The submissions that the viewer may see, newest first, and the key to go on from.
pub async fn list(
    room: &MailRoom,
    viewer: &Viewer,
    filter: Filter,
    before: Option<OutboxKey>,
    limit: usize,
) -> Result<(Vec<Submission>, Option<OutboxKey>), Refusal> {
    let viewer = *viewer;
    let read =
        room.store.db.read(move |tx| Box::pin(async move { outbox::list(tx, &viewer, &filter, before, limit).await }));
    Ok(read.await?)
}

/// Takes back what has not begun.
pub async fn cancel(room: &MailRoom, viewer: &Viewer, id: OutboxKey) -> Result<State, Refusal> {
    let (viewer, now) = (*viewer, room.clock.now());
    Ok(room.store.db.write(move |tx| Box::pin(async move { outbox::cancel(tx, &viewer, id, now).await })).await?)
}

/// Lets go what was held.
pub async fn release(room: &MailRoom, viewer: &Viewer, id: OutboxKey) -> Result<State, Refusal> {
    let (viewer, now) = (*viewer, room.clock.now());
    Ok(room.store.db.write(move |tx| Box::pin(async move { outbox::release(tx, &viewer, id, now).await })).await?)
}
