//! API tokens: a user makes and revokes their own.

use super::{form::Checks, id, instant::Instant, page::Page};
use crate::{
    AppState,
    caller::Caller,
    given::{Given, Named},
    problem::Problem,
};
use axum::{Json, extract::State, http::StatusCode};
use mail::TokenKey;
use serde::{Deserialize, Serialize};
use store::{
    secret::{new_token, token_digest},
    token::{self, NewToken, Scope, Token},
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

/// A token, without what proves it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
struct TokenShown {
    #[schema(value_type = id::TokenId)]
    id: TokenKey,
    /// What it is for.
    name: String,
    #[schema(value_type = ScopeName)]
    scope: Scope,
    created_at: Instant,
    /// When it was last used, to the minute.
    #[schema(required)]
    last_used_at: Option<Instant>,
}

/// What a token may do, within what its user may do: look; work with mail; change settings of the organisation too.
#[derive(ToSchema)]
#[schema(as = Scope, rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names; the store makes them")]
pub(super) enum ScopeName {
    Read,
    Write,
    Admin,
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenForm {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// No more than the token that asks has.
    #[schema(value_type = ScopeName)]
    scope: Scope,
}

/// A new token, with what proves it: shown this once and never again.
#[derive(Serialize, ToSchema)]
struct NewTokenShown {
    #[serde(flatten)]
    shown: TokenShown,
    /// What to send as `Authorization: Bearer`.
    token: String,
}

/// The caller's tokens.
#[utoipa::path(get, path = "/tokens", tag = "people",
    responses((status = 200, description = "All of them that work.", body = Page<TokenShown>)))]
async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<Page<TokenShown>>, Problem> {
    let viewer = caller.viewer;
    let found =
        state.read(move |tx| Box::pin(async move { token::list(tx, viewer.organisation, viewer.user).await })).await?;
    Ok(Json(Page::all(found.into_iter().map(TokenShown::from).collect())))
}

/// Makes a token for the caller.
///
/// There is no `Idempotency-Key` here: to answer the same token again, it would have to be kept.
#[utoipa::path(post, path = "/tokens", tag = "people", request_body = TokenForm,
    responses((status = 201, description = "The token, shown this once.", body = NewTokenShown)))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Given { value, .. }: Given<TokenForm>,
) -> Result<(StatusCode, Json<NewTokenShown>), Problem> {
    let mut checks = Checks::default();
    checks.line("name", &value.name, 200);
    checks.done()?;
    if value.scope > caller.scope {
        return Err(Problem::forbidden(
            "Een token kan geen token maken dat meer mag dan het zelf.",
            "A token can't make one that may do more than itself.",
        ));
    }
    let proof = new_token();
    let (viewer, now) = (caller.viewer, state.room.clock.now());
    let new = NewToken {
        id: TokenKey(state.room.store.make.key(now)),
        user: viewer.user,
        name: value.name,
        scope: value.scope,
        digest: token_digest(&proof).to_vec(),
    };
    let shown = TokenShown {
        id: new.id,
        name: new.name.clone(),
        scope: new.scope,
        created_at: Instant(now),
        last_used_at: None,
    };
    state.write(move |tx| Box::pin(async move { token::create(tx, viewer.organisation, &new, now).await })).await?;
    Ok((StatusCode::CREATED, Json(NewTokenShown { shown, token: proof.to_string() })))
}

/// Takes a token back, for ever. An administrator may take back anybody's.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "people", params(("id" = id::TokenId, Path)),
    responses((status = 204, description = "It works no longer.")))]
async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<TokenKey>,
) -> Result<StatusCode, Problem> {
    let (viewer, now) = (caller.viewer, state.room.clock.now());
    let whose = (!caller.is_administrator()).then_some(viewer.user);
    state
        .write(move |tx| Box::pin(async move { token::revoke(tx, viewer.organisation, key, whose, now).await }))
        .await?;
    state.tokens.forget();
    Ok(StatusCode::NO_CONTENT)
}

impl From<Token> for TokenShown {
    fn from(token: Token) -> TokenShown {
        TokenShown {
            id: token.id,
            name: token.name,
            scope: token.scope,
            created_at: Instant(token.created_at),
            last_used_at: token.last_used_at.map(Instant),
        }
    }
}
