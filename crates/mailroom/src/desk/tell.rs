//! Writes to colleagues who are not looking: somebody calls them, or a conversation is theirs from now on (features D7).
//!
//! Who gets a letter is decided in the unit of work that is the cause ([`store::notification::letter_due`]); the letter
//! leaves after it. When it can't, that is logged and no more: the page shows the cause too.

use crate::{
    MailRoom,
    outgoing::system::{self, plain},
    words::{Phrase, letter},
};
use store::{
    StoreError, Viewer,
    notification::{Due, Why},
    user,
};

/// Sends what is due for what the viewer did.
pub(super) async fn colleagues(room: &MailRoom, viewer: &Viewer, due: Vec<Due>) {
    if due.is_empty() {
        return;
    }
    let by = match name_of(room, viewer).await {
        Ok(by) => by,
        Err(error) => return tracing::warn!(%error, "colleagues could not be written to"),
    };
    for Due { user, why, conversation, subject } in due {
        let letter = match why {
            Why::Called => &letter::CALLED,
            Why::Assigned => &letter::ASSIGNED,
        };
        let subject = match subject.as_deref() {
            None => letter::CONFIDENTIAL.into(),
            Some("") => letter::NO_SUBJECT.into(),
            Some(subject) => Phrase { nl: format!("\"{subject}\""), en: format!("\"{subject}\"") },
        };
        let facts = [
            ("by", plain(&by)),
            ("subject", subject),
            ("link", plain(&room.link(&format!("/mail/{conversation}")))),
            ("choice", plain(&room.link("/me/notifications"))),
        ];
        if let Err(error) = system::send(room, &user, letter, &facts).await {
            tracing::warn!(%error, user = %user.id, "a colleague could not be written to");
        }
    }
}

async fn name_of(room: &MailRoom, viewer: &Viewer) -> Result<String, StoreError> {
    let viewer = *viewer;
    let read =
        room.store.db.read(move |tx| Box::pin(async move { user::get(tx, viewer.organisation, viewer.user).await }));
    Ok(read.await?.called().to_owned())
}
