//! What Postkamer does. No SQL, no sockets, no HTML: it carries between `store` and `connect`, which never meet.

pub mod accounts;
pub mod desk;
mod doer;
pub mod founding;
pub mod incoming;
mod killpoint;
pub mod mailgun;
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

use std::{
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
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
    /// Files of contacts that are taken in, so that whoever left can see how far it is.
    pub imports: people::Imports,
    /// What providers at which people sign in said of themselves lately.
    pub providers: people::provider::Known,
    /// Lines to mailboxes that were opened by a grant.
    pub grants: accounts::Grants,
    /// What is known of accounts that were sent by.
    pub grounds: outgoing::Grounds,
    /// What was done since the start.
    pub tally: Arc<Tally>,
    served_at: Arc<OnceLock<String>>,
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
            imports: people::Imports::default(),
            providers: people::provider::Known::default(),
            grants: accounts::Grants::default(),
            grounds: outgoing::Grounds::default(),
            tally: Arc::default(),
            served_at: Arc::default(),
        }
    }

    /// People reach this program here when nothing else is set. Told once.
    pub fn is_served_at(&self, address: SocketAddr) {
        let name = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        // Nobody can go to "everywhere".
        let host = match address.ip().is_unspecified().then(name).flatten() {
            Some(name) => format!("{}:{}", name.trim(), address.port()),
            None => address.to_string(),
        };
        let _ = self.served_at.set(format!("http://{host}"));
    }

    /// The whole address of a page of ours, for a letter: as `base_url` says, or else where this program listens.
    pub fn link(&self, path: &str) -> String {
        let set = Some(self.config.base_url.as_str()).filter(|set| !set.is_empty());
        let here = set.or(self.served_at.get().map(String::as_str)).unwrap_or_default();
        format!("{}{path}", here.trim_end_matches('/'))
    }
}

/// By which clock the people live who read what Postkamer writes: that of the Low Countries.
pub fn readers_zone() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap_or_else(|_| jiff::tz::TimeZone::system())
}

/// How this program is set up.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// This node's name, for leases.
    pub node: String,
    /// The address people reach the page at; empty when it was not set.
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

#[cfg(test)]
mod tests {
    use crate::outgoing::fixture::house;

    #[tokio::test]
    async fn a_link_in_a_letter_leads_to_where_we_serve_unless_another_address_is_set() {
        let mut room = house().await.room;
        assert_eq!(room.link("/mail"), "/mail");
        room.is_served_at(([127, 0, 0, 1], 8025).into());
        assert_eq!(room.link("/mail"), "http://127.0.0.1:8025/mail");
        let set = crate::Config { base_url: "https://post.example/".into(), ..(*room.config).clone() };
        room.config = set.into();
        assert_eq!(room.link("/mail"), "https://post.example/mail");
    }
}
