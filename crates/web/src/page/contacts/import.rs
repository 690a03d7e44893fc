//! Contacts from a file (features D4).

use super::Say;
use crate::{
    AppState,
    page::{
        frame::{Errors, Frame, Place, Shown, field_errors, shown, shown_as},
        visitor::{Person, Visitor},
    },
    problem::{Kind, Problem},
};
use askama::Template;
use axum::{
    extract::{Multipart, State},
    http::StatusCode,
};
use mailroom::people::{self, Imported};

/// Lines that could not be used, on the page.
const WRONG: usize = 100;

/// What came of it, in words.
struct Done {
    created: String,
    updated: String,
    /// How many lines could not be used, and the first of them.
    wrong: Option<(String, Vec<String>)>,
}

#[derive(Template)]
#[template(path = "contacts/import.html")]
struct Page {
    frame: Frame,
    say: Say,
    errors: Errors,
    done: Option<Done>,
}

fn page(visitor: &Visitor) -> Page {
    let (frame, say) = (Frame::new(visitor, Place::Contacts), Say(visitor.language));
    Page { frame, say, errors: Errors::default(), done: None }
}

pub(super) async fn show(visitor: Visitor) -> Shown {
    shown(&page(&visitor))
}

pub(super) async fn take(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    parts: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Shown {
    let mut page = page(&visitor);
    let file = match parts {
        Ok(parts) => file(parts).await?,
        Err(_) => Vec::new(),
    };
    if file.is_empty() {
        page.errors = Errors::one("file", page.say.choose_file());
        return shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    // Whoever goes away meanwhile does not stop it half-way.
    let (room, viewer) = (state.room.clone(), person.viewer);
    let work = tokio::spawn(async move { people::import_contacts(&room, &viewer, &file).await });
    match work.await.map_err(|error| Problem::internal(&error))? {
        Ok(imported) => {
            page.done = Some(done(imported, &visitor));
            shown(&page)
        }
        Err(refusal) => {
            page.errors = Errors::new(&field_errors(refusal)?, visitor.language);
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
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

fn done(imported: Imported, visitor: &Visitor) -> Done {
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let count = |number: usize| habit.number(number as i64);
    let errors = &imported.errors;
    let row = |error: &mailroom::words::FieldError| {
        let number = error.field.split('.').nth(1).unwrap_or_default();
        say.row(number, error.message.say(visitor.language))
    };
    Done {
        created: say.imported_created(count(imported.created)),
        updated: say.imported_updated(count(imported.updated)),
        wrong: (!errors.is_empty())
            .then(|| (say.imported_wrong(count(errors.len())), errors.iter().take(WRONG).map(row).collect())),
    }
}
