//! What a team does with the conversation that is read: who does it, until when it is out of sight, where it lies, notes,
//! who is there, and what was read.

use super::{
    Say,
    conversation::{self, Here},
    done::{Done, sent_on},
    list::Wanted,
};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Shown, shown},
        habit::Habit,
        origin,
        visitor::{Person, Visitor, is_secure},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Redirect},
};
use mail::{ConversationKey, MessageKey};
use mailroom::{
    desk::{self, conversation::ConversationPatch},
    words::{FieldError, Refusal},
};
use serde::Deserialize;
use store::{conversation::State as Stand, message, presence::Doing};

/// What is asked of a conversation.
#[derive(Default, Deserialize)]
pub(super) struct Wish {
    state: Option<Stand>,
    /// Empty: nobody.
    assignee: Option<String>,
    snooze: Option<Until>,
    /// For [`Until::At`], as the reader's clock shows it.
    #[serde(default)]
    until: String,
    #[serde(default)]
    folder: String,
    #[serde(default)]
    back: String,
}

/// Until when something is out of sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Until {
    Hours,
    Tomorrow,
    Monday,
    Week,
    At,
    /// It is not, from now on.
    Wake,
}

impl Until {
    /// In milliseconds since 1970; `Some(None)` when it is in sight again, `None` when nothing was said.
    fn moment(self, until: &str, habit: &Habit, now: i64) -> Option<Option<i64>> {
        const MORNING: i8 = 8;
        match self {
            Until::Hours => Some(Some(now + 3 * 3_600_000)),
            Until::Tomorrow => habit.in_days(1, MORNING).map(Some),
            Until::Monday => habit.in_days(habit.days_to_monday(), MORNING).map(Some),
            Until::Week => habit.in_days(7, MORNING).map(Some),
            Until::At => habit.instant(until).map(Some),
            Until::Wake => Some(None),
        }
    }
}

/// What was done, in words: the last thing that one would miss.
fn did(patch: &ConversationPatch, say: Say, habit: &Habit) -> String {
    match patch {
        ConversationPatch { folder: Some(_), .. } => say.many_moved(1),
        ConversationPatch { state: Some(Stand::Closed), .. } => say.many_closed(1),
        ConversationPatch { state: Some(Stand::Open), .. } => say.many_opened(1),
        ConversationPatch { snoozed_until_at: Some(Some(until)), .. } => say.put_off_until(habit.precise(*until)),
        ConversationPatch { snoozed_until_at: Some(None), .. } => say.brought_back().to_owned(),
        _ => say.handed_over().to_owned(),
    }
}

/// Assigns, closes, puts off or files, and shows the conversation with the way back above it.
pub(super) async fn settle(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<ConversationKey>,
    headers: HeaderMap,
    Form(wish): Form<Wish>,
) -> Shown {
    let (habit, back) = (visitor.habit(), wish.back.clone());
    let snoozed_until_at = match wish.snooze {
        None => None,
        Some(until) => match until.moment(&wish.until, &habit, visitor.now) {
            None => {
                let words = Say(visitor.language).no_moment().to_owned();
                return again(&state, &visitor, &person, id, &back, words, "").await;
            }
            moment => moment,
        },
    };
    let named = |text: &str| text.parse().map_err(|_| Problem::not_found());
    let assignee = match wish.assignee.as_deref() {
        Some("") => Some(None),
        Some(user) => Some(Some(user.parse().map_err(|_| Problem::not_found())?)),
        None => None,
    };
    let folder = if wish.folder.is_empty() { None } else { Some(named(&wish.folder)?) };
    let patch = ConversationPatch { assignee, state: wish.state, snoozed_until_at, seen: None, folder };
    match desk::conversation::change(&state.room, &person.viewer, id, patch).await {
        Ok((changed, before)) => {
            let wanted = wanted(&back);
            let (words, there) = (did(&patch, Say(visitor.language), &habit), wanted.to(&changed.head.id));
            let done = Done::to_one(words, &before, there.clone(), true)?;
            if let Some(elsewhere) = sent_on(is_secure(&state), &headers, &there, done.as_ref()) {
                return elsewhere;
            }
            let open = conversation::read(&state, &visitor, &person, changed.head.id, None).await?;
            super::page_with(&state, &visitor, &person, (StatusCode::OK, wanted), Some(open), done).await
        }
        Err(refusal) => answer(&state, &visitor, &person, (id, &back), Err(refusal), "").await,
    }
}

