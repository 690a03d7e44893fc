//! What is known of an account here, when a pass over it begins.

use super::held::Held;
use crate::MailRoom;
use store::{StoreError, account::Account, folder::Folder, quarantine::SetAside};

/// Messages of the quarantine that are asked for again in one pass.
const RETRIED: usize = 100;

/// What is known here when a pass begins.
pub(super) struct Ours {
    pub(super) account: Account,
    pub(super) folders: Vec<Folder>,
    /// Messages that are to be asked for again.
    aside: Vec<SetAside>,
    /// Something is to be done on the server.
    pub(super) has_edits: bool,
}

/// All in one question, because a pass that finds nothing new takes hardly longer than a few of them.
pub(super) async fn ask(room: &MailRoom, account: &Account) -> Result<Ours, StoreError> {
    let ours = known(room, account).await?;
    if ours.aside.is_empty() {
        return Ok(ours);
    }
    retry_set_aside(room, account, ours.aside).await?;
    known(room, account).await
}

async fn known(room: &MailRoom, account: &Account) -> Result<Ours, StoreError> {
    let (organisation, id, now) = (account.organisation, account.id, room.clock.now());
    let read = store::unit(move |tx| {
        Box::pin(async move {
            Ok(Ours {
                account: store::account::load(tx, organisation, id).await?,
                folders: store::folder::list(tx, organisation, id).await?,
                aside: store::quarantine::due(tx, organisation, id, now, RETRIED).await?,
                has_edits: !store::edit::due(tx, organisation, id, now, 1).await?.is_empty(),
            })
        })
    });
    room.store.db.read(read).await
}

/// Folders with a message that is to be asked for again are compared as a whole: what is not stored then comes.
async fn retry_set_aside(room: &MailRoom, account: &Account, due: Vec<SetAside>) -> Result<(), StoreError> {
    let organisation = account.organisation;
    let work = store::unit(move |tx| {
        Box::pin(async move {
            for aside in due {
                store::folder::compare_next(tx, organisation, aside.folder).await?;
                let place = (aside.generation, aside.remote);
                store::quarantine::set_next_try(tx, organisation, aside.folder, place.0, place.1, None).await?;
            }
            Ok(())
        })
    });
    Held::from(account).write(room, work).await
}
