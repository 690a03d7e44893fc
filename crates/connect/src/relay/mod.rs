//! The door for mail that others bring: an SMTP server for addresses of this house and for nothing else (RFC 5321).
//!
//! The dialogue is ours, because what matters most in it is what is not taken: nothing for another house, no line end but
//! CRLF, no end of a message but CRLF.CRLF, nothing without a bound. Whoever lives here is asked of a [`House`], in the
//! dialogue, so that no bounce has to be sent to somebody who may never have written. `250` after a message is said only when
//! the house has it durably.

mod answers;
mod author;
mod body;
mod command;
mod gate;
mod identity;
mod path;
mod proxy;
mod session;
mod trace;
mod verdict;
mod wire;

pub use identity::Identity;
pub use ipnet::IpNet;
pub use verdict::Verifier;

use async_trait::async_trait;
use gate::Gate;
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};

/// Memory is lent out in pieces of so many bytes.
const PIECE: usize = 64 << 10;
/// So many of those that are turned away are heard out at a time.
const GOODBYES: usize = 64;

/// Who lives behind the door.
#[async_trait]
pub trait House: Send + Sync + 'static {
    /// Whether mail for this address is taken. Asked for every `RCPT`, so it should be quick.
    async fn recipient(&self, address: &str) -> Door;

    /// Keeps the letter for all its recipients. Answers when it is durable; the same letter twice is kept once.
    async fn take(&self, letter: Letter) -> Result<(), Trouble>;
}

/// What the house says of a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Mail for it is taken.
    Open,
    /// Nobody here is called that (550 5.1.1).
    Unknown,
    /// It lives elsewhere, and we carry nothing on (550 5.7.1).
    Elsewhere,
    /// It is switched off (550 5.2.1).
    Closed,
    /// Nobody can say now (451 4.3.0).
    Later,
}

/// Why a letter was not kept, by what its sender should be told. All of these pass: the sender's server tries again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No room on the disk (452 4.3.1).
    #[error("the disk is full")]
    Full,
    /// Anything else of ours (451 4.3.0).
    #[error("{0}")]
    Later(String),
}

/// A letter as it was brought.
#[derive(Debug)]
pub struct Letter {
    /// Who is told when it can't be delivered; empty for nobody (RFC 5321 §4.5.5).
    pub sender: String,
    /// Whom it is for: what the house said [`Door::Open`] to, as it was written.
    pub recipients: Vec<String>,
    /// The bytes to keep: our own header fields, then the letter as it came.
    pub raw: bytes::Bytes,
    /// How many bytes of `raw` are ours: the rest is the same at a second try of its sender.
    pub ours: usize,
}

/// How the door is kept.
#[derive(Debug, Clone)]
pub struct RelayOptions {
    /// What we call ourselves, in the greeting and in what we write on letters.
    pub name: String,
    /// Largest letter, in bytes.
    pub message_limit: usize,
    /// From these networks a PROXY header comes before everything else (HAProxy's PROXY protocol, versions 1 and 2), and
    /// says who the client is.
    pub proxies: Vec<IpNet>,
    /// Connections of all together.
    pub connections: usize,
    /// Connections of one source: an IPv4 address, or an IPv6 network of 64 bits.
    pub connections_of_one: usize,
    /// Letters of one source in a minute.
    pub per_minute: u32,
    /// Recipients of one letter that are taken (RFC 5321 §4.5.3.1.8 wants at least 100).
    pub recipients: usize,
    /// Recipients that nobody knows, of one source in ten minutes.
    pub wrong_recipients: u32,
    /// Memory for letters that are on their way in, in bytes. One source has at most half of it, or what the largest letter
    /// needs.
    pub memory: usize,
    /// How long a command may take to come, and how long nothing may come of a letter (RFC 5321 §4.5.3.2.7).
    pub patience: Duration,
    /// How long it may take from one letter to the next, that letter included.
    pub patience_for_letter: Duration,
}

