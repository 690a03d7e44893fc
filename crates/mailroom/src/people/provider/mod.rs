//! Signing in at a provider (OpenID Connect): what administrators say of it, and the way there and back (features U2).

mod arrive;
mod depart;
mod known;
#[cfg(test)]
mod provider_test;
mod whom;

pub use arrive::{Arrival, arrive};
pub use depart::{Departing, depart};
pub use known::Known;

use super::sign_in::passwords_allowed;
use crate::{
    MailRoom,
    doer::{Doer, given},
    words::{Checks, FieldError, Refusal, field, provider as words},
};
use connect::oidc::{self, Provider};
use mail::{Address, IdentityProviderKey, UserKey};
use store::{
    UserRole, Viewer, identity,
    identity_provider::{self, IdentityProvider, ProviderSettings},
    user,
};
use zeroize::Zeroizing;

/// The path of ours at which people come back from a provider.
pub const ANSWER: &str = "/sign-in/answer";

const DOMAINS: usize = 100;

/// What an administrator says of the provider.
#[derive(Clone, Default)]
pub struct ProviderInput {
    /// What it is called on the button.
    pub name: String,
    /// Its issuer, or the address of its document.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// What proves it; `None`: what is kept, while the issuer stays the same.
    pub secret: Option<Zeroizing<String>>,
    /// Who is no administrator may sign in with a password too.
    pub passwords_for_members: bool,
    /// Who is new and has an address of one of the domains becomes a member.
    pub admit_unknown: bool,
    /// Domains whose addresses the provider may speak for.
    pub domains: Vec<String>,
}

/// The organisation's provider, when it has one. Only an administrator sees it.
pub async fn of_organisation(room: &MailRoom, viewer: &Viewer) -> Result<Option<IdentityProvider>, Refusal> {
    let organisation = Doer::administrator(room, viewer)?.organisation();
    let read = room.store.db.read(move |tx| Box::pin(async move { identity_provider::get(tx, organisation).await }));
    Ok(read.await?)
}

/// Says where the organisation's people may sign in. A secret is never sent to another issuer than it was given for.
pub async fn set(room: &MailRoom, viewer: &Viewer, input: ProviderInput) -> Result<IdentityProvider, Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let known = of_organisation(room, viewer).await?;
    let settings = checked(known.as_ref(), &input)?;
    let (new, keys) = (IdentityProviderKey(doer.key()), room.store.keys.clone());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let organisation = doer.organisation();
            if !settings.passwords_for_members && !user::get(tx, organisation, doer.viewer.user).await?.has_password {
                let name = "passwords_for_members";
                return Ok(Err(Refusal::conflict(name, field::PASSWORD_KEPT_AS_WAY_BACK)));
            }
            let saved = identity_provider::set(tx, &keys, organisation, new, &settings, doer.now).await?;
            let was = |differs: fn(&IdentityProvider, &IdentityProvider) -> bool| {
                known.as_ref().is_none_or(|known| differs(known, &saved))
            };
            let fields = given(&[
                ("name", was(|was, is| was.name != is.name)),
                ("issuer", was(|was, is| was.issuer != is.issuer)),
                ("client_id", was(|was, is| was.client_id != is.client_id)),
                ("client_secret", settings.secret.is_some()),
                ("passwords_for_members", was(|was, is| was.passwords_for_members != is.passwords_for_members)),
                ("admit_unknown", was(|was, is| was.admit_unknown != is.admit_unknown)),
                ("domains", was(|was, is| was.domains != is.domains)),
            ]);
            doer.did(tx, "organisation.provider_set", organisation, fields).await?;
            Ok(Ok(saved))
        })
    });
    write.await?
}

/// The organisation's people sign in with their passwords only, from now on; who they were at the provider is forgotten.
pub async fn remove(room: &MailRoom, viewer: &Viewer) -> Result<(), Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            identity_provider::remove(tx, doer.organisation()).await?;
            doer.did(tx, "organisation.provider_removed", doer.organisation(), "").await
        })
    });
    Ok(write.await?)
}

