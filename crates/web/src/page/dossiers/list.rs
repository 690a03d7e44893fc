//! The list of dossiers, by name, a page at a time.

use super::Say;
use crate::{
    AppState,
    page::{
        frame::{Frame, Place, Shown, shown},
        route::percent,
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::extract::{Query, State};
use mail::DossierKey;
use serde::Deserialize;
use store::{
    dossier::{self, Filter},
    external::Order,
};

/// Dossiers on a page.
const PAGE: usize = 50;
/// Longer is no name to search for.
const TYPED: usize = 200;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    after: Option<DossierKey>,
}

/// One dossier in the list.
struct Line {
    id: DossierKey,
    name: String,
    kind: String,
    about: String,
}

#[derive(Template)]
#[template(path = "dossiers/list.html")]
struct Page {
    frame: Frame,
    say: Say,
    q: String,
    lines: Vec<Line>,
    next: Option<String>,
    is_later: bool,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Query(asked): Query<Asked>,
) -> Shown {
    let (organisation, after) = (person.viewer.organisation, asked.after);
    let q: String = asked.q.trim().chars().take(TYPED).collect();
    let typed = Some(q.clone()).filter(|typed| !typed.is_empty());
    let read = state.read(move |tx| {
        Box::pin(async move {
            let filter = Filter { query: typed.as_deref(), contact: None };
            dossier::list(tx, organisation, filter, Order::Name, after, PAGE).await
        })
    });
    let (found, next) = read.await?;
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let search = if q.is_empty() { String::new() } else { format!("q={}&", percent(&q)) };
    let lines = found.into_iter().map(|dossier| {
        let contacts = say.contacts_of(habit.number(dossier.contacts.len() as i64));
        let external = dossier.external.map(|it| format!(" · {}", say.known_as(it.source, it.id)));
        let about = contacts + &external.unwrap_or_default();
        Line { id: dossier.id, name: dossier.name, kind: dossier.kind, about }
    });
    shown(&Page {
        frame: Frame::new(&visitor, Place::Dossiers),
        say,
        lines: lines.collect(),
        next: next.map(|after| format!("/dossiers?{search}after={after}")),
        is_later: after.is_some(),
        q,
    })
}
