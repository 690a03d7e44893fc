//! Restoring synchronisation (*synchronisatie herstellen*, features M20): first how many messages would come, then, once
//! somebody has confirmed it, they come.

use super::{After, Head, Tab, managed, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Errors, Frame, Place, Shown, shown_as},
        route::{Pages, Who},
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
use mail::AccountKey;
use mailroom::{accounts, incoming};
use serde::Deserialize;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/mailboxes/{id}/restore", Who::Everybody, show).post("/mailboxes/{id}/restore", Who::Everybody, restore)
}

#[derive(Template)]
#[template(path = "mailboxes/restore.html")]
struct Page {
    frame: Frame,
    say: Say,
    head: Head,
    errors: Errors,
    /// As it was typed.
    since: String,
    begun: bool,
    found: Option<Found>,
}

/// What would come.
struct Found {
    /// In words.
    all: String,
    /// Folders, each with how many.
    folders: Vec<(String, String)>,
}

#[derive(Default, Deserialize)]
struct Begun {
    begun: Option<String>,
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    Query(Begun { begun }): Query<Begun>,
) -> Shown {
    let page = page(&state, &visitor, &person, key, String::new()).await?;
    shown_as(StatusCode::OK, &Page { begun: begun.is_some(), ..page })
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    key: AccountKey,
    since: String,
) -> Result<Page, crate::problem::Problem> {
    let account = managed(state, person, key).await?;
    Ok(Page {
        frame: Frame::new(visitor, Place::Mailboxes),
        say: Say(visitor.language),
        head: Head::new(&account, Tab::General, &After::default(), visitor),
        errors: Errors::default(),
        since,
        begun: false,
        found: None,
    })
}

#[derive(Deserialize)]
struct Wish {
    #[serde(default)]
    since: String,
    /// It was seen what would come.
    confirm: Option<String>,
}

async fn restore(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    Form(Wish { since, confirm }): Form<Wish>,
) -> Shown {
    let (room, viewer, habit) = (&state.room, &person.viewer, visitor.habit());
    let mut page = page(&state, &visitor, &person, key, since).await?;
    let Some(moment) = habit.instant(&page.since) else {
        page.errors = Errors::one("since", page.say.restore_since_wrong());
        return shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let found = match confirm {
        None => incoming::to_restore(room, viewer, key, moment).await.map(Some),
        Some(_) => match incoming::restore(room, viewer, key, moment).await {
            Ok(wish) => {
                accounts::in_the_background(room, viewer.organisation, key, wish);
                Ok(None)
            }
            Err(refusal) => Err(refusal),
        },
    };
    let found = match found {
        Ok(None) => return Ok(Redirect::to(&format!("/mailboxes/{key}/restore?begun=1")).into_response()),
        Ok(Some(found)) => found,
        Err(refusal) => {
            page.errors = Errors::told(refusal, visitor.language)?;
            return shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let all: u64 = found.iter().map(|folder| folder.messages).sum();
    page.found = Some(Found {
        all: if all == 0 {
            page.say.restore_nothing().to_owned()
        } else {
            page.say.restore_would(habit.number(all as i64))
        },
        folders: found.into_iter().map(|folder| (folder.name, habit.number(folder.messages as i64))).collect(),
    });
    shown_as(StatusCode::OK, &page)
}
