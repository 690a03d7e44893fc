//! Restoring synchronisation (*synchronisatie herstellen*, features M20).

use super::{
    fetch::{self, FetchedShown, Fetching, Manner},
    id,
};
use crate::{
    AppState,
    api::instant::Instant,
    caller::Caller,
    given::{Asked, Given, Named},
    problem::{Problem, ProblemBody},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use mail::{AccountKey, FolderKey};
use mailroom::incoming;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// From when on mail that was never received is to come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Restoring {
    /// By the date that the server gave the mail.
    since: Instant,
    /// Without it nothing is fetched, only counted.
    #[serde(default)]
    confirm: bool,
}

/// What restoring would fetch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RestorePreview)]
struct Preview {
    since: Instant,
    /// Always false: nothing was fetched.
    confirmed: bool,
    /// Messages that would come.
    would_fetch: u64,
    /// By folder; those without any are left out.
    folders: Vec<FolderPreview>,
}

/// What restoring would fetch from one folder.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RestoreFolder)]
struct FolderPreview {
    #[schema(value_type = id::FolderId)]
    folder: FolderKey,
    name: String,
    /// Messages that would come.
    messages: u64,
}

/// Fetches mail from a moment on that was never received.
///
/// Without `confirm` it answers how many messages would come. With it they come, each once; they carry the moment of
/// fetching as `received_at` and keep their own `sent_at`.
#[utoipa::path(post, path = "/accounts/{id}/restore", tag = "accounts",
    params(("id" = id::AccountId, Path), Manner), request_body = Restoring,
    responses(
        (status = 200, description = "Without `confirm`: how many would come. With `confirm` and `wait=true`: what came.", content(
            (Preview = "application/json"), (FetchedShown = "application/json"))),
        (status = 202, description = "It has begun.", body = Fetching),
        (status = 409, description = "The account is inactive or can't receive.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 424, description = "The mail server would not do it.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn restore(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<AccountKey>,
    Asked(manner): Asked<Manner>,
    Given { value, .. }: Given<Restoring>,
) -> Result<Response, Problem> {
    if !value.confirm {
        let found = incoming::to_restore(&state.room, &caller.viewer, key, value.since.0).await?;
        let preview = Preview {
            since: value.since,
            confirmed: false,
            would_fetch: found.iter().map(|folder| folder.messages).sum(),
            folders: found
                .into_iter()
                .map(|one| FolderPreview { folder: one.folder, name: one.name, messages: one.messages })
                .collect(),
        };
        return Ok(Json(preview).into_response());
    }
    let wish = incoming::restore(&state.room, &caller.viewer, key, value.since.0).await?;
    fetch::answer(&state, &caller, key, wish, manner.wait).await
}
