//! A stand-in for providers that can't be had on a machine of one's own: Microsoft's sign-in and its Graph for mail,
//! Mailgun, with faults on request. It serves the tests, the demo, and who builds on our API.
//!
//! It shares no type with `connect`, so that neither hides the other's mistake. What it answers follows the vendor's
//! documents (learn.microsoft.com/graph, learn.microsoft.com/entra/identity-platform, documentation.mailgun.com), and the vendor's own client library
//! is the judge of that (`tests/vendor.rs`).

mod asked;
mod cloud;
mod control;
mod fault;
mod graph;
mod mailbox;
mod mailgun;
mod server;
mod sign_in;

pub use cloud::{App, CLIENT_ID, CLIENT_SECRET, Cloud, Sent};
pub use fault::{Fault, Kind};
pub use mailbox::{Letter, Mailbox};
pub use mailgun::{Domain, Event, MAILGUN_KEY, MAILGUN_SIGNING_KEY, Mailgun, Posted, Region, Route, State, Stored};
pub use server::Simulator;
