//! Delivery by our own hand, straight to the servers of the recipients' domains (features S8).
//!
//! `route` finds the servers, `policy` and DNSSEC say how they must prove themselves, `exchanger` goes in, and one message
//! is handed over as [`crate::smtp`] does. Each recipient has its own answer: that one domain can't be reached says
//! nothing of another.

mod exchanger;
mod policy;
mod reach;
mod route;

/// A network, as records that name senders write it.
pub use ipnet::IpNet as Network;
pub use policy::{KeptPolicy, PolicyKeeper};

use crate::{
    ConnectError, Marks, Parcel, Receipt, RecipientReceipt, ServerWords, Transport, World,
    egress::later,
    error::{Cause, Step},
    smtp::{
        Deadlines,
        connection::Connection,
        transaction::{Mark, hand_over},
    },
};
use async_trait::async_trait;
use exchanger::Security;
use mail::address::fold_address;
use policy::{Mode, Policies, Policy};
use reach::Reach;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// Servers of one domain that are tried for one message.
const SERVERS_MAX: usize = 5;
/// Domains whose connections are remembered; those that nobody uses go first.
const DOMAINS_MAX: usize = 1024;

/// How we deliver.
#[derive(Debug, Clone)]
pub struct DirectOptions {
    /// The name we say in EHLO: one that leads back to our address, or servers will not believe us.
    pub helo_name: String,
    /// Connections to the servers of one domain at a time.
    pub connections_per_domain: usize,
    /// Messages after which a connection is ended.
    pub messages_per_connection: u32,
    /// An idle connection is used again within this time.
    pub idle_max: Duration,
    /// How long to wait for what.
    pub deadlines: Deadlines,
}

impl Default for DirectOptions {
    fn default() -> DirectOptions {
        DirectOptions {
            helo_name: "[127.0.0.1]".to_owned(),
            connections_per_domain: 3,
            messages_per_connection: 20,
            idle_max: Duration::from_secs(10),
            deadlines: Deadlines::default(),
        }
    }
}

/// The way out that asks nobody else. One for the whole program, so that all who write to a domain are counted together.
#[derive(Debug, Clone)]
pub struct DirectTransport(Arc<Office>);

#[derive(Debug)]
struct Office {
    world: World,
    options: DirectOptions,
    policies: Policies,
    reach: Reach,
    domains: Mutex<HashMap<String, Arc<Counter>>>,
}

/// Where the mail for one domain is handed over.
#[derive(Debug)]
struct Counter {
    slots: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl DirectTransport {
    /// Has not connected yet.
    pub fn new(world: World, mut options: DirectOptions, keeper: Box<dyn PolicyKeeper>) -> DirectTransport {
        options.helo_name.retain(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':'));
        let (policies, reach) = (Policies::new(keeper), Reach::default());
        DirectTransport(Arc::new(Office { world, options, policies, reach, domains: Mutex::default() }))
    }
}

/// The domain of an address, as domains are compared; whatever has none is a group of its own and is refused.
pub fn domain_of(address: &str) -> String {
    let folded = fold_address(address);
    folded.rsplit_once('@').map(|(_, domain)| domain.to_owned()).unwrap_or_default()
}

#[async_trait]
impl Transport for DirectTransport {
    async fn submit(&self, parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        for (at, address) in parcel.recipients.iter().enumerate() {
            let domain = domain_of(address);
            match groups.iter_mut().find(|(known, _)| *known == domain) {
                Some((_, places)) => places.push(at),
                None => groups.push((domain, vec![at])),
            }
        }
        let mut outcomes: Vec<Option<Result<ServerWords, ConnectError>>> = vec![None; parcel.recipients.len()];
        let (mut server_said, mut code) = (ServerWords::default(), 0);
        for (domain, places) in groups {
            let recipients = places.iter().filter_map(|at| parcel.recipients.get(*at).cloned()).collect();
            let part = Parcel { recipients, ..parcel.clone() };
            match self.0.deliver(&domain, &part, marks).await {
                Ok(receipt) => {
                    if receipt.code > 0 {
                        (server_said, code) = (receipt.server_said, receipt.code);
                    }
                    for (at, one) in places.into_iter().zip(receipt.recipients) {
                        outcomes[at] = Some(one.outcome);
                    }
                }
                Err(error) => {
                    for at in places {
                        outcomes[at] = Some(Err(error.clone()));
                    }
                }
            }
        }
        let lost = || later(Step::Work, Cause::Protocol, "nothing was said of this recipient".to_owned());
        let rows = parcel.recipients.into_iter().zip(outcomes);
        let recipients: Vec<RecipientReceipt> = rows
            .map(|(address, outcome)| RecipientReceipt { address, outcome: outcome.unwrap_or_else(|| Err(lost())) })
            .collect();
        // When nothing gets out at all it is no recipient's fault: everything waits, and a person is told.
        let shut = |one: &RecipientReceipt| one.outcome.as_ref().err().and_then(ConnectError::cause);
        if let Some(Err(error)) = recipients.first().map(|one| one.outcome.clone())
            && recipients.iter().all(|one| shut(one) == Some(Cause::MailPortClosed))
            && self.0.reach.is_shut_in()
        {
            return Err(error);
        }
        Ok(Receipt { recipients, server_said, code })
    }

    /// There is no one server to try: the servers of a domain are known when there is mail for it.
    async fn probe(&self) -> Result<ServerWords, ConnectError> {
        Ok(ServerWords::default())
    }

