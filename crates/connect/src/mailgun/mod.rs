//! Mailgun: mail of a domain, both ways (documentation.mailgun.com, API reference).
//!
//! `line` asks, with the account's key; `domain` says how far a domain is and has it tell us of its mail; `send` sends,
//! `log` says what became of it. What Mailgun posts to us is read by `hook`: mail that came in, whole or in parts (`whole`
//! puts those together), and events.

mod domain;
mod fault;
mod form;
mod hook;
mod line;
mod log;
mod send;
mod suppression;
mod whole;

pub use domain::{DnsRecord, DomainState, Found, Validity};
pub use form::{Field, fields_of_form};
pub use hook::{Body, Post, Signature, Unproven, read_event, read_post};
pub use line::Line;
pub use log::{Came, Event, Log, Page, What};
pub use send::MailgunTransport;
pub use suppression::{Suppressed, Why};

use crate::Secret;

/// Under this name our own number of a submission travels along and comes back with every event (`v:` of the API).
pub const OUR_VARIABLE: &str = "pk-id";

/// Where a domain lives: neither region knows the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Region {
    /// The United States, `api.mailgun.net`.
    Us,
    /// The European Union, `api.eu.mailgun.net`.
    Eu,
}

impl Region {
    /// The name in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Region::Us => "us",
            Region::Eu => "eu",
        }
    }

    /// The region of that name.
    pub fn from_name(name: &str) -> Option<Region> {
        [Region::Us, Region::Eu].into_iter().find(|region| region.as_str() == name)
    }
}

/// Where Mailgun's interfaces are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bases {
    us: String,
    eu: String,
    is_simulated: bool,
}

impl Default for Bases {
    fn default() -> Bases {
        let (us, eu) = ("https://api.mailgun.net".to_owned(), "https://api.eu.mailgun.net".to_owned());
        Bases { us, eu, is_simulated: false }
    }
}

impl Bases {
    /// Those of a simulator at this address, which was found to be on this machine.
    pub(crate) fn simulated(url: &str) -> Bases {
        let url = url.trim().trim_end_matches('/');
        Bases { us: format!("{url}/mailgun/us"), eu: format!("{url}/mailgun/eu"), is_simulated: true }
    }

    fn of(&self, region: Region) -> &str {
        match region {
            Region::Us => &self.us,
            Region::Eu => &self.eu,
        }
    }
}

/// A domain, and what opens it.
#[derive(Debug, Clone)]
pub struct Access {
    /// Where it lives.
    pub region: Region,
    /// Its name.
    pub domain: String,
    /// The API key.
    pub key: Secret,
}
