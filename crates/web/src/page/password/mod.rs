//! A forgotten password: asking for a link, and choosing a new one by it (features U3). Invitations lead here too.

use super::{
    frame::{Errors, Frame, Place, Shown, shown, shown_as},
    route::{Pages, Who},
    visitor::Visitor,
    words::words,
};
use crate::{AppState, throttle::LINKS_AN_HOUR};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
};
use mail::address::fold_address;
use mailroom::{
    people::{self, Invited},
    words::Refusal,
};
use serde::Deserialize;
use std::time::Instant;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/password/forgotten", Who::Anybody, forgotten)
        .post("/password/forgotten", Who::Anybody, ask)
        .get("/password", Who::Anybody, choose)
        .post("/password", Who::Anybody, set)
}

words! {
    Say {
        forgotten_title "Wachtwoord vergeten" "Forgotten password";
        forgotten_intro "Vul het adres in waarmee u zich aanmeldt. U krijgt een mail met een link om een nieuw wachtwoord te kiezen." "Enter the address you sign in with. You get a mail with a link for choosing a new password.";
        email "E-mailadres" "E-mail address";
        send "Stuur mij een link" "Send me a link";
        sent_title "Kijk in uw mail" "Look in your mail";
        sent "Als dit adres hier bekend is, komt er binnen een paar minuten een mail. De link erin werkt een half uur, één keer. Komt er niets, kijk dan bij de ongewenste mail of vraag een beheerder." "When this address is known here, a mail comes within a few minutes. Its link works for half an hour, once. When nothing comes, look among the junk mail or ask an administrator.";
        to_sign_in "Naar aanmelden" "To signing in";
        choose_title "Kies een wachtwoord" "Choose a password";
        welcome(organisation) "Welkom bij {organisation}" "Welcome to {organisation}";
        welcome_intro "Hier leest en beantwoordt u de mail van uw organisatie. Kies een wachtwoord, dan kunt u meteen aan de slag." "Here you read and answer the mail of your organisation. Choose a password, and you can begin at once.";
        sign_in_with "U meldt zich aan met" "You sign in with";
        expired_title "Deze link werkt niet meer" "This link works no longer";
        expired "Een link werkt één keer en niet eeuwig. Vraag een nieuwe aan; die komt per mail." "A link works once and not for ever. Ask for a new one; it comes by mail.";
        begin "Wachtwoord bewaren" "Save the password";
        password "Nieuw wachtwoord" "New password";
        password_hint "Minstens 15 tekens. Een zin van een paar woorden is sterk en makkelijk te onthouden." "At least 15 characters. A sentence of a few words is strong and easy to remember.";
        repeat "Nog een keer" "Once more";
        differs "De twee wachtwoorden zijn niet gelijk." "The two passwords are not the same.";
        saved_title "Uw wachtwoord is bewaard" "Your password is saved";
        saved "Meld u ermee aan. Op andere apparaten bent u nu afgemeld." "Sign in with it. You are now signed out on other devices.";
        ask_again "Nieuwe link aanvragen" "Ask for a new link";
    }
}

#[derive(Template)]
#[template(path = "password/forgotten.html")]
struct Forgotten {
    frame: Frame,
    say: Say,
    errors: Errors,
}

#[derive(Template)]
#[template(path = "password/choose.html")]
struct Choose<'a> {
    frame: Frame,
    say: Say,
    errors: Errors,
    token: &'a str,
    invited: Invited,
}

#[derive(Template)]
#[template(path = "password/expired.html")]
struct Expired {
    frame: Frame,
    say: Say,
}

#[derive(Template)]
#[template(path = "password/done.html")]
struct Done {
    frame: Frame,
    say: Say,
    title: &'static str,
    words: &'static str,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
struct Asked {
    email: String,
}

#[derive(Deserialize)]
struct Chosen {
    token: String,
    password: String,
    repeat: String,
}

async fn forgotten(visitor: Visitor) -> Shown {
    let (frame, say) = (Frame::new(&visitor, Place::Nowhere), Say(visitor.language));
    shown(&Forgotten { frame, say, errors: Errors::default() })
}

/// Answers the same for every address, known or not.
async fn ask(State(state): State<AppState>, visitor: Visitor, Form(asked): Form<Asked>) -> Shown {
    let email = asked.email.trim();
    if state.throttle.allows(&fold_address(email), LINKS_AN_HOUR, Instant::now()) {
        people::forgotten_password(&state.room, email);
    }
    let say = Say(visitor.language);
    shown(&Done { frame: Frame::new(&visitor, Place::Nowhere), say, title: say.sent_title(), words: say.sent() })
}

async fn choose(State(state): State<AppState>, visitor: Visitor, Query(link): Query<Link>) -> Shown {
    match people::invited(&state.room, &link.token).await? {
        Some(invited) => shown(&page(&visitor, Errors::default(), &link.token, invited)),
        None => expired(&visitor),
    }
}

fn expired(visitor: &Visitor) -> Shown {
    shown(&Expired { frame: Frame::new(visitor, Place::Nowhere), say: Say(visitor.language) })
}

async fn set(State(state): State<AppState>, visitor: Visitor, Form(chosen): Form<Chosen>) -> Shown {
    let say = Say(visitor.language);
    let Some(invited) = people::invited(&state.room, &chosen.token).await? else { return expired(&visitor) };
    if chosen.password != chosen.repeat {
        let errors = Errors::one("repeat", say.differs());
        return shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&visitor, errors, &chosen.token, invited));
    }
    match people::reset_password(&state.room, &chosen.token, &chosen.password).await {
        Ok(_) => {
            state.tokens.forget();
            let frame = Frame::new(&visitor, Place::Nowhere);
            shown(&Done { frame, say, title: say.saved_title(), words: say.saved() })
        }
        Err(Refusal::Invalid { errors }) => {
            let errors = Errors::new(&errors, visitor.language);
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&visitor, errors, &chosen.token, invited))
        }
        Err(other) => Err(other.into()),
    }
}

fn page<'a>(visitor: &Visitor, errors: Errors, token: &'a str, invited: Invited) -> Choose<'a> {
    Choose { frame: Frame::new(visitor, Place::Nowhere), say: Say(visitor.language), errors, token, invited }
}
