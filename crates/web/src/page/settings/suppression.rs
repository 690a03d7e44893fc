//! Who gets no mail any more by a domain at Mailgun, and taking somebody off those lists.

use super::bar;
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown, shown_as},
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
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use connect::mailgun::Why;
use mail::MailgunDomainKey;
use mailroom::{accounts::diagnosis, mailgun as verb, words::Refusal};
use serde::Deserialize;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/settings/mailgun/{id}/suppressions", Who::Administrators, show).post(
        "/settings/mailgun/{id}/suppressions",
        Who::Administrators,
        lift,
    )
}

words! {
    ListSay {
        title(domain) "Wie geen mail meer krijgt van {domain}" "Who gets no mail any more from {domain}";
        why "Mailgun verstuurt niets meer naar deze adressen, en zegt dat bij de mail. Haal een adres van de lijst als u zeker weet dat mail er weer aankomt en gewenst is: wie steeds mail krijgt die hij niet wil, meldt dat bij zijn eigen provider." "Mailgun sends nothing to these addresses any more, and says so at the mail. Take an address off the list when you know for certain that mail arrives there again and is wanted: who keeps getting mail they do not want tells their own provider.";
        none "Er staat niemand op een lijst" "Nobody is on a list";
        none_why "Mailgun verstuurt mail van dit domein naar iedereen. Komt mail terug, of geeft iemand aan dat hij die niet wil, dan komt het adres hier te staan." "Mailgun sends mail of this domain to everybody. When mail comes back, or somebody says that they do not want it, their address stands here.";
        bounced "Mail kwam terug" "Mail came back";
        complained "Noemde mail ongewenst" "Called mail unwanted";
        unsubscribed "Meldde zich af" "Unsubscribed";
        since(when) "Sinds {when}" "Since {when}";
        lift "Van de lijst halen" "Take off the list";
        lift_of(address) "{address} van de lijst halen" "Take {address} off the list";
        lifted "Het adres is van de lijst. Mail gaat er weer heen." "The address is off the list. Mail goes there again.";
        back "Terug naar het domein" "Back to the domain";
    }
}

#[derive(Template)]
#[template(path = "settings/suppressions.html")]
struct Page {
    frame: Frame,
    own: ListSay,
    tabs: Vec<Tab>,
    told: Option<&'static str>,
    trouble: Option<String>,
    id: MailgunDomainKey,
    name: String,
    lines: Vec<Line>,
}

struct Line {
    list: &'static str,
    address: String,
    why: &'static str,
    said: Option<String>,
    since: Option<Moment>,
}

#[derive(Deserialize)]
struct Chosen {
    list: String,
    address: String,
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    key: MailgunDomainKey,
    trouble: Option<String>,
) -> Result<Page, Refusal> {
    let (own, habit) = (ListSay(visitor.language), visitor.habit());
    let domain = verb::get(&state.room, &person.viewer, key).await?;
    let (found, trouble) = match verb::suppressed(&state.room, &person.viewer, key).await {
        Ok(found) => (found, trouble),
        // What stands in the way is told, and the page is there.
        Err(Refusal::Server(error)) => {
            let found = diagnosis::diagnose(&error, diagnosis::Circumstances::default());
            (Vec::new(), Some(found.explained.told(&found.server_said).say(visitor.language).to_owned()))
        }
        Err(refusal) => return Err(refusal),
    };
    let line = |one: connect::mailgun::Suppressed| Line {
        list: one.why.as_str(),
        address: one.address,
        why: match one.why {
            Why::Bounced => own.bounced(),
            Why::Complained => own.complained(),
            Why::Unsubscribed => own.unsubscribed(),
        },
        said: Some(one.words.0).filter(|words| !words.is_empty()),
        since: one.at.map(|at| habit.moment(at)),
    };
    Ok(Page {
        frame: Frame::new(visitor, Place::Settings),
        own,
        tabs: bar(visitor, person, super::mailgun::HERE),
        told: None,
        trouble,
        id: key,
        name: domain.name,
        lines: found.into_iter().map(line).collect(),
    })
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<MailgunDomainKey>,
    Query(after): Query<After>,
) -> Shown {
    let told = after.is_saved().then(|| ListSay(visitor.language).lifted());
    let page = page(&state, &visitor, &person, key, None).await?;
    match page.trouble {
        None => shown(&Page { told, ..page }),
        Some(_) => shown_as(StatusCode::FAILED_DEPENDENCY, &page),
    }
}

async fn lift(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<MailgunDomainKey>,
    Form(chosen): Form<Chosen>,
) -> Shown {
    match verb::lift(&state.room, &person.viewer, key, &chosen.list, &chosen.address).await {
        Ok(()) => Ok(Redirect::to(&format!("/settings/mailgun/{key}/suppressions?saved=1")).into_response()),
        Err(Refusal::Server(error)) => {
            let found = diagnosis::diagnose(&error, diagnosis::Circumstances::default());
            let trouble = found.explained.told(&found.server_said).say(visitor.language).to_owned();
            let page = page(&state, &visitor, &person, key, Some(trouble)).await?;
            shown_as(StatusCode::FAILED_DEPENDENCY, &page)
        }
        Err(refusal) => Err(refusal.into()),
    }
}
