//! The page: what people see. One folder a subject, with its handlers, its templates and its words side by side.
//!
//! How to add one: `ARCHITECTURE.md`, *How to add a page*.

mod asset;
mod compose;
mod contacts;
mod dossiers;
mod erasure;
mod frame;
mod habit;
mod linked;
mod mail;
mod mailboxes;
#[cfg(test)]
mod matrix_test;
mod me;
mod origin;
mod outbox;
mod pace;
mod password;
mod personal;
mod route;
mod session;
mod settings;
mod setup;
mod sign_in;
mod square;
mod tabs;
mod token;
mod visitor;
mod words;

pub(crate) use frame::stranger;

use crate::AppState;
use axum::{Router, routing::get};
use route::{Entry, Pages};

/// Every page, and the table of them.
fn pages(state: &AppState) -> (Router<AppState>, Vec<Entry>) {
    let pages = Pages::new(state);
    let pages = setup::routes(pages);
    let pages = sign_in::routes(pages);
    let pages = password::routes(pages);
    let pages = mail::routes(pages);
    let pages = contacts::routes(pages);
    let pages = dossiers::routes(pages);
    let pages = compose::routes(pages);
    let pages = outbox::routes(pages);
    let pages = mailboxes::routes(pages);
    let pages = personal::routes(pages);
    let pages = erasure::routes(pages);
    let pages = me::routes(pages);
    let pages = settings::routes(pages);
    pages.done()
}

/// What axum serves.
pub(crate) fn router(state: &AppState) -> Router<AppState> {
    pages(state).0.route("/assets/{name}", get(asset::serve))
}
