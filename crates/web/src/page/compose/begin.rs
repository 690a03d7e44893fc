//! The form before anything was typed: new, an answer, something passed on, or a draft that goes on.

use super::view::{FileLine, Notice, View};
use crate::{
    AppState,
    page::{
        frame::Shown,
        origin,
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
};
use mail::{AccountKey, DraftKey, MessageKey};
use mailroom::{
    words::Refusal,
    writing::{self, Begun, Manner},
};
use serde::Deserialize;
use store::draft::Letter;

/// What the link says.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    draft: Option<DraftKey>,
    /// The message that is answered or passed on,
    message: Option<MessageKey>,
    /// and how: `reply`, `all` or `forward`.
    #[serde(default)]
    how: String,
    /// The same in one word, for links from elsewhere.
    reply: Option<MessageKey>,
    #[serde(default)]
    all: String,
    forward: Option<MessageKey>,
    #[serde(default)]
    to: String,
    account: Option<AccountKey>,
    #[serde(default)]
    back: String,
    /// It was taken back a moment ago.
    #[serde(default)]
    taken_back: String,
}

pub(super) fn manner(visitor: &Visitor) -> Manner {
    Manner { language: visitor.language, offset_seconds: visitor.habit().offset_seconds(visitor.now) }
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Shown {
    let partial = headers.contains_key("hx-request");
    let (room, viewer) = (&state.room, &person.viewer);
    let (reply, forward) = match asked.how.as_str() {
        "forward" => (None, asked.message),
        _ => (asked.reply.or(asked.message), asked.forward),
    };
    let all = asked.all == "1" || asked.how == "all";
    let mut view = match (asked.draft, reply, forward) {
        (Some(draft), ..) => {
            let draft = writing::get(room, viewer, draft).await?;
            View::of(&state, &visitor, &person, draft).await?
        }
        (_, Some(key), _) => {
            let begun = writing::reply(room, viewer, key, all, manner(&visitor)).await?;
            begin(&state, &visitor, &person, begun).await?
        }
        (_, _, Some(key)) => {
            let begun = writing::forward(room, viewer, key, manner(&visitor)).await?;
            begin(&state, &visitor, &person, begun).await?
        }
        _ => {
            let to = super::typed::split(&asked.to);
            let letter = Letter { account: asked.account, to, ..Letter::default() };
            let mut view = View::new(&state, &visitor, &person, writing::new_key(room), letter).await?;
            view.sign(&state, &person).await?;
            view
        }
    };
    view.back = match asked.back.is_empty() {
        true => String::new(),
        false => origin::onward(Some(&asked.back)).to_owned(),
    };
    view.notice = (asked.taken_back == "1").then_some(Notice::TakenBack);
    view.shown(StatusCode::OK, &visitor, partial)
}

async fn begin(state: &AppState, visitor: &Visitor, person: &Person, begun: Begun) -> Result<View, Problem> {
    let habit = visitor.habit();
    let mut view = View::new(state, visitor, person, writing::new_key(&state.room), begun.letter).await?;
    view.sign(state, person).await?;
    view.quote = Some(begun.quote);
    let line = |(name, size)| FileLine { n: None, name, size: habit.size(size), content_id: None };
    view.files = begun.files.into_iter().map(line).collect();
    Ok(view)
}

/// The original that an answer goes above, as text; nothing when it is not there to be read any more.
pub(super) async fn quote(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    source: Option<MessageKey>,
    forwards: bool,
) -> Result<Option<String>, Problem> {
    let Some(key) = source else { return Ok(None) };
    let (room, viewer, manner) = (&state.room, &person.viewer, manner(visitor));
    let begun = match forwards {
        true => writing::forward(room, viewer, key, manner).await,
        false => writing::reply(room, viewer, key, false, manner).await,
    };
    match begun {
        Ok(begun) => Ok(Some(begun.quote)),
        Err(Refusal::NotFound) => Ok(None),
        Err(other) => Err(other.into()),
    }
}
