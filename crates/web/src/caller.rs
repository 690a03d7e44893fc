//! Who asks: the bearer token of a request, what it may do, and a short memory so that a busy program costs no look-up a
//! request.

use crate::{AppState, problem::Problem};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, header, request::Parts},
};
use mail::TokenKey;
use mailroom::words::{Refusal, field};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::{
    secret::token_digest,
    token::{self, Scope},
    viewer::{UserRole, Viewer},
};

/// How long a token is believed without a look at the database. A token that is withdrawn on this node stops at once;
/// on another node it may live this much longer.
const BELIEVED_FOR: Duration = Duration::from_secs(2);

/// More tokens than any organisation has; past it the memory starts anew.
const REMEMBERED: usize = 10_000;

/// Who asks, by a valid token. A token that may only read is refused here for every method that writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) viewer: Viewer,
    pub(crate) scope: Scope,
    pub(crate) token: TokenKey,
    /// The organisation asks a second factor of its administrators, and this one has none: nothing else comes first.
    pub(crate) owes_second_factor: bool,
}

/// A caller who may do what concerns the whole organisation: users, groups, other people's tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Administrator(pub(crate) Caller);

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Caller, Problem> {
        let caller = Caller::known(&parts.headers, state).await?;
        if caller.owes_second_factor && !parts.uri.path().ends_with("/me/second-factor") {
            return Err(Refusal::forbidden("second_factor", field::SECOND_FACTOR_OWED).into());
        }
        let reads = parts.method == Method::GET || parts.method == Method::HEAD;
        if caller.scope == Scope::Read && !reads {
            return Err(Problem::forbidden(
                "Dit token mag alleen lezen. Maak een token met meer rechten.",
                "This token may only read. Make a token with a wider scope.",
            ));
        }
        Ok(caller)
    }
}

impl FromRequestParts<AppState> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Administrator, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        if caller.viewer.role != UserRole::Administrator {
            return Err(Problem::forbidden("Dit kan alleen een beheerder.", "Only an administrator can do this."));
        }
        if caller.scope != Scope::Admin {
            return Err(Problem::forbidden(
                "Hiervoor is een token met de bevoegdheid admin nodig.",
                "This takes a token with the scope admin.",
            ));
        }
        Ok(Administrator(caller))
    }
}

impl Caller {
    /// May do what concerns the whole organisation.
    pub(crate) fn is_administrator(&self) -> bool {
        self.viewer.role == UserRole::Administrator && self.scope == Scope::Admin
    }

    /// Who asks with these headers, now.
    pub(crate) async fn known(headers: &HeaderMap, state: &AppState) -> Result<Caller, Problem> {
        let token = bearer(headers).ok_or_else(no_token)?;
        let digest = token_digest(token);
        if let Some(caller) = state.tokens.get(&digest) {
            return Ok(caller);
        }
        let (db, now) = (&state.room.store.db, state.room.clock.now());
        let found = db.read(move |tx| Box::pin(async move { token::authenticate(tx, &digest, now).await })).await?;
        let found = found.ok_or_else(no_token)?;
        if found.is_touch_due {
            note_use(state, found, now);
        }
        let owes_second_factor = found.owes_second_factor;
        let caller = Caller { viewer: found.viewer, scope: found.scope, token: found.token, owes_second_factor };
        state.tokens.put(digest, caller);
        Ok(caller)
    }
}

/// Notes when a token was last used, beside the request: nobody waits for it.
fn note_use(state: &AppState, found: token::Authenticated, now: i64) {
    let db = state.room.store.db.clone();
    tokio::spawn(async move {
        let organisation = found.viewer.organisation;
        let noted =
            db.write(move |tx| Box::pin(async move { token::touch(tx, organisation, found.token, now).await })).await;
        if let Err(error) = noted {
            tracing::warn!(%error, token = %found.token, "It could not be noted when a token was last used.");
        }
    });
}

/// The token of `Authorization: Bearer TOKEN` (RFC 6750 §2.1); the scheme's case does not matter (RFC 9110 §11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= 500).then_some(token)
}

fn no_token() -> Problem {
    Problem::new(
        crate::problem::Kind::Unauthenticated,
        "Stuur een geldig token mee: Authorization: Bearer TOKEN. Een beheerder maakt er een met postkamer token.",
        "Send a valid token: Authorization: Bearer TOKEN. An administrator makes one with postkamer token.",
    )
}

/// Tokens that were valid a moment ago, by their digest.
#[derive(Default)]
pub(crate) struct TokenCache(Mutex<HashMap<[u8; 32], (Caller, Instant)>>);

impl TokenCache {
    fn get(&self, digest: &[u8; 32]) -> Option<Caller> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(digest).filter(|(_, since)| since.elapsed() < BELIEVED_FOR).map(|(caller, _)| *caller)
    }

    fn put(&self, digest: [u8; 32], caller: Caller) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(digest, (caller, Instant::now()));
    }

    /// Looks everything up anew: somebody's rights have changed.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer_of(value: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn only_the_bearer_scheme_carries_a_token() {
        assert_eq!(bearer_of("bearer abc").as_deref(), Some("abc"));
        assert_eq!(bearer_of("Basic abc"), None);
        assert_eq!(bearer_of("Bearer "), None);
    }
}
