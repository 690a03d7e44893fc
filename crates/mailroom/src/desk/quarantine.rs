//! Messages that were set aside because they could not be had or read.

use crate::{MailRoom, doer::Doer, words::Refusal};
use mail::QuarantineKey;
use store::{
    Viewer,
    quarantine::{self, SetAside},
};

/// Tries one again now: the task of its account hears of it.
pub async fn retry(room: &MailRoom, viewer: &Viewer, key: QuarantineKey) -> Result<SetAside, Refusal> {
    let Doer { viewer, now, .. } = Doer::new(room, viewer);
    let work = store::unit(move |tx| Box::pin(async move { quarantine::retry(tx, &viewer, key, now).await }));
    Ok(room.store.db.write(work).await?)
}
