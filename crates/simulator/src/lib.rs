//! A stand-in for providers that can't be had on a machine of one's own: Microsoft's sign-in and its Graph for mail, an
//! Exchange server, Google's sign-in and Gmail, and Mailgun, with faults on request. It serves the tests, the demo, and who
//! builds on our API.
//!
//! It shares no type with `connect`, so that neither hides the other's mistake. What it answers follows the vendor's
//! documents (learn.microsoft.com/graph, learn.microsoft.com/entra/identity-platform,
//! developers.google.com/workspace/gmail/api, documentation.mailgun.com), and the vendors' own client libraries
//! are the judges of that (`tests/vendor.rs`, `tests/gmail.rs`, `tests/mailgun.rs`).

mod asked;
mod cloud;
mod control;
mod ews;
mod fault;
mod gmail;
mod google;
mod graph;
mod mailbox;
mod mailgun;
mod server;
mod sign_in;

pub use cloud::{App, CLIENT_ID, CLIENT_SECRET, Cloud, Sent};
pub use ews::{Autodiscover, EXCHANGE_PASSWORD, Exchange, Leads, User};
pub use fault::{Fault, Kind};
pub use gmail::{GmailBox, KeptSubscription, Message, Subscription, token_of_google};
pub use google::{GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, Google, ServiceAccount};
pub use mailbox::{Letter, Mailbox};
pub use mailgun::{
    Domain, Event, MAILGUN_KEY, MAILGUN_SIGNING_KEY, Mailgun, Posted, Region, Route, State, Stored, Suppression,
};
pub use server::Simulator;
pub use sign_in::Registered;
