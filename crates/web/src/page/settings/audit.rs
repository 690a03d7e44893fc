//! The tab Log: who did what (features U5). Added to, never changed, and without contents.

use super::{bar, deed_words::Say};
use crate::{
    AppState,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::Moment,
        route::{Pages, Who, percent},
        tabs::Tab,
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;
use std::collections::HashMap;
use store::{
    account,
    audit::{self, Entry, Wanted},
    group, template,
    user::{self, User},
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/settings/log", Who::Administrators, show)
}

/// On one page.
const LINES: usize = 100;

#[derive(Template)]
#[template(path = "settings/audit.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    asked: Asked,
    people: Vec<(String, String)>,
    kinds: Vec<(&'static str, &'static str)>,
    lines: Vec<Line>,
    /// Where the older ones are.
    older: Option<String>,
}

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    who: String,
    kind: String,
    q: String,
    before: String,
}

struct Line {
    at: Moment,
    who: String,
    what: String,
    /// To what or whom, and where that is, when it has a page.
    subject: Option<(String, Option<String>)>,
    detail: String,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(asked): Query<Asked>) -> Shown {
    let (organisation, viewer) = (person.viewer.organisation, person.viewer);
    let text = |typed: &str| Some(typed.trim().to_owned()).filter(|typed| !typed.is_empty());
    let wanted = Wanted {
        user: asked.who.parse().ok(),
        kind: text(&asked.kind),
        text: text(&asked.q),
        before: asked.before.parse().ok(),
    };
    let ((entries, next), users, names) = state
        .read(move |tx| {
            Box::pin(async move {
                let found = audit::search(tx, organisation, &wanted, LINES).await?;
                let users = user::list(tx, organisation, None, super::MANY).await?.0;
                let mut names = HashMap::new();
                for account in account::list(tx, &viewer, None, super::MANY).await?.0 {
                    let there = format!("/mailboxes/{}", account.id);
                    names.insert(account.id.to_string(), (account.settings.address, there));
                }
                for group in group::list(tx, organisation, None, super::MANY).await?.0 {
                    let there = format!("/settings/groups/{}", group.id);
                    names.insert(group.id.to_string(), (group.name, there));
                }
                for template in template::list(tx, organisation, None, super::MANY).await?.0 {
                    let there = format!("/settings/templates/{}", template.id);
                    names.insert(template.id.to_string(), (template.name, there));
                }
                for user in &users {
                    names.insert(
                        user.id.to_string(),
                        (user.called().to_owned(), format!("/settings/users/{}", user.id)),
                    );
                }
                Ok((found, users, names))
            })
        })
        .await?;
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let lines = entries.iter().map(|entry| Line {
        at: Moment { short: habit.precise(entry.done_at), ..habit.moment(entry.done_at) },
        who: who(entry, &users, say),
        what: say.deed(&entry.action).map_or_else(|| entry.action.clone(), str::to_owned),
        subject: subject(entry, &names),
        detail: say.detail(&entry.detail),
    });
    let lines = lines.collect();
    let query = |before: i64| {
        let (who, kind, q) = (percent(&asked.who), percent(&asked.kind), percent(&asked.q));
        format!("/settings/log?who={who}&kind={kind}&q={q}&before={before}")
    };
    let mut people: Vec<_> = users.iter().map(|user| (user.id.to_string(), user.called().to_owned())).collect();
    people.sort_by_key(|(_, name)| name.to_lowercase());
    shown(&Page {
        frame: Frame::new(&visitor, Place::Settings),
        say,
        tabs: bar(&visitor, &person, "/settings/log"),
        older: next.map(query),
        people,
        kinds: say.kinds(),
        asked,
        lines,
    })
}

fn who(entry: &Entry, users: &[User], say: Say) -> String {
    let Some(key) = entry.user else { return say.the_program().to_owned() };
    let found = users.iter().find(|user| user.id == key);
    found.map_or_else(|| say.somebody().to_owned(), |user| user.called().to_owned())
}

/// What an entry is about, in words and with its page. What a person does with themselves names nobody twice.
fn subject(entry: &Entry, names: &HashMap<String, (String, String)>) -> Option<(String, Option<String>)> {
    let id = entry.subject.as_str();
    if entry.user.is_some_and(|user| user.to_string() == id) {
        return None;
    }
    if let Some((name, there)) = names.get(id) {
        return Some((name.clone(), Some(there.clone())));
    }
    match id.split_once('_').map(|(kind, _)| kind) {
        Some("ses" | "org" | "tok") => None,
        Some("cnt") => Some((id.to_owned(), Some(format!("/contacts/{id}")))),
        Some("dos") => Some((id.to_owned(), Some(format!("/dossiers/{id}")))),
        _ if id.is_empty() => None,
        _ => Some((id.to_owned(), None)),
    }
}
