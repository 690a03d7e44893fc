//! The wizard, as far as the mailbox is made: the address, what was found for it, and the secret.

use super::{
    exchange::{self, Elsewhere, Looked},
    fields::{Fields, HalfForm, servers_input},
    words::Say,
};
use crate::{
    AppState,
    page::{
        frame::{Errors, Frame, Place, Shown, field_errors, shown, shown_as},
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
use connect::discover::{Candidate, Endpoint, Kind};
use mailroom::{
    accounts::{self, secret},
    words::{Checks, FieldError, Refusal, field},
};
use serde::Deserialize;
use store::{UserRole, account::Incoming, app_registration::AppProvider};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/mailboxes/new", Who::MailboxManagers, show).post("/mailboxes/new", Who::MailboxManagers, make).post(
        "/mailboxes/new/secret",
        Who::Everybody,
        look_at_secret,
    )
}

#[derive(Template)]
#[template(path = "mailboxes/new.html")]
struct AddressPage {
    frame: Frame,
    say: Say,
    errors: Errors,
    address: String,
}

#[derive(Template)]
#[template(path = "mailboxes/settings.html")]
struct SettingsPage {
    frame: Frame,
    say: Say,
    errors: Errors,
    address: String,
    display_name: String,
    /// Where the settings come from, in words; nothing was found without it.
    found: Option<String>,
    note: Option<String>,
    /// Other settings that were found.
    others: Vec<Other>,
    halves: [HalfForm; 2],
    /// Whether the fields are laid open.
    open: bool,
    may_allow_plaintext: bool,
    allows_plaintext: bool,
    /// The providers at which the organisation registered an app.
    by_grant: Vec<ByGrant>,
    /// The mailbox is in Microsoft's cloud.
    in_cloud: bool,
    /// The domain at Mailgun that fits the address best, where there is one.
    by_mailgun: Option<String>,
    /// Autodiscover leads to a server of another domain.
    elsewhere: Option<Elsewhere>,
}

impl SettingsPage {
    /// The mailbox is in Microsoft's cloud and nobody registered the app that opens it.
    fn lacks_app(&self) -> bool {
        self.in_cloud && self.by_grant.iter().all(|way| way.kind != "microsoft365")
    }
}

/// A way in without servers and passwords.
struct ByGrant {
    kind: &'static str,
    title: &'static str,
    why: String,
    button: &'static str,
    /// A mailbox there can be shared with somebody who opens it.
    shares: bool,
}

/// Other settings that were found.
struct Other {
    path: String,
    words: String,
}

#[derive(Template)]
#[template(path = "mailboxes/secret.html")]
struct SecretWarnings {
    warnings: Vec<&'static str>,
}

#[derive(Deserialize)]
struct Asked {
    address: Option<String>,
    /// Which of what was found.
    #[serde(default)]
    choice: usize,
}

/// Whose secret was typed: `incoming` or `outgoing`.
#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    half: String,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(asked): Query<Asked>) -> Shown {
    let say = Say(visitor.language);
    let Some(typed) = asked.address else { return shown(&first(&visitor, Errors::default(), "")) };
    let address = typed.trim();
    let mut checks = Checks::default();
    checks.address("address", address);
    if let Err(Refusal::Invalid { errors }) = checks.done() {
        let page = first(&visitor, Errors::new(&errors, visitor.language), address);
        return shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let candidates = accounts::discover(&state.room, address).await;
    let (domains, fitting) = super::mailgun::choice(&state, &person, address).await?;
    let usable: Vec<&Candidate> = candidates.iter().filter(|candidate| is_usable(candidate)).collect();
    let chosen = usable.get(asked.choice).or(usable.first()).copied();
    let halves = match chosen {
        Some(candidate) => of_candidate(candidate, address, fitting.as_deref()),
        None => [HalfForm::empty("incoming", "imap", address), HalfForm::empty("outgoing", "smtp", address)],
    };
    let halves = halves.map(|half| half.with_domains(&domains));
    let others = usable.iter().enumerate().filter(|(_, one)| !chosen.is_some_and(|chosen| std::ptr::eq(chosen, **one)));
    let others = others.map(|(at, candidate)| Other {
        path: format!("/mailboxes/new?address={}&choice={at}", super::super::route::percent(address)),
        words: summary(candidate, say),
    });
    let note = chosen.or(candidates.first()).and_then(|candidate| candidate.note.clone());
    shown(&SettingsPage {
        frame: Frame::new(&visitor, Place::Mailboxes),
        say,
        errors: Errors::default(),
        address: address.to_owned(),
        display_name: String::new(),
        found: chosen.map(|candidate| origin(candidate, say)),
        note: note.map(|note| crate::page::words::either(visitor.language, note.nl, note.en)),
        others: others.collect(),
        open: chosen.is_none_or(|candidate| candidate.incoming.is_none() || candidate.outgoing.is_none()),
        halves,
        may_allow_plaintext: person.viewer.role == UserRole::Administrator,
        allows_plaintext: false,
        by_grant: by_grant(&state, &person, say).await?,
        in_cloud: candidates.iter().filter_map(|one| one.incoming.as_ref()).any(|one| one.kind == Kind::Graph),
        by_mailgun: fitting,
        elsewhere: None,
    })
}

