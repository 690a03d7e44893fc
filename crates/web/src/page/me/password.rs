//! The tab Password: one's own, changed with the old one and the new one twice (features U2).

use super::{bar, words::Say};
use crate::{
    AppState,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        route::{Pages, Who},
        tabs::{After, Tab},
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mailroom::people;
use serde::Deserialize;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/me/password", Who::Everybody, show).post("/me/password", Who::Everybody, change)
}

#[derive(Template)]
#[template(path = "me/password.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    saved: bool,
    errors: Errors,
    email: String,
    hint: &'static str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    present: String,
    new: String,
    repeat: String,
}

async fn show(visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    shown(&page(&visitor, &person, Errors::default(), after.is_saved()))
}

async fn change(State(state): State<AppState>, visitor: Visitor, person: Person, Form(typed): Form<Typed>) -> Shown {
    let again = |errors| shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&visitor, &person, errors, false));
    if typed.new != typed.repeat {
        return again(Errors::one("repeat", Say(visitor.language).differs()));
    }
    let keep = Some(person.session.id);
    match people::change_password(&state.room, &person.viewer, &typed.present, &typed.new, keep).await {
        Ok(()) => Ok(Redirect::to("/me/password?saved=1").into_response()),
        Err(refusal) => again(Errors::told(refusal, visitor.language)?),
    }
}

fn page(visitor: &Visitor, person: &Person, errors: Errors, saved: bool) -> Page {
    let say = Say(visitor.language);
    Page {
        frame: Frame::new(visitor, Place::Me),
        say,
        tabs: bar(say, "/me/password"),
        saved,
        errors,
        email: person.email.clone(),
        hint: if person.session.has_second_factor { say.short_hint() } else { say.long_hint() },
    }
}
