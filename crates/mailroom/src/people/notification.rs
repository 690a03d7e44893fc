//! What a person wants to hear of: everybody chooses for themselves.

use crate::{
    MailRoom,
    doer::{Doer, given},
    words::{Checks, Refusal, field},
};
use store::{
    Viewer,
    notification::{self, Choice, ChoicePatch},
};

/// Changes what the viewer wants to hear of; of an account only who may read it.
pub async fn change(room: &MailRoom, viewer: &Viewer, patch: ChoicePatch) -> Result<Choice, Refusal> {
    let mut checks = Checks::default();
    checks.list("notice_accounts", patch.notice_accounts.as_deref().unwrap_or_default());
    checks.done()?;
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let readable = doer.viewer.rights(tx).await?.read;
            let mut chosen = patch.notice_accounts.iter().flatten();
            if chosen.any(|account| readable.binary_search(account).is_err()) {
                return Ok(Err(Refusal::field("notice_accounts", field::UNKNOWN)));
            }
            let saved = notification::update(tx, &doer.viewer, &patch).await?;
            let fields = [
                ("letter_when_called", patch.letter_when_called.is_some()),
                ("letter_when_assigned", patch.letter_when_assigned.is_some()),
                ("notice_when_called", patch.notice_when_called.is_some()),
                ("notice_accounts", patch.notice_accounts.is_some()),
            ];
            doer.did(tx, "user.changed", doer.viewer.user, given(&fields)).await?;
            Ok(Ok(saved))
        })
    });
    write.await?
}
