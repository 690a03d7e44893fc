//! The mail: mailboxes and folders, conversations, and the one that is read.

mod body;
mod conversation;
mod list;
mod live;
mod mailbox;
mod message;
mod words;

use super::{
    frame::{Frame, Place, Shown, shown},
    origin,
    route::{Pages, Who},
    visitor::{Person, Visitor},
};
use crate::{
    AppState,
    given::{Asked, Named},
    problem::Problem,
};
use askama::Template;
use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Redirect},
};
use conversation::{Conversation, Entry};
use list::{Line, Wanted};
use mail::ConversationKey;
use mailbox::Mailbox;
use mailroom::desk::{self, conversation::ConversationPatch};
use message::Body;
use serde::Deserialize;
use words::Say;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/mail", Who::Everybody, list)
        .get("/mail/live", Who::Everybody, live::listen)
        .get("/mail/{conversation}", Who::Everybody, read)
        .post("/mail/{conversation}", Who::Everybody, settle)
        .post("/mail/messages/{message}", Who::Everybody, message::change)
        .get("/mail/messages/{message}/body", Who::Everybody, message::show_box)
        .get("/mail/messages/{message}/source", Who::Everybody, message::source)
        .get("/mail/messages/{message}/attachments/{n}", Who::Everybody, message::file)
}

#[derive(Template)]
#[template(path = "mail/mail.html")]
struct Page {
    frame: Frame,
    say: Say,
    mailboxes: Vec<Mailbox>,
    wanted: Wanted,
    title: String,
    lines: Vec<Line>,
    older: Option<String>,
    may_connect: bool,
    open: Option<Conversation>,
}

async fn list(state: State<AppState>, visitor: Visitor, person: Person, Asked(wanted): Asked<Wanted>) -> Shown {
    page(&state, &visitor, &person, wanted, None).await
}

async fn read(
    state: State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<ConversationKey>,
    Asked(wanted): Asked<Wanted>,
) -> Shown {
    let open = conversation::read(&state, &visitor, &person, id, wanted.message.or(wanted.pictures)).await?;
    if open.id != id {
        // It was merged into another; that one is its place now.
        return Ok(Redirect::to(&wanted.to(&open.id)).into_response());
    }
    page(&state, &visitor, &person, wanted, Some(open)).await
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    mut wanted: Wanted,
    open: Option<Conversation>,
) -> Shown {
    wanted.open = open.as_ref().map(|open| open.id);
    let say = Say(visitor.language);
    let mailboxes = mailbox::all(state, &person.viewer, say, &visitor.habit()).await?;
    let title = wanted.title(&mailboxes).ok_or_else(Problem::not_found)?.unwrap_or_else(|| say.all_mail().to_owned());
    let (lines, older) = list::lines(state, visitor, &person.viewer, &wanted).await?;
    let frame = Frame::new(visitor, Place::Mail);
    let may_connect = person.manages_mailboxes();
    shown(&Page { frame, say, mailboxes, wanted, title, lines, older, may_connect, open })
}

/// Whether a conversation is done.
#[derive(Deserialize)]
struct Settled {
    state: store::conversation::State,
    #[serde(default)]
    back: String,
}

async fn settle(
    State(state): State<AppState>,
    person: Person,
    Named(id): Named<ConversationKey>,
    Form(settled): Form<Settled>,
) -> Shown {
    let patch = ConversationPatch { state: Some(settled.state), ..ConversationPatch::default() };
    desk::conversation::change(&state.room, &person.viewer, id, patch).await?;
    Ok(Redirect::to(origin::onward(Some(&settled.back))).into_response())
}
