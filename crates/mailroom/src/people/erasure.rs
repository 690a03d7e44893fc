//! Erasing a person (GDPR, article 17): a contact, or a user who left. Only an administrator does; the rule stands in
//! docs/personal-data.md.

use super::personal::Subject;
use crate::{
    MailRoom,
    doer::Doer,
    words::{Checks, Language, Refusal, Text, field, text},
};
use mail::{OrganisationKey, address::fold_address};
use store::{
    Store, StoreError, Tx, UserRole, Viewer, contact,
    contact::Contact,
    erasure::{
        self, Asked, Erasure, Marks,
        ledger::{self, Line},
    },
    external::External,
    secret::Keyring,
    user,
};

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;
/// Until this hour of the day (UTC) the database may be written anew, which takes a while: most of Europe sleeps.
const NIGHT_UNTIL: i64 = 4;
/// After so many hours it is written anew at any hour, so that nothing is left after a day.
const LATEST: i64 = 20;
/// What a user is called from now on.
const FORMER: Text = text("Oud-collega", "Former colleague");

/// What a person is called here, and what has to be typed to confirm that they are meant.
pub async fn called(room: &MailRoom, viewer: &Viewer, subject: Subject) -> Result<String, Refusal> {
    let organisation = Doer::administrator(room, viewer)?.organisation();
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            Ok(match subject {
                Subject::Contact(key) => contact::get(tx, organisation, key).await?.name,
                Subject::User(key) => user::get(tx, organisation, key).await?.called().to_owned(),
            })
        })
    });
    Ok(read.await?)
}

/// Erases the person. `name` is what they are called, typed by whoever asks; `with_mail` (of a contact only) also the mail
/// that is theirs alone, here and on its server; a user is a former colleague from now on, in that language. The first of
/// the mail goes at once and the rest by [`go_on`].
pub async fn erase(
    room: &MailRoom,
    viewer: &Viewer,
    subject: Subject,
    name: &str,
    with_mail: bool,
    language: Language,
) -> Result<Erasure, Refusal> {
    let is_meant = called(room, viewer, subject).await?.trim() == name.trim();
    if !is_meant {
        return Err(Refusal::field("name", field::NAME_DIFFERS));
    }
    let (doer, keys) = (Doer::administrator(room, viewer)?, room.store.keys.clone());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let marks = Marks::of(tx, &keys, doer.organisation()).await?;
            let asked = Asked { id: doer.key(), viewer: &doer.viewer, marks: &marks, now: doer.now };
            match subject {
                Subject::Contact(key) => {
                    let begun = erasure::of_contact(tx, &asked, key, with_mail).await?;
                    doer.did(tx, "contact.erased", key, if with_mail { "mail" } else { "" }).await?;
                    Ok(begun)
                }
                Subject::User(key) => {
                    let begun = erasure::of_user(tx, &asked, key, FORMER.say(language)).await?;
                    doer.did(tx, "user.erased", key, "").await?;
                    Ok(begun)
                }
            }
        })
    });
    let begun = write.await?;
    ledger::note(&room.store).await?;
    erasure::go_on(&room.store, room.clock.now()).await?;
    state_of(room, viewer, &begun.subject).await
}

/// How far the erasure of a person is; `NotFound` when nobody asked for it.
pub async fn state(room: &MailRoom, viewer: &Viewer, subject: Subject) -> Result<Erasure, Refusal> {
    Doer::administrator(room, viewer)?;
    state_of(room, viewer, &subject.to_string()).await
}

async fn state_of(room: &MailRoom, viewer: &Viewer, subject: &str) -> Result<Erasure, Refusal> {
    let (organisation, subject) = (viewer.organisation, subject.to_owned());
    let read =
        room.store.db.read(move |tx| Box::pin(async move { erasure::of_subject(tx, organisation, &subject).await }));
    Ok(read.await?)
}

/// Goes on with all that was asked to be erased until nothing is left to go, and writes the database anew when it is time:
/// in the night, or `at_once`.
pub async fn go_on(store: &Store, now: i64, at_once: bool) -> Result<(), StoreError> {
    while erasure::go_on(store, now).await? {}
    let is_night = now / HOUR % 24 < NIGHT_UNTIL;
    let asked_until = if at_once || is_night { now } else { now - LATEST * HOUR };
    erasure::clean(store, asked_until, now).await?;
    Ok(())
}

