//! One mail in the outbox: where it stands, why, and what can be done.

use super::{Say, line};
use crate::{
    AppState,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::Moment,
        origin,
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::HeaderMap,
};
use mail::{Address, OutboxKey};
use mailroom::{mailgun, outgoing};
use serde::Deserialize;
use store::outbox::{Field, State as Stand, Submission, WaitsFor};

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// It was handed over a moment ago.
    #[serde(default)]
    sent: String,
    #[serde(default)]
    back: String,
}

struct Recipient {
    address: String,
    blind: bool,
    state: &'static str,
    colour: &'static str,
    said: Option<String>,
    /// They call it unwanted.
    complained: bool,
    /// Mailgun sends nothing there of itself.
    held: bool,
}

struct Try {
    at: Moment,
    said: String,
}

/// What the page shows.
pub(super) struct View {
    say: Say,
    id: OutboxKey,
    subject: String,
    from: String,
    state: &'static str,
    colour: &'static str,
    why: String,
    said: Option<String>,
    recipients: Vec<Recipient>,
    tries: Vec<Try>,
    stand: Stand,
    waits_for: Option<WaitsFor>,
    /// Seconds until it goes, when it was just handed over.
    seconds: Option<i64>,
    back: String,
    may_act: bool,
    /// Where who is held back can be taken off the list.
    list: Option<String>,
}

impl View {
    fn may_take_back(&self) -> bool {
        self.may_act && matches!(self.stand, Stand::Waiting | Stand::Held)
    }

    fn may_hasten(&self) -> bool {
        self.may_act && self.stand == Stand::Waiting && self.waits_for == Some(WaitsFor::Retry)
    }

    fn may_let_go(&self) -> bool {
        self.may_act && self.stand == Stand::Held
    }

    fn may_correct(&self) -> bool {
        self.may_act && matches!(self.stand, Stand::Failed | Stand::Bounced | Stand::Cancelled)
    }

    fn may_decide(&self) -> bool {
        self.may_act && self.stand == Stand::Uncertain
    }

    fn is_looking(&self) -> bool {
        self.stand == Stand::Uncertain && self.waits_for.is_none()
    }

    fn has_complaint(&self) -> bool {
        self.recipients.iter().any(|one| one.complained)
    }

    fn has_held(&self) -> bool {
        self.recipients.iter().any(|one| one.held)
    }

    fn was_left(&self) -> bool {
        self.stand == Stand::Uncertain && self.waits_for == Some(WaitsFor::Nothing)
    }
}

#[derive(Template)]
#[template(path = "outbox/page.html")]
struct Page {
    frame: Frame,
    v: View,
}

#[derive(Template)]
#[template(path = "outbox/one.html")]
struct Fragment {
    frame: Frame,
    v: View,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    headers: HeaderMap,
    Path(id): Path<OutboxKey>,
    Query(asked): Query<Asked>,
) -> Shown {
    let viewer = person.viewer;
    let submission = outgoing::get(&state.room, &viewer, id).await?;
    let rights = state.read(move |tx| Box::pin(async move { viewer.rights(tx).await })).await?;
    let may_act = rights.send.contains(&submission.account);
    let account = submission.account;
    let mut v = view(submission, &visitor, may_act, person.viewer.user);
    if v.has_held() {
        let domain = mailgun::list_of(&state.room, &viewer, account).await?;
        v.list = domain.map(|domain| format!("/settings/mailgun/{domain}/suppressions"));
    }
    if asked.sent != "1" {
        v.seconds = None;
    }
    if !asked.back.is_empty() {
        v.back = origin::onward(Some(&asked.back)).to_owned();
    }
    let frame = Frame::new(&visitor, Place::Outbox);
    match headers.contains_key("hx-request") {
        true => shown(&Fragment { frame, v }),
        false => shown(&Page { frame, v }),
    }
}

fn view(submission: Submission, visitor: &Visitor, may_act: bool, user: mail::UserKey) -> View {
    let (say, habit, now) = (Say(visitor.language), visitor.habit(), visitor.now);
    let why = line::why(&submission, say, &habit, now);
    let from: Option<Address> = serde_json::from_value(submission.people["from"].clone()).ok();
    // Who wrote it, and who may write in the account's name, see the blind copies (reliability.md, case 41).
    let sees_blind = may_act || submission.created_by == Some(user);
    let recipients = submission.recipients.into_iter().map(|one| Recipient {
        blind: matches!(one.field, Field::Bcc | Field::MailboxBcc),
        held: one.server_said.as_deref().is_some_and(mailgun::is_held),
        address: one.address,
        state: line::name(one.state, say),
        colour: line::colour(one.state),
        said: one.server_said,
        complained: one.complained_at.is_some(),
    });
    let tries = submission.attempts.into_iter().map(|one| Try {
        at: habit.moment(one.began_at),
        said: one.server_said.unwrap_or_else(|| say.said_nothing().to_owned()),
    });
    let left = (submission.not_before_at - now + 999) / 1000;
    let subject = submission.subject;
    View {
        say,
        id: submission.id,
        subject: if subject.trim().is_empty() { say.no_subject().to_owned() } else { subject },
        from: from.map(|one| one.to_string()).unwrap_or_default(),
        state: line::name(submission.state, say),
        colour: line::colour(submission.state),
        why,
        said: submission.server_said,
        recipients: recipients.filter(|one| sees_blind || !one.blind).collect(),
        tries: tries.collect(),
        stand: submission.state,
        waits_for: submission.waits_for,
        seconds: Some(left).filter(|left| submission.state == Stand::Waiting && (1..=60).contains(left)),
        list: None,
        back: String::new(),
        may_act,
    }
}
