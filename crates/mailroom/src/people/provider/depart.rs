//! The way to the provider.

use crate::{
    MailRoom,
    people::door,
    words::{Refusal, provider as words},
};
use connect::{
    oauth::{Request, Verifier},
    oidc::{Fault, Provider},
};
use mail::IdentityProviderKey;
use std::net::IpAddr;
use store::{
    departure::{self, Departure, Purpose},
    identity_provider::{self, IdentityProvider},
    secret::{Pepper, new_token, token_digest},
};

/// Somebody who wants to sign in at a provider.
#[derive(Debug, Clone, Copy)]
pub struct Departing<'a> {
    /// Which one.
    pub provider: IdentityProviderKey,
    /// What their browser shows us: only that browser may come back.
    pub proof: &'a str,
    /// Where they come from.
    pub source: IpAddr,
    /// Where they are to come back, as it is registered there.
    pub redirect_uri: &'a str,
    /// The path of ours to go on to.
    pub onward: &'a str,
}

/// The address at the provider to send the browser to. A network that is shut out goes nowhere.
pub async fn depart(room: &MailRoom, departing: Departing<'_>) -> Result<String, Refusal> {
    door::admit(room, vec![door::network_guard(departing.source)], None, false).await?;
    let id = departing.provider;
    let read = room.store.db.read(move |tx| {
        Box::pin(async move { Ok(identity_provider::list(tx).await?.into_iter().find(|known| known.id == id)) })
    });
    let kept = read.await?.ok_or(Refusal::NotFound)?;
    let provider = provider(room, &kept).await?;
    let (state, now) = (new_token(), room.clock.now());
    let (nonce, verifier) = proofs(&room.store.keys.pepper(), &state);
    let request = Request {
        endpoint: &provider.authorization_endpoint,
        client_id: &kept.client_id,
        redirect_uri: departing.redirect_uri,
        scope: "openid email profile",
        state: &state,
        verifier: &verifier,
        more: &[("nonce", &nonce)],
    };
    let name = [("name", kept.name.as_str()), ("why", "authorization_endpoint")];
    let url = request.url().ok_or_else(|| words::kept_out(words::NOT_SET_UP, &name))?;
    let (state, visitor) = (token_digest(&state), token_digest(departing.proof));
    let departure = Departure {
        organisation: kept.organisation,
        account: None,
        redirect_uri: departing.redirect_uri.to_owned(),
        onward: departing.onward.to_owned(),
        opens: None,
    };
    let write = room.store.db.write(move |tx| {
        Box::pin(async move { departure::leave(tx, Purpose::SignIn, &state, &visitor, &departure, now).await })
    });
    write.await?;
    Ok(url)
}

/// What the provider says of itself, or words for somebody who wants to sign in there.
pub(super) async fn provider(room: &MailRoom, kept: &IdentityProvider) -> Result<Provider, Refusal> {
    room.providers.get(&room.world, &kept.issuer, room.clock.now()).await.map_err(|fault| {
        tracing::warn!(issuer = kept.issuer, %fault, "a provider at which people sign in can't be used");
        match fault {
            Fault::Unreachable(_) => words::kept_out(words::UNREACHABLE, &[("name", &kept.name)]),
            fault => {
                let told = words::fault(&fault);
                words::kept_out(words::NOT_SET_UP, &[("name", &kept.name), ("why", told.code)])
            }
        }
    })
}

/// What the token must repeat and what the code is redeemed with. Both are made from the state, by a key that only we have:
/// so nothing is kept that somebody who reads the database could use.
pub(super) fn proofs(pepper: &Pepper, state: &str) -> (String, Verifier) {
    let nonce = pepper.digest("nonce at a provider", state).iter().map(|byte| format!("{byte:02x}")).collect();
    (nonce, Verifier::of(&pepper.digest("verifier at a provider", state)))
}
