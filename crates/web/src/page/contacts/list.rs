//! The list of contacts, by name, a page at a time.

use super::Say;
use crate::{
    AppState,
    page::{
        frame::{Frame, Place, Shown, shown},
        route::percent,
        visitor::{Person, Visitor, initials},
    },
};
use askama::Template;
use axum::extract::{Query, State};
use mail::ContactKey;
use serde::Deserialize;
use store::contact::{self, Contact, Order};

/// Contacts on a page.
const PAGE: usize = 50;
/// Addresses of one contact in the list.
const ADDRESSES: usize = 2;
/// Longer is no name to search for.
const TYPED: usize = 200;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    after: Option<ContactKey>,
}

/// One contact in the list.
struct Line {
    id: ContactKey,
    name: String,
    initials: String,
    kind: String,
    addresses: String,
    /// How many more there are.
    more: Option<String>,
    hidden: bool,
}

#[derive(Template)]
#[template(path = "contacts/list.html")]
struct Page {
    frame: Frame,
    say: Say,
    q: String,
    lines: Vec<Line>,
    next: Option<String>,
    is_later: bool,
    may_import: bool,
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
        Box::pin(async move { contact::list(tx, organisation, typed.as_deref(), Order::Name, after, PAGE).await })
    });
    let (found, next) = read.await?;
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let more = |count: usize| (count > 0).then(|| say.and_more(habit.number(count as i64)));
    let search = if q.is_empty() { String::new() } else { format!("q={}&", percent(&q)) };
    shown(&Page {
        frame: Frame::new(&visitor, Place::Contacts),
        say,
        lines: found.into_iter().map(|contact| line(contact, more)).collect(),
        next: next.map(|after| format!("/contacts?{search}after={after}")),
        is_later: after.is_some(),
        may_import: person.manages_mailboxes(),
        q,
    })
}

fn line(contact: Contact, more: impl Fn(usize) -> Option<String>) -> Line {
    let count = contact.addresses.len();
    let first: Vec<String> = contact.addresses.into_iter().take(ADDRESSES).collect();
    Line {
        id: contact.id,
        initials: initials(&contact.name),
        name: contact.name,
        kind: contact.kind,
        addresses: first.join(", "),
        more: more(count.saturating_sub(ADDRESSES)),
        hidden: contact.hidden,
    }
}
