//! The sender of a mailbox that is delivered by our own hand (features S8): whose its address is, what signs its mail, and
//! what its domain publishes.
//!
//! `code` shows an address, `keys` signs, `rotation` sees to it that keys don't grow old, `records` says what stands in the
//! DNS and what should, `spf` for one of them.

mod code;
mod keys;
mod records;
mod rotation;
#[cfg(test)]
mod rotation_test;
mod spf;

pub use code::{confirm, send_code};
pub use keys::renew;
pub(crate) use keys::{look_after, prepare};
pub use records::{KeyState, Purpose, Record, Seen};
pub use rotation::{Age, DAYS, Rotation, renew_after};

use super::{managed, relay};
use crate::{
    MailRoom,
    doer::Doer,
    words::{Refusal, field},
};
use connect::direct::domain_of;
use mail::{AccountKey, address::fold_address};
use store::{
    StoreError, Viewer,
    account::{self, Account},
    dkim_key::{self, DkimKey},
    sender,
};

/// So many mailboxes are read at once.
const PAGE: usize = 200;

/// What shows that an address is the organisation's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A code that was mailed to it.
    Code,
    /// A record of its domain.
    Domain,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Nothing was done.
    Unproven,
    /// A code is under way until this moment.
    CodeSent(i64),
    /// It may send.
    Proven(By),
}

/// The sender of one mailbox.
#[derive(Debug, Clone)]
pub struct Sender {
    /// Its address.
    pub address: String,
    /// The domain of that.
    pub domain: String,
    /// Whether it may send.
    pub stand: Stand,
    /// What the domain should publish; what of it is there is known only after a look.
    pub records: Vec<Record>,
    /// How its keys are renewed.
    pub rotation: Rotation,
}

/// What is kept of a sender.
pub(super) struct Kept {
    pub(super) account: Account,
    pub(super) address: Option<sender::Address>,
    pub(super) domain: Option<sender::Domain>,
    pub(super) keys: Vec<DkimKey>,
    /// The domain of return paths of ours, while mail is taken in there.
    pub(super) return_domain: Option<String>,
}

impl Kept {
    fn domain_name(&self) -> String {
        domain_of(&self.account.settings.address)
    }

    fn renewal_days(&self) -> i64 {
        self.domain.as_ref().map_or(0, |domain| domain.renew_after_days)
    }

    fn stand(&self, now: i64) -> Stand {
        if self.domain.as_ref().is_some_and(|domain| domain.verified_at.is_some()) {
            return Stand::Proven(By::Domain);
        }
        let Some(address) = &self.address else { return Stand::Unproven };
        match (address.verified_at, address.code_sent_at) {
            (Some(_), _) => Stand::Proven(By::Code),
            (None, Some(sent)) if now < sent + code::LIFE && address.tries < code::TRIES => {
                Stand::CodeSent(sent + code::LIFE)
            }
            _ => Stand::Unproven,
        }
    }
}

/// How the sender of a mailbox stands, by what is kept.
pub async fn get(room: &MailRoom, viewer: &Viewer, id: AccountKey) -> Result<Sender, Refusal> {
    let kept = kept(room, viewer, id).await?;
    Ok(shown(room, &kept, None))
}

/// The senders that the viewer manages, one for each mailbox that is delivered here, by what is kept.
pub async fn list(room: &MailRoom, viewer: &Viewer) -> Result<Vec<(AccountKey, Sender)>, Refusal> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let asked = *viewer;
        let read =
            room.store.db.read(move |tx| Box::pin(async move { account::list(tx, &asked, after, PAGE).await })).await?;
        for account in read.0.into_iter().filter(|account| account.settings.is_delivered_here()) {
            match get(room, viewer, account.id).await {
                Ok(sender) => all.push((account.id, sender)),
                Err(Refusal::Forbidden(_)) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        match read.1 {
            Some(last) => after = Some(last),
            None => return Ok(all),
        }
    }
}

/// Looks into the DNS, keeps what follows from it, and says what is there.
pub async fn check(room: &MailRoom, viewer: &Viewer, id: AccountKey) -> Result<Sender, Refusal> {
    let before = kept(room, viewer, id).await?;
    prepare(room, &before.account).await;
    let before = kept(room, viewer, id).await?;
    let looked = records::look(room, &before).await;
    if let Some(domain) = &before.domain
        && domain.verified_at.is_none()
        && let Some(found) = looked.ownership(&domain.token)
    {
        let (doer, name) = (Doer::new(room, viewer), domain.domain.clone());
        let write = room.store.db.write(move |tx| {
            let (doer, name) = (doer.clone(), name.clone());
            Box::pin(async move {
                sender::domain_checked(tx, doer.organisation(), &name, found, doer.now).await?;
                if found {
                    doer.did(tx, "account.sender_domain", id, name).await?;
                    takes_over(tx, &doer, id).await?;
                }
                Ok(())
            })
        });
        write.await?;
        room.transports.forget(id);
    }
    for key in before.keys.iter().filter(|key| key.retired_at.is_none()) {
        keys::seen(room, key, looked.key(key)).await?;
    }
    let after = kept(room, viewer, id).await?;
    Ok(shown(room, &after, Some(&looked)))
}

fn shown(room: &MailRoom, kept: &Kept, looked: Option<&records::Looked>) -> Sender {
    Sender {
        address: kept.account.settings.address.clone(),
        domain: kept.domain_name(),
        stand: kept.stand(room.clock.now()),
        records: records::wanted(room, kept, looked),
        rotation: Rotation::of(&kept.keys, kept.renewal_days(), room.clock.now()),
    }
}

/// What is kept of the sender of a mailbox that the viewer manages; `Conflict` when it is delivered in another way.
async fn kept(room: &MailRoom, viewer: &Viewer, id: AccountKey) -> Result<Kept, Refusal> {
    let account = managed(room, viewer, id).await?;
    if !account.settings.is_delivered_here() {
        return Err(Refusal::conflict("account", field::NOT_BUILTIN));
    }
    let organisation = viewer.organisation;
    let folded = fold_address(&account.settings.address);
    let name = domain_of(&account.settings.address);
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let address = sender::address(tx, organisation, id, &folded).await?;
            let domain = sender::domain(tx, organisation, &name).await?;
            Ok((address, domain, dkim_key::of_domain(tx, organisation, &name).await?))
        })
    });
    let (address, domain, keys) = read.await?;
    let return_domain = relay::return_domain(room).await?;
    Ok(Kept { account, address, domain, keys, return_domain })
}

/// From now on it can send to the world, and takes over from the temporary mailbox when that is primary.
async fn takes_over(tx: &mut store::Tx, doer: &Doer, id: AccountKey) -> Result<(), StoreError> {
    let account = account::load(tx, doer.organisation(), id).await?;
    account::take_over(tx, doer.organisation(), id, &account.settings).await
}
