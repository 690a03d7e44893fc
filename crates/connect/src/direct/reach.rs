//! Whether we get out at all. Most networks of homes and many hosting providers let nobody out on port 25, and then it
//! looks as if every server in the world were down.

use crate::{
    ConnectError,
    egress::later,
    error::{Cause, Step},
    smtp::connection::Connection,
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A server that does not answer is left alone so long, so that a queue for it does not wait out every deadline.
const REST: Duration = Duration::from_secs(60);
/// What was seen longer ago says nothing of now.
const MEMORY: Duration = Duration::from_secs(3600);
/// So many domains of which nobody answers, and none that does: it is us.
const DOMAINS: usize = 2;

/// What we saw of servers lately.
#[derive(Debug, Default)]
pub(super) struct Reach(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    resting: HashMap<String, Instant>,
    silent: HashMap<String, Instant>,
    answered: Option<Instant>,
}

impl Reach {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `Err` while the server is left alone.
    pub(super) fn rests(&self, host: &str) -> Result<(), ConnectError> {
        let mut seen = self.seen();
        seen.resting.retain(|_, since| since.elapsed() < REST);
        match seen.resting.contains_key(host) {
            true => Err(silent("it did not answer a moment ago")),
            false => Ok(()),
        }
    }

    /// Remembers whether the server answered, and says what that means.
    pub(super) fn note(
        &self,
        host: &str,
        domain: &str,
        opened: Result<Connection, ConnectError>,
    ) -> Result<Connection, ConnectError> {
        let now = Instant::now();
        match opened {
            Err(ConnectError::Later {
                step: Step::Connect,
                cause: Cause::TimedOut | Cause::PortClosed,
                reason,
                ..
            }) => {
                let mut seen = self.seen();
                seen.resting.insert(host.to_owned(), now);
                seen.silent.retain(|_, since| since.elapsed() < MEMORY);
                seen.silent.insert(domain.to_owned(), now);
                Err(silent(&reason))
            }
            Err(error @ (ConnectError::Settings { .. } | ConnectError::Later { step: Step::Resolve, .. })) => {
                Err(error)
            }
            answered => {
                let mut seen = self.seen();
                seen.answered = Some(now);
                seen.silent.clear();
                answered
            }
        }
    }

    /// Whether several domains are silent and nobody else has spoken.
    pub(super) fn is_shut_in(&self) -> bool {
        let seen = self.seen();
        let silent = seen.silent.values().filter(|since| since.elapsed() < MEMORY).count();
        silent >= DOMAINS && seen.answered.is_none_or(|when| when.elapsed() >= MEMORY)
    }
}

fn silent(reason: &str) -> ConnectError {
    later(Step::Connect, Cause::MailPortClosed, format!("no answer on port 25: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed() -> Result<Connection, ConnectError> {
        Err(later(Step::Connect, Cause::TimedOut, "no answer to the connection".into()))
    }

    #[test]
    fn one_silent_domain_is_its_own_trouble_and_two_are_ours() {
        let reach = Reach::default();
        assert!(reach.note("mx.een.test", "een.test", closed()).is_err() && !reach.is_shut_in());
        assert!(reach.rests("mx.een.test").is_err() && reach.rests("mx.twee.test").is_ok());
        assert!(reach.note("mx2.een.test", "een.test", closed()).is_err() && !reach.is_shut_in());
        let error = reach.note("mx.twee.test", "twee.test", closed()).unwrap_err();
        assert_eq!(error.cause(), Some(Cause::MailPortClosed));
        assert!(reach.is_shut_in());
        let busy = Err(later(Step::Connect, Cause::Throttled, "421 later".into()));
        assert!(reach.note("mx.drie.test", "drie.test", busy).is_err());
        assert!(!reach.is_shut_in(), "somebody answered");
    }
}
