//! The first organisation and its administrator.

use crate::{
    MailRoom,
    words::Refusal,
};
use mail::{Address, OrganisationKey, UserKey};
use store::{
    StoreError, UserRole,
    secret::{hash_password, password_problems},
    user::NewUser,
};

/// Founds an organisation with its administrator. The password follows the rules for signing in without a second factor.
pub async fn found(
    room: &MailRoom,
    organisation: &str,
    email: &str,
    name: &str,
    password: &str,
) -> Result<(OrganisationKey, UserKey), Refusal> {
    let organisation_name = organisation.trim().to_owned();
    if organisation_name.is_empty() {
        return Err(conflict("organisation", "empty", "Give the organisation a name.").into());
    }
    let Some(address) = Address::parse(email) else {
        return Err(conflict("admin", "not_an_address", "This is not an e-mail address.").into());
    };
    let problems = password_problems(password, false, &[&organisation_name, &address.address, name]);
    if let Some(problem) = problems.first() {
        let message = format!("The password is not strong enough ({}): take at least 15 characters.", problem.code());
        return Err(conflict("password", problem.code(), &message).into());
    }
    let hash = hash_password(password).await?;
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

fn conflict(field: &'static str, code: &'static str, message: &str) -> StoreError {
    StoreError::Conflict { field, code, message: message.to_owned() }
}
