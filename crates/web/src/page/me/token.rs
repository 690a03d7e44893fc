//! The tab API tokens: one's own.

use super::{bar, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Place, Shown},
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
use store::token::Token;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/me/tokens", Who::Everybody, show).post("/me/tokens", Who::Everybody, make).post(
        "/me/tokens/{id}/revoke",
        Who::Everybody,
        revoke,
    )
}

fn shelf(visitor: &Visitor) -> Shelf {
    let say = Say(visitor.language);
    Shelf { place: Place::Me, base: "/me", heading: say.title(), tabs: bar(say, "/me/tokens") }
}

async fn own(state: &AppState, person: &Person) -> Result<Vec<Token>, Problem> {
    let viewer = person.viewer;
    state.read(move |tx| Box::pin(async move { store::token::list(tx, viewer.organisation, viewer.user).await })).await
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    let tokens = own(&state, &person).await?;
    token::list(&state, &visitor, &person, shelf(&visitor), tokens, None, after.is_saved())
}

async fn make(State(state): State<AppState>, visitor: Visitor, person: Person, Form(typed): Form<Typed>) -> Shown {
    let others = async || Ok((own(&state, &person).await?, None));
    token::make(&state, &visitor, &person, shelf(&visitor), typed, others).await
}

async fn revoke(State(state): State<AppState>, person: Person, Named(key): Named<TokenKey>) -> Shown {
    people::token::revoke(&state.room, &person.viewer, key, false).await?;
    state.tokens.forget();
    Ok(Redirect::to("/me/tokens?saved=1").into_response())
}
