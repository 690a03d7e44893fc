//! Trying an address: would its mail be linked, to whom, and if not, because of what (features D2).

use super::Say;
use crate::{
    AppState,
    page::{
        frame::{Errors, Frame, Place, Shown, field_errors, shown, shown_as},
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
};
use mail::{AccountKey, ContactKey};
use mailroom::people::exclusion::{self, Tried, Verdict};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    address: String,
}

/// What becomes of it in one mailbox.
struct Line {
    mailbox: AccountKey,
    name: String,
    linked: bool,
    words: String,
}

/// What was found out.
struct Found {
    address: String,
    told: String,
    contacts: Vec<(ContactKey, String)>,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "contacts/trial.html")]
struct Page {
    frame: Frame,
    say: Say,
    typed: String,
    errors: Errors,
    found: Option<Found>,
    may_change: bool,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Query(asked): Query<Asked>,
) -> Shown {
    let say = Say(visitor.language);
    let mut page = Page {
        frame: Frame::new(&visitor, Place::Contacts),
        say,
        errors: Errors::default(),
        found: None,
        may_change: person.manages_mailboxes(),
        typed: asked.address,
    };
    if page.typed.trim().is_empty() {
        return shown(&page);
    }
    match exclusion::try_address(&state.room, &person.viewer, &page.typed).await {
        Ok(tried) => {
            page.found = Some(found(tried, say));
            shown(&page)
        }
        Err(refusal) => {
            page.errors = Errors::new(&field_errors(refusal)?, visitor.language);
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

fn found(tried: Tried, say: Say) -> Found {
    let line = |(mailbox, name, verdict): (AccountKey, String, Verdict)| Line {
        mailbox,
        name,
        linked: verdict == Verdict::Linked,
        words: match verdict {
            Verdict::Linked => say.verdict_linked().to_owned(),
            Verdict::Own => say.verdict_own().to_owned(),
            Verdict::LeftOut(line) => say.verdict_left_out(line),
        },
    };
    Found {
        told: match tried.contacts.len() {
            0 => say.tried_none(&tried.address),
            count => say.tried_some(count, &tried.address),
        },
        contacts: tried.contacts.into_iter().map(|contact| (contact.id, contact.name)).collect(),
        lines: tried.mailboxes.into_iter().map(line).collect(),
        address: tried.address,
    }
}
