//! The tab General: name, address, whether it is used, how often it is fetched.

use super::{After, Head, Tab, fields::Fields, managed, saved_at, sent::Sent, words::Say};
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
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mail::AccountKey;
use mailroom::{
    accounts::{self, AccountInput},
    words::{FieldError, field},
};
use store::account::{self, Account};

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/mailboxes/{id}", Who::Everybody, show)
        .post("/mailboxes/{id}", Who::Everybody, save)
        .get("/mailboxes/{id}/delete", Who::Everybody, ask)
        .post("/mailboxes/{id}/delete", Who::Everybody, delete)
}

#[derive(Template)]
#[template(path = "mailboxes/general.html")]
struct Page {
    frame: Frame,
    say: Say,
    head: Head,
    errors: Errors,
    values: Values,
    /// Mail it holds, as the reader writes numbers.
    messages: Option<String>,
    is_primary: bool,
    parked: bool,
}

#[derive(Template)]
#[template(path = "mailboxes/delete.html")]
struct Ask {
    frame: Frame,
    say: Say,
    head: Head,
}

/// What the form shows.
struct Values {
    display_name: String,
    address: String,
    active: bool,
    primary: bool,
    fetches: bool,
    /// The server has a way to tell us of new mail.
    can_push: bool,
    push: bool,
    /// Minutes; empty for only by the button.
    interval: String,
    disable_after: String,
    /// `2026-01-01`, or empty.
    since: String,
}

impl Values {
    fn of(account: &Account, visitor: &Visitor) -> Values {
        let settings = &account.settings;
        Values {
            display_name: settings.display_name.clone(),
            address: settings.address.clone(),
            active: settings.active,
            primary: account.primary,
            fetches: settings.incoming.is_fetched(),
            can_push: settings.incoming.can_push(),
            push: settings.push,
            interval: settings.interval_seconds.map(|seconds| minutes(seconds).to_string()).unwrap_or_default(),
            disable_after: settings.disable_after_errors.to_string(),
            since: settings.sync_since.map(|moment| visitor.habit().date(moment)).unwrap_or_default(),
        }
    }
}

/// Whole minutes, at least one.
fn minutes(seconds: i64) -> i64 {
    (seconds / 60).max(1)
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    Query(after): Query<After>,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    shown(&page(&state, &visitor, &account, &after).await?)
}

async fn page(state: &AppState, visitor: &Visitor, account: &Account, after: &After) -> Result<Page, Problem> {
    let (organisation, key) = (account.organisation, account.id);
    let counts = state.read(move |tx| Box::pin(async move { account::counts(tx, organisation, key).await })).await?;
    Ok(Page {
        frame: Frame::new(visitor, Place::Mailboxes),
        say: Say(visitor.language),
        head: Head::new(account, Tab::General, after, visitor),
        errors: Errors::default(),
        values: Values::of(account, visitor),
        messages: (counts.messages > 0).then(|| visitor.habit().number(counts.messages)),
        is_primary: account.primary,
        parked: account.health.parked,
    })
}

async fn save(Sent { state, visitor, person, account, fields }: Sent) -> Shown {
    let id = account.id;
    let input = match read(&fields, &account, &visitor) {
        Ok(input) => input,
        Err(errors) => return wrong(&state, &visitor, &account, &fields, &errors).await,
    };
    match accounts::patch(&state.room, &person.viewer, id, input).await {
        Ok(_) => Ok(saved_at(&format!("/mailboxes/{id}"))),
        Err(refusal) => wrong(&state, &visitor, &account, &fields, &field_errors(refusal)?).await,
    }
}

/// The form with what is wrong in it.
async fn wrong(
    state: &AppState,
    visitor: &Visitor,
    account: &Account,
    fields: &Fields,
    errors: &[FieldError],
) -> Shown {
    let mut page = page(state, visitor, account, &After::default()).await?;
    page.errors = Errors::new(errors, visitor.language);
    page.values = Values {
        display_name: fields.of("display_name").to_owned(),
        address: fields.of("address").to_owned(),
        active: fields.is_on("active"),
        primary: fields.is_on("primary"),
        push: fields.of("manner") == "push",
        interval: fields.of("interval").to_owned(),
        disable_after: fields.of("disable_after").to_owned(),
        since: fields.of("since").to_owned(),
        ..page.values
    };
    shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// What was typed. A time that is shown in minutes and was not touched stays what it was to the second.
fn read(fields: &Fields, account: &Account, visitor: &Visitor) -> Result<AccountInput, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut number = |name: &'static str| {
        fields.number(name).unwrap_or_else(|()| {
            errors.push(FieldError::new(name, field::OUT_OF_RANGE));
            None
        })
    };
    let (interval, disable_after) = (number("interval"), number("disable_after"));
    let before = account.settings.interval_seconds;
    let interval = match (fields.of("manner"), interval) {
        ("button", _) => None,
        (_, Some(typed)) if before.is_some_and(|seconds| minutes(seconds) == typed) => before,
        (_, Some(typed)) => Some(typed.saturating_mul(60)),
        (_, None) => before.or(Some(300)),
    };
    let since = match fields.of("since").trim() {
        "" => None,
        typed => visitor.habit().midnight(typed).or_else(|| {
            errors.push(FieldError::new("since", field::OUT_OF_RANGE));
            None
        }),
    };
    let same_day = account.settings.sync_since.is_some_and(|moment| visitor.habit().date(moment) == fields.of("since"));
    let fetches = account.settings.incoming.is_fetched();
    match errors.is_empty() {
        false => Err(errors),
        true => Ok(AccountInput {
            display_name: Some(fields.of("display_name").to_owned()),
            address: Some(fields.of("address").to_owned()),
            active: Some(fields.is_on("active")),
            // The form can make it the primary one; another mailbox's form takes that away.
            primary: (fields.is_on("primary") && !account.primary).then_some(true),
            push: fetches.then(|| fields.of("manner") == "push"),
            interval_seconds: fetches.then_some(interval),
            disable_after_errors: disable_after,
            sync_since: (fetches && !same_day).then_some(since),
            ..AccountInput::default()
        }),
    }
}

async fn ask(State(state): State<AppState>, visitor: Visitor, person: Person, Named(key): Named<AccountKey>) -> Shown {
    let account = managed(&state, &person, key).await?;
    let head = Head::new(&account, Tab::General, &After::default(), &visitor);
    shown(&Ask { frame: Frame::new(&visitor, Place::Mailboxes), say: Say(visitor.language), head })
}

async fn delete(State(state): State<AppState>, person: Person, Named(key): Named<AccountKey>) -> Shown {
    managed(&state, &person, key).await?;
    accounts::delete(&state.room, &person.viewer, key).await?;
    Ok(Redirect::to("/mailboxes").into_response())
}
