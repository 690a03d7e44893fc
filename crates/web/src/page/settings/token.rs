//! The tab API tokens: everybody's, so that an administrator can take back what is not needed any more.

use super::bar;
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown},
        route::{Pages, Who},
        tabs::After,
        token::{self, Shelf, Typed},
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use mail::TokenKey;
use mailroom::people;
use store::{
    token::Token,
    user::{self, User},
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/settings/tokens", Who::Administrators, show).post("/settings/tokens", Who::Administrators, make).post(
        "/settings/tokens/{id}/revoke",
        Who::Administrators,
        revoke,
    )
}

fn shelf(visitor: &Visitor, person: &Person) -> Shelf {
    let heading = Frame::new(visitor, Place::Settings).say.settings();
    Shelf { place: Place::Settings, base: "/settings", heading, tabs: bar(visitor, person, "/settings/tokens") }
}

async fn everybodys(state: &AppState, person: &Person) -> Result<(Vec<Token>, Vec<User>), Problem> {
    let organisation = person.viewer.organisation;
    state
        .read(move |tx| {
            Box::pin(async move {
                let tokens = store::token::list_all(tx, organisation).await?;
                Ok((tokens, user::list(tx, organisation, None, super::MANY).await?.0))
            })
        })
        .await
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    let (tokens, users) = everybodys(&state, &person).await?;
    let shelf = shelf(&visitor, &person);
    token::list(&state, &visitor, &person, shelf, tokens, Some(&users), after.is_saved())
}

async fn make(State(state): State<AppState>, visitor: Visitor, person: Person, Form(typed): Form<Typed>) -> Shown {
    let others = async || everybodys(&state, &person).await.map(|(tokens, users)| (tokens, Some(users)));
    token::make(&state, &visitor, &person, shelf(&visitor, &person), typed, others).await
}

async fn revoke(State(state): State<AppState>, person: Person, Named(key): Named<TokenKey>) -> Shown {
    people::token::revoke(&state.room, &person.viewer, key, true).await?;
    state.tokens.forget();
    Ok(Redirect::to("/settings/tokens?saved=1").into_response())
}
