//! A message's links to contacts and dossiers, by a person or their program (features D1).

use crate::{MailRoom, doer::Doer, words::Refusal};
use mail::MessageKey;
use store::{
    Viewer,
    link::{self, Reason, Target},
};

/// Links a message that the viewer sees; a contact brings its dossiers along. `by` is [`Reason::Person`] or
/// [`Reason::Api`].
pub async fn link(
    room: &MailRoom,
    viewer: &Viewer,
    message: MessageKey,
    target: Target,
    by: Reason,
) -> Result<(), Refusal> {
    let Doer { viewer, now, .. } = Doer::new(room, viewer);
    let write =
        room.store.db.write(move |tx| Box::pin(async move { link::link(tx, &viewer, message, target, by, now).await }));
    Ok(write.await?)
}

/// Takes a link away; no rule brings it back.
pub async fn unlink(room: &MailRoom, viewer: &Viewer, message: MessageKey, target: Target) -> Result<(), Refusal> {
    let Doer { viewer, now, .. } = Doer::new(room, viewer);
    let write =
        room.store.db.write(move |tx| Box::pin(async move { link::unlink(tx, &viewer, message, target, now).await }));
    Ok(write.await?)
}
