//! Which messages a conversation has: putting another into it, and taking messages out of it.

use super::{Say, list, team};
use crate::{
    AppState,
    given::{Asked, Named},
    page::{
        frame::{Frame, Place, Shown, shown_as},
        habit::Moment,
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mail::{ConversationKey, MessageKey, query};
use mailroom::{desk, words::Refusal};
use serde::Deserialize;
use store::{
    conversation,
    message::{self, Filter, Summary},
};

/// So many conversations are offered.
const OFFERED: usize = 20;

#[derive(Deserialize)]
pub(super) struct Sought {
    #[serde(default)]
    q: String,
}

/// A conversation that can be put into this one, or a message that can be taken out of it.
struct Choice<K> {
    id: K,
    who: String,
    subject: String,
    preview: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "mail/shape.html")]
struct Page {
    frame: Frame,
    say: Say,
    id: ConversationKey,
    subject: String,
    q: String,
    notice: Option<String>,
    others: Vec<Choice<ConversationKey>>,
    messages: Vec<Choice<MessageKey>>,
}

pub(super) async fn show(
    state: State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<ConversationKey>,
    Asked(Sought { q }): Asked<Sought>,
) -> Shown {
    page(&state, &visitor, &person, id, q, None).await
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    id: ConversationKey,
    q: String,
    notice: Option<String>,
) -> Shown {
    let (viewer, habit, say) = (person.viewer, visitor.habit(), Say(visitor.language));
    let clock = query::Now { at_ms: visitor.now, offset_seconds: habit.offset_seconds(visitor.now) };
    let typed = q.trim().to_owned();
    let (found, messages, others) = state
        .read(move |tx| {
            Box::pin(async move {
                let found = conversation::get(tx, &viewer, id).await?;
                let messages = message::summaries(tx, &viewer, &found.messages).await?;
                // Until something is sought: what came from, or went to, the same address.
                let stranger = messages.iter().rev().find_map(|it| match it.outgoing {
                    true => it.people.to.first(),
                    false => it.people.from.first(),
                });
                let wanted = match (typed.is_empty(), stranger) {
                    (true, Some(stranger)) => format!("from:{}", stranger.address),
                    _ => typed,
                };
                let filter = Filter { query: Some(query::parse(&wanted, clock)), ..Filter::default() };
                let (mut others, _) = conversation::list(tx, &viewer, &filter, None, OFFERED + 1).await?;
                others.retain(|it| it.head.id != found.head.id);
                Ok((found, messages, others))
            })
        })
        .await?;
    let subject = |text: String| if text.is_empty() { say.no_subject().to_owned() } else { text };
    let who = |it: &Summary| it.people.from.first().map_or_else(|| say.nobody().to_owned(), list::name_of);
    let message = |it: Summary| Choice {
        id: it.id,
        who: who(&it),
        at: habit.moment(it.received_at),
        subject: subject(it.subject),
        preview: it.preview,
    };
    let other = |line: conversation::Line| Choice {
        id: line.head.id,
        who: who(&line.newest),
        at: habit.moment(line.newest.received_at),
        subject: subject(line.newest.subject),
        preview: line.newest.preview,
    };
    let status = if notice.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    shown_as(
        status,
        &Page {
            frame: Frame::new(visitor, Place::Mail),
            say,
            id: found.head.id,
            subject: subject(found.head.subject),
            q,
            notice,
            others: others.into_iter().take(OFFERED).map(other).collect(),
            messages: messages.into_iter().map(message).collect(),
        },
    )
}

#[derive(Deserialize)]
pub(super) struct Merge {
    #[serde(default)]
    from: String,
    #[serde(default)]
    q: String,
}

/// Puts another conversation into this one.
pub(super) async fn merge(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<ConversationKey>,
    Form(Merge { from, q }): Form<Merge>,
) -> Shown {
    let from = from.parse().map_err(|_| Problem::not_found())?;
    let done = desk::conversation::merge(&state.room, &person.viewer, from, id).await;
    answer(&state, &visitor, &person, id, q, done).await
}

/// Takes the chosen messages into a conversation of their own.
pub(super) async fn split(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<ConversationKey>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Shown {
    let chosen = fields.iter().filter(|(name, _)| name == "message").filter_map(|(_, key)| key.parse().ok()).collect();
    let done = desk::conversation::split(&state.room, &person.viewer, id, chosen).await;
    answer(&state, &visitor, &person, id, String::new(), done).await
}

/// To the conversation that came of it; or the page once more, with what is wrong.
async fn answer(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    id: ConversationKey,
    q: String,
    done: Result<conversation::Conversation, Refusal>,
) -> Shown {
    let errors = match done {
        Ok(made) => return Ok(Redirect::to(&format!("/mail/{}", made.head.id)).into_response()),
        Err(Refusal::Invalid { errors }) => errors,
        Err(Refusal::Conflict(error)) => vec![error],
        Err(other) => return Err(other.into()),
    };
    page(state, visitor, person, id, q, Some(team::words_of(&errors, visitor))).await
}
