//! The Microsoft connector against a simulator that shares nothing with it.

mod batch;
mod both_ways;
#[path = "../disk/mod.rs"]
mod disk;
mod faults;
mod fetch;
#[path = "../granted/mod.rs"]
mod granted;
mod heavy;
mod kept;
#[path = "../memory/mod.rs"]
mod memory;
#[path = "../office/mod.rs"]
mod office;
