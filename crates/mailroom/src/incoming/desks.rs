//! The account tasks that run on this node, and who waits for what they bring.

use super::{
    desk::Desk,
    pass::{Fetched, PassError, Progress},
    suspect::Suspects,
};
use crate::MailRoom;
use mail::AccountKey;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::{StoreError, account::AccountLease};
use tokio::{
    sync::{Notify, mpsc, oneshot, watch},
    time::Instant,
};

/// Why an account's task could not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DeskError {
    /// No task runs for the account on this node: it is inactive, red, or another node has it.
    #[error("no task runs for this account here")]
    NotRunning,
    /// It tried and failed; the account's health tells why.
    #[error("{0}")]
    Failed(String),
    /// An attempt that had begun before this was asked failed; the next may do better.
    #[error("{0}")]
    FailedBefore(String),
    /// It tried, and what came could not be kept; or no task could begin, because nothing can be kept now.
    #[error(transparent)]
    NotKept(#[from] StoreError),
}

/// What somebody waits for. A pass that began in between does it, too: whoever asks again would be told that nothing
/// came.
#[derive(Debug, Clone, Copy)]
pub enum Wish {
    /// A pass that began after this moment.
    FetchedAfter(Instant),
    /// A pass that restored what was asked for at this time, in milliseconds since 1970.
    Restored(i64),
}

impl Wish {
    /// Fetching, from now on.
    pub fn fetched_now() -> Wish {
        Wish::FetchedAfter(Instant::now())
    }
}

/// What a task is asked for.
pub(super) enum Ask {
    Fetch(Wish, Waiting),
    /// Its provider tells no longer unless it is asked to anew, and may have kept something back.
    Anew,
    Edits,
}

/// Somebody who waits for a pass.
pub(super) struct Waiting {
    since: Instant,
    answer: oneshot::Sender<Result<Fetched, DeskError>>,
}

impl Waiting {
    fn new(since: Instant) -> (Waiting, oneshot::Receiver<Result<Fetched, DeskError>>) {
        let (answer, answered) = oneshot::channel();
        (Waiting { since, answer }, answered)
    }

    pub(super) fn tell(self, result: Result<Fetched, DeskError>) {
        // Whoever asked may have gone.
        let _ = self.answer.send(result);
    }

    /// The attempt that began at that moment failed.
    pub(super) fn tell_failed(self, began: Instant, error: &PassError) {
        let error = match error {
            PassError::Connect(error) if self.since > began => DeskError::FailedBefore(error.to_string()),
            PassError::Connect(error) => DeskError::Failed(error.to_string()),
            PassError::Store(error) => DeskError::NotKept(error.clone()),
        };
        self.tell(Err(error));
    }
}

/// Somebody's question, on its way.
pub struct Asked {
    answered: oneshot::Receiver<Result<Fetched, DeskError>>,
    /// No task runs for the account yet.
    pub in_lobby: bool,
}

impl Asked {
    /// What came of it.
    pub async fn answer(&mut self) -> Result<Fetched, DeskError> {
        // Taken away, because the account was saved meanwhile.
        let ended = || DeskError::FailedBefore("the account's task ended; its health tells why".into());
        (&mut self.answered).await.unwrap_or_else(|_| Err(ended()))
    }
}

struct Handle {
    asks: mpsc::Sender<Ask>,
    /// Somebody waits for the task after this one.
    wanted: Arc<Notify>,
    progress: watch::Receiver<Progress>,
    lease: AccountLease,
    task: tokio::task::AbortHandle,
}

/// What works, and who waits for an account of which no task runs yet.
#[derive(Default)]
struct Office {
    running: HashMap<AccountKey, Handle>,
    lobby: HashMap<AccountKey, Vec<Waiting>>,
}

/// The running account tasks of this node.
#[derive(Clone, Default)]
pub struct Desks {
    office: Arc<Mutex<Office>>,
    /// Mail that may kill whoever reads it.
    pub(super) suspects: Suspects,
    /// Accounts whose mail is stored one by one.
    pub(super) care: Care,
}

/// Accounts of which the store refused a batch.
#[derive(Clone, Default)]
pub(super) struct Care(Arc<Mutex<HashSet<AccountKey>>>);

impl Care {
    pub(super) fn has(&self, account: AccountKey) -> bool {
        self.0.lock().is_ok_and(|accounts| accounts.contains(&account))
    }

    pub(super) fn take(&self, account: AccountKey) {
        if let Ok(mut accounts) = self.0.lock() {
            accounts.insert(account);
        }
    }

    pub(super) fn end(&self, account: AccountKey) {
        if let Ok(mut accounts) = self.0.lock() {
            accounts.remove(&account);
        }
    }
}

