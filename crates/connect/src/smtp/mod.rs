//! Submission over SMTP (RFC 5321, RFC 6409).
//!
//! One file for each thing that can be got wrong on its own: [`reply`] reads, [`wire`] writes the content,
//! `envelope` the commands, `session` gets us in, `transaction` hands one message over, `verdict` says what a reply
//! means, and here is the pool of connections.

pub(crate) mod connection;
mod envelope;
pub mod reply;
pub(crate) mod session;
pub(crate) mod transaction;
mod verdict;
pub mod wire;

use crate::{
    ConnectError, Credentials, Marks, Parcel, Receipt, Server, ServerWords, Transcript, Transport, World,
    egress::{Observer, later},
    error::{Cause, Step},
};
use async_trait::async_trait;
use connection::Connection;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;
use transaction::Mark;

/// How long to wait for what (RFC 5321 §4.5.3.2, shorter where a person waits).
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// For the greeting.
    pub greeting: Duration,
    /// For the answer to a command.
    pub command: Duration,
    /// For the server to take one block of the content.
    pub block: Duration,
    /// For the answer to the final dot: shorter waits make duplicates (RFC 5321 §4.5.3.2.6).
    pub after_dot: Duration,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        let seconds = Duration::from_secs;
        Deadlines { greeting: seconds(30), command: seconds(300), block: seconds(180), after_dot: seconds(600) }
    }
}

/// How an account sends.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// The name we say in EHLO: a host name or an address in brackets.
    pub helo_name: String,
    /// Connections at once.
    pub connections_max: usize,
    /// Messages after which a connection is ended and made anew.
    pub messages_per_connection: u32,
    /// An idle connection is ended after this.
    pub idle_max: Duration,
    /// How long to wait for what.
    pub deadlines: Deadlines,
    /// Where the session is written down, for the account test and for bug reports.
    pub transcript: Option<Transcript>,
}

impl Default for SmtpOptions {
    fn default() -> SmtpOptions {
        SmtpOptions {
            helo_name: "[127.0.0.1]".to_owned(),
            connections_max: 2,
            messages_per_connection: 100,
            idle_max: Duration::from_secs(20),
            deadlines: Deadlines::default(),
            transcript: None,
        }
    }
}

/// Sends through one server with one account's credentials.
#[derive(Debug, Clone)]
pub struct SmtpTransport {
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    world: World,
    server: Server,
    credentials: Option<Credentials>,
    options: SmtpOptions,
    slots: Semaphore,
    idle: Mutex<Vec<Connection>>,
    swept: AtomicBool,
}

impl SmtpTransport {
    /// A transport that has not connected yet.
    pub fn new(
        world: World,
        server: Server,
        credentials: Option<Credentials>,
        mut options: SmtpOptions,
    ) -> SmtpTransport {
        options.helo_name.retain(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':'));
        if options.helo_name.is_empty() {
            options.helo_name = SmtpOptions::default().helo_name;
        }
        let credentials = match is_google(&server.host) {
            true => credentials.map(|credentials| credentials.as_google_means()),
            false => credentials,
        };
        if let (Some(transcript), Some(credentials)) = (&options.transcript, &credentials) {
            transcript.hide(match credentials {
                Credentials::Password { secret, .. } => secret,
                Credentials::Token { token, .. } => token,
            });
        }
        let slots = Semaphore::new(options.connections_max.max(1));
        let (idle, swept) = (Mutex::default(), AtomicBool::new(false));
        SmtpTransport { pool: Arc::new(Pool { world, server, credentials, options, slots, idle, swept }) }
    }
}

/// Google's own way out; its greeting says no more than its name.
fn is_google(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    [".gmail.com", ".googlemail.com"].iter().any(|domain| host.ends_with(domain))
}

#[async_trait]
impl Transport for SmtpTransport {
    async fn submit(&self, parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        let pool = &self.pool;
        let Ok(_slot) = pool.slots.acquire().await else {
            return Err(later(Step::Work, Cause::Dropped, "the transport is closed".to_owned()));
        };
        let mut mark = Mark::new(marks);
        // A server may have hung up on an idle connection: that is no reason to come back later.
        while let Some(mut connection) = pool.take_idle() {
            let result = transaction::hand_over(&mut connection, &parcel, &mut mark).await;
            let stale = !connection.in_step && !mark.made && matches!(result, Err(ConnectError::Later { .. }));
            self.put_back(connection);
            if !stale {
                return result;
            }
        }
        let mut connection = pool.open(&mut |_, _, _| ()).await?;
        let result = transaction::hand_over(&mut connection, &parcel, &mut mark).await;
        self.put_back(connection);
        result
    }

    async fn probe(&self) -> Result<ServerWords, ConnectError> {
        self.probe_observed(&mut |_, _, _| ()).await
    }

    async fn close(&self) {
        let idle = std::mem::take(&mut *self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner));
        futures_util::future::join_all(idle.into_iter().map(Connection::quit)).await;
    }
}

impl SmtpTransport {
    /// [`Transport::probe`], telling of each step as it ends, for the account test.
    pub async fn probe_observed(&self, observe: Observer<'_>) -> Result<ServerWords, ConnectError> {
        let connection = self.pool.open(observe).await?;
        let words = describe(&connection);
        connection.quit().await;
        Ok(words)
    }

    fn put_back(&self, mut connection: Connection) {
        if !connection.in_step {
            return;
        }
        if connection.messages >= self.pool.options.messages_per_connection {
            tokio::spawn(connection.quit());
            return;
        }
        connection.used_at = Instant::now();
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        if !self.pool.swept.swap(true, Ordering::AcqRel) {
            tokio::spawn(sweep(Arc::downgrade(&self.pool)));
        }
    }
}

impl Pool {
    async fn open(&self, observe: Observer<'_>) -> Result<Connection, ConnectError> {
        session::open(&self.world, &self.server, self.credentials.as_ref(), &self.options, observe).await
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(connection) = idle.pop() {
            if connection.used_at.elapsed() < self.options.idle_max {
                return Some(connection);
            }
        }
        None
    }

    fn take_old(&self) -> Vec<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extract_if(.., |connection| connection.used_at.elapsed() >= self.options.idle_max).collect()
    }
}

/// Ends connections that nobody needed for a while; ends itself when none are left.
async fn sweep(pool: std::sync::Weak<Pool>) {
    loop {
        let Some(idle_max) = pool.upgrade().map(|pool| pool.options.idle_max) else { return };
        tokio::time::sleep(idle_max).await;
        let Some(pool) = pool.upgrade() else { return };
        futures_util::future::join_all(pool.take_old().into_iter().map(Connection::quit)).await;
        let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.is_empty() {
            pool.swept.store(false, Ordering::Release);
            return;
        }
    }
}

fn describe(connection: &Connection) -> ServerWords {
    let offers = &connection.offers;
    let mut words = vec![connection.server_name.clone()];
    let known = [
        (connection.is_encrypted(), "TLS"),
        (connection.signed_in, "signed in"),
        (offers.pipelining, "PIPELINING"),
        (offers.eight_bit, "8BITMIME"),
        (offers.utf8, "SMTPUTF8"),
        (offers.chunking, "CHUNKING"),
        (offers.dsn, "DSN"),
    ];
    words.extend(known.iter().filter(|(is, _)| *is).map(|(_, name)| (*name).to_owned()));
    words.extend(offers.size.map(|size| format!("SIZE {size}")));
    ServerWords(reply::clean(&words.join(" ")))
}