    async fn close(&self) {
        let domains: Vec<_> = {
            let mut domains = self.0.domains.lock().unwrap_or_else(PoisonError::into_inner);
            domains.drain().map(|(_, counter)| counter).collect()
        };
        let idle = domains.iter().flat_map(|counter| std::mem::take(&mut *counter.idle()));
        futures_util::future::join_all(idle.map(Connection::quit)).await;
    }
}

impl Counter {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, idle_max: Duration) -> Option<Connection> {
        let mut idle = self.idle();
        idle.retain(|connection| connection.used_at.elapsed() < idle_max);
        idle.pop()
    }
}

impl Office {
    /// Hands the parcel, all of one domain, to the first of its servers that will talk.
    async fn deliver(&self, domain: &str, parcel: &Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        let counter = self.counter(domain);
        let Ok(_slot) = counter.slots.acquire().await else {
            return Err(later(Step::Work, Cause::Dropped, "the transport is closed".to_owned()));
        };
        let mut mark = Mark::new(marks);
        while let Some(mut connection) = counter.take(self.options.idle_max) {
            let result = hand_over(&mut connection, parcel, &mut mark).await;
            let stale = !connection.in_step && !mark.made && matches!(result, Err(ConnectError::Later { .. }));
            self.put_back(&counter, connection);
            if !stale {
                return result;
            }
        }
        let route = route::to(&self.world, domain).await?;
        let policy = match domain.starts_with('[') {
            true => None,
            false => self.policies.of(&self.world, domain).await.filter(|policy| policy.mode != Mode::None),
        };
        let mut troubles: Vec<(String, ConnectError)> = Vec::new();
        for host in route.hosts.iter().take(SERVERS_MAX) {
            let opened = self.open(host, domain, route.is_proven, policy.as_ref()).await;
            let mut connection = match opened {
                Ok(connection) => connection,
                Err(error) => {
                    troubles.push((host.clone(), error));
                    continue;
                }
            };
            let result = hand_over(&mut connection, parcel, &mut mark).await;
            self.put_back(&counter, connection);
            match result {
                // Nothing had left: another server of the domain may do better.
                Err(error @ ConnectError::Later { .. }) if !mark.made => troubles.push((host.clone(), error)),
                other => return other,
            }
        }
        let sum = self.sum_up(domain, troubles);
        Err(sum)
    }

    async fn open(
        &self,
        host: &str,
        domain: &str,
        is_proven: bool,
        policy: Option<&Policy>,
    ) -> Result<Connection, ConnectError> {
        let strict = policy.filter(|policy| policy.mode == Mode::Enforce);
        if let Some(policy) = policy.filter(|policy| !policy.names(host)) {
            let words = format!("{host} is not among the servers that the policy of {domain} names");
            match policy.mode {
                Mode::Enforce => return Err(later(Step::Tls, Cause::CertificateWrongHost, words)),
                _ => tracing::info!("{words}, which it only tries out"),
            }
        }
        // What DNSSEC proves goes before what the web says (RFC 8461 §2).
        let by_dns = if is_proven { exchanger::by_dns(&self.world, host).await? } else { None };
        let security = match (by_dns, strict) {
            // Records that nobody understands prove nothing: then what the web says holds.
            (None | Some(Security::Encrypted), Some(_)) => Security::Verified,
            (Some(by_dns), _) => by_dns,
            (None, None) => Security::Opportunistic,
        };
        self.reach.rests(host)?;
        let helo = &self.options.helo_name;
        let opened = exchanger::open(&self.world, host, domain, &security, helo, self.options.deadlines).await;
        self.reach.note(host, domain, opened)
    }

    fn put_back(&self, counter: &Counter, mut connection: Connection) {
        if !connection.in_step {
            return;
        }
        if connection.messages >= self.options.messages_per_connection {
            tokio::spawn(connection.quit());
            return;
        }
        connection.used_at = Instant::now();
        counter.idle().push(connection);
    }

    fn counter(&self, domain: &str) -> Arc<Counter> {
        let mut domains = self.domains.lock().unwrap_or_else(PoisonError::into_inner);
        if domains.len() >= DOMAINS_MAX {
            domains.retain(|_, counter| Arc::strong_count(counter) > 1);
        }
        let new =
            || Counter { slots: Semaphore::new(self.options.connections_per_domain.max(1)), idle: Mutex::default() };
        domains.entry(domain.to_owned()).or_insert_with(|| Arc::new(new())).clone()
    }

    /// What all the servers of a domain said, as one: as long as one of them may do it later, it waits.
    fn sum_up(&self, domain: &str, troubles: Vec<(String, ConnectError)>) -> ConnectError {
        let words = |error: &ConnectError| match error {
            ConnectError::Later { reason, .. } => reason.clone(),
            ConnectError::Settings { words, .. }
            | ConnectError::Refused { words, .. }
            | ConnectError::Credentials { words, .. } => words.0.clone(),
            other => other.to_string(),
        };
        let told: Vec<String> = troubles.iter().map(|(host, error)| format!("{} ({host})", words(error))).collect();
        let told = ServerWords::new(&told.join("; "), &[]);
        let waiting = troubles.iter().find_map(|(_, error)| match error {
            ConnectError::Later { step, cause, wait, .. } => Some((*step, *cause, *wait)),
            _ => None,
        });
        match (waiting, troubles.first()) {
            (Some((step, cause, wait)), _) => ConnectError::Later { step, cause, wait, reason: told.0 },
            // Refused at the door by every one of them, or inside a network that may not be reached.
            (None, Some((_, error))) => {
                ConnectError::Refused { cause: error.cause().unwrap_or(Cause::Refused), words: told }
            }
            (None, None) => later(Step::Resolve, Cause::UnknownHost, format!("{domain} has no mail server")),
        }
    }
}
