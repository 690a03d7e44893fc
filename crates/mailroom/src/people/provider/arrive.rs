//! The way back from the provider.

use super::{
    depart::{proofs, provider},
    whom::whom,
};
use crate::{
    MailRoom,
    people::{
        door,
        sign_in::{Passed, SignIn, Visitor, enter},
    },
    words::{FieldError, Language, Refusal, provider as words},
};
use connect::{
    Secret,
    oauth::{Answer, OauthError, Registration},
    oidc::{self, Expected, Failure, TokenFault},
};
use mail::{OrganisationKey, UserKey};
use std::net::IpAddr;
use store::{
    UserRole, audit,
    departure::{self, Departure, Purpose},
    device, guard,
    identity_provider::{self, IdentityProvider},
    organisation,
    secret::token_digest,
    session,
    user::User,
};

/// Somebody who comes back.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// What the browser brought.
    pub answer: &'a Answer,
    /// What it shows us.
    pub proof: &'a str,
    /// Where it comes from.
    pub source: IpAddr,
    /// What it calls itself.
    pub agent: &'a str,
    /// What it was given when it last signed in.
    pub device: Option<&'a str>,
    /// The language in which a new member is spoken to.
    pub language: Language,
}

/// Signs in whoever the provider says it is, and gives the path to go on to; or says what else is asked, or why not, in
/// words that name what to do ([`Refusal::Forbidden`]).
pub async fn arrive(room: &MailRoom, arrival: Arrival<'_>) -> Result<(SignIn, String), Refusal> {
    // Counted before it is looked at, and given back when it was right: as with a password.
    door::admit(room, vec![door::network_guard(arrival.source)], None, true).await?;
    let again = || words::kept_out(words::BEGIN_AGAIN, &[]);
    let state = arrival.answer.state.as_deref().ok_or_else(again)?;
    let departure = departed(room, state, arrival.proof).await?.ok_or_else(again)?;
    let organisation = departure.organisation;
    let read = room.store.db.read(move |tx| Box::pin(async move { identity_provider::get(tx, organisation).await }));
    let kept = read.await?.ok_or_else(again)?;
    match person(room, &arrival, &departure, &kept, state).await {
        Ok(user) => {
            let entered = let_in(room, &arrival, &user).await?;
            Ok((entered, departure.onward))
        }
        Err((refusal, user)) => {
            if let Refusal::Forbidden(why) = &refusal {
                note(room, organisation, user, why, arrival.source).await?;
            }
            Err(refusal)
        }
    }
}

async fn departed(room: &MailRoom, state: &str, proof: &str) -> Result<Option<Departure>, Refusal> {
    let (state, visitor, now) = (token_digest(state), token_digest(proof), room.clock.now());
    let write = room
        .store
        .db
        .write(move |tx| Box::pin(async move { departure::arrive(tx, Purpose::SignIn, &state, &visitor, now).await }));
    Ok(write.await?)
}

/// The user whom the provider means; or why nobody, and whom it concerns as far as that is known.
async fn person(
    room: &MailRoom,
    arrival: &Arrival<'_>,
    departure: &Departure,
    kept: &IdentityProvider,
    state: &str,
) -> Result<User, (Refusal, Option<UserKey>)> {
    let of_nobody = |refusal| (refusal, None);
    let provider = provider(room, kept).await.map_err(of_nobody)?;
    let code = arrival.answer.code(&provider.issuer, provider.announces_issuer);
    let code = code.map_err(|error| of_nobody(refused(kept, &Failure::Oauth(error))))?;
    let (keys, organisation) = (room.store.keys.clone(), kept.organisation);
    let read = room
        .store
        .db
        .read(move |tx| Box::pin(async move { identity_provider::open_secret(tx, &keys, organisation).await }));
    let secret = read.await.map_err(|error| of_nobody(error.into()))?;
    let registration =
        Registration { client_id: kept.client_id.clone(), client_secret: Secret::new(secret.as_slice()) };
    let (nonce, verifier) = proofs(&room.store.keys.pepper(), state);
    let now = room.clock.now();
    let expected = Expected { issuer: &provider.issuer, client_id: &kept.client_id, nonce: &nonce, now };
    let grant = (code, &verifier, departure.redirect_uri.as_str());
    let claims = oidc::person(&room.world, &provider, &registration, grant, &expected).await;
    let claims = claims.map_err(|failure| of_nobody(refused(kept, &failure)))?;
    let found = whom(room, kept, claims, arrival.language).await.map_err(of_nobody)?;
    found.map_err(|kept_out| (Refusal::Forbidden(kept_out.why), kept_out.user))
}

