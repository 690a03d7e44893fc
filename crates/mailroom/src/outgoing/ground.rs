//! What must be known of the account before a mail is taken over, and a memory of it: a program that hands over a
//! thousand mails asks for the same account a thousand times. Whether the memory still holds is asked in the transaction
//! that takes the mail over, so that no right outlives its withdrawal.

use super::letter::{self, NewMail, Pattern};
use crate::{
    MailRoom,
    words::{Refusal, field},
};
use mail::{AccountKey, OrganisationKey, UserKey};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::{
    Viewer,
    account::{self, Account, Outgoing},
    dossier, message, owner, template,
};

/// More senders than work at once; past it the memory starts anew.
const REMEMBERED: usize = 1_000;

/// Who sent by which account a moment ago.
type Sender = (OrganisationKey, UserKey, AccountKey);

/// What is known of accounts that were sent by.
#[derive(Clone, Default)]
pub struct Grounds(Arc<Mutex<HashMap<Sender, Arc<Ground>>>>);

impl Grounds {
    fn known(&self) -> MutexGuard<'_, HashMap<Sender, Arc<Ground>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered for this mail; never for one that names something else to be looked up, or carries files,
    /// which would have to be copied in case the memory is out of date.
    pub(super) fn of(&self, viewer: &Viewer, mail: &NewMail) -> Option<Arc<Ground>> {
        let named = mail.reply_to_message.is_some() || mail.dossier.is_some() || mail.template.is_some();
        if named || !mail.attachments.is_empty() {
            return None;
        }
        self.known().get(&(viewer.organisation, viewer.user, mail.account?)).cloned()
    }

    pub(super) fn remember(&self, viewer: &Viewer, ground: &Ground) {
        let mut known = self.known();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let sender = (viewer.organisation, viewer.user, ground.account.id);
        known.insert(sender, Arc::new(Ground { answers: None, ..ground.clone() }));
    }

    pub(super) fn forget(&self, account: AccountKey) {
        self.known().retain(|(_, _, kept), _| *kept != account);
    }
}

/// What must be known before anything is written.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) account: Account,
    pub(super) message_id_key: Vec<u8>,
    pub(super) answers: Option<message::Stored>,
}

/// Reads it, in one look at the database, and fills in the template.
pub(super) async fn read(room: &MailRoom, viewer: &Viewer, mut mail: NewMail) -> Result<(NewMail, Ground), Refusal> {
    let account = mail.account.ok_or_else(|| Refusal::field("account", field::REQUIRED))?;
    let (viewer, keys) = (*viewer, room.store.keys.clone());
    let (reply, dossier, template) = (mail.reply_to_message, mail.dossier, mail.template);
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let rights = owner::rights(tx, &viewer, account).await?;
            if !rights.send {
                return Ok(Err(Refusal::forbidden("account", field::NO_RIGHT_TO_SEND)));
            }
            let account = account::load(tx, viewer.organisation, account).await?;
            if let Err(refusal) = can_send(&account) {
                return Ok(Err(refusal));
            }
            let answers = match reply {
                Some(key) => match named("reply_to_message", message::get(tx, &viewer, key).await)? {
                    Ok(stored) => Some(stored),
                    Err(refusal) => return Ok(Err(refusal)),
                },
                None => None,
            };
            if let Some(key) = dossier
                && let Err(refusal) = named("dossier", dossier::get(tx, viewer.organisation, key).await)?
            {
                return Ok(Err(refusal));
            }
            let pattern = match template {
                Some(key) => match named("template", template::get(tx, viewer.organisation, key).await)? {
                    Ok(found) => Some(Pattern { subject: found.subject, text: found.text, html: found.html }),
                    Err(refusal) => return Ok(Err(refusal)),
                },
                None => None,
            };
            let key = keys.message_id_key(tx, viewer.organisation).await?;
            Ok(Ok((Ground { account, message_id_key: key.to_vec(), answers }, pattern)))
        })
    });
    let (ground, pattern) = read.await??;
    letter::fill(&mut mail, pattern)?;
    Ok((mail, ground))
}

/// What is not found is a field to correct here: the mail names it.
fn named<T>(field: &str, found: Result<T, store::StoreError>) -> Result<Result<T, Refusal>, store::StoreError> {
    match found {
        Ok(found) => Ok(Ok(found)),
        Err(store::StoreError::NotFound) => Ok(Err(Refusal::field(field, field::UNKNOWN))),
        Err(error) => Err(error),
    }
}

pub(super) fn can_send(account: &Account) -> Result<(), Refusal> {
    if account.settings.outgoing == Outgoing::None {
        return Err(Refusal::conflict("account", field::CANNOT_SEND));
    }
    if !account.settings.active {
        return Err(Refusal::conflict("account", field::INACTIVE));
    }
    if account.settings.is_delivered_here() && !account.sender_proven {
        return Err(Refusal::conflict("account", field::SENDER_UNPROVEN));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{House, NOON, house};
    use super::*;
    use store::owner::{Owner, Party, Rights};

    async fn send(house: &House) -> Result<super::super::Accepted, Refusal> {
        super::super::submit(&house.room, &house.viewer, house.mail(&["els@klant.nl"]), None).await
    }

    #[tokio::test]
    async fn a_right_that_is_withdrawn_stops_the_next_mail() {
        let house = house().await;
        send(&house).await.unwrap();
        assert!(house.room.grounds.of(&house.viewer, &house.mail(&["els@klant.nl"])).is_some(), "it is remembered");

        let (organisation, user, account) = (house.viewer.organisation, house.viewer.user, house.account);
        let reader = Owner { party: Party::User(user), rights: Rights { read: true, send: false, manage: true } };
        let write = house
            .room
            .store
            .db
            .write(move |tx| Box::pin(async move { owner::set(tx, organisation, account, &[reader]).await }));
        write.await.unwrap();
        let refused = send(&house).await.unwrap_err();
        assert!(format!("{refused:?}").contains("no_right_to_send"), "{refused:?}");
    }

    #[tokio::test]
    async fn an_account_that_was_saved_meanwhile_sends_as_it_was_saved() {
        let house = house().await;
        send(&house).await.unwrap();
        let (organisation, account) = (house.viewer.organisation, house.account);
        let kept = house.kept().await;
        let settings = account::AccountSettings { display_name: "Anders".into(), ..kept.settings };
        let write = house.room.store.db.write(move |tx| {
            Box::pin(async move {
                account::update(tx, organisation, account, kept.version, &settings, NOON).await.map(|_| ())
            })
        });
        write.await.unwrap();
        let accepted = send(&house).await.unwrap();
        assert!(house.load(accepted.id).await.people.to_string().contains("Anders"));
    }
}
