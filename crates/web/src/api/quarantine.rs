//! Messages that could not be read, set aside so that the rest goes on.

use super::{
    id,
    instant::Instant,
    page::{self, Page, Turn},
};
use crate::{
    AppState,
    caller::Caller,
    given::{Asked, Named},
    handler::routes,
    problem::Problem,
};
use axum::{Json, extract::State};
use mail::{AccountKey, FolderKey, QuarantineKey};
use mailroom::desk;
use serde::Serialize;
use store::quarantine::{self, SetAside};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(retry))
}

/// A message set aside.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quarantined)]
struct SetAsideShown {
    #[schema(value_type = id::QuarantineId)]
    id: QuarantineKey,
    #[schema(value_type = id::AccountId)]
    account: AccountKey,
    #[schema(value_type = id::FolderId)]
    folder: FolderKey,
    /// empty, too_large, refused, unreadable or unstorable.
    #[schema(example = "too_large")]
    code: String,
    /// In words.
    reason: String,
    /// We hold its bytes.
    kept: bool,
    /// How often it was tried.
    tries: i64,
    /// When it is tried again by itself.
    #[schema(required)]
    next_try_at: Option<Instant>,
    set_aside_at: Instant,
}

/// What is set aside in the accounts that the caller reads.
#[utoipa::path(get, path = "/quarantine", tag = "messages", params(Turn),
    responses((status = 200, description = "One page, newest first.", body = Page<SetAsideShown>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(turn): Asked<Turn>,
) -> Result<Json<Page<SetAsideShown>>, Problem> {
    let before = page::cursor::<QuarantineKey>(turn.cursor.as_deref())?;
    let viewer = caller.viewer;
    let found =
        state.read(move |tx| Box::pin(async move { quarantine::list(tx, &viewer, before, turn.limit).await })).await?;
    Ok(Json(Page::of(found, SetAsideShown::from)))
}

/// Tries a message again now.
#[utoipa::path(post, path = "/quarantine/{id}/retry", tag = "messages", params(("id" = id::QuarantineId, Path)),
    responses((status = 200, description = "It is tried again.", body = SetAsideShown)))]
async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    Named(key): Named<QuarantineKey>,
) -> Result<Json<SetAsideShown>, Problem> {
    Ok(Json(desk::quarantine::retry(&state.room, &caller.viewer, key).await?.into()))
}

impl From<SetAside> for SetAsideShown {
    fn from(aside: SetAside) -> SetAsideShown {
        SetAsideShown {
            id: aside.id,
            account: aside.account,
            folder: aside.folder,
            code: aside.code,
            reason: aside.reason,
            kept: aside.digest.is_some(),
            tries: aside.tries,
            next_try_at: aside.next_try_at.map(Instant),
            set_aside_at: Instant(aside.set_aside_at),
        }
    }
}
