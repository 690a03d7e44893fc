//! The tab Organisation: its name, and what it asks of its administrators.

use super::bar;
use crate::{
    AppState,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        route::{Pages, Who},
        tabs::{After, Tab},
        visitor::{Person, Visitor},
        words::words,
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mailroom::{
    people::{self, organisation::OrganisationPatch},
    words::Refusal,
};
use serde::Deserialize;
use store::{UserRole, organisation, user};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/settings", Who::Everybody, show).post("/settings", Who::Administrators, save)
}

words! {
    Say {
        title "Organisatie" "Organisation";
        name "Naam van de organisatie" "Name of the organisation";
        name_hint "Staat op de pagina, in uitnodigingen en in de app voor de tweede factor." "Stands on the page, in invitations and in the app for the second factor.";
        security "Aanmelden" "Signing in";
        second_factor "Beheerders moeten een tweede factor hebben" "Administrators must have a second factor";
        second_factor_hint "Een beheerder zonder stelt hem bij het aanmelden meteen in, en kan daarvoor niets anders doen. Ook API-tokens van zo'n beheerder werken tot dan niet." "An administrator without one sets it up when signing in, and can do nothing else before. API tokens of such an administrator don't work until then either.";
        without(names) "Nog zonder: {names}." "Still without: {names}.";
        all_have "Alle beheerders hebben er een." "All administrators have one.";
        saved "Bewaard." "Saved.";
        save "Bewaren" "Save";
    }
}

#[derive(Template)]
#[template(path = "settings/organisation.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    saved: bool,
    errors: Errors,
    name: String,
    second_factor: bool,
    /// Administrators without a second factor, by name.
    without: Vec<String>,
    asks: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    second_factor: Option<String>,
    password: String,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    if person.viewer.role != UserRole::Administrator {
        return Ok(Redirect::to("/settings/templates").into_response());
    }
    let id = person.viewer.organisation;
    let read = state.read(move |tx| Box::pin(async move { organisation::get(tx, id).await }));
    let found = read.await?;
    let typed = (found.name, found.second_factor_for_administrators);
    shown(&page(&state, &visitor, &person, Errors::default(), typed, after.is_saved()).await?)
}

async fn save(State(state): State<AppState>, visitor: Visitor, person: Person, Form(typed): Form<Typed>) -> Shown {
    match keep(&state, &person, &typed).await {
        Ok(()) => {
            state.tokens.forget();
            Ok(Redirect::to("/settings?saved=1").into_response())
        }
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let typed = (typed.name, typed.second_factor.is_some());
            let page = page(&state, &visitor, &person, errors, typed, false).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn keep(state: &AppState, person: &Person, typed: &Typed) -> Result<(), Refusal> {
    people::be_sure(&state.room, &person.session, &typed.password).await?;
    let patch = OrganisationPatch {
        name: Some(typed.name.clone()),
        second_factor_for_administrators: Some(typed.second_factor.is_some()),
    };
    people::organisation::change(&state.room, &person.viewer, patch).await.map(|_| ())
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    errors: Errors,
    (name, second_factor): (String, bool),
    saved: bool,
) -> Result<Page, Problem> {
    let id = person.viewer.organisation;
    let read = state.read(move |tx| Box::pin(async move { user::list(tx, id, None, super::MANY).await }));
    let users = read.await?.0;
    let lacks =
        users.into_iter().filter(|user| user.role == UserRole::Administrator && user.active && !user.has_second_factor);
    Ok(Page {
        frame: Frame::new(visitor, Place::Settings),
        say: Say(visitor.language),
        tabs: bar(visitor, person, "/settings"),
        saved,
        errors,
        name,
        second_factor,
        without: lacks.map(|user| user.called().to_owned()).collect(),
        asks: !people::is_sure(&state.room, &person.session),
    })
}
