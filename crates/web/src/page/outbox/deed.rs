//! What a person does with a mail in the outbox.

use crate::{
    AppState,
    page::{frame::Shown, visitor::Person},
};
use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use mail::OutboxKey;
use mailroom::{outgoing, writing};
use serde::Deserialize;

/// The buttons.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deed {
    TakeBack,
    Again,
    Correct,
    Resend,
    WasSent,
    Leave,
}

#[derive(Deserialize)]
pub(super) struct Wish {
    deed: Deed,
}

/// Does it; a mail that comes back opens as a draft.
pub(super) async fn act(
    State(state): State<AppState>,
    person: Person,
    Path(id): Path<OutboxKey>,
    Form(wish): Form<Wish>,
) -> Shown {
    let (room, viewer) = (&state.room, &person.viewer);
    match wish.deed {
        Deed::TakeBack | Deed::Correct => {
            let draft = writing::back(room, viewer, id).await?;
            let mark = if matches!(wish.deed, Deed::TakeBack) { "&taken_back=1" } else { "" };
            return Ok(Redirect::to(&format!("/compose?draft={}{mark}", draft.id)).into_response());
        }
        Deed::Again => outgoing::release(room, viewer, id).await?,
        Deed::Resend => outgoing::resend(room, viewer, id).await?,
        Deed::WasSent => outgoing::was_sent(room, viewer, id).await?,
        Deed::Leave => outgoing::leave(room, viewer, id).await?,
    };
    Ok(Redirect::to(&format!("/outbox/{id}")).into_response())
}
