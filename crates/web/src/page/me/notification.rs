//! The tab Notifications: what one hears of by letter, and in this browser (features D7).

use super::{bar, words::Say};
use crate::{
    AppState,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        route::{Pages, Who},
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
    response::{IntoResponse, Redirect},
};
use mail::AccountKey;
use mailroom::{
    people,
    words::{Refusal, field},
};
use store::{
    account,
    notification::{self, Choice, ChoicePatch},
};

const HERE: &str = "/me/notifications";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/me/notifications", Who::Everybody, show).post("/me/notifications", Who::Everybody, save)
}

#[derive(Template)]
#[template(path = "me/notification.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    saved: bool,
    errors: Errors,
    email: String,
    choice: Choice,
    mailboxes: Vec<Mailbox>,
}

/// A mailbox that the person reads.
struct Mailbox {
    id: AccountKey,
    address: String,
    chosen: bool,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    shown(&page(&state, &visitor, &person, Errors::default(), after.is_saved()).await?)
}

async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Form(fields): Form<Vec<(String, String)>>,
) -> Shown {
    let saved = match patch(&fields) {
        Ok(patch) => people::notification::change(&state.room, &person.viewer, patch).await.map(|_| ()),
        Err(refusal) => Err(refusal),
    };
    match saved {
        Ok(()) => Ok(Redirect::to("/me/notifications?saved=1").into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&state, &visitor, &person, errors, false).await?)
        }
    }
}

/// Everything that the form holds; a box without a tick is not sent.
fn patch(fields: &[(String, String)]) -> Result<ChoicePatch, Refusal> {
    let ticked = |name: &str| Some(fields.iter().any(|(field, _)| field == name));
    let chosen = fields.iter().filter(|(field, _)| field == "account").map(|(_, account)| account.parse());
    let chosen = chosen.collect::<Result<Vec<AccountKey>, _>>();
    Ok(ChoicePatch {
        letter_when_called: ticked("letter_when_called"),
        letter_when_assigned: ticked("letter_when_assigned"),
        notice_when_called: ticked("notice_when_called"),
        notice_accounts: Some(chosen.map_err(|_| Refusal::field("notice_accounts", field::UNKNOWN))?),
    })
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    errors: Errors,
    saved: bool,
) -> Result<Page, Problem> {
    const MANY: usize = 2000;
    let viewer = person.viewer;
    let (choice, readable, accounts) = state
        .read(move |tx| {
            Box::pin(async move {
                let accounts = account::list(tx, &viewer, None, MANY).await?.0;
                Ok((notification::get(tx, &viewer).await?, viewer.rights(tx).await?.read, accounts))
            })
        })
        .await?;
    let read = accounts.into_iter().filter(|account| readable.binary_search(&account.id).is_ok());
    let mailboxes = read.map(|account| Mailbox {
        id: account.id,
        address: account.settings.address,
        chosen: choice.notice_accounts.contains(&account.id),
    });
    let (say, mailboxes) = (Say(visitor.language), mailboxes.collect());
    let (frame, tabs) = (Frame::new(visitor, Place::Me), bar(say, HERE));
    Ok(Page { frame, say, tabs, saved, errors, email: person.email.clone(), choice, mailboxes })
}
