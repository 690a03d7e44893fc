//! The Gmail connector against a simulator that shares nothing with it.

mod both_ways;
mod by_imap;
#[path = "../disk/mod.rs"]
mod disk;
mod faults;
mod fetch;
#[path = "../granted/mod.rs"]
mod granted;
mod kept;
#[path = "../memory/mod.rs"]
mod memory;
mod send;