/// Reads what the provider says of itself: whether people can sign in there, or what is wrong. Saves nothing.
pub async fn try_out(room: &MailRoom, viewer: &Viewer, issuer: &str) -> Result<Result<Provider, FieldError>, Refusal> {
    Doer::administrator(room, viewer)?;
    if issuer.chars().count() > 500 {
        return Err(Refusal::field("issuer", field::TOO_LONG));
    }
    let issuer = oidc::tidy_issuer(issuer);
    room.providers.forget(&issuer);
    Ok(room.providers.get(&room.world, &issuer, room.clock.now()).await.map_err(|fault| words::fault(&fault)))
}

/// Undoes who somebody is at the provider: the next time they are known by their address again. One's own only when
/// there is another way in; somebody else's only as an administrator.
pub async fn unbind(room: &MailRoom, viewer: &Viewer, of: UserKey) -> Result<(), Refusal> {
    let is_own = viewer.user == of;
    let doer = if is_own { Doer::new(room, viewer) } else { Doer::administrator(room, viewer)? };
    let with_password = viewer.role == UserRole::Administrator || passwords_allowed(room, viewer.organisation).await?;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let organisation = doer.organisation();
            let person = user::get(tx, organisation, of).await?;
            if is_own && !(person.has_password && with_password) {
                return Ok(Err(Refusal::conflict("identity", field::ONLY_WAY_IN)));
            }
            identity::unbind(tx, organisation, of).await?;
            doer.did(tx, "user.identity_unbound", of, "").await?;
            Ok(Ok(()))
        })
    });
    write.await?
}

fn checked(known: Option<&IdentityProvider>, input: &ProviderInput) -> Result<ProviderSettings, Refusal> {
    let (name, client_id) = (input.name.trim().to_owned(), input.client_id.trim().to_owned());
    let issuer = oidc::tidy_issuer(&input.issuer);
    let mut checks = Checks::default();
    checks.line("name", &name, 60);
    checks.line("issuer", &issuer, 500);
    checks.line("client_id", &client_id, 500);
    if !issuer.is_empty() && !oidc::is_secure(&issuer) {
        checks.wrong("issuer", words::NOT_AN_ISSUER);
    }
    match &input.secret {
        Some(secret) => checks.line("client_secret", secret, 2000),
        None if known.is_none() => checks.wrong("client_secret", field::REQUIRED),
        None if known.is_some_and(|known| known.issuer != issuer) => {
            checks.wrong("client_secret", field::SECRET_FOR_NEW_HOST);
        }
        None => {}
    }
    let mut domains: Vec<String> = input.domains.iter().map(|domain| folded(domain)).collect();
    for (n, domain) in domains.iter().enumerate() {
        // What can follow the @ of an address.
        if Address::parse(&format!("a@{domain}")).is_none_or(|read| !read.address.ends_with(&format!("@{domain}"))) {
            checks.wrong(format!("domains[{n}]"), field::NOT_A_DOMAIN);
        }
    }
    if domains.len() > DOMAINS {
        checks.wrong("domains", field::TOO_MANY);
    }
    if input.admit_unknown && domains.is_empty() {
        checks.wrong("domains", field::DOMAINS_FIRST);
    }
    checks.done()?;
    domains.sort();
    domains.dedup();
    Ok(ProviderSettings {
        name,
        issuer,
        client_id,
        secret: input.secret.as_ref().map(|secret| Zeroizing::new(secret.as_bytes().to_vec())),
        passwords_for_members: input.passwords_for_members,
        admit_unknown: input.admit_unknown,
        domains,
    })
}

/// A domain as it is compared: in small letters, without the @ and the point that some write.
fn folded(domain: &str) -> String {
    domain.trim().trim_start_matches('@').trim_end_matches('.').to_lowercase()
}
