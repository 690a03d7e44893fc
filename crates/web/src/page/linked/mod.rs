//! What contacts, dossiers and messages show of each other: the mail of one, and why a message is linked.

mod letters;
mod reason;
mod words;

pub(crate) use letters::{Asked, Letters, of};
pub(crate) use reason::{Named, names_for};
pub(crate) use words::Say;
