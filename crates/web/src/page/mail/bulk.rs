//! One deed for the conversations that were chosen in the list, and taking it back for as long as the notice stands.

use super::{
    Say,
    done::{Done, sent_on},
    team::{wanted, words_of},
};
use crate::{
    AppState,
    page::{
        frame::Shown,
        origin,
        visitor::{Person, Visitor, is_secure},
    },
    problem::Problem,
};
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect},
};
use mail::ConversationKey;
use mailroom::{
    desk::{
        bulk::{self, Deed},
        undo::{self, Before},
    },
    words::Refusal,
};
use serde::Deserialize;

/// Does it, and shows the list with what was done above it. Nothing is kept for taking it back: the page holds it.
pub(super) async fn change(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Shown {
    let of = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    let chosen: Vec<ConversationKey> =
        fields.iter().filter(|(name, _)| name == "c").filter_map(|(_, key)| key.parse().ok()).collect();
    let (say, back) = (Say(visitor.language), of("back").unwrap_or_default().to_owned());
    let wanted = wanted(&back);
    let shown = async |status, done| {
        super::page_with(&state, &visitor, &person, (status, wanted.clone()), None, Some(done)).await
    };
    let only = |words: String| Done { words, before: String::new(), back: back.clone(), of_open: false };
    let deed = match of("deed").unwrap_or_default() {
        "read" => Deed::Read,
        "unread" => Deed::Unread,
        "flag" => Deed::Flag,
        "unflag" => Deed::Unflag,
        "close" => Deed::Close,
        "open" => Deed::Open,
        "trash" => Deed::Trash,
        "move" => Deed::Move(of("folder").and_then(|key| key.parse().ok()).ok_or_else(Problem::not_found)?),
        _ => return Err(Problem::not_found()),
    };
    if chosen.is_empty() {
        return shown(StatusCode::UNPROCESSABLE_ENTITY, only(say.choose_some().to_owned())).await;
    }
    match bulk::change(&state.room, &person.viewer, chosen, deed, wanted.folder).await {
        Ok((0, _)) => shown(StatusCode::OK, only(say.did_nothing().to_owned())).await,
        Ok((count, before)) => {
            let before = serde_json::to_string(&before).map_err(|error| Problem::internal(&error))?;
            let words = did(deed, count, say);
            let done = Done { words, before, back: back.clone(), of_open: false };
            match sent_on(is_secure(&state), &headers, &back, Some(&done)) {
                Some(elsewhere) => elsewhere,
                None => shown(StatusCode::OK, done).await,
            }
        }
        Err(Refusal::Invalid { errors }) => {
            shown(StatusCode::UNPROCESSABLE_ENTITY, only(words_of(&errors, &visitor))).await
        }
        Err(Refusal::Conflict(error)) => shown(StatusCode::CONFLICT, only(words_of(&[error], &visitor))).await,
        Err(other) => Err(other.into()),
    }
}

fn did(deed: Deed, count: usize, say: Say) -> String {
    match deed {
        Deed::Read => say.many_read(count),
        Deed::Unread => say.many_unread(count),
        Deed::Flag => say.many_flagged(count),
        Deed::Unflag => say.many_unflagged(count),
        Deed::Close => say.many_closed(count),
        Deed::Open => say.many_opened(count),
        Deed::Trash => say.many_thrown_away(count),
        Deed::Move(_) => say.many_moved(count),
    }
}

#[derive(Deserialize)]
pub(super) struct Undo {
    #[serde(default)]
    before: String,
    #[serde(default)]
    back: String,
}

/// Takes it back.
pub(super) async fn take_back(
    State(state): State<AppState>,
    person: Person,
    Form(Undo { before, back }): Form<Undo>,
) -> Shown {
    let before: Before = serde_json::from_str(&before).map_err(|_| Problem::not_found())?;
    undo::undo(&state.room, &person.viewer, before).await?;
    Ok(Redirect::to(origin::onward(Some(&back))).into_response())
}
