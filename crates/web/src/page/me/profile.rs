//! The tab Details: name, language, and what one writes from.

use super::{bar, words::Say};
use crate::{
    AppState,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        route::{Pages, Who},
        tabs::{After, Tab},
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mail::AccountKey;
use mailroom::{
    people,
    words::{Refusal, field},
};
use serde::Deserialize;
use store::{account, identity, identity_provider, user, user::UserPatch};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/me", Who::Everybody, show).post("/me", Who::Everybody, save).post(
        "/me/identity/undo",
        Who::Everybody,
        unbind,
    )
}

#[derive(Template)]
#[template(path = "me/profile.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    told: Option<&'static str>,
    errors: Errors,
    email: String,
    /// With what they sign in besides a password, and since when.
    bound: Option<String>,
    typed: Typed,
    mailboxes: Vec<Mailbox>,
}

/// A mailbox that the person may send from.
struct Mailbox {
    id: String,
    name: String,
    chosen: bool,
}

/// What the form holds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    language: String,
    default_account: String,
    private_incoming: Option<String>,
    private_outgoing: Option<String>,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    let say = Say(visitor.language);
    let told = match after.saved.as_str() {
        "" => None,
        "unbound" => Some(say.unbound()),
        _ => Some(say.saved()),
    };
    let typed = kept(&state, &person).await?;
    shown(&page(&state, &visitor, &person, Errors::default(), typed, told).await?)
}

async fn kept(state: &AppState, person: &Person) -> Result<Typed, Problem> {
    let viewer = person.viewer;
    let read = state.read(move |tx| Box::pin(async move { user::get(tx, viewer.organisation, viewer.user).await }));
    let user = read.await?;
    let ticked = |private: bool| private.then(|| "1".to_owned());
    Ok(Typed {
        name: user.name,
        language: user.language,
        default_account: user.default_account.map(|key| key.to_string()).unwrap_or_default(),
        private_incoming: ticked(user.private_incoming),
        private_outgoing: ticked(user.private_outgoing),
    })
}

async fn unbind(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    match people::provider::unbind(&state.room, &person.viewer, person.viewer.user).await {
        Ok(()) => Ok(Redirect::to("/me?saved=unbound").into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let typed = kept(&state, &person).await?;
            let page = page(&state, &visitor, &person, errors, typed, None).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn save(State(state): State<AppState>, visitor: Visitor, person: Person, Form(typed): Form<Typed>) -> Shown {
    let saved = match patch(&typed) {
        Ok(patch) => people::user::change(&state.room, &person.viewer, person.viewer.user, patch).await.map(|_| ()),
        Err(refusal) => Err(refusal),
    };
    match saved {
        Ok(()) => Ok(Redirect::to("/me?saved=1").into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = page(&state, &visitor, &person, errors, typed, None).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

fn patch(typed: &Typed) -> Result<UserPatch, Refusal> {
    let account = typed.default_account.trim();
    let chosen = match account {
        "" => None,
        named => {
            let key: AccountKey = named.parse().map_err(|_| Refusal::field("default_account", field::UNKNOWN))?;
            Some(key)
        }
    };
    Ok(UserPatch {
        name: Some(typed.name.clone()),
        language: Some(typed.language.clone()),
        default_account: Some(chosen),
        private_incoming: Some(typed.private_incoming.is_some()),
        private_outgoing: Some(typed.private_outgoing.is_some()),
        ..UserPatch::default()
    })
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    errors: Errors,
    typed: Typed,
    told: Option<&'static str>,
) -> Result<Page, Problem> {
    const MANY: usize = 2000;
    let viewer = person.viewer;
    let (rights, accounts, identity, provider) = state
        .read(move |tx| {
            Box::pin(async move {
                let identity = identity::of(tx, viewer.organisation, viewer.user).await?;
                let provider = identity_provider::get(tx, viewer.organisation).await?;
                let accounts = account::list(tx, &viewer, None, MANY).await?.0;
                Ok((viewer.rights(tx).await?, accounts, identity, provider))
            })
        })
        .await?;
    let sendable = accounts.into_iter().filter(|account| rights.send.contains(&account.id));
    let mailboxes = sendable.map(|account| {
        let (id, settings) = (account.id.to_string(), account.settings);
        let name = match settings.display_name.is_empty() {
            true => settings.address,
            false => format!("{} ({})", settings.display_name, settings.address),
        };
        Mailbox { chosen: id == typed.default_account, id, name }
    });
    let say = Say(visitor.language);
    Ok(Page {
        frame: Frame::new(visitor, Place::Me),
        say,
        tabs: bar(say, "/me"),
        told,
        errors,
        email: person.email.clone(),
        bound: identity
            .zip(provider)
            .map(|(identity, provider)| say.bound(provider.name, visitor.habit().moment(identity.bound_at).full)),
        mailboxes: mailboxes.collect(),
        typed,
    })
}
