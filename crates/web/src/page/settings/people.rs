//! The tab Users: everybody who signs in, and making somebody new (features U1).

use super::{bar, user_words::Say};
use crate::{
    AppState,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        route::{Pages, Who},
        tabs::Tab,
        visitor::{Person, Visitor, initials},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mailroom::{
    people::{self, user::UserInput},
    words::{Refusal, field},
};
use serde::Deserialize;
use store::{UserRole, account, identity, user, user::User};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/settings/users", Who::Administrators, list).post("/settings/users", Who::Administrators, make).get(
        "/settings/users/new",
        Who::Administrators,
        ask,
    )
}

#[derive(Template)]
#[template(path = "settings/users.html")]
struct List {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    lines: Vec<Line>,
}

struct Line {
    id: String,
    name: String,
    email: String,
    initials: String,
    role: &'static str,
    is_administrator: bool,
    second_factor: bool,
    active: bool,
    /// They have a password, or signed in at the organisation's provider.
    has_begun: bool,
}

#[derive(Template)]
#[template(path = "settings/user_new.html")]
struct New {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    errors: Errors,
    typed: Typed,
    roles: [(&'static str, &'static str, &'static str); 3],
    /// There is a mailbox to send the invitation by.
    can_invite: bool,
    asks: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    email: String,
    name: String,
    role: String,
    language: String,
    invite: Option<String>,
    password: String,
}

async fn list(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    let organisation = person.viewer.organisation;
    let read = state.read(move |tx| {
        Box::pin(async move {
            let users = user::list(tx, organisation, None, super::MANY).await?.0;
            Ok((users, identity::users(tx, organisation).await?))
        })
    });
    let (users, bound) = read.await?;
    let say = Say(visitor.language);
    let line = |user: User| Line {
        id: user.id.to_string(),
        name: user.called().to_owned(),
        initials: initials(user.called()),
        role: say.role(user.role),
        is_administrator: user.role == UserRole::Administrator,
        second_factor: user.has_second_factor,
        active: user.active,
        has_begun: user.has_password || bound.contains(&user.id),
        email: user.email,
    };
    let mut lines: Vec<Line> = users.into_iter().map(line).collect();
    lines.sort_by_key(|line| (!line.active, line.name.to_lowercase()));
    let (frame, tabs) = (Frame::new(&visitor, Place::Settings), bar(&visitor, &person, "/settings/users"));
    shown(&List { frame, say, tabs, lines })
}

async fn ask(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    let language = Frame::new(&visitor, Place::Settings).language.to_owned();
    let role = UserRole::Member.as_str().to_owned();
    let typed = Typed { role, language, invite: Some("1".to_owned()), ..Typed::default() };
    shown(&page(&state, &visitor, &person, Errors::default(), typed).await?)
}

async fn make(State(state): State<AppState>, visitor: Visitor, person: Person, Form(typed): Form<Typed>) -> Shown {
    match make_one(&state, &person, &typed).await {
        Ok(made) => {
            let invited = match typed.invite {
                Some(_) => people::invite(&state.room, &person.viewer, made.id).await.is_ok(),
                None => false,
            };
            let told = if invited { "invited" } else { "made" };
            Ok(Redirect::to(&format!("/settings/users/{}?saved={told}", made.id)).into_response())
        }
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = page(&state, &visitor, &person, errors, typed).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn make_one(state: &AppState, person: &Person, typed: &Typed) -> Result<User, Refusal> {
    let role = UserRole::from_name(&typed.role).ok_or_else(|| Refusal::field("role", field::UNKNOWN_ROLE))?;
    people::be_sure(&state.room, &person.session, &typed.password).await?;
    let language = Some(typed.language.clone()).filter(|language| !language.is_empty());
    let input = UserInput { email: typed.email.clone(), name: typed.name.clone(), role, language };
    people::user::create(&state.room, &person.viewer, input).await
}

async fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    errors: Errors,
    typed: Typed,
) -> Result<New, Problem> {
    let (say, organisation) = (Say(visitor.language), person.viewer.organisation);
    let read = state.read(move |tx| Box::pin(async move { account::primary(tx, organisation).await }));
    Ok(New {
        frame: Frame::new(visitor, Place::Settings),
        say,
        tabs: bar(visitor, person, "/settings/users"),
        errors,
        typed,
        roles: say.roles(),
        can_invite: read.await?.is_some(),
        asks: !people::is_sure(&state.room, &person.session),
    })
}
