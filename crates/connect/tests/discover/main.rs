//! Finding settings on a small internet of our own.

mod published;
mod server;
mod standing;
