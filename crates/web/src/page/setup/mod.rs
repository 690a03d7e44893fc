//! The first visit: an organisation and its administrator.

use super::{
    frame::{Errors, Frame, Place, Shown, shown, shown_as},
    route::{Pages, Who},
    sign_in,
    visitor::{Caller, Visitor},
    words::words,
};
use crate::{AppState, language, problem::Problem};
use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mailroom::{
    founding,
    words::{Language, Refusal},
};
use serde::Deserialize;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/", Who::Anybody, begin).get("/setup", Who::Anybody, show).post("/setup", Who::Anybody, found)
}

words! {
    Say {
        title "Welkom" "Welcome";
        intro "Drie vragen, en uw postkamer is open." "Three questions, and your mail room is open.";
        organisation "Naam van uw organisatie" "Name of your organisation";
        email "Uw e-mailadres" "Your e-mail address";
        email_hint "Hiermee meldt u zich aan; u wordt beheerder." "You sign in with it; you become the administrator.";
        password "Kies een wachtwoord" "Choose a password";
        password_hint "Minstens 15 tekens. Een zin van een paar woorden is sterk en makkelijk te onthouden." "At least 15 characters. A sentence of a few words is strong and easy to remember.";
        language "Taal" "Language";
        open "Postkamer openen" "Open the mail room";
    }
}

#[derive(Template)]
#[template(path = "setup/setup.html")]
struct Page<'a> {
    frame: Frame,
    say: Say,
    errors: Errors,
    organisation: &'a str,
    email: &'a str,
    is_dutch: bool,
}

/// What the form holds.
#[derive(Deserialize)]
struct Answers {
    organisation: String,
    email: String,
    password: String,
    #[serde(default)]
    language: String,
}

/// Whether nobody has set this installation up yet.
async fn is_new(state: &AppState) -> Result<bool, Problem> {
    state.read(|tx| Box::pin(async move { Ok(store::organisation::list(tx).await?.is_empty()) })).await
}

/// The front door: to the mail, or to the first questions.
async fn begin(State(state): State<AppState>) -> Shown {
    let to = if is_new(&state).await? { "/setup" } else { "/mail" };
    Ok(Redirect::to(to).into_response())
}

async fn show(State(state): State<AppState>, visitor: Visitor) -> Shown {
    if !is_new(&state).await? {
        return Ok(Redirect::to("/mail").into_response());
    }
    shown(&page(&visitor, Errors::default(), "", "", visitor.language))
}

async fn found(State(state): State<AppState>, visitor: Visitor, caller: Caller, Form(answers): Form<Answers>) -> Shown {
    let Answers { organisation, email, password, language } = answers;
    let language = mailroom::words::language(&language);
    match founding::found_first(&state.room, &organisation, &email, &password, language).await {
        Ok(_) => sign_in::with_password(&state, &visitor, &caller, (&email, &password), "/mail").await,
        Err(Refusal::Invalid { errors }) => {
            let errors = Errors::new(&errors, visitor.language);
            let page = page(&visitor, errors, &organisation, &email, language);
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(other.into()),
    }
}

fn page<'a>(visitor: &Visitor, errors: Errors, organisation: &'a str, email: &'a str, language: Language) -> Page<'a> {
    let frame = Frame::new(visitor, Place::Nowhere);
    Page { frame, say: Say(visitor.language), errors, organisation, email, is_dutch: language::code(language) == "nl" }
}