/// Makes the mailbox, switched off until it is tested and the person says what to fetch; and begins the test.
async fn make(State(state): State<AppState>, visitor: Visitor, person: Person, fields: Fields) -> Shown {
    let address = fields.of("address").trim().to_owned();
    let display_name = fields.of("display_name").to_owned();
    let mut input = servers_input(&fields);
    input.address = Some(address.clone());
    input.display_name = Some(display_name.clone()).filter(|name| !name.trim().is_empty());
    input.active = Some(false);
    input.allow_plaintext = fields.is_on("allow_plaintext").then_some(true);
    let looked = exchange::fill(&state, &person, &fields, &address, &mut input).await?;
    let is_found = matches!(looked, Looked::Found);
    let (errors, elsewhere) = match looked {
        Looked::Elsewhere(elsewhere) => (Vec::new(), Some(elsewhere)),
        Looked::Wrong(errors) => (errors, None),
        Looked::Not | Looked::Found => match accounts::create(&state.room, &person.viewer, input).await {
            Ok(mut saved) => {
                if is_found {
                    saved.warnings.push(FieldError::new("incoming.url", field::WARN_EXCHANGE_FOUND));
                }
                return made(&state, &person, &saved).await;
            }
            Err(refusal) => (field_errors(refusal)?, None),
        },
    };
    let (domains, fitting) = super::mailgun::choice(&state, &person, &address).await?;
    let in_cloud = errors.iter().any(|error| error.code == field::USE_MICROSOFT365.0);
    let page = SettingsPage {
        frame: Frame::new(&visitor, Place::Mailboxes),
        say: Say(visitor.language),
        errors: Errors::new(&errors, visitor.language),
        address,
        display_name,
        found: None,
        note: None,
        others: Vec::new(),
        halves: ["incoming", "outgoing"].map(|name| HalfForm::typed(name, &fields).with_domains(&domains)),
        // What is wrong with the address is not mended among the fields of servers.
        open: elsewhere.is_some() || errors.iter().any(|error| error.field != "address"),
        may_allow_plaintext: person.viewer.role == UserRole::Administrator,
        allows_plaintext: fields.is_on("allow_plaintext"),
        by_grant: by_grant(&state, &person, Say(visitor.language)).await?,
        in_cloud,
        by_mailgun: fitting,
        elsewhere,
    };
    shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Where to go on with a mailbox that was just made.
async fn made(state: &AppState, person: &Person, saved: &accounts::Saved) -> Shown {
    let id = saved.account.id;
    let is_forwarded = matches!(saved.account.settings.incoming, Incoming::Relay { .. });
    if accounts::vendor::by_grant(&saved.account.settings).is_some() || is_forwarded {
        // Nothing can be tried before its owner agreed, or before its mail is forwarded.
        return Ok(Redirect::to(&format!("/mailboxes/{id}/connect")).into_response());
    }
    if saved.account.settings.is_delivered_here() && !saved.account.sender_proven {
        // Nothing may leave before it is certain whose the address is.
        return Ok(Redirect::to(&format!("/mailboxes/{id}/sender")).into_response());
    }
    accounts::begin_test(&state.room, &person.viewer, id).await?;
    let warned = super::connect::warned(&saved.warnings);
    Ok(Redirect::to(&format!("/mailboxes/{id}/connect{warned}")).into_response())
}

/// What a person should look at in the secret they typed; refuses nothing.
async fn look_at_secret(visitor: Visitor, Query(which): Query<Which>, fields: Fields) -> Shown {
    let warnings = secret::warnings(fields.of(&format!("{}_secret", which.half)));
    shown(&SecretWarnings { warnings: warnings.into_iter().map(|(_, text)| text.say(visitor.language)).collect() })
}

/// The ways in for which the organisation registered an app.
async fn by_grant(state: &AppState, person: &Person, say: Say) -> Result<Vec<ByGrant>, Refusal> {
    let mut found = Vec::new();
    for provider in [AppProvider::Microsoft, AppProvider::Google] {
        let Some(app) = accounts::app::get(&state.room, &person.viewer, provider).await? else { continue };
        let why = |by_owner: &str, called| if app.acts_alone { say.by_app_why(called) } else { by_owner.to_owned() };
        let shares = accounts::vendor::can_be_shared(provider);
        found.push(match provider {
            AppProvider::Microsoft => ByGrant {
                kind: "microsoft365",
                title: say.by_microsoft(),
                why: why(say.by_microsoft_why(), say.by_microsoft()),
                button: say.connect_by_microsoft(),
                shares,
            },
            AppProvider::Google => ByGrant {
                kind: "gmail",
                title: say.by_google(),
                why: why(say.by_google_why(), say.by_google()),
                button: say.connect_by_google(),
                shares,
            },
        });
    }
    Ok(found)
}

fn first(visitor: &Visitor, errors: Errors, address: &str) -> AddressPage {
    let frame = Frame::new(visitor, Place::Mailboxes);
    AddressPage { frame, say: Say(visitor.language), errors, address: address.to_owned() }
}

/// What we can connect to today.
fn is_usable(candidate: &Candidate) -> bool {
    let receives = candidate.incoming.as_ref().is_some_and(can_receive);
    let sends = candidate.outgoing.as_ref().is_some_and(can_send);
    receives || (candidate.incoming.is_none() && sends)
}

fn can_receive(endpoint: &Endpoint) -> bool {
    matches!(endpoint.kind, Kind::Imap | Kind::Pop3 | Kind::Ews)
}

fn can_send(endpoint: &Endpoint) -> bool {
    matches!(endpoint.kind, Kind::Smtp | Kind::Ews)
}

fn of_candidate(candidate: &Candidate, address: &str, by_mailgun: Option<&str>) -> [HalfForm; 2] {
    let incoming = candidate.incoming.as_ref().filter(|endpoint| can_receive(endpoint));
    let outgoing = candidate.outgoing.as_ref().filter(|endpoint| can_send(endpoint));
    let sends_by_mailgun = candidate.outgoing.as_ref().is_some_and(|endpoint| endpoint.kind == Kind::Mailgun);
    let empty = |name, kind| HalfForm::empty(name, kind, address);
    [
        incoming.map_or_else(|| empty("incoming", "imap"), |endpoint| HalfForm::of_endpoint("incoming", endpoint)),
        match (outgoing, by_mailgun) {
            (Some(endpoint), _) => HalfForm::of_endpoint("outgoing", endpoint),
            (None, Some(domain)) if sends_by_mailgun => HalfForm::by_domain("outgoing", domain, address),
            (None, _) => empty("outgoing", "smtp"),
        },
    ]
}

/// Where settings come from, in a sentence.
fn origin(candidate: &Candidate, say: Say) -> String {
    let from = mailroom::words::origin(candidate.source).say(say.0);
    match &candidate.provider {
        Some(provider) => say.found_at(provider, from),
        None => say.found(from),
    }
}

fn summary(candidate: &Candidate, say: Say) -> String {
    let hosts = [&candidate.incoming, &candidate.outgoing].into_iter().flatten();
    let named = |endpoint: &Endpoint| match &endpoint.url {
        Some(url) => url.clone(),
        None => format!("{}:{}", endpoint.host, endpoint.port),
    };
    let mut hosts: Vec<String> = hosts.map(named).collect();
    hosts.dedup();
    let pop3 = candidate.incoming.as_ref().is_some_and(|endpoint| endpoint.kind == Kind::Pop3);
    let manner = if pop3 { "POP3 · " } else { "" };
    format!("{manner}{} {}", hosts.join(", "), origin(candidate, say))
}
