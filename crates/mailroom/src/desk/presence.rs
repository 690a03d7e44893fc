//! Who else looks at a conversation or writes an answer now.

use crate::{MailRoom, doer::Doer, words::Refusal};
use mail::ConversationKey;
use store::{
    Viewer,
    presence::{self, Doing, Presence},
};

/// Says that the viewer is there, and gives who else is. A page repeats it within [`presence::LIFE`] for as long as it is
/// open.
pub async fn put(
    room: &MailRoom,
    viewer: &Viewer,
    key: ConversationKey,
    doing: Doing,
) -> Result<Vec<Presence>, Refusal> {
    let Doer { viewer, now, .. } = Doer::new(room, viewer);
    let work = store::unit(move |tx| Box::pin(async move { presence::put(tx, &viewer, key, doing, now).await }));
    Ok(room.store.db.write(work).await?)
}

/// Says that the viewer has left.
pub async fn leave(room: &MailRoom, viewer: &Viewer, key: ConversationKey) -> Result<(), Refusal> {
    let viewer = *viewer;
    let work = store::unit(move |tx| Box::pin(async move { presence::leave(tx, &viewer, key).await }));
    Ok(room.store.db.write(work).await?)
}