impl RelayOptions {
    /// What suits a small organisation.
    pub fn named(name: impl Into<String>, message_limit: usize) -> RelayOptions {
        RelayOptions {
            name: name.into(),
            message_limit,
            proxies: Vec::new(),
            connections: 400,
            connections_of_one: 20,
            per_minute: 1000,
            recipients: 100,
            wrong_recipients: 50,
            memory: 160 << 20,
            patience: Duration::from_secs(300),
            patience_for_letter: Duration::from_secs(600),
        }
    }
}

/// What went through the door since it was opened.
#[derive(Debug, Default)]
pub struct Traffic {
    connections: AtomicU64,
    turned_away: AtomicU64,
    letters: AtomicU64,
    refused: AtomicU64,
    strangers: AtomicU64,
}

impl Traffic {
    /// Every count as it stands: its name as Prometheus wants it, what it says, and the count.
    pub fn counts(&self) -> [(&'static str, &'static str, u64); 5] {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            ("postkamer_smtp_connections_total", "Connections to the SMTP listener.", of(&self.connections)),
            (
                "postkamer_smtp_connections_refused_total",
                "Connections that were turned away at once: too many, or too many wrong recipients.",
                of(&self.turned_away),
            ),
            ("postkamer_smtp_messages_total", "Messages that were taken and kept.", of(&self.letters)),
            ("postkamer_smtp_messages_refused_total", "Messages that were not taken, now or ever.", of(&self.refused)),
            ("postkamer_smtp_recipients_refused_total", "Recipients that are not of this house.", of(&self.strangers)),
        ]
    }

    fn count(&self, what: impl Fn(&Traffic) -> &AtomicU64) {
        what(self).fetch_add(1, Ordering::Relaxed);
    }
}

/// The door, open.
pub struct Relay {
    listener: TcpListener,
    shared: Arc<Shared>,
}

/// What all sessions have in common.
struct Shared {
    house: Arc<dyn House>,
    options: RelayOptions,
    identity: Identity,
    verifier: Verifier,
    gate: Gate,
    memory: Arc<Semaphore>,
    goodbyes: Semaphore,
    traffic: Arc<Traffic>,
}

impl Relay {
    /// Listens, and takes nobody in yet.
    pub async fn bind(
        address: SocketAddr,
        house: Arc<dyn House>,
        options: RelayOptions,
        identity: Identity,
        verifier: Verifier,
    ) -> io::Result<Relay> {
        let listener = TcpListener::bind(address).await?;
        let shared = Shared {
            house,
            identity,
            verifier,
            gate: Gate::new(&options),
            memory: Arc::new(Semaphore::new(pieces(options.memory.max(options.message_limit)))),
            goodbyes: Semaphore::new(GOODBYES),
            traffic: Arc::default(),
            options,
        };
        Ok(Relay { listener, shared: Arc::new(shared) })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The counts, for whoever watches.
    pub fn traffic(&self) -> Arc<Traffic> {
        self.shared.traffic.clone()
    }

    /// Takes mail in until told to stop; a letter that is being kept then is kept.
    pub async fn serve(self, mut stop: watch::Receiver<bool>) {
        let mut sessions = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            while sessions.try_join_next().is_some() {}
            match accepted {
                Ok((stream, peer)) => {
                    self.shared.traffic.count(|traffic| &traffic.connections);
                    sessions.spawn(begin(self.shared.clone(), stream, peer, stop.clone()));
                }
                Err(error) => {
                    // No more files, say: a moment later some session has ended.
                    tracing::warn!(%error, "a connection could not be taken in");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        drop(self.listener);
        while sessions.join_next().await.is_some() {}
    }
}

/// How many pieces hold so many bytes, with what a letter asks for before its end is seen.
fn pieces(bytes: usize) -> usize {
    bytes / PIECE + 2
}

async fn begin(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr, stop: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection answers with delays");
    }
    match session::run(&shared, stream, peer, stop).await {
        Ok(()) => {}
        Err(error) => tracing::debug!(%peer, %error, "an SMTP connection ended early"),
    }
}
