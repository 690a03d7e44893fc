//! API tokens: a user makes and revokes their own.

use super::{id, instant::Instant, page::Page};
use crate::{
    AppState,
    caller::Caller,
    given::{Given, Named},
    handler::routes,
    problem::Problem,
};
use axum::{Json, extract::State, http::StatusCode};
use mail::TokenKey;
use mailroom::people::token as verb;
use serde::{Deserialize, Serialize};
use store::token::{self, Scope, Token};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

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
    let (made, token) = verb::create(&state.room, &caller.viewer, caller.scope, &value.name, value.scope).await?;
    Ok((StatusCode::CREATED, Json(NewTokenShown { shown: made.into(), token })))
}

/// Takes a token back, for ever. An administrator may take back anybody's.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "people", params(("id" = id::TokenId, Path)),
    responses((status = 204, description = "It works no longer.")))]
async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<TokenKey>,
) -> Result<StatusCode, Problem> {
    verb::revoke(&state.room, &caller.viewer, key, caller.is_administrator()).await?;
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
