//! Contacts: everyone that the organisation writes with, and the mail of each.

mod form;
mod import;
mod list;
mod one;
mod trial;
mod words;

use super::route::{Pages, Who};
use words::Say;

/// A file of contacts, in bytes: some hundred thousand of them.
const FILE_LIMIT_BYTES: usize = 32 << 20;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/contacts", Who::Everybody, list::show)
        .post("/contacts", Who::Everybody, form::create)
        .get("/contacts/new", Who::Everybody, form::new)
        .get("/contacts/try", Who::Everybody, trial::show)
        .get("/contacts/import", Who::MailboxManagers, import::show)
        .upload("/contacts/import", Who::MailboxManagers, FILE_LIMIT_BYTES, import::take)
        .get("/contacts/import/progress", Who::MailboxManagers, import::look)
        .get("/contacts/{id}", Who::Everybody, one::show)
        .post("/contacts/{id}", Who::Everybody, form::save)
        .get("/contacts/{id}/change", Who::Everybody, form::change)
}
