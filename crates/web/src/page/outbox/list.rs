//! The list: drafts, what needs somebody, what is on its way, and what went.

use super::{Say, line};
use crate::{
    AppState,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::Moment,
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::extract::{Query, State};
use mail::{Address, DraftKey, OutboxKey};
use mailroom::{outgoing, writing};
use serde::Deserialize;
use store::outbox::{Filter, State as Stand, Submission};

/// Lines of what was handed over, on one page.
const PAGE: usize = 60;

#[derive(Deserialize)]
pub(super) struct Asked {
    before: Option<OutboxKey>,
}

/// One line.
struct Line {
    id: OutboxKey,
    subject: String,
    people: String,
    state: &'static str,
    colour: &'static str,
    until: Option<String>,
    said: Option<String>,
    at: Moment,
}

/// One draft.
struct Written {
    id: DraftKey,
    subject: String,
    people: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "outbox/list.html")]
struct Page {
    frame: Frame,
    say: Say,
    drafts: Vec<Written>,
    /// Title and lines.
    groups: Vec<(&'static str, Vec<Line>)>,
    older: Option<OutboxKey>,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Query(asked): Query<Asked>,
) -> Shown {
    let (room, viewer, say) = (&state.room, &person.viewer, Say(visitor.language));
    let (found, older) = outgoing::list(room, viewer, Filter::default(), asked.before, PAGE).await?;
    let drafts = match asked.before {
        None => drafts(&state, &visitor, &person).await?,
        Some(_) => Vec::new(),
    };
    let titles = [say.attention(), say.under_way(), say.sent()];
    let mut groups: Vec<(&str, Vec<Line>)> = titles.into_iter().map(|title| (title, Vec::new())).collect();
    for submission in found {
        let group = match submission.state {
            Stand::Uncertain | Stand::Bounced | Stand::Failed | Stand::Held => 0,
            Stand::Waiting | Stand::Sending => 1,
            Stand::Accepted | Stand::Delivered | Stand::Cancelled => 2,
        };
        groups[group].1.push(one(submission, say, &visitor));
    }
    groups.retain(|(_, lines)| !lines.is_empty());
    shown(&Page { frame: Frame::new(&visitor, Place::Outbox), say, drafts, groups, older })
}

async fn drafts(state: &AppState, visitor: &Visitor, person: &Person) -> Result<Vec<Written>, Problem> {
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let (found, _) = writing::list(&state.room, &person.viewer, None, PAGE).await?;
    let written = found.into_iter().map(|draft| {
        let names = people(draft.letter.to.iter().chain(&draft.letter.cc).chain(&draft.letter.bcc));
        Written {
            id: draft.id,
            subject: titled(&draft.letter.subject, say),
            people: if names.is_empty() { say.nobody().to_owned() } else { say.to(names) },
            at: habit.moment(draft.updated_at),
        }
    });
    Ok(written.collect())
}

fn one(submission: Submission, say: Say, visitor: &Visitor) -> Line {
    let habit = visitor.habit();
    let list =
        |field: &str| -> Vec<Address> { serde_json::from_value(submission.people[field].clone()).unwrap_or_default() };
    let (to, cc) = (list("to"), list("cc"));
    let failed = matches!(submission.state, Stand::Failed | Stand::Bounced | Stand::Waiting);
    Line {
        id: submission.id,
        subject: titled(&submission.subject, say),
        people: say.to(people(to.iter().chain(&cc))),
        state: line::name(submission.state, say),
        colour: line::colour(submission.state),
        until: line::until(&submission, say, &habit, visitor.now),
        said: submission.server_said.filter(|_| failed),
        at: habit.moment(submission.updated_at),
    }
}

fn titled(subject: &str, say: Say) -> String {
    if subject.trim().is_empty() { say.no_subject().to_owned() } else { subject.to_owned() }
}

fn people<'a>(list: impl Iterator<Item = &'a Address>) -> String {
    let name = |one: &Address| one.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| one.address.clone());
    list.map(name).collect::<Vec<_>>().join(", ")
}
