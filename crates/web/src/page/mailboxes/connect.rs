//! The wizard, once the mailbox is there: the test with its fixes, and what to fetch. An existing mailbox is tested
//! and mended on the same page.

use super::{
    After, Head, Tab,
    access::Ways,
    exchange::{self, Elsewhere, Looked},
    fields::{Fields, HalfForm, halves, of_account, servers_input},
    folder::{FolderRow, roles_of},
    is_unfinished, managed,
    owner::{OwnerRow, owners_of},
    sent::Sent,
    test_run::{Outcome, TestView},
    words::Say,
};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Errors, Frame, Place, Shown, field_errors, shown, shown_as},
        route::{Pages, Who},
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Redirect},
};
use mail::AccountKey;
use mailroom::{
    accounts::{self, AccountInput, vendor},
    words::{FieldError, Refusal, field},
};
use store::{
    UserRole,
    account::{Access, Account},
    app_registration::AppProvider,
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/mailboxes/{id}/connect", Who::Everybody, show)
        .post("/mailboxes/{id}/connect", Who::Everybody, correct)
        .post("/mailboxes/{id}/access", Who::Everybody, open_otherwise)
        .get("/mailboxes/{id}/test", Who::Everybody, look)
        .post("/mailboxes/{id}/test", Who::Everybody, test)
        .post("/mailboxes/{id}/begin", Who::Everybody, begin)
}

#[derive(Template)]
#[template(path = "mailboxes/connect.html")]
struct Page {
    frame: Frame,
    say: Say,
    head: Head,
    unfinished: bool,
    test: TestView,
    errors: Errors,
    halves: [HalfForm; 2],
    /// Whether the settings are laid open to be mended.
    open: bool,
    may_allow_plaintext: bool,
    allows_plaintext: bool,
    /// It is opened by a grant: whether there is one.
    authorised: Option<bool>,
    /// Both halves are opened at a provider by name: nobody has to fill in a server.
    by_provider: bool,
    /// The organisation's app opens it by itself.
    by_app: bool,
    /// Somebody opens it to whom it is shared.
    shared: bool,
    /// By whom it can be opened.
    ways: Ways,
    /// Its owner can also agree on another device.
    by_code: bool,
    /// It is delivered by our own hand, and nobody showed yet that its address is theirs.
    unproven: bool,
    /// Its mail is forwarded to an address of ours.
    relay: Option<Relay>,
    /// Where, as it is called and as its company is.
    way: (&'static str, &'static str),
    /// What to fetch, once the mailbox can be read.
    choices: Option<Choices>,
    /// Autodiscover leads to a server of another domain.
    elsewhere: Option<Elsewhere>,
}

/// How mail is forwarded to us.
struct Relay {
    address: String,
    /// The mailbox has no other address.
    is_own: bool,
    /// Somebody takes mail in.
    is_open: bool,
}

/// The last questions of the wizard.
struct Choices {
    folders: Vec<FolderRow>,
    owners: Vec<OwnerRow>,
    /// 1 January of this year, to begin with.
    since: String,
    /// Only what came since then.
    is_since: bool,
}

