//! Contacts from a file (features D4).

use super::Say;
use crate::{
    AppState,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        pace,
        visitor::{Person, Visitor},
    },
    problem::{Kind, Problem},
};
use askama::Template;
use axum::{
    extract::{Multipart, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect},
};
use mailroom::people::{self, ImportEnd, Imported, Importing};

const PROGRESS: &str = "/contacts/import/progress";

/// Lines that could not be used, on the page.
const WRONG: usize = 100;

/// What came of it, in words.
struct Done {
    title: &'static str,
    broke: bool,
    created: String,
    updated: String,
    /// How many lines could not be used, and the first of them.
    wrong: Option<(String, Vec<String>)>,
}

/// How far it is.
struct Bar {
    done: usize,
    total: usize,
    counted: String,
    pace: Option<String>,
}

#[derive(Template)]
#[template(path = "contacts/import.html")]
struct Page {
    frame: Frame,
    say: Say,
    errors: Errors,
    /// There was one before, of which it can still be told what came of it.
    has_last: bool,
}

#[derive(Template)]
#[template(path = "contacts/importing.html")]
struct ProgressPage {
    frame: Frame,
    say: Say,
    bar: Option<Bar>,
    done: Option<Done>,
}

#[derive(Template)]
#[template(path = "contacts/import_bar.html")]
struct BarPart {
    say: Say,
    bar: Option<Bar>,
    done: Option<Done>,
}

fn page(visitor: &Visitor, errors: Errors, has_last: bool) -> Page {
    Page { frame: Frame::new(visitor, Place::Contacts), say: Say(visitor.language), errors, has_last }
}

/// The form; or the import of this person that runs.
pub(super) async fn show(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    match people::last_import(&state.room, &person.viewer) {
        Some(import) if import.ended.is_none() => Ok(Redirect::to(PROGRESS).into_response()),
        last => shown(&page(&visitor, Errors::default(), last.is_some())),
    }
}

pub(super) async fn take(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    parts: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Shown {
    let file = match parts {
        Ok(parts) => file(parts).await?,
        Err(_) => Vec::new(),
    };
    let errors = match file.is_empty() {
        true => Errors::one("file", Say(visitor.language).choose_file()),
        false => match people::begin_import(&state.room, &person.viewer, file).await {
            Ok(()) => return Ok(Redirect::to(PROGRESS).into_response()),
            Err(refusal) => Errors::told(refusal, visitor.language)?,
        },
    };
    shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&visitor, errors, false))
}

/// How far it is, and what came of it.
pub(super) async fn look(State(state): State<AppState>, visitor: Visitor, person: Person, headers: HeaderMap) -> Shown {
    let Some(import) = people::last_import(&state.room, &person.viewer) else {
        return Ok(Redirect::to("/contacts/import").into_response());
    };
    let say = Say(visitor.language);
    let (bar, done) = match import.ended {
        None => (Some(bar(&import, &visitor)), None),
        Some(end) => (None, Some(done(import.imported, end == ImportEnd::Broken, &visitor))),
    };
    if headers.contains_key("hx-request") {
        return shown(&BarPart { say, bar, done });
    }
    shown(&ProgressPage { frame: Frame::new(&visitor, Place::Contacts), say, bar, done })
}

fn bar(import: &Importing, visitor: &Visitor) -> Bar {
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let (done, total) = (import.done, import.total);
    let counted = say.rows_of(habit.number(done as i64), habit.number(total as i64));
    let took = import.began.elapsed();
    let pace = pace::told(done as u64, total.saturating_sub(done) as u64, took, visitor.language, &habit);
    Bar { done, total, counted, pace }
}

/// The file of the form; empty when none was chosen.
async fn file(mut parts: Multipart) -> Result<Vec<u8>, Problem> {
    let torn = |_| {
        Problem::new(
            Kind::BadRequest,
            "Het bestand kwam niet heel over. Probeer het nog eens.",
            "The file did not arrive whole. Try once more.",
        )
    };
    while let Some(part) = parts.next_field().await.map_err(torn)? {
        if part.name() == Some("file") {
            return Ok(part.bytes().await.map_err(torn)?.to_vec());
        }
    }
    Ok(Vec::new())
}

fn done(imported: Imported, broke: bool, visitor: &Visitor) -> Done {
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let count = |number: usize| habit.number(number as i64);
    let errors = &imported.errors;
    let row = |error: &mailroom::words::FieldError| {
        let number = error.field.split('.').nth(1).unwrap_or_default();
        say.row(number, error.message.say(visitor.language))
    };
    Done {
        title: if broke { say.import_broke() } else { say.imported() },
        broke,
        created: say.imported_created(count(imported.created)),
        updated: say.imported_updated(count(imported.updated)),
        wrong: (!errors.is_empty())
            .then(|| (say.imported_wrong(count(errors.len())), errors.iter().take(WRONG).map(row).collect())),
    }
}
