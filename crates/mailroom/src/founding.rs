//! The first organisation and its administrator.

use crate::{
    MailRoom, people,
    words::{FieldError, Refusal, field},
};
use mail::{Address, OrganisationKey, UserKey};
use store::{UserRole, secret::hash_password, user::NewUser};

/// Founds an organisation with its administrator. The password follows the rules for signing in without a second factor.
pub async fn found(
    room: &MailRoom,
    organisation: &str,
    email: &str,
    name: &str,
    password: &str,
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
        language: "nl".into(),
        password: Some(hash),
    };
    let id = user.id;
    let keys = room.store.keys.clone();
    let work = store::unit(move |tx| {
        Box::pin(async move {
            store::organisation::create(tx, &keys, key, &organisation_name, now).await?;
            store::user::create(tx, key, &user, now).await.map(|_| ())
        })
    });
    room.store.db.write(work).await?;
    Ok((key, id))
}
