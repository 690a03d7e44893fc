//! API tokens as pages show them: on one's own page one's own, in the settings everybody's.

use super::{
    frame::{Errors, Frame, Place, Shown, shown, shown_as},
    tabs::Tab,
    visitor::{Person, Visitor},
    words::words,
};
use crate::{AppState, problem::Problem};
use askama::Template;
use axum::http::StatusCode;
use mailroom::{
    people,
    words::{Refusal, field},
};
use serde::Deserialize;
use store::{
    UserRole,
    token::{Scope, Token},
    user::User,
};

words! {
    Say {
        title "API-tokens" "API tokens";
        why_own "Met een token leest en verstuurt een programma mail namens u. Het mag nooit meer dan u zelf." "With a token a program reads and sends mail in your name. It may never do more than you.";
        why_all "Dit zijn de tokens van iedereen. Een token mag nooit meer dan degene van wie het is; trek in wat niet meer nodig is." "These are everybody's tokens. A token may never do more than its owner; revoke what is not needed any more.";
        none "Nog geen tokens" "No tokens yet";
        none_why "Maak er een voor elk programma apart: dan kunt u er een intrekken zonder de rest te raken." "Make one for each program: then you can revoke one without touching the rest.";
        new_token "Nieuw token" "New token";
        name "Waarvoor is het?" "What is it for?";
        name_hint "Bijvoorbeeld: boekhouding, of de website." "For example: bookkeeping, or the website.";
        scope "Wat mag het?" "What may it do?";
        scope_read "Alleen lezen" "Only read";
        scope_write "Met mail werken: lezen, schrijven, verzenden" "Work with mail: read, write, send";
        scope_admin "Alles wat u mag, ook instellingen wijzigen" "All that you may, also change settings";
        may_read "leest" "reads";
        may_write "werkt met mail" "works with mail";
        may_admin "wijzigt instellingen" "changes settings";
        make "Token maken" "Make token";
        made_on(when) "gemaakt: {when}" "made: {when}";
        used_on(when) "laatst gebruikt: {when}" "last used: {when}";
        never_used "nog nooit gebruikt" "never used yet";
        of(name) "van {name}" "of {name}";
        revoke "Intrekken" "Revoke";
        revoke_of(name) "Intrekken: {name}" "Revoke: {name}";
        revoked "Het token werkt niet meer." "The token works no longer.";
        made_title "Uw nieuwe token" "Your new token";
        made(name) "Token {name} is gemaakt." "The token {name} was made.";
        once "Bewaar het meteen: we tonen het maar één keer." "Keep it at once: it is shown only once.";
        done "Ik heb het bewaard" "I have kept it";
        how "Een programma stuurt het mee als Authorization: Bearer. Wat er kan staat bij" "A program sends it as Authorization: Bearer. What it can do is at";
    }
}

/// Where the tokens are shown: what differs.
pub(crate) struct Shelf {
    pub(crate) place: Place,
    /// `/me` or `/settings`.
    pub(crate) base: &'static str,
    /// The heading of the whole page.
    pub(crate) heading: &'static str,
    pub(crate) tabs: Vec<Tab>,
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct Page {
    frame: Frame,
    say: Say,
    heading: &'static str,
    base: &'static str,
    tabs: Vec<Tab>,
    is_all: bool,
    saved: bool,
    errors: Errors,
    typed: Typed,
    lines: Vec<Line>,
    scopes: Vec<(&'static str, &'static str)>,
    asks: bool,
}

struct Line {
    id: String,
    name: String,
    /// Whose, where others' stand too.
    of: Option<String>,
    may: &'static str,
    is_wide: bool,
    made: String,
    used: String,
}

#[derive(Template)]
#[template(path = "token_made.html")]
struct Made {
    frame: Frame,
    say: Say,
    heading: &'static str,
    base: &'static str,
    tabs: Vec<Tab>,
    name: String,
    token: String,
}

/// What the form for a new token holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub(crate) name: String,
    scope: String,
    password: String,
}

/// The tokens, with the form for a new one. With `owners`, whose they are is told.
pub(crate) fn list(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    shelf: Shelf,
    tokens: Vec<Token>,
    owners: Option<&[User]>,
    saved: bool,
) -> Shown {
    shown(&page(state, visitor, person, shelf, tokens, owners, Errors::default(), Typed::default(), saved))
}

/// Makes a token and shows it, this once; or shows the form again with what was wrong, and the tokens that `others` finds.
pub(crate) async fn make(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    shelf: Shelf,
    typed: Typed,
    others: impl AsyncFnOnce() -> Result<(Vec<Token>, Option<Vec<User>>), Problem>,
) -> Shown {
    match make_one(state, person, &typed).await {
        Ok((made, token)) => {
            let Shelf { place, base, heading, tabs } = shelf;
            let frame = Frame::new(visitor, place);
            shown(&Made { frame, say: Say(visitor.language), heading, base, tabs, name: made.name, token })
        }
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let (tokens, owners) = others().await?;
            let page = page(state, visitor, person, shelf, tokens, owners.as_deref(), errors, typed, false);
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn make_one(state: &AppState, person: &Person, typed: &Typed) -> Result<(Token, String), Refusal> {
    let scope = Scope::from_name(&typed.scope).ok_or_else(|| Refusal::field("scope", field::UNKNOWN))?;
    people::be_sure(&state.room, &person.session, &typed.password).await?;
    people::token::create(&state.room, &person.viewer, widest(person), &typed.name, scope).await
}

/// A token that may change settings is of use to who may.
fn widest(person: &Person) -> Scope {
    if person.viewer.role == UserRole::Member { Scope::Write } else { Scope::Admin }
}

#[expect(clippy::too_many_arguments, reason = "what a page shows, put together in one place for two callers")]
fn page(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    shelf: Shelf,
    tokens: Vec<Token>,
    owners: Option<&[User]>,
    errors: Errors,
    mut typed: Typed,
    saved: bool,
) -> Page {
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let owner = |token: &Token| {
        let user = owners?.iter().find(|user| user.id == token.user)?;
        Some(say.of(user.called()))
    };
    let line = |token: Token| Line {
        id: token.id.to_string(),
        of: owner(&token),
        name: token.name,
        may: match token.scope {
            Scope::Read => say.may_read(),
            Scope::Write => say.may_write(),
            Scope::Admin => say.may_admin(),
        },
        is_wide: token.scope == Scope::Admin,
        made: say.made_on(habit.moment(token.created_at).short),
        used: match token.last_used_at {
            Some(used) => say.used_on(habit.moment(used).short),
            None => say.never_used().to_owned(),
        },
    };
    let scopes = [("read", say.scope_read()), ("write", say.scope_write()), ("admin", say.scope_admin())];
    let offered = scopes.into_iter().take(if widest(person) == Scope::Admin { 3 } else { 2 });
    if typed.scope.is_empty() {
        typed.scope = "read".to_owned();
    }
    Page {
        frame: Frame::new(visitor, shelf.place),
        say,
        heading: shelf.heading,
        base: shelf.base,
        tabs: shelf.tabs,
        is_all: owners.is_some(),
        saved,
        errors,
        typed,
        lines: tokens.into_iter().rev().map(line).collect(),
        scopes: offered.collect(),
        asks: !people::is_sure(&state.room, &person.session),
    }
}
