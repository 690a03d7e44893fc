//! *Autoriseren op een ander apparaat*: a code that the owner of a mailbox types wherever they are (features M8).

use super::{managed, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown, shown_as},
        route::{Pages, Who},
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Redirect},
};
use mail::AccountKey;
use mailroom::{
    accounts::{device_code, vendor},
    words::Refusal,
};
use store::{
    account::Account,
    device_code::{DeviceCode, State as Became},
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/mailboxes/{id}/authorise/device", Who::Everybody, show)
        .post("/mailboxes/{id}/authorise/device", Who::Everybody, begin)
        .get("/mailboxes/{id}/authorise/device/code", Who::Everybody, look)
}

#[derive(Template)]
#[template(path = "mailboxes/elsewhere.html")]
struct Page {
    frame: Frame,
    say: Say,
    id: AccountKey,
    address: String,
    provider: &'static str,
    code: Option<CodeView>,
    /// The mailbox was opened by the last code.
    is_done: bool,
    /// Why nothing came of it.
    why: Option<String>,
}

#[derive(Template)]
#[template(path = "mailboxes/elsewhere_code.html")]
struct CodePart {
    say: Say,
    id: AccountKey,
    code: Option<CodeView>,
}

/// A code that waits.
struct CodeView {
    user_code: String,
    verification_uri: String,
    until: String,
}

impl CodeView {
    fn of(code: &DeviceCode, visitor: &Visitor) -> Option<CodeView> {
        (code.state == Became::Waiting).then(|| CodeView {
            user_code: code.user_code.clone(),
            verification_uri: code.verification_uri.clone(),
            until: visitor.habit().precise(code.expires_at),
        })
    }
}

async fn page(state: &AppState, visitor: &Visitor, person: &Person, account: &Account) -> Result<Page, Problem> {
    let code = device_code::seen(&state.room, &person.viewer, account.id).await?;
    let why = match code.as_ref().map(|code| &code.state) {
        Some(Became::Refused(why)) => Some(device_code::told(why).message.say(visitor.language).to_owned()),
        _ => None,
    };
    Ok(Page {
        frame: Frame::new(visitor, Place::Mailboxes),
        say: Say(visitor.language),
        id: account.id,
        address: account.settings.address.clone(),
        provider: vendor::of(&account.settings).map_or("", vendor::name),
        is_done: code.as_ref().is_some_and(|code| code.state == Became::Done),
        code: code.as_ref().and_then(|code| CodeView::of(code, visitor)),
        why,
    })
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Named(key): Named<AccountKey>) -> Shown {
    let account = managed(&state, &person, key).await?;
    shown(&page(&state, &visitor, &person, &account).await?)
}

/// Asks for a code.
async fn begin(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    match device_code::begin(&state.room, &person.viewer, key).await {
        Ok(_) => Ok(Redirect::to(&format!("/mailboxes/{key}/authorise/device")).into_response()),
        Err(Refusal::Forbidden(why) | Refusal::Conflict(why)) => {
            let mut page = page(&state, &visitor, &person, &account).await?;
            page.why = Some(why.message.say(visitor.language).to_owned());
            shown_as(StatusCode::CONFLICT, &page)
        }
        Err(other) => Err(other.into()),
    }
}

/// The code as a part of the page, for the script that looks on. When it waits no longer the whole page has more to say.
async fn look(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    headers: HeaderMap,
) -> Shown {
    managed(&state, &person, key).await?;
    let whole = format!("/mailboxes/{key}/authorise/device");
    if !headers.contains_key("hx-request") {
        return Ok(Redirect::to(&whole).into_response());
    }
    let code = device_code::seen(&state.room, &person.viewer, key).await?;
    match code.and_then(|code| CodeView::of(&code, &visitor)) {
        Some(code) => shown(&CodePart { say: Say(visitor.language), id: key, code: Some(code) }),
        None => {
            let to = HeaderValue::from_str(&whole).map_err(|error| Problem::internal(&error))?;
            Ok((StatusCode::OK, [(HeaderName::from_static("hx-redirect"), to)]).into_response())
        }
    }
}
