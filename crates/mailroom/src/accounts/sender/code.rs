//! A code that is mailed to the address: whoever reads it there is not a stranger to it.

use super::{Kept, Sender, get, kept, takes_over};
use crate::{
    MailRoom,
    accounts::diagnosis::{Circumstances, diagnose},
    doer::Doer,
    outgoing::{self, system},
    words::{FieldError, Phrase, Refusal, field, letter},
};
use connect::ConnectError;
use mail::{AccountKey, address::fold_address};
use std::time::Duration;
use store::{
    Viewer,
    account::Account,
    limit::{self, Limit, Turn},
    secret::token_digest,
    sender::{self, Tried},
    user::{self, User},
};

/// How long a code works, in milliseconds.
pub(super) const LIFE: i64 = 30 * 60_000;
/// How often a code may be tried.
pub(super) const TRIES: i64 = 5;
/// Codes for one mailbox in an hour: nobody is to be pestered by way of us.
const AN_HOUR: i64 = 3;
const HOUR: i64 = 3_600_000;
/// How long the servers of the address may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// Nothing that looks like something else.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const CHARACTERS: usize = 8;

/// Mails a code to the address of the mailbox: by the primary mailbox, and by our own hand where that can't send.
pub async fn send_code(room: &MailRoom, viewer: &Viewer, id: AccountKey) -> Result<Sender, Refusal> {
    let Kept { account, .. } = kept(room, viewer, id).await?;
    let (doer, code) = (Doer::new(room, viewer), new_code());
    let limit = Limit { scope: format!("sender_code:{id}"), slot_ms: HOUR, max: AN_HOUR };
    let (by, limits) = (doer.clone(), [limit.clone()]);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let organisation = by.organisation();
            if limit::take(tx, organisation, &limits, by.now).await? != Turn::Taken {
                return Ok(None);
            }
            user::get(tx, organisation, by.viewer.user).await.map(Some)
        })
    });
    let Some(person) = write.await? else { return Err(Refusal::conflict("account", field::CODE_TOO_MANY)) };
    let sent = mailed(room, &account, &person, &code).await;
    let is_back = matches!(sent, Err((_, true)));
    let (is_sent, folded, digest) = (sent.is_ok(), fold_address(&account.settings.address), digest_of(id, &code));
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let organisation = doer.organisation();
            if is_back {
                limit::give_back(tx, organisation, &limit, doer.now).await?;
            }
            // A letter that did not leave takes nothing from a code that did arrive.
            if is_sent {
                sender::code_sent(tx, organisation, id, &folded, &digest, doer.now).await?;
                doer.did(tx, "account.sender_code", id, "").await?;
            }
            Ok(())
        })
    });
    write.await?;
    sent.map_err(|(refusal, _)| refusal)?;
    get(room, viewer, id).await
}

/// Mails the code; or why not, and whether it is certain that nobody got it.
async fn mailed(room: &MailRoom, account: &Account, person: &User, code: &str) -> Result<(), (Refusal, bool)> {
    let (id, address) = (account.id, &account.settings.address);
    let certain = |refusal: Refusal| (refusal, true);
    let written = format!("{}-{}", &code[..CHARACTERS / 2], &code[CHARACTERS / 2..]);
    let facts = [
        ("mailbox", system::plain(address)),
        ("code", system::plain(&written)),
        ("minutes", system::plain(&(LIFE / 60_000).to_string())),
        ("link", system::plain(&room.link(&format!("/mailboxes/{id}/sender")))),
    ];
    if by_primary(room, person, address, &facts).await.map_err(certain)? {
        return Ok(());
    }
    let message = system::written(room, account, person, &letter::SENDER_CODE, &facts).await.map_err(certain)?;
    let handed = outgoing::hand_over_code(room, address, message);
    let late = || ConnectError::Uncertain("the servers of this address take long".to_owned());
    let sent = tokio::time::timeout(PATIENCE, handed).await.unwrap_or_else(|_| Err(late()));
    sent.map_err(|error| (not_sent(&error), !matches!(error, ConnectError::Uncertain(_))))
}

/// Whether the letter leaves by the primary mailbox: one that reaches the world and may send.
async fn by_primary(room: &MailRoom, person: &User, address: &str, facts: &[(&str, Phrase)]) -> Result<bool, Refusal> {
    let organisation = person.organisation;
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            match store::account::primary(tx, organisation).await? {
                Some(id) => store::account::load(tx, organisation, id).await.map(Some),
                None => Ok(None),
            }
        })
    });
    match read.await? {
        Some(primary) if !primary.settings.is_own() && !primary.health.parked => {}
        _ => return Ok(false),
    }
    let to = User { email: address.to_owned(), ..person.clone() };
    match system::send(room, &to, &letter::SENDER_CODE, facts).await {
        Ok(_) => Ok(true),
        Err(Refusal::Conflict(_)) => Ok(false),
        Err(refusal) => Err(refusal),
    }
}

/// Tries a code that somebody typed. The right one lets the mailbox send.
pub async fn confirm(room: &MailRoom, viewer: &Viewer, id: AccountKey, typed: &str) -> Result<Sender, Refusal> {
    let Kept { account, .. } = kept(room, viewer, id).await?;
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    if plain.is_empty() {
        return Err(Refusal::field("code", field::REQUIRED));
    }
    let digest = digest_of(id, &plain.to_ascii_uppercase());
    let (doer, folded) = (Doer::new(room, viewer), fold_address(&account.settings.address));
    let write = room.store.db.write(move |tx| {
        let (doer, folded) = (doer.clone(), folded.clone());
        Box::pin(async move {
            let (organisation, now) = (doer.organisation(), doer.now);
            let tried = sender::try_code(tx, organisation, id, &folded, &digest, TRIES, now - LIFE, now).await?;
            if tried == Tried::Right {
                doer.did(tx, "account.sender_address", id, "").await?;
                takes_over(tx, &doer, id).await?;
            }
            Ok(tried)
        })
    });
    match write.await? {
        Tried::Right => {
            room.transports.forget(id);
            get(room, viewer, id).await
        }
        Tried::Wrong(_) => Err(Refusal::field("code", field::SENDER_CODE_WRONG)),
        Tried::Ended => Err(Refusal::field("code", field::CODE_ENDED)),
    }
}

fn new_code() -> String {
    let bytes: [u8; CHARACTERS] = rand::random();
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

/// Bound to the mailbox, so that a code of one says nothing of another.
fn digest_of(id: AccountKey, code: &str) -> [u8; 32] {
    token_digest(&format!("sender of {id}: {code}"))
}

fn not_sent(error: &ConnectError) -> Refusal {
    let found = diagnose(error, Circumstances::default());
    let (code, text) = field::CODE_NOT_SENT;
    let told = found.explained.told(&found.server_said);
    let message = Phrase { nl: format!("{} {}", text.nl, told.nl), en: format!("{} {}", text.en, told.en) };
    Refusal::Conflict(FieldError { field: "account".to_owned(), code, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_can_be_read_over_the_telephone_and_is_of_one_mailbox() {
        let code = new_code();
        assert!(code.len() == CHARACTERS && code.bytes().all(|byte| ALPHABET.contains(&byte)), "{code}");
        assert_ne!(new_code(), new_code());
        assert_ne!(digest_of(AccountKey(1), &code), digest_of(AccountKey(2), &code));
    }
}
