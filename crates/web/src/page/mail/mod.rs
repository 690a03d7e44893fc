//! The mail: mailboxes and folders, conversations, and the one that is read.

mod body;
mod bulk;
mod conversation;
mod details;
mod done;
mod links;
mod list;
mod live;
mod mailbox;
mod mention;
mod message;
mod notice;
mod print;
mod shape;
mod team;
mod words;

use super::{
    frame::{Frame, Place, Shown, shown_as},
    route::{Pages, Who},
    visitor::{Person, Visitor, is_secure},
};
use crate::{
    AppState,
    given::{Asked, Named},
    problem::Problem,
};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect},
};
use conversation::{Conversation, Entry, Told};
use done::Done;
use list::{Line, View, Wanted};
use mail::ConversationKey;
use mailbox::Mailbox;
use message::Body;
use words::Say;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/mail", Who::Everybody, list)
        .post("/mail/bulk", Who::Everybody, bulk::change)
        .post("/mail/undo", Who::Everybody, bulk::take_back)
        .get("/mail/live", Who::Everybody, live::listen)
        .get("/mail/{conversation}", Who::Everybody, read)
        .post("/mail/{conversation}", Who::Everybody, team::settle)
        .post("/mail/{conversation}/notes", Who::Everybody, team::note)
        .post("/mail/{conversation}/seen", Who::Everybody, team::seen)
        .get("/mail/{conversation}/shape", Who::Everybody, shape::show)
        .post("/mail/{conversation}/merge", Who::Everybody, shape::merge)
        .post("/mail/{conversation}/split", Who::Everybody, shape::split)
        .get("/mail/mentions", Who::Everybody, mention::list)
        .post("/mail/messages/{message}", Who::Everybody, message::change)
        .post("/mail/messages/{message}/presence", Who::Everybody, team::be_there)
        .get("/mail/messages/{message}/links", Who::Everybody, links::show)
        .post("/mail/messages/{message}/links", Who::Everybody, links::change)
        .get("/mail/messages/{message}/body", Who::Everybody, message::show_box)
        .get("/mail/messages/{message}/details", Who::Everybody, details::show)
        .get("/mail/messages/{message}/print", Who::Everybody, print::one)
        .get("/mail/{conversation}/print", Who::Everybody, print::whole)
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
    /// The last change before what it shows.
    seen: i64,
    lines: Vec<Line>,
    older: Option<String>,
    may_connect: bool,
    open: Option<Conversation>,
    /// How many notes call the reader and were not read.
    called: usize,
    /// What was just done, with the way back.
    done: Option<Done>,
}

async fn list(
    state: State<AppState>,
    visitor: Visitor,
    person: Person,
    headers: HeaderMap,
    Asked(wanted): Asked<Wanted>,
) -> Shown {
    first(&state, &visitor, &person, wanted, None, &headers).await
}

async fn read(
    state: State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(id): Named<ConversationKey>,
    headers: HeaderMap,
    Asked(wanted): Asked<Wanted>,
) -> Shown {
    let open = conversation::read(&state, &visitor, &person, id, wanted.message.or(wanted.pictures)).await?;
    if open.id != id {
        // It was merged into another; that one is its place now.
        return Ok(Redirect::to(&wanted.to(&open.id)).into_response());
    }
    first(&state, &visitor, &person, wanted, Some(open), &headers).await
}

/// A page that was gone to, with what was done just before.
async fn first(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    wanted: Wanted,
    open: Option<Conversation>,
    headers: &HeaderMap,
) -> Shown {
    let wanted = (StatusCode::OK, wanted);
    match Done::carried(headers) {
        None => page(state, visitor, person, wanted, open).await,
        done => done::told(is_secure(state), page_with(state, visitor, person, wanted, open, done).await),
    }
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    wanted: (StatusCode, Wanted),
    open: Option<Conversation>,
) -> Shown {
    page_with(state, visitor, person, wanted, open, None).await
}

async fn page_with(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    (status, mut wanted): (StatusCode, Wanted),
    open: Option<Conversation>,
    done: Option<Done>,
) -> Shown {
    const MANY: usize = 100;
    wanted.open = open.as_ref().map(|open| open.id);
    let (say, viewer) = (Say(visitor.language), person.viewer);
    // Before anything is read: what comes from here on the page is told of.
    let seen =
        state.read(move |tx| Box::pin(async move { store::change::newest(tx, viewer.organisation).await })).await?;
    let mailboxes = mailbox::all(state, &viewer, say, &visitor.habit()).await?;
    let title = wanted.title(&mailboxes).ok_or_else(Problem::not_found)?;
    let title = title.unwrap_or_else(|| wanted.view_name(say).to_owned());
    let (lines, older) = list::lines(state, visitor, &viewer, &wanted).await?;
    let called = state.read(move |tx| Box::pin(async move { store::mention::unread(tx, &viewer, MANY).await })).await?;
    let frame = Frame::new(visitor, Place::Mail);
    let may_connect = person.manages_mailboxes();
    shown_as(
        status,
        &Page { frame, say, mailboxes, wanted, title, seen, lines, older, may_connect, open, called, done },
    )
}
