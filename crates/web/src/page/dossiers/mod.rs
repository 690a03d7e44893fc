//! Dossiers: what the organisation works on, and the mail that belongs to it.

mod form;
mod list;
mod one;
mod words;

use super::route::{Pages, Who};
use words::Say;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/dossiers", Who::Everybody, list::show)
        .post("/dossiers", Who::Everybody, form::create)
        .get("/dossiers/new", Who::Everybody, form::new)
        .get("/dossiers/{id}", Who::Everybody, one::show)
        .post("/dossiers/{id}", Who::Everybody, form::save)
        .get("/dossiers/{id}/change", Who::Everybody, form::change)
        .post("/dossiers/{id}/contacts", Who::Everybody, one::admit)
}
