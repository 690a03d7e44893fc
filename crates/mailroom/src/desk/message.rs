//! What a person changes about one message. It shows at once; the server follows.

use super::undo::{Before, Was};
use crate::{MailRoom, doer::Doer, words::Refusal};
use mail::{ConversationKey, FolderKey, MessageKey};
use store::{Viewer, conversation, message};

/// What changes about a message; `None` stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessagePatch {
    /// Read.
    pub seen: Option<bool>,
    /// Marked as important.
    pub flagged: Option<bool>,
    /// Shown only to who manages the account and who made it private.
    pub private: Option<bool>,
    /// Another folder of the same account.
    pub folder: Option<FolderKey>,
    /// Another conversation; later answers to the message join it there.
    pub conversation: Option<ConversationKey>,
}

/// Marks, hides or moves a message that the viewer sees. Gives where it lay when it moves.
pub async fn change(room: &MailRoom, viewer: &Viewer, key: MessageKey, patch: MessagePatch) -> Result<Before, Refusal> {
    let doer = Doer::new(room, viewer);
    let MessagePatch { seen, flagged, private, folder, conversation } = patch;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let (viewer, now) = (doer.viewer, doer.now);
            let account = viewer.may_see(tx, key).await?;
            let mut before = Before::default();
            if seen.is_some() || flagged.is_some() {
                message::set_flags(tx, &viewer, key, seen, flagged, now, &doer.make).await?;
            }
            if let Some(folder) = folder {
                let lay = message::places_of(tx, viewer.organisation, key).await?.into_iter().next();
                let lay = lay.filter(|lying| lying.folder != folder);
                before.messages.extend(lay.map(|lying| Was::in_folder(key, lying.folder)));
                message::move_to(tx, &viewer, key, folder, now, &doer.make).await?;
            }
            if let Some(conversation) = conversation {
                conversation::move_message(tx, &viewer, key, conversation, now).await?;
            }
            if let Some(private) = private {
                message::set_private(tx, &viewer, key, private, now).await?;
                let action = if private { "message.made_private" } else { "message.made_public" };
                doer.did(tx, action, key, "").await?;
            }
            Ok((account, before))
        })
    });
    let (account, before) = write.await?;
    room.desks.poke(account);
    Ok(before)
}