#[derive(Deserialize)]
pub(super) struct NoteForm {
    #[serde(default)]
    text: String,
    #[serde(default)]
    back: String,
}

/// Writes an internal note.
pub(super) async fn note(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<ConversationKey>,
    Form(form): Form<NoteForm>,
) -> Shown {
    let text = form.text.replace("\r\n", "\n");
    if text.trim().is_empty() {
        let words = Say(visitor.language).no_note().to_owned();
        return again(&state, &visitor, &person, id, &form.back, words, "").await;
    }
    let done = desk::note::add(&state.room, &person.viewer, id, &text, Vec::new()).await;
    answer(&state, &visitor, &person, (id, &form.back), done.map(|_| ()), &text).await
}

/// Back to the conversation; or the conversation with what is wrong above it.
async fn answer(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    (id, back): (ConversationKey, &str),
    done: Result<(), Refusal>,
    note: &str,
) -> Shown {
    let errors = match done {
        Ok(()) => return Ok(Redirect::to(origin::onward(Some(back))).into_response()),
        Err(Refusal::Invalid { errors }) => errors,
        Err(Refusal::Conflict(error) | Refusal::Forbidden(error)) => vec![error],
        Err(other) => return Err(other.into()),
    };
    again(state, visitor, person, id, back, words_of(&errors, visitor), note).await
}

pub(super) fn words_of(errors: &[FieldError], visitor: &Visitor) -> String {
    errors.iter().map(|error| error.message.say(visitor.language)).collect::<Vec<_>>().join(" ")
}

async fn again(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    id: ConversationKey,
    back: &str,
    words: String,
    note: &str,
) -> Shown {
    let mut open = conversation::read(state, visitor, person, id, None).await?;
    open.notice = Some(words);
    open.note = note.to_owned();
    super::page(state, visitor, person, (StatusCode::UNPROCESSABLE_ENTITY, wanted(back)), Some(open)).await
}

/// The list that the reader came from.
pub(super) fn wanted(back: &str) -> Wanted {
    let uri = origin::onward(Some(back)).parse::<Uri>().ok();
    uri.and_then(|uri| Query::try_from_uri(&uri).ok()).map(|Query(wanted)| wanted).unwrap_or_default()
}

/// These messages were shown to the person. The page says so once it is looked at; a page that was only fetched never does.
pub(super) async fn seen(
    State(state): State<AppState>,
    person: Person,
    Named(id): Named<ConversationKey>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Shown {
    let of =
        |name: &'static str| fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str());
    let messages: Vec<MessageKey> = of("message").filter_map(|key| key.parse().ok()).collect();
    let viewer = person.viewer;
    state.read(move |tx| Box::pin(async move { store::conversation::get(tx, &viewer, id).await })).await?;
    desk::reading::read(&state.room, &viewer, id, messages).await?;
    match of("quietly").next() {
        Some(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        None => Ok(Redirect::to(origin::onward(of("back").next())).into_response()),
    }
}

#[derive(Deserialize)]
pub(super) struct Being {
    /// `looking`, `replying`, or `gone`.
    doing: String,
}

#[derive(Template)]
#[template(path = "mail/present.html")]
struct Present {
    say: Say,
    present: Vec<Here>,
}

/// The person is at the conversation of this message, or has left; answers who else is there.
pub(super) async fn be_there(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<MessageKey>,
    Form(Being { doing }): Form<Being>,
) -> Shown {
    let viewer = person.viewer;
    let stored = state.read(move |tx| Box::pin(async move { message::get(tx, &viewer, key).await })).await?;
    let doing = match doing.as_str() {
        "replying" => Doing::Replying,
        "looking" => Doing::Looking,
        _ => {
            desk::presence::leave(&state.room, &viewer, stored.conversation).await?;
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    };
    let others = desk::presence::put(&state.room, &viewer, stored.conversation, doing).await?;
    let present = conversation::here(&state, &person, others).await?;
    shown(&Present { say: Say(visitor.language), present })
}
