//! Which messages a conversation has: merging and splitting.

use super::{shown::ConversationShown, whole};
use crate::{
    AppState,
    api::id,
    caller::Caller,
    given::{Given, Named},
    once::{self, KeyParam, OnceKey},
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use mail::{ConversationKey, MessageKey};
use mailroom::desk::conversation as verb;
use serde::Deserialize;
use utoipa::ToSchema;

/// What is put into a conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConversationMerge)]
pub(super) struct Merge {
    /// Everything of this one comes along: messages, notes, and what was done. Its id leads to the other from then on.
    #[schema(value_type = id::ConversationId)]
    from: ConversationKey,
}

/// What is taken out of a conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConversationSplit)]
pub(super) struct Split {
    /// Messages of it; at least one must stay.
    #[schema(value_type = Vec<id::MessageId>, min_items = 1)]
    messages: Vec<MessageKey>,
}

/// Puts everything of another conversation into this one.
#[utoipa::path(post, path = "/conversations/{id}/merge", tag = "conversations",
    params(("id" = id::ConversationId, Path)), request_body = Merge,
    responses(
        (status = 200, description = "The conversation as it is now.", body = ConversationShown),
        (status = 409, description = "It is the same conversation.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn merge(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ConversationKey>,
    Given { value, .. }: Given<Merge>,
) -> Result<Json<ConversationShown>, Problem> {
    let merged = verb::merge(&state.room, &caller.viewer, value.from, key).await?;
    whole(&state, &caller, merged).await
}

/// Takes messages out of a conversation into one of their own; answers to them join them there.
#[utoipa::path(post, path = "/conversations/{id}/split", tag = "conversations",
    params(("id" = id::ConversationId, Path), KeyParam), request_body = Split,
    responses(
        (status = 201, description = "The new conversation.", body = ConversationShown),
        (status = 409, description = "A message is not in it, or none would stay.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn split(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<ConversationKey>,
    once_key: OnceKey,
    Given { value, digest }: Given<Split>,
) -> Result<Response, Problem> {
    once::run(&state, &caller, once_key, digest, async {
        let made = verb::split(&state.room, &caller.viewer, key, value.messages).await?;
        Ok((StatusCode::CREATED, ConversationShown::of(made, Vec::new())))
    })
    .await
}
