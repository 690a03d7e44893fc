//! The tab Set aside: messages that could not be had or read, why, and trying again (pains P3).

use super::bar;
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::Moment,
        route::{Pages, Who},
        tabs::Tab,
        visitor::{Person, Visitor},
        words::words,
    },
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use mail::QuarantineKey;
use mailroom::{accounts::server_name, desk};
use serde::Deserialize;
use store::{
    account, folder,
    quarantine::{self, SetAside},
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/settings/quarantine", Who::Everybody, show).post(
        "/settings/quarantine/{id}/retry",
        Who::Everybody,
        retry,
    )
}

words! {
    Say {
        title "Apart gezet" "Set aside";
        why "Deze berichten liggen op de server, maar konden niet worden opgehaald of gelezen. De rest van de mail gaat gewoon door, en er gaat niets verloren." "These messages are on the server, but could not be fetched or read. All other mail goes on as usual, and nothing is lost.";
        none "Niets apart gezet" "Nothing set aside";
        none_why "Hier komt een bericht dat niet kon worden gelezen, met de reden. Alle mail in uw mailboxen is nu gewoon te lezen." "Here comes a message that could not be read, with the reason. All mail in your mailboxes can be read now.";
        empty "De server geeft een leeg bericht." "The server gives an empty message.";
        too_large "Het bericht is te groot." "The message is too large.";
        refused "De server geeft het bericht niet." "The server does not give the message.";
        unreadable "Het bericht is niet te lezen." "The message can't be read.";
        unstorable "Het bericht kon niet worden bewaard." "The message could not be stored.";
        number(n) "bericht {n}" "message {n}";
        tries(n) "{n} keer geprobeerd|{n} keer geprobeerd" "tried once ({n})|tried {n} times";
        since(when) "sinds {when}" "since {when}";
        next(when) "volgende poging: {when}" "next try: {when}";
        waits "wacht op u" "waits for you";
        kept "We hebben het bericht zelf wel." "We do hold the message itself.";
        retry "Opnieuw proberen" "Try again";
        retry_of(what) "Opnieuw proberen: {what}" "Try again: {what}";
        asked "Het wordt nu opnieuw geprobeerd. Lukt het, dan verdwijnt het hier." "It is tried again now. When it works, it goes from here.";
        more "Meer" "More";
    }
}

#[derive(Template)]
#[template(path = "settings/aside.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    asked: bool,
    lines: Vec<Line>,
    older: Option<QuarantineKey>,
}

struct Line {
    id: String,
    place: String,
    number: String,
    why: &'static str,
    reason: String,
    kept: bool,
    tries: String,
    since: Moment,
    since_words: String,
    next: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    before: String,
    saved: String,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(asked): Query<Asked>) -> Shown {
    let (viewer, before) = (person.viewer, asked.before.parse().ok());
    let (found, next) = state
        .read(move |tx| {
            Box::pin(async move {
                let (found, next) = quarantine::list(tx, &viewer, before, 50).await?;
                let mut named = Vec::with_capacity(found.len());
                for one in found {
                    let address = account::get(tx, &viewer, one.account).await?.settings.address;
                    let folder = folder::get(tx, viewer.organisation, one.folder).await?;
                    named.push((format!("{address} · {}", server_name(&folder)), one));
                }
                Ok((named, next))
            })
        })
        .await?;
    let lines = found.into_iter().map(|(place, one)| line(place, one, &visitor)).collect();
    shown(&Page {
        frame: Frame::new(&visitor, Place::Settings),
        say: Say(visitor.language),
        tabs: bar(&visitor, &person, "/settings/quarantine"),
        asked: !asked.saved.is_empty(),
        lines,
        older: next,
    })
}

fn line(place: String, one: SetAside, visitor: &Visitor) -> Line {
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let since = habit.moment(one.set_aside_at);
    Line {
        id: one.id.to_string(),
        place,
        number: say.number(one.remote_name.unwrap_or_else(|| one.remote.to_string())),
        why: match one.code.as_str() {
            "empty" => say.empty(),
            "too_large" => say.too_large(),
            "refused" => say.refused(),
            "unstorable" => say.unstorable(),
            _ => say.unreadable(),
        },
        reason: one.reason,
        kept: one.digest.is_some(),
        tries: say.tries(one.tries),
        since_words: say.since(&since.short),
        since,
        next: one.next_try_at.map_or_else(|| say.waits().to_owned(), |at| say.next(habit.precise(at))),
    }
}

async fn retry(State(state): State<AppState>, person: Person, Named(key): Named<QuarantineKey>) -> Shown {
    desk::quarantine::retry(&state.room, &person.viewer, key).await?;
    Ok(Redirect::to("/settings/quarantine?saved=1").into_response())
}
