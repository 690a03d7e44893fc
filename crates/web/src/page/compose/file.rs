//! Files of a draft: sent up while one writes, shown in the text, and the draft itself thrown away.

use super::typed::Typed;
use crate::{
    AppState,
    api::download,
    page::{
        frame::Shown,
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use axum::{
    Json,
    extract::{FromRequest, Path, Request, State},
    response::{IntoResponse, Redirect},
};
use mail::DraftKey;
use mailroom::writing;
use serde_json::json;

/// Takes a file, and says how it is called here: for the script, which shows how far it is.
pub(super) async fn add(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Path(id): Path<DraftKey>,
    request: Request,
) -> Shown {
    let (room, viewer) = (&state.room, &person.viewer);
    writing::get(room, viewer, id).await?;
    let typed = Typed::from_request(request, &state).await?;
    let shown = typed.get("shown") == "1";
    let mut kept = Vec::new();
    for file in typed.files {
        let file = writing::attach(room, viewer, id, file, shown).await?;
        kept.push(json!({
            "n": file.n, "name": file.name, "size": visitor.habit().size(file.size), "content_id": file.content_id,
        }));
    }
    Ok(Json(kept).into_response())
}

/// The bytes of a file; always as a download.
pub(super) async fn give(State(state): State<AppState>, person: Person, Path((id, n)): Path<(DraftKey, i64)>) -> Shown {
    let (file, bytes) = writing::bytes(&state.room, &person.viewer, id, n).await?;
    Ok(download(&file.name, &file.content_type, bytes))
}

/// Throws a draft away.
pub(super) async fn discard(State(state): State<AppState>, person: Person, Path(id): Path<DraftKey>) -> Shown {
    writing::discard(&state.room, &person.viewer, id).await.map_err(Problem::from)?;
    Ok(Redirect::to("/outbox").into_response())
}