fn refused(kept: &IdentityProvider, failure: &Failure) -> Refusal {
    tracing::warn!(issuer = kept.issuer, %failure, "somebody came back from a provider and is not let in");
    let told = |reason, why: &str| words::kept_out(reason, &[("name", &kept.name), ("why", why)]);
    match failure {
        Failure::Token(TokenFault::Time) => told(words::CLOCK, ""),
        Failure::Token(fault) => told(words::NOT_BELIEVED, words::token_fault(*fault)),
        Failure::Oauth(OauthError::OtherIssuer) => told(words::NOT_BELIEVED, "iss"),
        Failure::Oauth(OauthError::Unreachable(_)) => told(words::UNREACHABLE, ""),
        Failure::Oauth(OauthError::Incomplete(what)) => told(words::NOT_BELIEVED, what),
        Failure::Oauth(OauthError::Refused { code, .. }) => match code.as_str() {
            "access_denied" => told(words::CANCELLED, ""),
            // RFC 6749 §5.2: who we are, or what we may ask, is not as it was registered.
            "invalid_client" | "unauthorized_client" | "invalid_scope" => told(words::NOT_SET_UP, code),
            code => told(words::SAID_NO, code),
        },
    }
}

/// The provider's word stands for the password. Its second factor stands for ours, unless the organisation demands ours of
/// them: what a token says of how somebody signed in (`amr`) is only a hint.
pub(super) async fn let_in(room: &MailRoom, arrival: &Arrival<'_>, user: &User) -> Result<SignIn, Refusal> {
    let (organisation, id, now) = (user.organisation, user.id, room.clock.now());
    let shown = arrival.device.map(token_digest);
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let demanded = organisation::get(tx, organisation).await?.second_factor_for_administrators;
            let is_known = match shown {
                Some(shown) => device::is_known(tx, organisation, id, &shown, now).await?,
                None => false,
            };
            Ok((demanded, is_known))
        })
    });
    let (demanded, is_known) = read.await?;
    let device = arrival.device.filter(|_| is_known);
    let visitor = Visitor { source: arrival.source, agent: arrival.agent, device };
    let network = door::network(arrival.source);
    if demanded && user.role == UserRole::Administrator && user.has_second_factor {
        let (challenge, new) = visitor.session(room, id, true);
        let write = room.store.db.write(move |tx| {
            Box::pin(async move {
                guard::give_back(tx, &network).await?;
                session::create(tx, organisation, &new, now).await
            })
        });
        write.await?;
        return Ok(SignIn::SecondFactor { challenge });
    }
    let passed = Passed { given_back: vec![network], by: "provider", ..Passed::default() };
    enter(room, organisation, id, visitor, passed).await.map(SignIn::In)
}

/// Writes down who was not let in, and why. Turning back at the provider, and a provider that is away, are nobody's try.
async fn note(
    room: &MailRoom,
    organisation: OrganisationKey,
    user: Option<UserKey>,
    why: &FieldError,
    source: IpAddr,
) -> Result<(), Refusal> {
    let is_a_try = ![words::CANCELLED.0, words::UNREACHABLE.0, words::NOT_SET_UP.0].contains(&why.code);
    let subject = user.map_or_else(|| organisation.to_string(), |user| user.to_string());
    let network = door::network(source);
    let mut entry = door::entry(room, None, "user.provider_refused", &subject);
    entry.detail = format!("{}, {}", why.code, network.trim_start_matches("from:"));
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            if !is_a_try {
                return guard::give_back(tx, &network).await;
            }
            audit::append(tx, organisation, &entry).await
        })
    });
    Ok(write.await?)
}
