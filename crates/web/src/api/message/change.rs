//! What a person changes about a message. It shows at once; the server follows.

use super::{id, shown::MessageShown, whole};
use crate::{
    AppState,
    caller::Caller,
    given::{Given, Named},
    language::Spoken,
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State};
use mail::{ConversationKey, FolderKey, MessageKey};
use mailroom::desk::{self, message::MessagePatch};
use serde::Deserialize;
use utoipa::ToSchema;

/// What changes about a message; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageChange {
    /// Read.
    seen: Option<bool>,
    /// Marked as important.
    flagged: Option<bool>,
    /// Only for those who manage the account, and for who made it private.
    private: Option<bool>,
    /// Another folder of the same account.
    #[schema(value_type = Option<id::FolderId>)]
    folder: Option<FolderKey>,
    /// Another conversation; later answers to the message join it there.
    #[schema(value_type = Option<id::ConversationId>)]
    conversation: Option<ConversationKey>,
}

/// Marks, hides or moves a message.
#[utoipa::path(patch, path = "/messages/{id}", tag = "messages", params(("id" = id::MessageId, Path)),
    request_body = MessageChange,
    responses(
        (status = 200, description = "The message as it is now.", body = MessageShown),
        (status = 409, description = "It can't be moved there.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Spoken(language): Spoken,
    Named(key): Named<MessageKey>,
    Given { value, .. }: Given<MessageChange>,
) -> Result<Json<MessageShown>, Problem> {
    let MessageChange { seen, flagged, private, folder, conversation } = value;
    let patch = MessagePatch { seen, flagged, private, folder, conversation };
    desk::message::change(&state.room, &caller.viewer, key, patch).await?;
    Ok(Json(whole(&state, &caller, key, language).await?))
}