impl Desks {
    /// Asks for a fetch, unless that was done since, for somebody who waits since that moment. Without a task the next one
    /// that begins takes it up.
    pub async fn ask(&self, account: AccountKey, wish: Wish, since: Instant) -> Asked {
        let (mut waiting, answered) = Waiting::new(since);
        loop {
            let asks = {
                let mut office = self.office();
                match office.running.get(&account) {
                    Some(handle) if !handle.asks.is_closed() => handle.asks.clone(),
                    resting => {
                        resting.inspect(|handle| handle.wanted.notify_one());
                        office.lobby.entry(account).or_default().push(waiting);
                        return Asked { answered, in_lobby: true };
                    }
                }
            };
            match asks.send(Ask::Fetch(wish, waiting)).await {
                Err(mpsc::error::SendError(Ask::Fetch(_, back))) => waiting = back,
                Ok(()) | Err(_) => return Asked { answered, in_lobby: false },
            }
        }
    }

    /// Nobody waits for a task of that account any longer; those who did are told so.
    pub fn empty_lobby(&self, account: AccountKey) {
        for waiting in self.office().lobby.remove(&account).unwrap_or_default() {
            waiting.tell(Err(DeskError::NotRunning));
        }
    }

    /// No task can begin, for any account: whoever waits for one is told why.
    pub(super) fn refuse_lobby(&self, error: &StoreError) {
        let lobby = std::mem::take(&mut self.office().lobby);
        for waiting in lobby.into_values().flatten() {
            waiting.tell(Err(DeskError::NotKept(error.clone())));
        }
    }

    /// Tells the account's task that edits wait. Nothing happens when none runs here: the node that has it hears the bell.
    pub fn poke(&self, account: AccountKey) {
        let Some(asks) = self.asks(account) else { return };
        // A task that is long at something is not told again and again: the room in its queue is for what others ask.
        if asks.capacity() > asks.max_capacity() / 2 {
            let _ = asks.try_send(Ask::Edits);
        }
    }

    /// Has the account fetched soon, without waiting for it; `false`, and nothing happens, when no task runs here.
    pub(super) fn look(&self, account: AccountKey) -> bool {
        self.tell(account, Ask::Fetch(Wish::fetched_now(), Waiting::new(Instant::now()).0))
    }

    /// The same, and its provider is asked anew to tell of news.
    pub(super) fn ask_anew(&self, account: AccountKey) -> bool {
        self.tell(account, Ask::Anew)
    }

    fn tell(&self, account: AccountKey, ask: Ask) -> bool {
        let Some(asks) = self.asks(account) else { return false };
        // A full queue already holds somebody's wish.
        let _ = asks.try_send(ask);
        true
    }

    /// How far the running pass of the account is.
    pub fn progress(&self, account: AccountKey) -> Option<Progress> {
        Some(self.office().running.get(&account)?.progress.borrow().clone())
    }

    fn asks(&self, account: AccountKey) -> Option<mpsc::Sender<Ask>> {
        self.office().running.get(&account).map(|handle| handle.asks.clone()).filter(|asks| !asks.is_closed())
    }

    fn office(&self) -> MutexGuard<'_, Office> {
        self.office.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to work on a leased account.
    pub(super) fn open(&self, room: &MailRoom, lease: AccountLease) {
        let (asks, asked) = mpsc::channel(16);
        let (seen, progress) = watch::channel(Progress::default());
        let mut office = self.office();
        let waiting = office.lobby.remove(&lease.account).unwrap_or_default();
        let wanted = Arc::new(Notify::new());
        let desk = Desk::new(room, lease, asked, wanted.clone(), seen, waiting);
        let desks = self.clone();
        let task = tokio::spawn(async move {
            desk.run().await;
            desks.closed(lease);
        });
        office.running.insert(lease.account, Handle { asks, wanted, progress, lease, task: task.abort_handle() });
    }

    fn closed(&self, lease: AccountLease) {
        let mut office = self.office();
        if office.running.get(&lease.account).is_some_and(|handle| handle.lease.fence == lease.fence) {
            office.running.remove(&lease.account);
        }
    }

    /// What runs here.
    pub(super) fn leases(&self) -> Vec<AccountLease> {
        let mut office = self.office();
        // A task that panicked has not signed off.
        office.running.retain(|_, handle| !handle.task.is_finished());
        office.running.values().map(|handle| handle.lease).collect()
    }

    /// Ends the task of one account.
    pub(super) fn close(&self, account: AccountKey) {
        if let Some(handle) = self.office().running.remove(&account) {
            handle.task.abort();
        }
    }
}
