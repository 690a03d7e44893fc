//! What a person chooses about a sender.

use crate::{MailRoom, doer::Doer, words::Refusal};
use mail::MessageKey;
use store::{Viewer, message, shown_sender};

/// Shows the pictures from elsewhere of whoever this message is from to the viewer from now on, or asks again each time.
pub async fn show_pictures(room: &MailRoom, viewer: &Viewer, key: MessageKey, shown: bool) -> Result<(), Refusal> {
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let stored = message::get(tx, &doer.viewer, key).await?;
            if let Some(from) = stored.people.from.first() {
                shown_sender::set(tx, &doer.viewer, &from.address, shown).await?;
            }
            Ok(())
        })
    });
    Ok(write.await?)
}
