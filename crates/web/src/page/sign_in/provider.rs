//! Signing in at a provider: the way there, the way back, and why somebody does not come in.

use super::code_page;
use crate::{
    AppState,
    given::Named,
    here::Here,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        origin,
        route::{Pages, Who},
        session,
        visitor::{Caller, Visitor},
        words::words,
    },
    problem::{Kind, Problem},
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use connect::oauth::Answer;
use mail::IdentityProviderKey;
use mailroom::{
    people::{
        SignIn,
        provider::{ANSWER, Arrival, Departing, arrive, depart},
    },
    words::{Refusal, provider as reasons},
};
use serde::Deserialize;
use std::time::Instant;

/// Each who is sent away is remembered for a while, so from one address they are not without end: more than an office needs.
const DEPARTURES_AN_HOUR: u32 = 1000;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/sign-in/with/{id}", Who::Anybody, go).get(ANSWER, Who::Anybody, come_back)
}

words! {
    Say {
        title "Aanmelden is niet gelukt" "Signing in did not work";
        begin_again "Opnieuw beginnen" "Begin again";
    }
}

#[derive(Template)]
#[template(path = "sign_in/kept_out.html")]
struct KeptOut {
    frame: Frame,
    say: Say,
    why: String,
}

#[derive(Deserialize)]
struct Asked {
    to: Option<String>,
}

async fn go(
    State(state): State<AppState>,
    visitor: Visitor,
    caller: Caller,
    Here(here): Here,
    Named(provider): Named<IdentityProviderKey>,
    Query(asked): Query<Asked>,
) -> Shown {
    let network = format!("{ANSWER} {}", caller.source);
    if !state.throttle.allows(&network, DEPARTURES_AN_HOUR, Instant::now()) {
        return Err(too_many());
    }
    let Some(here) = here else { return told(&visitor, reasons::kept_out(reasons::NO_OWN_ADDRESS, &[])) };
    let departing = Departing {
        provider,
        proof: &visitor.proof,
        source: caller.source,
        redirect_uri: &format!("{here}{ANSWER}"),
        onward: origin::onward(asked.to.as_deref()),
    };
    match depart(&state.room, departing).await {
        Ok(address) => Ok(Redirect::to(&address).into_response()),
        Err(refusal) => told(&visitor, refusal),
    }
}

async fn come_back(
    State(state): State<AppState>,
    visitor: Visitor,
    caller: Caller,
    Query(answer): Query<Answer>,
) -> Shown {
    let arrival = Arrival {
        answer: &answer,
        proof: &visitor.proof,
        source: caller.source,
        agent: &caller.agent,
        device: caller.device.as_deref(),
        language: visitor.language,
    };
    match arrive(&state.room, arrival).await {
        Ok((SignIn::In(signed), onward)) => {
            session::begin(&state, &visitor, &signed, origin::onward(Some(&onward))).await
        }
        Ok((SignIn::SecondFactor { challenge }, onward)) => {
            shown(&code_page(&visitor, &challenge, origin::onward(Some(&onward)), Errors::default()))
        }
        Err(refusal) => told(&visitor, refusal),
    }
}

fn too_many() -> Problem {
    let (nl, en) = (
        "Vanaf uw adres begon het aanmelden te vaak. Probeer het over een uur opnieuw.",
        "Signing in was begun too often from your address. Try again in an hour.",
    );
    Problem::new(Kind::TooMany, nl, en).retry_after(3600)
}

/// Why somebody does not come in, with the way to begin again.
fn told(visitor: &Visitor, refusal: Refusal) -> Shown {
    let Refusal::Forbidden(why) = refusal else { return Err(refusal.into()) };
    let why = why.message.say(visitor.language).to_owned();
    let page = KeptOut { frame: Frame::new(visitor, Place::Nowhere), say: Say(visitor.language), why };
    shown_as(StatusCode::FORBIDDEN, &page)
}
