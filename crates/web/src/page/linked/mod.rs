//! What contacts, dossiers and messages show of each other: the mail of one, and why a message is linked; and what the forms
//! of contacts and dossiers share.

mod form;
mod letters;
mod reason;
mod words;

pub(crate) use form::{external, made};
pub(crate) use letters::{Asked, Letters, of};
pub(crate) use reason::{Named, names_for};
pub(crate) use words::Say;
