//! The tab Sending: what may leave in a time, who gets a copy of everything, and how letters look (features S5, M23, M24).

use super::{After, Head, Tab, fields::Fields, managed, saved_at, sent::Sent, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        compose,
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
use mail::{AccountKey, display::text_of_html};
use mailroom::{
    accounts::{self, AccountInput},
    words::{FieldError, field},
};
use store::account::{Account, Font, Limits, Outgoing, SentCopy};

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
    /// The words of the editor.
    writing: compose::Say,
    /// Name, what people read, the value of `font-family`, chosen.
    fonts: Vec<(&'static str, &'static str, &'static str, bool)>,
    /// Points, chosen.
    sizes: Vec<(i64, bool)>,
    signature_text: String,
    signature_html: String,
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
    let style = &account.settings.style;
    let signature_html = style.signature.clone().unwrap_or_default();
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
        writing: compose::Say(visitor.language),
        fonts: fonts(style.font.map(Font::as_str).unwrap_or_default()),
        sizes: accounts::POINTS.map(|points| (points, style.font_size == Some(points))).collect(),
        signature_text: text_of_html(&signature_html).trim_end().to_owned(),
        signature_html,
        sent_copy: match account.sent_copy {
            _ if account.settings.incoming.has_own_folders() => say.copy_here(),
            _ if matches!(account.settings.outgoing, Outgoing::Microsoft365 | Outgoing::Gmail | Outgoing::Ews(_)) => {
                say.copy_provider()
            }
            _ if !account.settings.incoming.takes_mail() => say.copy_nowhere(),
            SentCopy::Unknown => say.copy_unknown(),
            SentCopy::Provider => say.copy_provider(),
            SentCopy::Ours => say.copy_ours(),
        },
    }
}

/// The fonts to choose from, that one chosen.
fn fonts(chosen: &str) -> Vec<(&'static str, &'static str, &'static str, bool)> {
    let one = |font: Font| {
        let first = font.family().split(',').next().unwrap_or_default().trim_matches('\'');
        (font.as_str(), first, font.family(), font.as_str() == chosen)
    };
    Font::ALL.into_iter().map(one).collect()
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

async fn save(Sent { state, visitor, person, account, fields }: Sent) -> Shown {
    let id = account.id;
    let errors = match read(&fields, &account) {
        Err(errors) => errors,
        Ok(input) => match accounts::patch(&state.room, &person.viewer, id, input).await {
            Ok(_) => return Ok(saved_at(&format!("/mailboxes/{id}/sending"))),
            Err(refusal) => field_errors(refusal)?.into_iter().map(of_the_form).collect(),
        },
    };
    let mut page = page(&visitor, &account, &After::default());
    page.errors = Errors::new(&errors, visitor.language);
    page.bcc = fields.of("bcc").to_owned();
    page.fonts = fonts(fields.of("font"));
    for (points, chosen) in &mut page.sizes {
        *chosen = points.to_string() == fields.of("font_size");
    }
    page.signature_html = signature(&fields, &account);
    page.signature_text = text_of_html(&page.signature_html).trim_end().to_owned();
    for limit in &mut page.limits {
        limit.value = fields.of(limit.name).to_owned();
    }
    shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The limits stand in the form by their own names.
fn of_the_form(error: FieldError) -> FieldError {
    let field = error.field.strip_prefix("limits.").unwrap_or(&error.field).to_owned();
    FieldError { field, ..error }
}

/// The signature that was typed. Without script only its text comes: what it was made from stays formatted when nobody
/// touched it.
fn signature(fields: &Fields, account: &Account) -> String {
    let kept = account.settings.style.signature.as_deref().unwrap_or_default();
    let typed = fields.of("signature_text").replace("\r\n", "\n");
    match typed.trim_end() {
        _ if fields.is_on("signature_html") => fields.of("signature_html").to_owned(),
        typed if typed == text_of_html(kept).trim_end() => kept.to_owned(),
        typed => compose::as_html(typed),
    }
}

fn read(fields: &Fields, account: &Account) -> Result<AccountInput, Vec<FieldError>> {
    let mut errors = Vec::new();
    let font_size = fields.number("font_size").unwrap_or_else(|()| {
        errors.push(FieldError::new("font_size", field::OUT_OF_RANGE));
        None
    });
    let mut limit = |name: &'static str| {
        let typed = fields.number(name).and_then(|typed| match typed {
            None => Ok(None),
            Some(typed) => {
                u32::try_from(typed).map_err(|_| ()).and_then(|it| if it > 0 { Ok(Some(it)) } else { Err(()) })
            }
        });
        typed.unwrap_or_else(|()| {
            errors.push(FieldError::new(name, field::NOT_A_LIMIT));
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
            font: Some(Some(fields.of("font").to_owned())),
            font_size: Some(font_size),
            signature_html: Some(Some(signature(fields, account))),
            ..AccountInput::default()
        }),
    }
}
