//! The Mailgun connector against a simulator that shares nothing with it.

mod domain;
mod hook;
mod kept;
mod send;