#[derive(Template)]
#[template(path = "mailboxes/test.html")]
struct TestPart {
    say: Say,
    test: TestView,
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    Query(after): Query<After>,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    let page = page(&state, &visitor, &person, &account, &after).await?;
    shown(&page)
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    account: &Account,
    after: &After,
) -> Result<Page, Problem> {
    let run = accounts::test_run(&state.room, &person.viewer, account.id).await?;
    let test = TestView::new(account, run, visitor);
    let unfinished = is_unfinished(account);
    let relay = match account.settings.incoming.relay_address() {
        None => None,
        Some(address) => Some(Relay {
            address: address.to_owned(),
            is_own: address.eq_ignore_ascii_case(&account.settings.address),
            is_open: !accounts::relay::own_addresses(&state.room).await?.listeners.is_empty(),
        }),
    };
    let (domains, _) = super::mailgun::choice(state, person, &account.settings.address).await?;
    // Nothing has to be known of a server of theirs.
    let choices = match unfinished && (test.can_go_on || relay.is_some() && !test.is_running()) {
        false => None,
        true => Some(Choices {
            folders: roles_of(state, person, visitor, account.id).await?,
            owners: owners_of(state, person, account).await?,
            since: visitor.habit().first_of_year(),
            is_since: false,
        }),
    };
    let head = Head::new(account, Tab::Server, after, visitor);
    let is_kept_out = account.settings.access == Access::App && !unfinished && head.state.cause.is_some();
    Ok(Page {
        frame: Frame::new(visitor, Place::Mailboxes),
        say: Say(visitor.language),
        ways: Ways::of(state, visitor, account, is_kept_out).await?,
        head,
        unfinished,
        errors: Errors::default(),
        halves: of_account(halves(account), account, &domains),
        open: test.outcome == Outcome::Failed,
        may_allow_plaintext: person.viewer.role == UserRole::Administrator,
        allows_plaintext: account.settings.allow_plaintext,
        authorised: authorised(account),
        by_provider: vendor::opens_all(&account.settings),
        by_app: account.settings.access == Access::App,
        shared: account.settings.access == Access::Shared,
        by_code: vendor::by_grant(&account.settings).is_some_and(|at| vendor::gives_codes(&state.room.world, at)),
        unproven: account.settings.is_delivered_here() && !account.sender_proven,
        relay,
        way: way(account, Say(visitor.language)),
        choices,
        elsewhere: None,
        test,
    })
}

/// Whether the owner of a mailbox that is opened by a grant agreed; `None` for every other.
fn authorised(account: &Account) -> Option<bool> {
    accounts::has_grant(account)
}

fn way(account: &Account, say: Say) -> (&'static str, &'static str) {
    match vendor::of(&account.settings) {
        Some(at) if vendor::is_own_server(&account.settings) => (say.by_exchange(), vendor::name(at)),
        Some(at @ AppProvider::Google) => (say.by_google(), vendor::name(at)),
        Some(at @ AppProvider::Microsoft) => (say.by_microsoft(), vendor::name(at)),
        None => ("", ""),
    }
}

