//! The tab Mailgun: the organisation's domains there (features M27).

use super::{bar, mailgun_words::Say};
use crate::{
    AppState,
    given::Named,
    here::Here,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        habit::Moment,
        route::{Pages, Who},
        tabs::{After, Tab},
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
use mail::MailgunDomainKey;
use mailroom::{
    accounts::diagnosis,
    mailgun::{self as verb, DomainInput, Hooks},
    people,
    words::{Refusal, provider},
};
use serde::Deserialize;
use store::mailgun::{MailgunDomain, Record};
use zeroize::Zeroizing;

pub(super) const HERE: &str = "/settings/mailgun";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(HERE, Who::Administrators, list)
        .post(HERE, Who::Administrators, add)
        .get("/settings/mailgun/new", Who::Administrators, ask)
        .get("/settings/mailgun/{id}", Who::Administrators, show)
        .post("/settings/mailgun/{id}", Who::Administrators, save)
        .post("/settings/mailgun/{id}/check", Who::Administrators, check)
        .post("/settings/mailgun/{id}/tell", Who::Administrators, tell)
        .post("/settings/mailgun/{id}/remove", Who::Administrators, remove)
}

#[derive(Template)]
#[template(path = "settings/mailgun_list.html")]
struct List {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    told: Option<&'static str>,
    lines: Vec<Line>,
}

struct Line {
    id: MailgunDomainKey,
    name: String,
    region: &'static str,
    state: &'static str,
    is_active: bool,
}

#[derive(Template)]
#[template(path = "settings/mailgun_new.html")]
struct New {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    errors: Errors,
    typed: Typed,
    asks: bool,
}

#[derive(Template)]
#[template(path = "settings/mailgun.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    told: Option<&'static str>,
    trouble: Option<String>,
    errors: Errors,
    typed: Typed,
    id: MailgunDomainKey,
    name: String,
    state: &'static str,
    is_active: bool,
    is_unverified: bool,
    checked: Option<Moment>,
    posted: Option<Moment>,
    keys_since: Moment,
    has_signing_key: bool,
    groups: Vec<Group>,
    hooks: Option<Hooks>,
    asks: bool,
}

/// Records for one direction.
struct Group {
    title: &'static str,
    records: Vec<Row>,
}

struct Row {
    /// Of the field that is copied from.
    field: String,
    kind: String,
    name: String,
    value: String,
    validity: &'static str,
    is_valid: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    domain: String,
    region: String,
    api_key: String,
    signing_key: String,
    password: String,
}

impl Typed {
    fn is_us(&self) -> bool {
        self.region == "us"
    }

    fn input(&self) -> DomainInput {
        let given = |key: &str| (!key.trim().is_empty()).then(|| Zeroizing::new(key.to_owned()));
        DomainInput {
            domain: Some(self.domain.clone()),
            region: Some(self.region.clone()).filter(|region| !region.is_empty()),
            api_key: given(&self.api_key),
            signing_key: given(&self.signing_key),
        }
    }

    /// Without what was typed as a secret: it is not shown again, not even to who typed it.
    fn shown_again(self) -> Typed {
        Typed { api_key: String::new(), signing_key: String::new(), password: String::new(), ..self }
    }
}

async fn list(State(state): State<AppState>, visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    let say = Say(visitor.language);
    let line = |domain: MailgunDomain| Line {
        id: domain.id,
        region: region(say, &domain.region),
        state: state_of(say, &domain.state),
        is_active: domain.is_active(),
        name: domain.name,
    };
    let lines = verb::list(&state.room, &person.viewer).await?.into_iter().map(line).collect();
    let told = after.is_saved().then(|| say.removed());
    shown(&List { frame: Frame::new(&visitor, Place::Settings), say, tabs: bar(&visitor, &person, HERE), told, lines })
}

async fn ask(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    shown(&new_page(&state, &visitor, &person, Errors::default(), Typed::default()))
}

fn new_page(state: &AppState, visitor: &Visitor, person: &Person, errors: Errors, typed: Typed) -> New {
    New {
        frame: Frame::new(visitor, Place::Settings),
        say: Say(visitor.language),
        tabs: bar(visitor, person, HERE),
        errors,
        typed,
        asks: !people::is_sure(&state.room, &person.session),
    }
}