/// Erases once more whom a backup brought back that was made before they were erased. Whoever can't be erased now, because
/// mail to them waits or they manage a mailbox again, is named in the log.
pub async fn after_a_backup(room: &MailRoom) -> Result<(), StoreError> {
    for line in ledger::forgotten(&room.store).await? {
        let subject = line.subject().to_owned();
        match once_more(room, line).await {
            Ok(()) => tracing::warn!(subject, "a backup brought back somebody who was erased: they are erased again"),
            Err(error) => {
                tracing::error!(subject, %error, "a backup brought back somebody who was erased: erase them by hand");
            }
        }
    }
    ledger::note(&room.store).await
}

async fn once_more(room: &MailRoom, line: Line) -> Result<(), StoreError> {
    let viewer = Viewer { organisation: line.organisation(), user: line.asked_by(), role: UserRole::Administrator };
    let (doer, keys) = (Doer::new(room, &viewer), room.store.keys.clone());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let marks = Marks::of(tx, &keys, doer.organisation()).await?;
            let asked = Asked { id: line.id(), viewer: &doer.viewer, marks: &marks, now: doer.now };
            let subject = line.subject();
            let (action, erased) = if let Ok(key) = subject.parse() {
                ("contact.erased", erasure::of_contact(tx, &asked, key, line.with_mail()).await)
            } else if let Ok(key) = subject.parse() {
                ("user.erased", erasure::of_user(tx, &asked, key, FORMER.nl).await)
            } else {
                return Err(StoreError::Damaged(format!("{subject} is no contact and no user")));
            };
            match erased {
                Ok(_) => doer.did(tx, action, subject, "").await,
                Err(StoreError::NotFound) => ledger::nothing_left(tx, &asked, subject).await,
                Err(error) => Err(error),
            }
        })
    });
    write.await
}

/// Lets a person come again who was erased: by an address, by what the business software calls them, or both.
pub async fn let_come_again(
    room: &MailRoom,
    viewer: &Viewer,
    address: Option<String>,
    external: Option<External>,
) -> Result<(), Refusal> {
    let (doer, keys) = (Doer::administrator(room, viewer)?, room.store.keys.clone());
    let mut checks = Checks::default();
    if address.is_none() && external.is_none() {
        checks.wrong("address", field::REQUIRED);
    }
    if let Some(address) = &address {
        checks.address("address", address.trim());
    }
    checks.external(external.as_ref());
    checks.done()?;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let marks = Marks::of(tx, &keys, doer.organisation()).await?;
            let mut theirs: Vec<_> = address.iter().map(|address| marks.address(address)).collect();
            theirs.extend(external.iter().map(|external| marks.external(external)));
            erasure::allow_again(tx, doer.organisation(), &theirs).await?;
            doer.did(tx, "organisation.erased_let_again", doer.organisation(), "").await
        })
    });
    Ok(write.await?)
}

/// `Conflict` when somebody comes in by an address or an id elsewhere that was erased. What the contact that is `known`
/// has already does not matter.
pub(crate) async fn may_come(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    known: Option<&Contact>,
    (addresses, external): (&[String], Option<&External>),
) -> Result<(), StoreError> {
    let had: Vec<_> =
        known.into_iter().flat_map(|known| &known.addresses).map(|own| fold_address(own.trim())).collect();
    let marks = Marks::of(tx, keys, organisation).await?;
    let new = addresses.iter().filter(|address| !had.contains(&fold_address(address.trim())));
    let new: Vec<_> = new.map(|address| marks.address(address)).collect();
    erasure::refused(tx, organisation, &new, "addresses").await?;
    match external.filter(|external| known.is_none_or(|known| known.external.as_ref() != Some(*external))) {
        Some(external) => erasure::refused(tx, organisation, &[marks.external(external)], "external").await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::assert_complete;

    #[test]
    fn what_a_former_colleague_is_called_is_there_in_both_languages() {
        assert_complete("former", &FORMER);
    }
}
