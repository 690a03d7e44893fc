//! The installation's own mail: it leaves by the primary account (features M15).

use super::{
    ground,
    letter::{self, Answered, NewMail},
    submit::{self, Accepted, Frozen},
};
use crate::{
    MailRoom,
    words::{self, Phrase, Refusal, cause, field, letter::Letter},
};
use bytes::Bytes;
use mail::{Address, OrganisationKey, compose::AutoSubmitted};
use store::{
    StoreError,
    account::{self, Account, Trouble},
    outbox::Kind,
    owner,
    user::User,
};

/// A letter to a user, in their language.
pub(crate) async fn send(
    room: &MailRoom,
    to: &User,
    letter: &Letter,
    facts: &[(&str, Phrase)],
) -> Result<Accepted, Refusal> {
    let (account, key) = primary(room, to.organisation).await?;
    let frozen = frozen(room, &account, &key, to, None, letter, facts)?;
    submit::keep(room, frozen).await
}

/// The bytes of a letter from Postkamer to a user that leaves by nobody: it is put where they read it.
pub(crate) async fn written(
    room: &MailRoom,
    account: &Account,
    to: &User,
    letter: &Letter,
    facts: &[(&str, Phrase)],
) -> Result<Bytes, Refusal> {
    let (keys, organisation) = (room.store.keys.clone(), to.organisation);
    let read = room
        .store
        .db
        .read(move |tx| Box::pin(async move { Ok(keys.message_id_key(tx, organisation).await?.to_vec()) }));
    let from =
        Address { name: Some("Postkamer".to_owned()), address: format!("postkamer@{}", room.config.base_domain) };
    let to = User { email: account.settings.address.clone(), ..to.clone() };
    Ok(frozen(room, account, &read.await?, &to, Some(from), letter, facts)?.bytes)
}

fn frozen(
    room: &MailRoom,
    account: &Account,
    key: &[u8],
    to: &User,
    from: Option<Address>,
    letter: &Letter,
    facts: &[(&str, Phrase)],
) -> Result<Frozen, Refusal> {
    let language = words::language(&to.language);
    let mut facts: Vec<(&str, &str)> = facts.iter().map(|(hole, fact)| (*hole, fact.say(language))).collect();
    facts.push(("name", &to.name));
    let mail = NewMail {
        to: vec![Address { name: one_line(&to.name), address: to.email.clone() }],
        subject: one_line(letter.subject.with(&facts).say(language)).unwrap_or_default(),
        text: Some(letter.body.with(&facts).say(language).to_owned()),
        ..NewMail::default()
    };
    let now = room.clock.now();
    let message_id = submit::message_id(key, to.organisation, account, now);
    let mut draft = letter::draft(mail, &account.settings, Answered::default(), message_id, now)?;
    if let Some(from) = from {
        draft.from = from;
    }
    draft.auto_submitted = Some(AutoSubmitted::Generated);
    submit::freeze(room, account, draft, Kind::System, now)
}

/// Tells everyone who manages the account that it turned red. That it can't be told is logged and no more: the page and
/// the feed show it too.
pub(crate) async fn tell_of_red_account(room: &MailRoom, account: &Account, trouble: &Trouble) {
    let (organisation, id) = (account.organisation, account.id);
    let read = room.store.db.read(move |tx| Box::pin(async move { owner::managers(tx, organisation, id).await }));
    let managers = read.await.unwrap_or_default();
    let (_, code) = crate::accounts::health::Half::of(&trouble.code);
    let explained = cause::by_code(code).unwrap_or_else(|| cause::of(connect::error::Cause::Refused));
    let said = trouble.words.clone().unwrap_or_else(|| "-".to_owned());
    let facts = [
        ("mailbox", plain(&account.settings.address)),
        ("cause", explained.cause.into()),
        ("fix", explained.fix.into()),
        ("said", plain(&said)),
        ("link", plain(&room.link(&format!("/mailboxes/{id}/connect")))),
    ];
    for manager in managers {
        if let Err(error) = send(room, &manager, &words::letter::MAILBOX_RED, &facts).await {
            tracing::warn!(%error, account = %id, "an owner could not be told by mail of a red account");
        }
    }
}

/// The same words in both languages.
pub(crate) fn plain(text: &str) -> Phrase {
    Phrase { nl: text.to_owned(), en: text.to_owned() }
}

async fn primary(room: &MailRoom, organisation: OrganisationKey) -> Result<(Account, Vec<u8>), Refusal> {
    let keys = room.store.keys.clone();
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let primary = account::primary(tx, organisation).await?.ok_or(StoreError::NotFound)?;
            let account = account::load(tx, organisation, primary).await?;
            let key = keys.message_id_key(tx, organisation).await?;
            Ok((account, key.to_vec()))
        })
    });
    let (account, key) = match read.await {
        Err(StoreError::NotFound) => return Err(Refusal::conflict("account", field::PRIMARY_NEEDED)),
        found => found?,
    };
    ground::can_send(&account)?;
    Ok((account, key))
}

/// What people put into names and subjects, safe for a header.
fn one_line(text: &str) -> Option<String> {
    let clean: String =
        text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
    Some(clean.trim().to_owned()).filter(|clean| !clean.is_empty())
}
