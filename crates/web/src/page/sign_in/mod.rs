//! Signing in and out.

#[cfg(test)]
mod sign_in_test;

use super::{
    frame::{Errors, Frame, Place, Shown, shown, shown_as},
    origin,
    route::{Pages, Who},
    session,
    visitor::Visitor,
    words::words,
};
use crate::AppState;
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mailroom::{people, words::Refusal};
use serde::Deserialize;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/sign-in", Who::Anybody, show).post("/sign-in", Who::Anybody, enter).post(
        "/sign-out",
        Who::Anybody,
        leave,
    )
}

words! {
    Say {
        title "Aanmelden" "Sign in";
        email "E-mailadres" "E-mail address";
        password "Wachtwoord" "Password";
        sign_in "Aanmelden" "Sign in";
        forgotten "Wachtwoord vergeten?" "Forgotten your password?";
    }
}

#[derive(Template)]
#[template(path = "sign_in/sign_in.html")]
struct Page<'a> {
    frame: Frame,
    say: Say,
    email: &'a str,
    to: &'a str,
    errors: Errors,
}

#[derive(Deserialize)]
struct Asked {
    to: Option<String>,
}

#[derive(Deserialize)]
struct Given {
    email: String,
    password: String,
    #[serde(default)]
    to: String,
}

async fn show(visitor: Visitor, Query(asked): Query<Asked>) -> Shown {
    let to = origin::onward(asked.to.as_deref());
    if visitor.person.is_some() {
        return Ok(Redirect::to(to).into_response());
    }
    shown(&page(&visitor, "", to, Errors::default()))
}

async fn enter(State(state): State<AppState>, visitor: Visitor, Form(given): Form<Given>) -> Shown {
    with_password(&state, &visitor, &given.email, &given.password, &given.to).await
}

/// Signs the visitor in, or shows the form again with what was wrong.
pub(super) async fn with_password(state: &AppState, visitor: &Visitor, email: &str, password: &str, to: &str) -> Shown {
    let to = origin::onward(Some(to));
    match people::sign_in(&state.room, email, password).await {
        Ok(proof) => session::begin(state, visitor, &proof, to).await,
        Err(Refusal::Invalid { errors }) => {
            let errors = Errors::new(&errors, visitor.language);
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(visitor, email, to, errors))
        }
        Err(other) => Err(other.into()),
    }
}

async fn leave(State(state): State<AppState>, visitor: Visitor) -> Shown {
    session::end(&state, &visitor, "/sign-in").await
}

fn page<'a>(visitor: &Visitor, email: &'a str, to: &'a str, errors: Errors) -> Page<'a> {
    Page { frame: Frame::new(visitor, Place::Nowhere), say: Say(visitor.language), email, to, errors }
}
