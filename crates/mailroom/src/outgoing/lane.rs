//! The way out of one account: its transport, its connections and its limits.

use super::{limit::Pace, outcome, own::OwnTransport, own_hand, provider};
use crate::{MailRoom, accounts::connection};
use connect::{Transport, direct::DirectTransport};
use mail::AccountKey;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
};
use store::{
    StoreError,
    account::{Account, SentCopy},
    outbox::Attempted,
};
use tokio::sync::Semaphore;

/// Transports that are kept for their connections, one an account, as long as its settings stay.
#[derive(Clone, Default)]
pub struct Transports {
    lanes: Arc<Mutex<HashMap<AccountKey, Arc<Lane>>>>,
    /// Our own hand, of all accounts together.
    direct: Arc<OnceLock<DirectTransport>>,
}

/// The way out of one account.
pub(crate) struct Lane {
    pub(crate) account: Account,
    pub(crate) transport: Arc<dyn Transport>,
    /// Connections at a time.
    pub(crate) slots: Semaphore,
    /// What may leave in a time.
    pub(crate) pace: Pace,
    /// A copy belongs in the sent folder, and there is a way to put it there.
    pub(crate) wants_sent_copy: bool,
    /// Held by the one that tries first: until a sign-in went well, four connections would be four refused tries.
    pub(crate) first: tokio::sync::Mutex<()>,
    /// Mail is handed over domain by domain, each with an answer of its own.
    pub(crate) by_domain: bool,
    proven: AtomicBool,
    paused_until: AtomicI64,
    /// Domains that the next hop puts off, and until when.
    domains: Mutex<HashMap<String, i64>>,
    outstanding: AtomicUsize,
}

impl Lane {
    /// The way out through this transport.
    pub(crate) fn new(account: Account, transport: Arc<dyn Transport>) -> Lane {
        let limits = provider::limits(&account);
        Lane {
            slots: Semaphore::new(limits.connections.unwrap_or(connection::CONNECTIONS).max(1) as usize),
            pace: Pace::new(&account, limits),
            wants_sent_copy: account.sent_copy != SentCopy::Provider
                && !provider::saves_sent_always(&account)
                && account.settings.incoming.takes_mail(),
            by_domain: account.settings.is_delivered_here(),
            account,
            transport,
            first: tokio::sync::Mutex::default(),
            proven: AtomicBool::new(false),
            paused_until: AtomicI64::new(0),
            domains: Mutex::default(),
            outstanding: AtomicUsize::new(0),
        }
    }

    /// Whether a message went out since the lane was made.
    pub(crate) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Acquire)
    }

    /// A message went out: the next ones need not wait for each other.
    pub(crate) fn prove(&self) {
        self.proven.store(true, Ordering::Release);
    }

    /// Nothing goes out before this moment. Says whether that is news.
    pub(crate) fn pause(&self, until: i64, now: i64) -> bool {
        self.proven.store(false, Ordering::Release);
        self.paused_until.fetch_max(until, Ordering::AcqRel) <= now
    }

    /// Until when nothing goes out, when that is still to come.
    pub(crate) fn paused(&self, now: i64) -> Option<i64> {
        Some(self.paused_until.load(Ordering::Acquire)).filter(|until| *until > now)
    }

    /// Nothing goes to these domains before these moments.
    pub(crate) fn pause_domains(&self, domains: impl IntoIterator<Item = (String, i64)>) {
        let mut paused = self.domains.lock().unwrap_or_else(PoisonError::into_inner);
        for (domain, until) in domains {
            let known = paused.entry(domain).or_insert(until);
            *known = until.max(*known);
        }
    }

    /// Takes those out of the recipients whose domain has to wait; says until when, when there are any.
    pub(crate) fn hold_back(&self, recipients: &mut Vec<Attempted>, now: i64) -> Option<i64> {
        let mut paused = self.domains.lock().unwrap_or_else(PoisonError::into_inner);
        paused.retain(|_, until| *until > now);
        if paused.is_empty() {
            return None;
        }
        let mut until = None;
        recipients.retain(|recipient| {
            let waits = outcome::domain_of(&recipient.address).and_then(|domain| paused.get(&domain).copied());
            until = until.max(waits);
            waits.is_none()
        });
        until
    }

    /// Makes room for one more, unless too many wait here already.
    pub(crate) fn enter(&self, most: usize) -> bool {
        let entered = self
            .outstanding
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| (count < most).then_some(count + 1));
        entered.is_ok()
    }

    /// One left.
    pub(crate) fn leave(&self) {
        self.outstanding.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Transports {
    /// The way out of the account, made anew when a person saved it since.
    pub(crate) async fn lane(&self, room: &MailRoom, account: &Account) -> Result<Arc<Lane>, StoreError> {
        if let Some(lane) = self.kept(account.id).filter(|lane| lane.account.version == account.version) {
            return Ok(lane);
        }
        let limits = provider::limits(account);
        let connections = limits.connections.unwrap_or(connection::CONNECTIONS);
        let transport: Arc<dyn Transport> = match () {
            _ if account.settings.is_own() => Arc::new(OwnTransport(room.clone())),
            _ => Arc::from(connection::transport(room, account, connections, limits.per_connection).await?),
        };
        let lane = Arc::new(Lane::new(account.clone(), transport));
        self.keep(lane.clone());
        Ok(lane)
    }

    /// The way to the servers of every domain.
    pub(crate) fn direct(&self, room: &MailRoom) -> DirectTransport {
        self.direct.get_or_init(|| own_hand::transport(room)).clone()
    }

    /// Forgets the account's transport: its settings changed. What is being sent goes on.
    pub(crate) fn forget(&self, account: AccountKey) {
        let before = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
        Transports::close(before);
    }

    pub(crate) fn keep(&self, lane: Arc<Lane>) {
        let before = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).insert(lane.account.id, lane);
        Transports::close(before);
    }

    fn kept(&self, account: AccountKey) -> Option<Arc<Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).get(&account).cloned()
    }

    fn close(lane: Option<Arc<Lane>>) {
        if let (Some(lane), Ok(runtime)) = (lane, tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { lane.transport.close().await });
        }
    }
}
