//! Signing in and out.

mod provider;
#[cfg(test)]
mod sign_in_test;

use super::{
    frame::{Errors, Frame, Place, Shown, shown, shown_as},
    origin,
    route::{Pages, Who, percent},
    session,
    visitor::{Caller, Visitor},
    words::words,
};
use crate::{AppState, problem::Problem};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mailroom::{
    people::{self, Attempt, SignIn},
    words::Refusal,
};
use serde::Deserialize;
use store::identity_provider::{self, IdentityProvider};

pub(super) fn routes(pages: Pages) -> Pages {
    provider::routes(pages)
        .get("/sign-in", Who::Anybody, show)
        .post("/sign-in", Who::Anybody, enter)
        .post("/sign-in/code", Who::Anybody, with_code)
        .post("/sign-out", Who::Anybody, leave)
}

words! {
    Say {
        title "Aanmelden" "Sign in";
        email "E-mailadres" "E-mail address";
        password "Wachtwoord" "Password";
        sign_in "Aanmelden" "Sign in";
        code_title "Nog een code" "One more code";
        code_intro "Open de app op uw telefoon en neem de code over. Telefoon kwijt? Gebruik een herstelcode." "Open the app on your phone and copy the code. Lost the phone? Use a recovery code.";
        code "Code" "Code";
        go_on "Verder" "Continue";
        start_again "Opnieuw beginnen" "Start again";
        with(name) "Aanmelden met {name}" "Sign in with {name}";
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
    /// Where else one can sign in: the address, and the words on the button.
    providers: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "sign_in/code.html")]
struct CodePage<'a> {
    frame: Frame,
    say: Say,
    /// Proves that the password was right.
    challenge: &'a str,
    to: &'a str,
    errors: Errors,
}

#[derive(Deserialize)]
struct GivenCode {
    challenge: String,
    code: String,
    #[serde(default)]
    to: String,
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

async fn show(State(state): State<AppState>, visitor: Visitor, Query(asked): Query<Asked>) -> Shown {
    let to = origin::onward(asked.to.as_deref());
    if visitor.person.is_some() {
        return Ok(Redirect::to(to).into_response());
    }
    shown(&page(&state, &visitor, "", to, Errors::default()).await?)
}

async fn enter(State(state): State<AppState>, visitor: Visitor, caller: Caller, Form(given): Form<Given>) -> Shown {
    with_password(&state, &visitor, &caller, (&given.email, &given.password), &given.to).await
}

/// Signs the visitor in, asks for their code, or shows the form again with what was wrong.
pub(super) async fn with_password(
    state: &AppState,
    visitor: &Visitor,
    caller: &Caller,
    (email, password): (&str, &str),
    to: &str,
) -> Shown {
    let to = origin::onward(Some(to));
    let (source, agent, device) = (caller.source, caller.agent.as_str(), caller.device.as_deref());
    match people::sign_in(&state.room, Attempt { email, password, source, agent, device }).await {
        Ok(SignIn::In(signed)) => session::begin(state, visitor, &signed, to).await,
        Ok(SignIn::SecondFactor { challenge }) => shown(&code_page(visitor, &challenge, to, Errors::default())),
        Err(Refusal::Invalid { errors }) => {
            let errors = Errors::new(&errors, visitor.language);
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(state, visitor, email, to, errors).await?)
        }
        Err(other) => Err(other.into()),
    }
}

async fn with_code(
    State(state): State<AppState>,
    visitor: Visitor,
    caller: Caller,
    Form(given): Form<GivenCode>,
) -> Shown {
    let to = origin::onward(Some(&given.to));
    match people::second_factor(&state.room, &given.challenge, &given.code, caller.source, &caller.agent).await {
        Ok(signed) => session::begin(&state, &visitor, &signed, to).await,
        Err(Refusal::Invalid { errors }) => {
            let errors = Errors::new(&errors, visitor.language);
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &code_page(&visitor, &given.challenge, to, errors))
        }
        Err(other) => Err(other.into()),
    }
}

async fn leave(State(state): State<AppState>, visitor: Visitor) -> Shown {
    session::end(&state, &visitor, "/sign-in").await
}

async fn page<'a>(
    state: &AppState,
    visitor: &Visitor,
    email: &'a str,
    to: &'a str,
    errors: Errors,
) -> Result<Page<'a>, Problem> {
    let say = Say(visitor.language);
    let known = state.read(|tx| Box::pin(async move { identity_provider::list(tx).await })).await?;
    let button =
        |kept: IdentityProvider| (format!("/sign-in/with/{}?to={}", kept.id, percent(to)), say.with(kept.name));
    let providers = known.into_iter().map(button).collect();
    Ok(Page { frame: Frame::new(visitor, Place::Nowhere), say, email, to, errors, providers })
}

fn code_page<'a>(visitor: &Visitor, challenge: &'a str, to: &'a str, errors: Errors) -> CodePage<'a> {
    CodePage { frame: Frame::new(visitor, Place::Nowhere), say: Say(visitor.language), challenge, to, errors }
}
