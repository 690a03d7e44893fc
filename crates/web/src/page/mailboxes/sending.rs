//! The tab Sending: what may leave in a time, and who gets a copy of everything (features S5, M23).

use super::{After, Head, Tab, fields::Fields, managed, saved_at, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Errors, Frame, Place, Shown, field_errors, shown, shown_as},
        route::{Pages, Who},
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
};
use mail::AccountKey;
use mailroom::{
    accounts::{self, AccountInput},
    words::{FieldError, field},
};
use store::account::{Account, Limits, Outgoing, SentCopy};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/mailboxes/{id}/sending", Who::Everybody, show).post("/mailboxes/{id}/sending", Who::Everybody, save)
}

#[derive(Template)]
#[template(path = "mailboxes/sending.html")]
struct Page {
    frame: Frame,
    say: Say,
    head: Head,
    errors: Errors,
    sends: bool,
    bcc: String,
    limits: [LimitField; 4],
    /// Who puts the copy into the sent folder, in words.
    sent_copy: &'static str,
}

/// One limit.
struct LimitField {
    name: &'static str,
    label: &'static str,
    value: String,
}

fn page(visitor: &Visitor, account: &Account, after: &After) -> Page {
    let say = Say(visitor.language);
    let Limits { connections, per_connection, per_minute, per_day } = account.settings.limits;
    let field = |name, label, value: Option<u32>| LimitField {
        name,
        label,
        value: value.map(|value| value.to_string()).unwrap_or_default(),
    };
    Page {
        frame: Frame::new(visitor, Place::Mailboxes),
        say,
        head: Head::new(account, Tab::Sending, after, visitor),
        errors: Errors::default(),
        sends: !matches!(account.settings.outgoing, Outgoing::None),
        bcc: account.settings.bcc.clone().unwrap_or_default(),
        limits: [
            field("per_minute", say.per_minute(), per_minute),
            field("per_day", say.per_day(), per_day),
            field("connections", say.connections(), connections),
            field("per_connection", say.per_connection(), per_connection),
        ],
        sent_copy: match account.sent_copy {
            SentCopy::Unknown => say.copy_unknown(),
            SentCopy::Provider => say.copy_provider(),
            SentCopy::Ours => say.copy_ours(),
        },
    }
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    Query(after): Query<After>,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    shown(&page(&visitor, &account, &after))
}

async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    fields: Fields,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    let errors = match read(&fields) {
        Err(errors) => errors,
        Ok(input) => match accounts::patch(&state.room, &person.viewer, key, input).await {
            Ok(_) => return Ok(saved_at(&format!("/mailboxes/{key}/sending"))),
            Err(refusal) => field_errors(refusal)?,
        },
    };
    let mut page = page(&visitor, &account, &After::default());
    page.errors = Errors::new(&errors, visitor.language);
    page.bcc = fields.of("bcc").to_owned();
    for limit in &mut page.limits {
        limit.value = fields.of(limit.name).to_owned();
    }
    shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn read(fields: &Fields) -> Result<AccountInput, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut limit = |name: &'static str| {
        let typed = fields.number(name).and_then(|typed| match typed {
            None => Ok(None),
            Some(typed) => {
                u32::try_from(typed).map_err(|_| ()).and_then(|it| if it > 0 { Ok(Some(it)) } else { Err(()) })
            }
        });
        typed.unwrap_or_else(|()| {
            errors.push(FieldError::new(name, field::OUT_OF_RANGE));
            None
        })
    };
    let limits = Limits {
        connections: limit("connections"),
        per_connection: limit("per_connection"),
        per_minute: limit("per_minute"),
        per_day: limit("per_day"),
    };
    match errors.is_empty() {
        false => Err(errors),
        true => Ok(AccountInput {
            limits: Some(limits),
            bcc: Some(Some(fields.of("bcc").to_owned())),
            ..AccountInput::default()
        }),
    }
}
