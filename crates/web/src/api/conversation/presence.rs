//! Who else looks at a conversation or writes an answer now.

use super::shown::{DoingName, PresenceShown};
use crate::{
    AppState,
    api::{id, page::Page},
    caller::Caller,
    given::{Given, Named},
    problem::Problem,
};
use axum::{Json, extract::State, http::StatusCode};
use mail::ConversationKey;
use mailroom::desk::presence as verb;
use serde::Deserialize;
use store::presence::Doing;
use utoipa::ToSchema;

/// What the caller does with a conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PresenceForm)]
pub(super) struct Here {
    #[schema(value_type = DoingName)]
    doing: Doing,
}

/// Says that the caller is there, and answers who else is.
///
/// It counts for 45 seconds: repeat it every 20 for as long as the conversation is open.
#[utoipa::path(put, path = "/conversations/{id}/presence", tag = "conversations",
    params(("id" = id::ConversationId, Path)), request_body = Here,
    responses((status = 200, description = "Who else is there, all of them.", body = Page<PresenceShown>)))]
pub(super) async fn put(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ConversationKey>,
    Given { value, .. }: Given<Here>,
) -> Result<Json<Page<PresenceShown>>, Problem> {
    let others = verb::put(&state.room, &caller.viewer, key, value.doing).await?;
    Ok(Json(Page::all(others.into_iter().map(PresenceShown::from).collect())))
}

/// Says that the caller has left.
#[utoipa::path(delete, path = "/conversations/{id}/presence", tag = "conversations",
    params(("id" = id::ConversationId, Path)),
    responses((status = 204, description = "Nobody sees the caller there any more.")))]
pub(super) async fn leave(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ConversationKey>,
) -> Result<StatusCode, Problem> {
    verb::leave(&state.room, &caller.viewer, key).await?;
    Ok(StatusCode::NO_CONTENT)
}