async fn add(State(state): State<AppState>, visitor: Visitor, person: Person, Form(typed): Form<Typed>) -> Shown {
    let added = match people::be_sure(&state.room, &person.session, &typed.password).await {
        Ok(()) => verb::add(&state.room, &person.viewer, typed.input()).await,
        Err(refusal) => Err(refusal),
    };
    match added {
        Ok(saved) => Ok(Redirect::to(&format!("{HERE}/{}?saved=added", saved.domain.id)).into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = new_page(&state, &visitor, &person, errors, typed.shown_again());
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// What every answer about one domain is made of.
struct Desk<'a> {
    state: &'a AppState,
    visitor: &'a Visitor,
    person: &'a Person,
    here: Here,
    key: MailgunDomainKey,
    /// What was typed and could not be saved.
    typed: Option<Typed>,
}

impl Desk<'_> {
    /// The page as it is, with what was typed.
    async fn page(self) -> Result<Page, Refusal> {
        let kept = verb::get(&self.state.room, &self.person.viewer, self.key).await?;
        let (say, habit) = (Say(self.visitor.language), self.visitor.habit());
        let group = |title, sends| Group {
            title,
            records: kept
                .records
                .iter()
                .enumerate()
                .filter(|(_, one)| one.sends == sends)
                .map(|one| row(say, one))
                .collect(),
        };
        let groups = [group(say.to_send(), true), group(say.to_receive(), false)];
        Ok(Page {
            frame: Frame::new(self.visitor, Place::Settings),
            say,
            tabs: bar(self.visitor, self.person, HERE),
            told: None,
            trouble: None,
            errors: Errors::default(),
            typed: self.typed.unwrap_or_else(|| Typed { region: kept.region.clone(), ..Typed::default() }),
            id: kept.id,
            state: state_of(say, &kept.state),
            is_active: kept.is_active(),
            is_unverified: kept.state == "unverified",
            checked: kept.checked_at.map(|at| habit.moment(at)),
            posted: kept.told_at.map(|at| habit.moment(at)),
            keys_since: habit.moment(kept.keys_set_at),
            has_signing_key: kept.has_signing_key,
            groups: groups.into_iter().filter(|group| !group.records.is_empty()).collect(),
            hooks: self.here.0.map(|here| verb::hooks(&here, self.key)),
            asks: !people::is_sure(&self.state.room, &self.person.session),
            name: kept.name,
        })
    }
}

fn row(say: Say, (at, record): (usize, &Record)) -> Row {
    let value = match &record.priority {
        Some(priority) => format!("{priority} {}", record.value),
        None => record.value.clone(),
    };
    Row {
        field: format!("record-{at}"),
        kind: record.kind.clone(),
        name: record.name.clone(),
        value,
        is_valid: record.validity == "valid",
        validity: match record.validity.as_str() {
            "valid" => say.valid(),
            "invalid" => say.invalid(),
            _ => say.unknown(),
        },
    }
}

fn state_of(say: Say, state: &str) -> &'static str {
    match state {
        "active" => say.active(),
        "disabled" => say.disabled(),
        _ => say.unverified(),
    }
}

fn region(say: Say, region: &str) -> &'static str {
    if region == "us" { say.us() } else { say.eu() }
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    Named(key): Named<MailgunDomainKey>,
    Query(after): Query<After>,
) -> Shown {
    let say = Say(visitor.language);
    let told = match after.saved.as_str() {
        "" => None,
        "added" => Some(say.added()),
        "checked" => Some(say.was_checked()),
        "told" => Some(say.was_told()),
        _ => Some(say.saved()),
    };
    let page = Desk { state: &state, visitor: &visitor, person: &person, here, key, typed: None }.page().await?;
    shown(&Page { told, ..page })
}

async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    Named(key): Named<MailgunDomainKey>,
    Form(typed): Form<Typed>,
) -> Shown {
    let saved = match people::be_sure(&state.room, &person.session, &typed.password).await {
        Ok(()) => verb::change(&state.room, &person.viewer, key, typed.input()).await.map(|_| ()),
        Err(refusal) => Err(refusal),
    };
    let typed = Some(typed.shown_again());
    let desk = Desk { state: &state, visitor: &visitor, person: &person, here, key, typed };
    done(desk, saved, "saved").await
}

async fn check(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    Named(key): Named<MailgunDomainKey>,
) -> Shown {
    let checked = verb::check(&state.room, &person.viewer, key).await.map(|_| ());
    done(Desk { state: &state, visitor: &visitor, person: &person, here, key, typed: None }, checked, "checked").await
}

async fn tell(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    Named(key): Named<MailgunDomainKey>,
) -> Shown {
    let told = match &here.0 {
        Some(address) => verb::tell(&state.room, &person.viewer, key, address).await,
        None => Err(Refusal::conflict("hooks", provider::NO_OWN_ADDRESS)),
    };
    done(Desk { state: &state, visitor: &visitor, person: &person, here, key, typed: None }, told, "told").await
}

async fn remove(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    Named(key): Named<MailgunDomainKey>,
    Form(typed): Form<Typed>,
) -> Shown {
    let removed = match people::be_sure(&state.room, &person.session, &typed.password).await {
        Ok(()) => verb::remove(&state.room, &person.viewer, key).await,
        Err(refusal) => Err(refusal),
    };
    match removed {
        Ok(()) => Ok(Redirect::to(&format!("{HERE}?saved=removed")).into_response()),
        refused => {
            done(Desk { state: &state, visitor: &visitor, person: &person, here, key, typed: None }, refused, "").await
        }
    }
}

/// Back to the domain, or the page with why not: at its field, or what Mailgun would not do.
async fn done(desk: Desk<'_>, result: Result<(), Refusal>, saved: &str) -> Shown {
    let (key, language) = (desk.key, desk.visitor.language);
    match result {
        Ok(()) => Ok(Redirect::to(&format!("{HERE}/{key}?saved={saved}")).into_response()),
        Err(Refusal::Server(error)) => {
            let found = diagnosis::diagnose(&error, diagnosis::Circumstances::default());
            let trouble = Some(found.explained.told(&found.server_said).say(language).to_owned());
            shown_as(StatusCode::FAILED_DEPENDENCY, &Page { trouble, ..desk.page().await? })
        }
        Err(Refusal::Conflict(why)) => {
            let trouble = Some(why.message.say(language).to_owned());
            shown_as(StatusCode::CONFLICT, &Page { trouble, ..desk.page().await? })
        }
        Err(refusal) => {
            let errors = Errors::told(refusal, language)?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &Page { errors, ..desk.page().await? })
        }
    }
}
