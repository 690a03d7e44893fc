//! The Exchange connector against a simulator that shares nothing with it.

mod both_ways;
mod faults;
mod fetch;
mod kept;
mod push;
mod send;
mod sign_in;