/// Saves the mended settings and tests again.
async fn correct(Sent { state, visitor, person, account, fields }: Sent) -> Shown {
    let id = account.id;
    let mut input = servers_input(&fields);
    same_secret(&mut input);
    let pin = fields.of("pinned_certificate");
    input.pinned_certificate = (!pin.is_empty()).then(|| Some(pin.to_owned()));
    if person.viewer.role == UserRole::Administrator {
        input.allow_plaintext = Some(fields.is_on("allow_plaintext"));
    }
    let looked = exchange::fill(&state, &person, &fields, &account.settings.address, &mut input).await?;
    let is_found = matches!(looked, Looked::Found);
    let (errors, elsewhere) = match looked {
        Looked::Elsewhere(elsewhere) => (Vec::new(), Some(elsewhere)),
        Looked::Wrong(errors) => (errors, None),
        Looked::Not | Looked::Found => match accounts::patch(&state.room, &person.viewer, id, input).await {
            Ok(mut saved) => {
                if is_found {
                    saved.warnings.push(FieldError::new("incoming.url", field::WARN_EXCHANGE_FOUND));
                }
                return tested(&state, &person, &saved).await;
            }
            Err(refusal) => (field_errors(refusal)?, None),
        },
    };
    let mut page = page(&state, &visitor, &person, &account, &After::default()).await?;
    page.errors = Errors::new(&errors, visitor.language);
    let domains = page.halves[0].domains.clone();
    page.halves = of_account(["incoming", "outgoing"].map(|name| HalfForm::typed(name, &fields)), &account, &domains);
    (page.open, page.by_provider) = (true, false);
    page.allows_plaintext = fields.is_on("allow_plaintext");
    page.elsewhere = elsewhere;
    shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Saves by whom the mailbox is opened, and tests again.
async fn open_otherwise(Sent { state, visitor, person, account, fields }: Sent) -> Shown {
    let input = AccountInput { access: Some(fields.of("access").to_owned()), ..AccountInput::default() };
    match accounts::patch(&state.room, &person.viewer, account.id, input).await {
        Ok(saved) => tested(&state, &person, &saved).await,
        Err(refusal) => {
            let errors = field_errors(refusal)?;
            let why: Vec<&str> = errors.iter().map(|error| error.message.say(visitor.language)).collect();
            let mut page = page(&state, &visitor, &person, &account, &After::default()).await?;
            // Of the app it is told at the address which mailbox it may not open; here that is this one.
            page.errors = Errors::one("access", &why.join(" "));
            page.ways.choose(fields.of("access"));
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// To what was saved, with a test under way.
async fn tested(state: &AppState, person: &Person, saved: &accounts::Saved) -> Shown {
    let key = saved.account.id;
    // Nothing can be tried before its owner agreed.
    if authorised(&saved.account) != Some(false) {
        accounts::begin_test(&state.room, &person.viewer, key).await?;
    }
    Ok(Redirect::to(&format!("/mailboxes/{key}/connect{}", warned(&saved.warnings))).into_response())
}

/// Who mends the password of one half mends it for the other, when both sign in by the same name.
fn same_secret(input: &mut AccountInput) {
    let (Some(incoming), Some(outgoing)) = (&input.incoming, &mut input.outgoing) else { return };
    let same = incoming.username.as_deref().map(str::trim) == outgoing.username.as_deref().map(str::trim);
    if same && outgoing.secret.is_none() {
        outgoing.secret.clone_from(&incoming.secret);
    }
}

/// The test as a part of a page, for the script that looks on. When it is over the whole page has more to say.
async fn look(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    headers: HeaderMap,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    let run = accounts::test_run(&state.room, &person.viewer, key).await?;
    let test = TestView::new(&account, run, &visitor);
    let whole = format!("/mailboxes/{key}/connect");
    if !headers.contains_key("hx-request") {
        return Ok(Redirect::to(&whole).into_response());
    }
    if test.outcome != Outcome::Running {
        let to = HeaderValue::from_str(&whole).map_err(|error| Problem::internal(&error))?;
        return Ok((StatusCode::OK, [(HeaderName::from_static("hx-redirect"), to)]).into_response());
    }
    shown(&TestPart { say: Say(visitor.language), test })
}

/// Tests what is saved.
async fn test(State(state): State<AppState>, person: Person, Named(key): Named<AccountKey>) -> Shown {
    managed(&state, &person, key).await?;
    accounts::begin_test(&state.room, &person.viewer, key).await?;
    Ok(Redirect::to(&format!("/mailboxes/{key}/connect")).into_response())
}

/// The end of the wizard: switches the mailbox on, with its folders, its owners and from when to fetch.
async fn begin(Sent { state, visitor, person, account, fields }: Sent) -> Shown {
    let id = account.id;
    let done = match begun(&fields, &visitor) {
        Ok(input) => {
            let roles = super::folder::typed(&fields)?;
            if !roles.is_empty() {
                accounts::choose_roles(&state.room, &person.viewer, id, roles).await?;
            }
            accounts::patch(&state.room, &person.viewer, id, input).await.map(|_| ())
        }
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/mailboxes/{id}/progress")).into_response()),
        Err(refusal) => {
            let errors = field_errors(refusal)?;
            let mut page = page(&state, &visitor, &person, &account, &After::default()).await?;
            page.errors = Errors::new(&errors, visitor.language);
            if let Some(choices) = &mut page.choices {
                choices.is_since = fields.of("fetch") == "since";
                choices.since = fields.of("since").to_owned();
                super::owner::tick(&mut choices.owners, &fields);
                super::folder::choose(&mut choices.folders, &fields);
            }
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// What the last questions of the wizard were answered with.
fn begun(fields: &Fields, visitor: &Visitor) -> Result<AccountInput, Refusal> {
    let since = match fields.of("fetch") {
        "since" => match visitor.habit().midnight(fields.of("since")) {
            None => return Err(Refusal::field("sync_since", field::NO_DAY)),
            day => day,
        },
        _ => None,
    };
    let owners = Some(super::owner::typed(fields));
    Ok(AccountInput { active: Some(true), sync_since: Some(since), owners, ..AccountInput::default() })
}

/// What was saved but should be looked at, for the query of the page that follows.
pub(super) fn warned(warnings: &[FieldError]) -> String {
    // What stands on the page anyway need not be said twice.
    let of_secret = warnings.iter().filter(|warning| !warning.field.ends_with("after_fetch"));
    let codes: Vec<&str> = of_secret.map(|warning| warning.code).collect();
    if codes.is_empty() { String::new() } else { format!("?warned={}", codes.join(",")) }
}
