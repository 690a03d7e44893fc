//! The tab Second factor: taking one, its recovery codes, and laying it down (features U2).

use super::{bar, words::Say};
use crate::{
    AppState,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        route::{Pages, Who},
        square::Square,
        tabs::{After, Tab},
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use mailroom::{people, words::Refusal};
use serde::Deserialize;
use store::{UserRole, organisation};

pub(super) const HERE: &str = "/me/second-factor";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/me/second-factor", Who::Everybody, show)
        .post("/me/second-factor", Who::Everybody, begin)
        .post("/me/second-factor/confirm", Who::Everybody, confirm)
        .post("/me/second-factor/codes", Who::Everybody, renew_codes)
        .post("/me/second-factor/drop", Who::Everybody, lay_down)
}

#[derive(Template)]
#[template(path = "me/factor.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    saved: bool,
    errors: Errors,
    /// The organisation asks it before anything else.
    owed: bool,
    /// The organisation asks it, so it stays.
    demanded: bool,
    has: bool,
    /// The password is asked again.
    asks: bool,
    codes_left: i64,
    begun: Option<Begun>,
}

/// What was begun and waits for its first code.
struct Begun {
    secret: String,
    code: Option<Square>,
}

#[derive(Template)]
#[template(path = "me/codes.html")]
struct Codes {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    codes: Vec<String>,
    is_first: bool,
    onward: &'static str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    password: String,
    code: String,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    shown(&page(&state, &visitor, &person, Errors::default(), after.is_saved()).await?)
}

async fn begin(State(state): State<AppState>, visitor: Visitor, person: Person, Form(typed): Form<Typed>) -> Shown {
    match people::enrol(&state.room, &person.session, &typed.password).await {
        Ok(_) => Ok(Redirect::to(HERE).into_response()),
        Err(refusal) => refused(&state, &visitor, &person, refusal).await,
    }
}

async fn confirm(State(state): State<AppState>, visitor: Visitor, person: Person, Form(typed): Form<Typed>) -> Shown {
    let keep = Some(person.session.id);
    match people::confirm_second_factor(&state.room, &person.viewer, &typed.code, keep).await {
        Ok(codes) => {
            state.tokens.forget();
            let onward = if person.session.owes_second_factor { "/mail" } else { HERE };
            shown(&codes_page(&visitor, plain(&codes), true, onward))
        }
        Err(refusal) => refused(&state, &visitor, &person, refusal).await,
    }
}

async fn renew_codes(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Form(typed): Form<Typed>,
) -> Shown {
    match people::new_recovery_codes(&state.room, &person.viewer, &typed.password).await {
        Ok(codes) => shown(&codes_page(&visitor, plain(&codes), false, HERE)),
        Err(refusal) => refused(&state, &visitor, &person, renamed(refusal, "codes")).await,
    }
}

async fn lay_down(State(state): State<AppState>, visitor: Visitor, person: Person, Form(typed): Form<Typed>) -> Shown {
    match people::drop_second_factor(&state.room, &person.viewer, &typed.password).await {
        Ok(()) => Ok(Redirect::to("/me/second-factor?saved=1").into_response()),
        Err(refusal) => refused(&state, &visitor, &person, renamed(refusal, "drop")).await,
    }
}

/// Two forms of the page ask the password: the words belong to the one that was sent.
fn renamed(refusal: Refusal, form: &str) -> Refusal {
    let of_form = |mut error: mailroom::words::FieldError| {
        if error.field == "password" {
            error.field = format!("{form}-password");
        }
        error
    };
    match refusal {
        Refusal::Invalid { errors } => Refusal::Invalid { errors: errors.into_iter().map(of_form).collect() },
        Refusal::Conflict(error) => Refusal::Conflict(of_form(error)),
        other => other,
    }
}

async fn refused(state: &AppState, visitor: &Visitor, person: &Person, refusal: Refusal) -> Result<Response, Problem> {
    let errors = Errors::told(refusal, visitor.language)?;
    shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(state, visitor, person, errors, false).await?)
}

/// The codes as the page shows them, this once.
fn plain(codes: &[impl std::ops::Deref<Target = String>]) -> Vec<String> {
    codes.iter().map(|code| code.to_string()).collect()
}

fn codes_page(visitor: &Visitor, codes: Vec<String>, is_first: bool, onward: &'static str) -> Codes {
    let say = Say(visitor.language);
    Codes { frame: Frame::new(visitor, Place::Me), say, tabs: bar(say, HERE), codes, is_first, onward }
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    errors: Errors,
    saved: bool,
) -> Result<Page, Problem> {
    let (say, session, viewer) = (Say(visitor.language), &person.session, person.viewer);
    let has = session.has_second_factor;
    let begun = if has { None } else { people::pending_second_factor(&state.room, session).await? };
    let read = state.read(move |tx| Box::pin(async move { organisation::get(tx, viewer.organisation).await }));
    let asked = read.await?.second_factor_for_administrators;
    Ok(Page {
        frame: Frame::new(visitor, Place::Me),
        say,
        tabs: bar(say, HERE),
        saved: saved && !has,
        errors,
        owed: session.owes_second_factor,
        demanded: asked && viewer.role == UserRole::Administrator,
        has,
        asks: !people::is_sure(&state.room, session),
        codes_left: if has { people::recovery_codes_left(&state.room, &viewer).await? } else { 0 },
        begun: begun.map(|begun| Begun { secret: begun.secret.to_string(), code: Square::of(&begun.uri) }),
    })
}
