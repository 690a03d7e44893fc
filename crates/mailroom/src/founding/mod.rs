//! The first organisation, its administrator and the mailbox that they begin with.

mod mailbox;

pub use mailbox::open_mailbox;

use crate::{
    MailRoom, people,
    words::{FieldError, Language, Refusal, field},
};
use mail::{Address, OrganisationKey, UserKey};
use store::{StoreError, UserRole, secret::hash_password, user::NewUser};

/// Founds the first organisation of an installation, for whoever comes first; later it is not found any more.
pub async fn found_first(
    room: &MailRoom,
    organisation: &str,
    email: &str,
    password: &str,
    language: Language,
) -> Result<(OrganisationKey, UserKey), Refusal> {
    let language = if language == Language::English { "en" } else { "nl" };
    let founded = begin(room, organisation, email, ("", language), password, true).await?;
    open_mailbox(room, founded.0, founded.1).await?;
    Ok(founded)
}

/// Founds an organisation with its administrator. The password follows the rules for signing in without a second factor.
pub async fn found(
    room: &MailRoom,
    organisation: &str,
    email: &str,
    name: &str,
    password: &str,
) -> Result<(OrganisationKey, UserKey), Refusal> {
    begin(room, organisation, email, (name, "nl"), password, false).await
}

async fn begin(
    room: &MailRoom,
    organisation: &str,
    email: &str,
    (name, language): (&str, &str),
    password: &str,
    is_first: bool,
) -> Result<(OrganisationKey, UserKey), Refusal> {
    let organisation_name = organisation.trim().to_owned();
    let mut errors = Vec::new();
    if organisation_name.is_empty() {
        errors.push(FieldError::new("organisation", field::REQUIRED));
    }
    let address = Address::parse(email);
    if address.is_none() {
        errors.push(FieldError::new("admin", field::NOT_AN_ADDRESS));
    }
    let names = [organisation_name.as_str(), email, name];
    if let Err(Refusal::Invalid { errors: more }) = people::check_password("password", password, &names) {
        errors.extend(more);
    }
    let Some(address) = address.filter(|_| errors.is_empty()) else { return Err(Refusal::Invalid { errors }) };
    let hash = hash_password(&room.store.keys.pepper(), password).await?;
    let now = room.clock.now();
    let key = OrganisationKey(room.store.make.key(now));
    let user = NewUser {
        id: UserKey(room.store.make.key(now)),
        email: address.address,
        name: name.trim().to_owned(),
        role: UserRole::Administrator,
        language: language.to_owned(),
        password: Some(hash),
    };
    let id = user.id;
    let keys = room.store.keys.clone();
    let work = store::unit(move |tx| {
        Box::pin(async move {
            if is_first && !store::organisation::list(tx).await?.is_empty() {
                return Err(StoreError::NotFound);
            }
            store::organisation::create(tx, &keys, key, &organisation_name, now).await?;
            store::user::create(tx, key, &user, now).await.map(|_| ())
        })
    });
    room.store.db.write(work).await?;
    Ok((key, id))
}
