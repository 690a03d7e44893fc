//! The outbox: what is being written, what waits, why and until when, and what came of it.

mod deed;
mod line;
mod list;
mod one;
mod words;

use super::route::{Pages, Who};
use words::Say;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/outbox", Who::Everybody, list::show).get("/outbox/{id}", Who::Everybody, one::show).post(
        "/outbox/{id}",
        Who::Everybody,
        deed::act,
    )
}
