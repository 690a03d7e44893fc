//! The tab Sign-in blocks: networks from which too many wrong passwords came, and letting them in again (features U4).

use super::bar;
use crate::{
    AppState,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::Moment,
        route::{Pages, Who},
        tabs::{After, Tab},
        visitor::{Person, Visitor},
        words::words,
    },
};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use mailroom::people;
use serde::Deserialize;
use store::guard::Block;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/settings/blocks", Who::Administrators, show).post("/settings/blocks", Who::Administrators, lift)
}

words! {
    Say {
        title "Aanmeldblokkades" "Sign-in blocks";
        none "Niemand is geblokkeerd" "Nobody is blocked";
        none_why "Komen er vanuit één netwerk te veel verkeerde wachtwoorden, dan wordt het een uur geblokkeerd en staat het hier." "When too many wrong passwords come from one network, it is blocked for an hour and stands here.";
        why "Vanuit deze netwerken kwamen te veel verkeerde wachtwoorden. Hef een blokkade alleen op als u weet wie het is, bijvoorbeeld een kantoor met een verouderd programma." "Too many wrong passwords came from these networks. Lift a block only when you know who it is, for example an office with an outdated program.";
        person_why "Wie zelf te vaak een verkeerd wachtwoord gaf, komt weer binnen met Wachtwoord vergeten, of met een link die u stuurt bij Gebruikers." "Who gave a wrong password too often gets in again with Forgotten password, or by a link that you send at Users.";
        tries(n) "{n} verkeerd wachtwoord|{n} verkeerde wachtwoorden" "{n} wrong password|{n} wrong passwords";
        last(when) "laatst: {when}" "last: {when}";
        until(when) "geblokkeerd tot {when}" "blocked until {when}";
        lift "Blokkade opheffen" "Lift the block";
        lift_of(network) "Blokkade opheffen: {network}" "Lift the block: {network}";
        lifted "De blokkade is opgeheven." "The block was lifted.";
    }
}

#[derive(Template)]
#[template(path = "settings/blocks.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    lifted: bool,
    lines: Vec<Line>,
}

struct Line {
    network: String,
    tries: String,
    last: String,
    last_at: Moment,
    until: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    network: String,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    let blocks = people::blocked_networks(&state.room, &person.viewer).await?;
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let line = |block: Block| {
        let last_at = habit.moment(block.tried_at);
        Line {
            network: block.subject,
            tries: say.tries(block.count),
            last: say.last(&last_at.short),
            last_at,
            until: block.until_at.map(|at| say.until(habit.precise(at))).unwrap_or_default(),
        }
    };
    shown(&Page {
        frame: Frame::new(&visitor, Place::Settings),
        say,
        tabs: bar(&visitor, &person, "/settings/blocks"),
        lifted: after.is_saved(),
        lines: blocks.into_iter().map(line).collect(),
    })
}

async fn lift(State(state): State<AppState>, person: Person, Form(typed): Form<Typed>) -> Shown {
    people::unblock_network(&state.room, &person.viewer, &typed.network).await?;
    Ok(Redirect::to("/settings/blocks?saved=1").into_response())
}
