//! *Autoriseren*: the way to the provider and back, for the owner of a mailbox (features M8).

use super::words::Say;
use crate::{
    AppState,
    given::Named,
    here::Here,
    page::{
        frame::{Frame, Place, Shown, shown_as},
        route::{Pages, Who},
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use connect::oauth::Answer;
use mail::AccountKey;
use mailroom::{
    accounts::{self, authorise},
    words::{Refusal, provider},
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/mailboxes/{id}/authorise", Who::Everybody, go).get(authorise::ANSWER, Who::Everybody, come_back)
}

#[derive(Template)]
#[template(path = "mailboxes/unauthorised.html")]
struct Unauthorised {
    frame: Frame,
    say: Say,
    why: String,
    /// The mailbox, as far as it is known which it was.
    mailbox: Option<AccountKey>,
}

async fn go(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Here(here): Here,
    Named(key): Named<AccountKey>,
) -> Shown {
    super::managed(&state, &person, key).await?;
    let Some(here) = here else {
        return told(&visitor, provider::kept_out(provider::NO_OWN_ADDRESS, &[]), Some(key));
    };
    let redirect_uri = format!("{here}{}", authorise::ANSWER);
    match authorise::depart(&state.room, &person.viewer, key, &visitor.proof, &redirect_uri).await {
        Ok(address) => Ok(Redirect::to(&address).into_response()),
        Err(refusal) => told(&visitor, refusal, Some(key)),
    }
}

/// Back from there: what was granted is tried at once.
async fn come_back(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Query(answer): Query<Answer>,
) -> Shown {
    match authorise::arrive(&state.room, &person.viewer, &answer, &visitor.proof).await {
        Ok(key) => {
            accounts::begin_test(&state.room, &person.viewer, key).await?;
            Ok(Redirect::to(&format!("/mailboxes/{key}/connect")).into_response())
        }
        Err((refusal, mailbox)) => told(&visitor, refusal, mailbox),
    }
}

/// Why nothing came of it, with the way to begin again.
fn told(visitor: &Visitor, refusal: Refusal, mailbox: Option<AccountKey>) -> Shown {
    let why = match refusal {
        Refusal::Forbidden(why) | Refusal::Conflict(why) => why.message.say(visitor.language).to_owned(),
        other => return Err(other.into()),
    };
    let frame = Frame::new(visitor, Place::Mailboxes);
    shown_as(StatusCode::FORBIDDEN, &Unauthorised { frame, say: Say(visitor.language), why, mailbox })
}
