//! What a person has read: only what they were shown, and only when they say so. Fetching a page changes nothing, because
//! browsers and previews fetch pages that nobody looks at.

use crate::{MailRoom, doer::Doer, words::Refusal};
use mail::{ConversationKey, MessageKey};
use std::collections::BTreeSet;
use store::{Viewer, mention, message};

/// The viewer has these messages before them: they are read, and so are the notes of the conversation that call them.
pub async fn read(
    room: &MailRoom,
    viewer: &Viewer,
    conversation: ConversationKey,
    messages: Vec<MessageKey>,
) -> Result<(), Refusal> {
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let mut touched = BTreeSet::new();
            for key in &messages {
                touched.insert(doer.viewer.may_see(tx, *key).await?);
                message::set_flags(tx, &doer.viewer, *key, Some(true), None, doer.now, &doer.make).await?;
            }
            mention::read_all(tx, &doer.viewer, conversation, doer.now).await?;
            Ok(touched)
        })
    });
    for account in write.await? {
        room.desks.poke(account);
    }
    Ok(())
}
