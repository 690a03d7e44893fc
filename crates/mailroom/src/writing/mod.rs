//! Writing mail: drafts that several devices see, what a reply begins with, and the way out and back.

mod answer;
mod back;
mod begin;
mod draft;
mod file;
mod send;
mod signature;
#[cfg(test)]
mod writing_test;

pub use answer::{Recipients, forward_subject, recipients, reply_subject};
pub use back::back;
pub use begin::{Begun, Manner, forward, reply};
pub use draft::{create, discard, get, list, new_key, save};
pub use file::{attach, bytes, detach};
pub use send::{UNDO_MS, send};
pub use signature::{Opening, opening, own_words, signed_anew};
