//! The Microsoft connector against a simulator that shares nothing with it.

mod both_ways;
mod faults;
mod fetch;
mod heavy;
mod kept;
#[path = "../memory/mod.rs"]
mod memory;
mod send;
