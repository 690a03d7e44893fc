//! Writing mail: the form, its drafts, its files, and the way out.

mod begin;
mod file;
mod forgotten;
mod keep;
mod people;
mod sender;
mod typed;
mod view;
mod words;

use super::route::{Pages, Who};
pub(in crate::page) use keep::as_html;
pub(in crate::page) use words::Say;

/// A form with its files: what a mail may be, and the text.
const FORM_LIMIT_BYTES: usize = 70 << 20;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/compose", Who::Everybody, begin::show)
        .upload("/compose", Who::Everybody, FORM_LIMIT_BYTES, keep::act)
        .get("/compose/people", Who::Everybody, people::find)
        .upload("/drafts/{id}/attachments", Who::Everybody, FORM_LIMIT_BYTES, file::add)
        .get("/drafts/{id}/attachments/{n}", Who::Everybody, file::give)
        .post("/drafts/{id}/discard", Who::Everybody, file::discard)
}
