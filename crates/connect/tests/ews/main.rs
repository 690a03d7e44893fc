//! The Exchange connector against a simulator that shares nothing with it.

mod autodiscover;
mod both_ways;
mod bound;
#[path = "../disk/mod.rs"]
mod disk;
mod fetch;
mod kept;
#[path = "../memory/mod.rs"]
mod memory;
#[path = "../office/mod.rs"]
mod office;
mod push;
mod send;
mod sign_in;
