//! The Mailgun connector against a simulator that shares nothing with it.

#[path = "../disk/mod.rs"]
mod disk;
mod domain;
mod hook;
mod kept;
mod log;
mod send;
