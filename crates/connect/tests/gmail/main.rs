//! The Gmail connector against a simulator that shares nothing with it.

mod both_ways;
mod by_imap;
mod faults;
mod fetch;
mod kept;
#[path = "../memory/mod.rs"]
mod memory;
mod push;
mod send;
