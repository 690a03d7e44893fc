//! Notes in which the viewer is called.

use crate::{MailRoom, doer::Doer, words::Refusal};
use mail::NoteKey;
use store::{Viewer, mention};

/// Takes a note off the list of what the viewer has to read, or puts it back.
pub async fn set_read(room: &MailRoom, viewer: &Viewer, note: NoteKey, read: bool) -> Result<(), Refusal> {
    let Doer { viewer, now, .. } = Doer::new(room, viewer);
    let read_at = read.then_some(now);
    let work = store::unit(move |tx| Box::pin(async move { mention::set_read(tx, &viewer, note, read_at).await }));
    Ok(room.store.db.write(work).await?)
}
