//! Trying an address: whose it is, and in which mailboxes it leads to nobody (features D2).

use crate::{
    MailRoom,
    words::{Refusal, field},
};
use mail::{AccountKey, Address, address::fold_address};
use store::{
    Viewer,
    account::{self, is_never_linked},
    contact::{self, Contact},
};

/// Mailboxes that are looked at.
const MANY: usize = 1000;

/// What becomes of an address in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its mail goes to its contacts.
    Linked,
    /// It is the mailbox's own.
    Own,
    /// This line of the mailbox's list leaves it out.
    LeftOut(String),
}

/// What was found out about an address.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The address without its name.
    pub address: String,
    /// Whose it is.
    pub contacts: Vec<Contact>,
    /// The mailboxes that the viewer may know of, by name.
    pub mailboxes: Vec<(AccountKey, String, Verdict)>,
}

/// What becomes of an address in the mailbox that has this address itself, and this list.
pub fn verdict(own: &str, never_link: &[String], address: &str) -> Verdict {
    let folded = fold_address(address);
    if fold_address(own) == folded {
        return Verdict::Own;
    }
    let line = never_link.iter().find(|line| is_never_linked(std::slice::from_ref(*line), &folded));
    line.map_or(Verdict::Linked, |line| Verdict::LeftOut(line.trim().to_owned()))
}

/// Says of an address whose it is, and for each mailbox that the viewer may know of what becomes of it.
pub async fn try_address(room: &MailRoom, viewer: &Viewer, typed: &str) -> Result<Tried, Refusal> {
    let found = Address::parse(typed.trim()).filter(|found| found.address.len() <= 320);
    let address = found.ok_or_else(|| Refusal::field("address", field::NOT_AN_ADDRESS))?.address;
    let (viewer, wanted) = (*viewer, address.clone());
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let contacts = contact::by_address(tx, viewer.organisation, &wanted).await?;
            Ok((contacts, account::list(tx, &viewer, None, MANY).await?.0))
        })
    });
    let (contacts, accounts) = read.await?;
    let mailboxes = accounts.into_iter().map(|account| {
        let verdict = verdict(&account.settings.address, &account.settings.never_link, &address);
        (account.id, account.settings.called().to_owned(), verdict)
    });
    Ok(Tried { mailboxes: mailboxes.collect(), contacts, address })
}
