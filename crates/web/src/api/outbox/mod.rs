//! The outbox: `/outbox` and what hangs below one submission.

mod send;
mod shown;

use super::{
    id,
    page::{self, Page},
};
use crate::{
    AppState,
    caller::Caller,
    given::{Asked, Given, Named},
    handler::routes,
    problem::{Problem, ProblemBody},
};
use axum::{
    Json,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use mail::{AccountKey, ConversationKey, OutboxKey};
use mailroom::outgoing;
use serde::Deserialize;
use shown::{StateName, SubmissionShown};
use store::{
    Viewer,
    outbox::{Filter, State as Stand, Submission},
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};

/// A mail of 50 MiB grows by a third in base64; the rest is text.
const MAIL_LIMIT_BYTES: usize = 70 << 20;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, send::send).layer(DefaultBodyLimit::max(MAIL_LIMIT_BYTES)))
        .routes(routes!(get, cancel))
        .routes(routes!(resolve))
        .routes(routes!(retry))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    #[param(value_type = Option<id::AccountId>)]
    account: Option<AccountKey>,
    #[param(value_type = Option<StateName>)]
    state: Option<Stand>,
    #[param(value_type = Option<id::ConversationId>)]
    conversation: Option<ConversationKey>,
    /// How many items at most.
    #[serde(default = "page::usual", deserialize_with = "page::limit")]
    #[param(minimum = 1, maximum = 200, default = 50, value_type = Option<u16>)]
    limit: usize,
    /// `next` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

/// What was handed over for sending.
#[utoipa::path(get, path = "/outbox", tag = "outbox", params(Wanted),
    responses((status = 200, description = "One page, newest first.", body = Page<SubmissionShown>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<SubmissionShown>>, Problem> {
    let before = page::cursor::<OutboxKey>(wanted.cursor.as_deref())?;
    let filter = Filter { account: wanted.account, state: wanted.state, conversation: wanted.conversation };
    let viewer = caller.viewer;
    let (found, next) = outgoing::list(&state.room, &viewer, filter, before, wanted.limit).await?;
    let rights = state.read(move |tx| Box::pin(async move { viewer.rights(tx).await })).await?;
    Ok(Json(Page::of((found, next), |submission| {
        let is_author = is_author(&viewer, &rights, &submission);
        SubmissionShown::of(submission, is_author)
    })))
}

/// One submission, with what became of it for every recipient.
#[utoipa::path(get, path = "/outbox/{id}", tag = "outbox", params(("id" = id::OutboxId, Path)),
    responses((status = 200, description = "The submission.", body = SubmissionShown)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<OutboxKey>,
) -> Result<Json<SubmissionShown>, Problem> {
    Ok(Json(shown(&state, &caller, key).await?))
}

/// Takes back what has not begun.
#[utoipa::path(delete, path = "/outbox/{id}", tag = "outbox", params(("id" = id::OutboxId, Path)),
    responses(
        (status = 204, description = "It will not be sent."),
        (status = 409, description = "It has begun, or came to an end.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<OutboxKey>,
) -> Result<StatusCode, Problem> {
    outgoing::cancel(&state.room, &caller.viewer, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a person decides about a message that may or may not have been sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Decision {
    action: Action,
}

/// Send the same message again, with the same Message-ID; leave it as it is; or say that it was sent, which somebody
/// knows who asked the recipient.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    Resend,
    Leave,
    Sent,
}

/// Decides about a message whose fate is uncertain.
#[utoipa::path(post, path = "/outbox/{id}/resolve", tag = "outbox", params(("id" = id::OutboxId, Path)),
    request_body = Decision,
    responses(
        (status = 200, description = "The submission as it is now.", body = SubmissionShown),
        (status = 409, description = "There is no doubt about it (any more).", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn resolve(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<OutboxKey>,
    Given { value, .. }: Given<Decision>,
) -> Result<Json<SubmissionShown>, Problem> {
    match value.action {
        Action::Resend => outgoing::resend(&state.room, &caller.viewer, key).await?,
        Action::Leave => outgoing::leave(&state.room, &caller.viewer, key).await?,
        Action::Sent => outgoing::was_sent(&state.room, &caller.viewer, key).await?,
    };
    Ok(Json(shown(&state, &caller, key).await?))
}

/// Lets go what was held, and tries at once what waits for its next try.
#[utoipa::path(post, path = "/outbox/{id}/retry", tag = "outbox", params(("id" = id::OutboxId, Path)),
    responses(
        (status = 200, description = "The submission as it is now.", body = SubmissionShown),
        (status = 409, description = "It neither is held nor waits for its next try.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<OutboxKey>,
) -> Result<Json<SubmissionShown>, Problem> {
    outgoing::release(&state.room, &caller.viewer, key).await?;
    Ok(Json(shown(&state, &caller, key).await?))
}

async fn shown(state: &AppState, caller: &Caller, key: OutboxKey) -> Result<SubmissionShown, Problem> {
    let viewer = caller.viewer;
    let found = outgoing::get(&state.room, &viewer, key).await?;
    let rights = state.read(move |tx| Box::pin(async move { viewer.rights(tx).await })).await?;
    let is_author = is_author(&viewer, &rights, &found);
    Ok(SubmissionShown::of(found, is_author))
}

/// Who wrote it, and who may write in the account's name: they see the blind copies too (reliability.md, case 41).
fn is_author(viewer: &Viewer, rights: &store::Rights, submission: &Submission) -> bool {
    submission.created_by == Some(viewer.user) || rights.send.binary_search(&submission.account).is_ok()
}
