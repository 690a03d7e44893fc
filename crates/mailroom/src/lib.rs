//! What Postkamer does. No SQL, no sockets, no HTML: it carries between `store` and `connect`, which never meet.

pub mod accounts;
pub mod desk;
mod doer;
pub mod founding;
pub mod incoming;
mod killpoint;
pub mod outgoing;
pub mod people;
pub mod pictures;
mod tally;
pub mod upkeep;
pub mod words;
pub mod writing;

#[cfg(debug_assertions)]
pub use killpoint::killed_at;

pub use tally::Tally;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Everything a verb needs. One for the whole program, shared.
#[derive(Clone)]
pub struct MailRoom {
    /// What we keep.
    pub store: Arc<store::Store>,
    /// How we reach the outside world.
    pub world: connect::World,
    /// What time it is.
    pub clock: Clock,
    /// How this program is set up.
    pub config: Arc<Config>,
    /// The running account tasks, so that a verb can ask one of them for something now.
    pub desks: incoming::Desks,
    /// Tests of accounts that somebody looks at.
    pub tests: accounts::Tests,
    /// Transports that are kept for their connections.
    pub transports: outgoing::Transports,
    /// Wrong passwords of the last day, so that the same one counts once.
    pub wrongs: people::Wrongs,
    /// What providers at which people sign in said of themselves lately.
    pub providers: people::provider::Known,
    /// Lines to mailboxes that were opened by a grant.
    pub grants: accounts::Grants,
    /// What is known of accounts that were sent by.
    pub grounds: outgoing::Grounds,
    /// What was done since the start.
    pub tally: Arc<Tally>,
}

impl MailRoom {
    /// A room in which nothing runs yet.
    pub fn new(store: store::Store, world: connect::World, clock: Clock, config: Config) -> MailRoom {
        MailRoom {
            store: Arc::new(store),
            world,
            clock,
            config: Arc::new(config),
            desks: incoming::Desks::default(),
            tests: accounts::Tests::default(),
            transports: outgoing::Transports::default(),
            wrongs: people::Wrongs::default(),
            providers: people::provider::Known::default(),
            grants: accounts::Grants::default(),
            grounds: outgoing::Grounds::default(),
            tally: Arc::default(),
        }
    }
}

/// How this program is set up.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// This node's name, for leases.
    pub node: String,
    /// The address people reach the page at, without a slash at the end.
    pub base_url: String,
    /// The domain of temporary mailboxes and of our own names.
    pub base_domain: String,
}

/// What time it is: the system's, unless a test has set it.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// A clock that stands still until it is set.
    pub fn fixed(now: i64) -> Clock {
        Clock(Some(Arc::new(AtomicI64::new(now))))
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> i64 {
        match &self.0 {
            Some(fixed) => fixed.load(Ordering::Relaxed),
            None => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |since| since.as_millis() as i64),
        }
    }

    /// Sets a fixed clock; the system's can't be set.
    pub fn set(&self, now: i64) {
        if let Some(fixed) = &self.0 {
            fixed.store(now, Ordering::Relaxed);
        }
    }
}
