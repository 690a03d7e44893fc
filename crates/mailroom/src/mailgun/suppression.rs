//! Addresses to which Mailgun sends mail of a domain no more, because mail to them came back, somebody complained or wants
//! no more of it: shown, and taken off their list when they should be tried again.

use super::{get, line, list};
use crate::{
    MailRoom,
    doer::Doer,
    words::{Checks, Refusal, field},
};
use connect::mailgun::{Suppressed, Why};
use mail::{AccountKey, MailgunDomainKey};
use store::{UserRole, Viewer, account::Outgoing};

/// Codes that are Mailgun's own, and no server's: the address is on one of the lists of the domain
/// (documentation.mailgun.com, "Tracking failures").
const HELD: [&str; 3] = ["605", "606", "607"];

/// Whether these words of a recipient say that Mailgun sends nothing there of itself.
pub fn is_held(said: &str) -> bool {
    said.split_ascii_whitespace().next().is_some_and(|code| HELD.contains(&code))
}

/// The domain on whose lists a recipient of this mailbox's mail is, for who may take them off; `None` for others, and when
/// the mailbox does not send by Mailgun.
pub async fn list_of(
    room: &MailRoom,
    viewer: &Viewer,
    account: AccountKey,
) -> Result<Option<MailgunDomainKey>, Refusal> {
    if viewer.role != UserRole::Administrator {
        return Ok(None);
    }
    let organisation = viewer.organisation;
    let read =
        room.store.db.read(move |tx| Box::pin(async move { store::account::load(tx, organisation, account).await }));
    let Outgoing::Mailgun(used) = read.await?.settings.outgoing else { return Ok(None) };
    let all = list(room, viewer).await?;
    Ok(all.into_iter().find(|domain| domain.name == used.domain).map(|domain| domain.id))
}

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

#[cfg(test)]
mod tests {
    use super::is_held;

    #[test]
    fn only_a_code_of_mailgun_itself_says_that_it_holds_mail_back() {
        assert!(is_held("605 Not delivering to previously bounced address"));
        assert!(is_held("607") && is_held(" 606 x"));
        for said in ["", "550 5.1.1 no such user 605", "6050 x", "x 605"] {
            assert!(!is_held(said), "{said}");
        }
    }
}
