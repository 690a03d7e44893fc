//! Addresses to which Mailgun sends mail of a domain no more, because mail to them came back, somebody complained or wants
//! no more of it: shown, and taken off their list when they should be tried again.

use super::{get, line};
use crate::{
    MailRoom,
    doer::Doer,
    words::{Checks, Refusal, field},
};
use connect::mailgun::{Suppressed, Why};
use mail::MailgunDomainKey;
use store::Viewer;

/// Who is on the domain's lists, as Mailgun says now.
pub async fn suppressed(room: &MailRoom, viewer: &Viewer, id: MailgunDomainKey) -> Result<Vec<Suppressed>, Refusal> {
    Doer::administrator(room, viewer)?;
    let line = line::of(room, &get(room, viewer, id).await?).await?;
    let mut all = Vec::new();
    for why in Why::ALL {
        all.extend(line.suppressed(why).await?);
    }
    Ok(all)
}

/// Takes an address off one of the domain's lists.
pub async fn lift(
    room: &MailRoom,
    viewer: &Viewer,
    id: MailgunDomainKey,
    why: &str,
    address: &str,
) -> Result<(), Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let why = Why::from_name(why).ok_or_else(|| Refusal::field("list", field::UNKNOWN_KIND))?;
    let mut checks = Checks::default();
    checks.address("address", address);
    checks.done()?;
    line::of(room, &get(room, viewer, id).await?).await?.lift(why, address).await?;
    let detail = format!("{}, {address}", why.as_str());
    let write = room.store.db.write(move |tx| {
        let (doer, detail) = (doer.clone(), detail.clone());
        Box::pin(async move { doer.did(tx, "organisation.mailgun_lifted", id, detail).await })
    });
    Ok(write.await?)
}
