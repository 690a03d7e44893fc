//! One user: name, role, whether they may sign in, their invitation and their second factor.

use super::{bar, user_words::Say};
use crate::{
    AppState,
    given::Named,
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
use mail::UserKey;
use mailroom::{
    people,
    words::{Refusal, field},
};
use serde::Deserialize;
use store::{
    UserRole, account, group, identity, identity_provider,
    user::{self, User, UserPatch},
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/settings/users/{id}", Who::Administrators, show)
        .post("/settings/users/{id}", Who::Administrators, save)
        .post("/settings/users/{id}/invite", Who::Administrators, invite)
        .post("/settings/users/{id}/identity/undo", Who::Administrators, unbind)
        .post("/settings/users/{id}/second-factor/drop", Who::Administrators, reset_factor)
}

#[derive(Template)]
#[template(path = "settings/user.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    told: Option<&'static str>,
    errors: Errors,
    typed: Typed,
    id: String,
    name: String,
    email: String,
    has_password: bool,
    has_second_factor: bool,
    /// With what they sign in besides a password.
    bound: Option<String>,
    active: bool,
    is_self: bool,
    roles: [(&'static str, &'static str, &'static str); 3],
    groups: Vec<(String, String)>,
    can_invite: bool,
    asks: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    role: String,
    language: String,
    active: Option<String>,
    password: String,
}

/// The person's own password, where a form asks only that.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Sure {
    password: String,
}

async fn load(state: &AppState, person: &Person, key: UserKey) -> Result<User, Problem> {
    let organisation = person.viewer.organisation;
    state.read(move |tx| Box::pin(async move { user::get(tx, organisation, key).await })).await
}

fn saved(user: &User) -> Typed {
    Typed {
        name: user.name.clone(),
        role: user.role.as_str().to_owned(),
        language: user.language.clone(),
        active: user.active.then(|| "1".to_owned()),
        password: String::new(),
    }
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<UserKey>,
    Query(after): Query<After>,
) -> Shown {
    let user = load(&state, &person, key).await?;
    let say = Say(visitor.language);
    let told = match after.saved.as_str() {
        "made" => Some(say.was_made()),
        "invited" => Some(say.was_invited()),
        "reset" => Some(say.was_reset()),
        "unbound" => Some(say.was_unbound()),
        "" => None,
        _ => Some(say.saved()),
    };
    let typed = saved(&user);
    shown(&page(&state, &visitor, &person, user, Errors::default(), typed, told).await?)
}

async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<UserKey>,
    Form(typed): Form<Typed>,
) -> Shown {
    let user = load(&state, &person, key).await?;
    match keep(&state, &person, key, &typed).await {
        Ok(()) => {
            state.tokens.forget();
            Ok(Redirect::to(&format!("/settings/users/{key}?saved=1")).into_response())
        }
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = page(&state, &visitor, &person, user, errors, typed, None).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn keep(state: &AppState, person: &Person, key: UserKey, typed: &Typed) -> Result<(), Refusal> {
    let role = UserRole::from_name(&typed.role).ok_or_else(|| Refusal::field("role", field::UNKNOWN_ROLE))?;
    people::be_sure(&state.room, &person.session, &typed.password).await?;
    let patch = UserPatch {
        name: Some(typed.name.clone()),
        role: Some(role),
        language: Some(typed.language.clone()),
        active: Some(typed.active.is_some()),
        ..UserPatch::default()
    };
    people::user::change(&state.room, &person.viewer, key, patch).await.map(|_| ())
}

async fn invite(State(state): State<AppState>, visitor: Visitor, person: Person, Named(key): Named<UserKey>) -> Shown {
    let user = load(&state, &person, key).await?;
    match people::invite(&state.room, &person.viewer, key).await {
        Ok(()) => Ok(Redirect::to(&format!("/settings/users/{key}?saved=invited")).into_response()),
        Err(refusal) => {
            let (errors, typed) = (Errors::told(refusal, visitor.language)?, saved(&user));
            let page = page(&state, &visitor, &person, user, errors, typed, None).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn unbind(State(state): State<AppState>, person: Person, Named(key): Named<UserKey>) -> Shown {
    people::provider::unbind(&state.room, &person.viewer, key).await?;
    Ok(Redirect::to(&format!("/settings/users/{key}?saved=unbound")).into_response())
}

async fn reset_factor(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<UserKey>,
    Form(sure): Form<Sure>,
) -> Shown {
    let user = load(&state, &person, key).await?;
    let reset = match people::be_sure(&state.room, &person.session, &sure.password).await {
        Ok(()) => people::reset_second_factor(&state.room, &person.viewer, key).await,
        Err(refusal) => Err(refusal),
    };
    match reset {
        Ok(()) => {
            state.tokens.forget();
            Ok(Redirect::to(&format!("/settings/users/{key}?saved=reset")).into_response())
        }
        Err(refusal) => {
            let (errors, typed) = (Errors::told(refusal, visitor.language)?, saved(&user));
            let page = page(&state, &visitor, &person, user, errors, typed, None).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    user: User,
    errors: Errors,
    typed: Typed,
    told: Option<&'static str>,
) -> Result<Page, Problem> {
    let (say, organisation, id) = (Say(visitor.language), person.viewer.organisation, user.id);
    let (groups, primary, bound) = state
        .read(move |tx| {
            Box::pin(async move {
                let groups = group::list(tx, organisation, None, super::MANY).await?.0;
                let identity = identity::of(tx, organisation, id).await?;
                let provider = identity_provider::get(tx, organisation).await?;
                let bound = provider.filter(|_| identity.is_some()).map(|provider| provider.name);
                Ok((groups, account::primary(tx, organisation).await?, bound))
            })
        })
        .await?;
    let within = groups.into_iter().filter(|group| group.members.contains(&id));
    Ok(Page {
        frame: Frame::new(visitor, Place::Settings),
        say,
        tabs: bar(visitor, person, "/settings/users"),
        told,
        errors,
        typed,
        id: id.to_string(),
        name: user.called().to_owned(),
        has_password: user.has_password,
        has_second_factor: user.has_second_factor,
        bound: bound.map(|name| say.bound(name)),
        active: user.active,
        email: user.email,
        is_self: id == person.viewer.user,
        roles: say.roles(),
        groups: within.map(|group| (group.id.to_string(), group.name)).collect(),
        can_invite: primary.is_some(),
        asks: !people::is_sure(&state.room, &person.session),
    })
}
