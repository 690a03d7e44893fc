//! Whom a provider means: by who they are there, and the first time by their address.

use super::folded;
use crate::{
    MailRoom,
    words::{FieldError, Language, Refusal, field::Why, provider as words},
};
use connect::oidc::Claims;
use mail::{Address, UserKey};
use store::{
    StoreError, Tx, UserRole, audit, identity,
    identity_provider::IdentityProvider,
    user::{self, NewUser, User},
};

/// Who came back and stays out.
#[derive(Debug)]
pub(super) struct KeptOut {
    /// Why, in words.
    pub(super) why: FieldError,
    /// Whom it concerns, when it is somebody here.
    pub(super) user: Option<UserKey>,
}

/// What a unit of work takes along.
struct Room {
    provider: IdentityProvider,
    claims: Claims,
    now: i64,
    /// A key for each row that may come of it: the user, and two lines of the log.
    keys: [i64; 3],
    language: &'static str,
}

/// Finds the user, binds them to who they are at the provider, or makes them one. Whoever has no leave to sign in stays out.
pub(super) async fn whom(
    room: &MailRoom,
    provider: &IdentityProvider,
    claims: Claims,
    language: Language,
) -> Result<Result<User, KeptOut>, Refusal> {
    let now = room.clock.now();
    let keys = std::array::from_fn(|_| room.store.make.key(now));
    let language = if language == Language::English { "en" } else { "nl" };
    let found = Room { provider: provider.clone(), claims, now, keys, language };
    let write = room.store.db.write(move |tx| Box::pin(async move { found.whom(tx).await }));
    Ok(write.await?)
}

impl Room {
    async fn whom(&self, tx: &mut Tx) -> Result<Result<User, KeptOut>, StoreError> {
        let (organisation, subject) = (self.provider.organisation, self.claims.subject.as_str());
        let known = match identity::find(tx, organisation, &self.provider.issuer, subject).await? {
            Some(known) => user::get(tx, organisation, known.user).await?,
            None => match self.first_time(tx).await? {
                Ok(user) => user,
                Err(kept_out) => return Ok(Err(kept_out)),
            },
        };
        if !known.active {
            return Ok(Err(self.kept_out(words::SWITCHED_OFF, Some(known.id))));
        }
        identity::used(tx, organisation, known.id, self.now).await?;
        Ok(Ok(known))
    }

    /// By the address, when the provider vouches for it.
    async fn first_time(&self, tx: &mut Tx) -> Result<Result<User, KeptOut>, StoreError> {
        let address = self.claims.email.as_deref().and_then(Address::parse);
        let Some(email) = address.map(|read| read.address) else {
            return Ok(Err(self.kept_out(words::NO_ADDRESS, None)));
        };
        let domain = email.rsplit_once('@').map_or_else(String::new, |(_, domain)| folded(domain));
        let is_listed = self.provider.domains.contains(&domain);
        // Some (Microsoft) never say whether an address is somebody's: there the administrator's list does.
        if !self.claims.email_verified.unwrap_or(is_listed) {
            return Ok(Err(self.kept_out(words::UNVERIFIED, None)));
        }
        let organisation = self.provider.organisation;
        // Somebody of another organisation is nobody to this one's provider.
        let known = user::by_email(tx, &email).await?.map(|(user, _)| user);
        let (user, is_new) = match known {
            Some(user) if user.organisation == organisation => (user, false),
            None if is_listed && self.provider.admit_unknown => (self.join(tx, &email).await?, true),
            _ => return Ok(Err(self.kept_out(words::UNKNOWN_HERE, None))),
        };
        if !user.active {
            return Ok(Err(self.kept_out(words::SWITCHED_OFF, Some(user.id))));
        }
        let who = (self.provider.issuer.as_str(), self.claims.subject.as_str());
        if !identity::bind(tx, organisation, user.id, who, self.now).await? {
            return Ok(Err(self.kept_out(words::OTHER_IDENTITY, Some(user.id))));
        }
        if is_new {
            self.note(tx, self.keys[1], "user.joined", &user).await?;
        }
        self.note(tx, self.keys[2], "user.identity_bound", &user).await?;
        Ok(Ok(user))
    }

    /// Makes them a member: with the name that the provider gives them, and without a password.
    async fn join(&self, tx: &mut Tx, email: &str) -> Result<User, StoreError> {
        let name: String = self.claims.name.iter().flat_map(|name| name.chars()).filter(|c| !c.is_control()).collect();
        let name: String = name.trim().chars().take(200).collect();
        let new = NewUser {
            id: UserKey(self.keys[0]),
            email: email.to_owned(),
            name: if name.is_empty() { email.to_owned() } else { name },
            role: UserRole::Member,
            language: self.language.to_owned(),
            password: None,
        };
        user::create(tx, self.provider.organisation, &new, self.now).await
    }

    async fn note(&self, tx: &mut Tx, id: i64, action: &str, user: &User) -> Result<(), StoreError> {
        let entry = audit::Entry {
            id,
            user: Some(user.id),
            action: action.to_owned(),
            subject: user.id.to_string(),
            detail: String::new(),
            done_at: self.now,
        };
        audit::append(tx, user.organisation, &entry).await
    }

    fn kept_out(&self, why: Why, user: Option<UserKey>) -> KeptOut {
        let email = self.claims.email.as_deref().unwrap_or_default();
        let facts = [("name", self.provider.name.as_str()), ("email", email)];
        KeptOut { why: words::told(why, &facts), user }
    }
}
