//! The tab Devices: where one is signed in, and signing out there.

use super::{bar, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown},
        route::{Pages, Who},
        tabs::{After, Tab},
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use mail::SessionKey;
use mailroom::people;
use store::session::Session;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/me/sessions", Who::Everybody, show).post("/me/sessions/end-others", Who::Everybody, end_others).post(
        "/me/sessions/{id}/end",
        Who::Everybody,
        end,
    )
}

#[derive(Template)]
#[template(path = "me/sessions.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    saved: bool,
    lines: Vec<Line>,
}

/// Somewhere the person is signed in.
struct Line {
    id: String,
    what: String,
    since: String,
    seen: String,
    /// In full, to hover over.
    seen_full: String,
    is_here: bool,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(after): Query<After>) -> Shown {
    let sessions = people::sessions(&state.room, &person.viewer).await?;
    let say = Say(visitor.language);
    let mut lines: Vec<Line> = sessions.iter().map(|session| line(session, &visitor, &person)).collect();
    lines.sort_by_key(|line| !line.is_here);
    let (frame, tabs) = (Frame::new(&visitor, Place::Me), bar(say, "/me/sessions"));
    shown(&Page { frame, say, tabs, saved: after.is_saved(), lines })
}

fn line(session: &Session, visitor: &Visitor, person: &Person) -> Line {
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let (since, seen) = (habit.moment(session.created_at), habit.moment(session.seen_at));
    Line {
        id: session.id.to_string(),
        what: named(&session.agent, say),
        since: say.since(&session.source, since.short),
        seen: say.last_seen(seen.short),
        seen_full: seen.full,
        is_here: session.id == person.session.id,
    }
}

async fn end(State(state): State<AppState>, person: Person, Named(key): Named<SessionKey>) -> Shown {
    people::end_session(&state.room, &person.viewer, key).await?;
    Ok(Redirect::to("/me/sessions?saved=1").into_response())
}

async fn end_others(State(state): State<AppState>, person: Person) -> Shown {
    people::end_other_sessions(&state.room, &person.viewer, Some(person.session.id)).await?;
    Ok(Redirect::to("/me/sessions?saved=1").into_response())
}

/// A browser as its owner would call it. What it says of itself names several others first, for historical reasons.
fn named(agent: &str, say: Say) -> String {
    let known =
        |signs: &[(&str, &'static str)]| signs.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    let browser = known(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Vivaldi", "Vivaldi"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = known(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "Chromebook"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => say.on(browser, system),
        (Some(browser), None) => browser.to_owned(),
        _ => say.unknown_browser().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailroom::words::Language;

    #[test]
    fn a_browser_is_called_what_its_owner_calls_it() {
        let named = |agent: &str| named(agent, Say(Language::Dutch));
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/144.0 Safari/537.36 Edg/144.0";
        assert_eq!(named(edge), "Edge op Windows");
        let iphone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1";
        assert_eq!(named(iphone), "Safari op iPhone");
        assert_eq!(named("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"), "Firefox op Linux");
        assert_eq!(named("curl/8"), "Onbekende browser");
    }
}
