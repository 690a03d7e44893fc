//! One account's task: it connects, fetches, waits for news, does our edits, and answers who asks.

use super::{
    edits,
    pass::{self, Fetched, PassError, Progress, Watch},
    suspect::Suspects,
};
use crate::{MailRoom, accounts};
use connect::{Source, Wake};
use mail::{AccountKey, OrganisationKey};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};
use store::{
    StoreError,
    account::{Account, AccountLease},
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

/// Without push and without an interval only the button fetches; the task then looks up this often for nothing.
const NEVER: Duration = Duration::from_secs(24 * 3600);

/// After trouble of our own, such as a full disk, the account rests for this long.
const OWN_TROUBLE: Duration = Duration::from_secs(5);

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
    /// It tried, and what came could not be kept.
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

enum Ask {
    Fetch(Wish, Waiting),
    Edits,
}

/// Somebody who waits for a pass.
struct Waiting {
    since: Instant,
    answer: oneshot::Sender<Result<Fetched, DeskError>>,
}

impl Waiting {
    fn new(since: Instant) -> (Waiting, oneshot::Receiver<Result<Fetched, DeskError>>) {
        let (answer, answered) = oneshot::channel();
        (Waiting { since, answer }, answered)
    }

    fn tell(self, result: Result<Fetched, DeskError>) {
        // Whoever asked may have gone.
        let _ = self.answer.send(result);
    }

    /// The attempt that began at that moment failed.
    fn tell_failed(self, began: Instant, error: &PassError) {
        let error = match error {
            PassError::Connect(error) if self.since > began => DeskError::FailedBefore(error.to_string()),
            PassError::Connect(error) => DeskError::Failed(error.to_string()),
            PassError::Store(error) => DeskError::NotKept(error.clone()),
        };
        self.tell(Err(error));
    }
}

/// The last pass that came to its end.
struct Done {
    began: Instant,
    restored: Option<i64>,
    fetched: Fetched,
}

impl Done {
    fn fulfils(&self, wish: Wish) -> bool {
        match wish {
            Wish::FetchedAfter(moment) => self.began >= moment,
            Wish::Restored(asked_at) => self.restored.is_some_and(|restored| restored >= asked_at),
        }
    }
}

struct Handle {
    asks: mpsc::Sender<Ask>,
    progress: watch::Receiver<Progress>,
    lease: AccountLease,
    task: tokio::task::AbortHandle,
}

/// The running account tasks of this node.
#[derive(Clone, Default)]
pub struct Desks {
    running: Arc<Mutex<HashMap<AccountKey, Handle>>>,
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
    /// Fetches, unless that was done since, and says what came to somebody who waits since that moment.
    pub async fn fetch(&self, account: AccountKey, wish: Wish, since: Instant) -> Result<Fetched, DeskError> {
        let (waiting, answered) = Waiting::new(since);
        self.asks(account)?.send(Ask::Fetch(wish, waiting)).await.map_err(|_| DeskError::NotRunning)?;
        answered.await.map_err(|_| DeskError::Failed("the account's task ended; its health tells why".into()))?
    }

    /// Tells the account's task that edits wait. Nothing happens when none runs here: the node that has it hears the bell.
    pub fn poke(&self, account: AccountKey) {
        if let Ok(asks) = self.asks(account) {
            // A full queue already holds a poke.
            let _ = asks.try_send(Ask::Edits);
        }
    }

    /// Has the account fetched soon, without waiting for it. Nothing happens when no task runs here.
    pub(super) fn look(&self, account: AccountKey) {
        if let Ok(asks) = self.asks(account) {
            // A full queue already holds somebody's wish.
            let _ = asks.try_send(Ask::Fetch(Wish::fetched_now(), Waiting::new(Instant::now()).0));
        }
    }

    /// How far the running pass of the account is.
    pub fn progress(&self, account: AccountKey) -> Option<Progress> {
        let desks = self.running.lock().ok()?;
        Some(desks.get(&account)?.progress.borrow().clone())
    }

    fn asks(&self, account: AccountKey) -> Result<mpsc::Sender<Ask>, DeskError> {
        let desks = self.running.lock().map_err(|_| DeskError::NotRunning)?;
        desks.get(&account).map(|handle| handle.asks.clone()).ok_or(DeskError::NotRunning)
    }

    /// Begins to work on a leased account.
    pub(super) fn open(&self, room: &MailRoom, lease: AccountLease) {
        let (asks, asked) = mpsc::channel(16);
        let (seen, progress) = watch::channel(Progress::default());
        let desk = Desk { room: room.clone(), lease, asked, seen: Arc::new(seen), began: Instant::now() };
        let desks = self.clone();
        let task = tokio::spawn(async move {
            desk.run().await;
            desks.closed(lease);
        });
        let handle = Handle { asks, progress, lease, task: task.abort_handle() };
        if let Ok(mut desks) = self.running.lock() {
            desks.insert(lease.account, handle);
        }
    }

    fn closed(&self, lease: AccountLease) {
        if let Ok(mut desks) = self.running.lock()
            && desks.get(&lease.account).is_some_and(|handle| handle.lease.fence == lease.fence)
        {
            desks.remove(&lease.account);
        }
    }

    /// What runs here.
    pub(super) fn leases(&self) -> Vec<AccountLease> {
        let Ok(mut desks) = self.running.lock() else { return Vec::new() };
        // A task that panicked has not signed off.
        desks.retain(|_, handle| !handle.task.is_finished());
        desks.values().map(|handle| handle.lease).collect()
    }

    /// Ends the task of one account.
    pub(super) fn close(&self, account: AccountKey) {
        if let Ok(mut desks) = self.running.lock()
            && let Some(handle) = desks.remove(&account)
        {
            handle.task.abort();
        }
    }
}

struct Desk {
    room: MailRoom,
    lease: AccountLease,
    asked: mpsc::Receiver<Ask>,
    seen: Arc<watch::Sender<Progress>>,
    /// When the pass that runs, or the last one, began.
    began: Instant,
}

/// What to do after a wait.
enum Next {
    Everything,
    Folders(Vec<String>),
    Asked(Ask),
    End,
}

impl Desk {
    /// Works until something fails or the account's settings change; the supervisor begins anew when it is time.
    async fn run(mut self) {
        let (organisation, id) = (self.lease.organisation, self.lease.account);
        let account = match load(&self.room, organisation, id).await {
            // Its own lease counts, whoever may have the account by now.
            Ok(account) => Account { fence: self.lease.fence, ..account },
            Err(error) => return tracing::error!(account = %id, %error, "an account could not be read"),
        };
        let mut waiting = Vec::new();
        let result = match accounts::connection::source_for(&self.room, &account).await {
            Ok(mut source) => {
                let result = self.work(&account, &mut *source, &mut waiting).await;
                source.close().await;
                result
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            self.room.tally.pass(false);
            tracing::warn!(account = %id, address = account.settings.address, %error, "fetching stopped");
            if let Err(error) = accounts::connection::note(&self.room, &account, Some(&error)).await {
                tracing::error!(account = %id, %error, "an account's health could not be written");
            }
            self.asked.close();
            while let Some(ask) = self.asked.recv().await {
                waiting.extend(fetcher(ask));
            }
            for waiting in waiting {
                waiting.tell_failed(self.began, &error);
            }
            if matches!(error, PassError::Store(_)) {
                // The server did nothing wrong, so its health names no pause; without one we would ask it again and again.
                tokio::time::sleep(OWN_TROUBLE).await;
            }
        }
        let fence = self.lease.fence;
        let release =
            store::unit(move |tx| Box::pin(async move { store::account::release(tx, organisation, id, fence).await }));
        if let Err(error) = self.room.store.db.write(release).await {
            tracing::warn!(account = %id, %error, "an account's lease could not be given back; it ends by itself");
        }
    }

    async fn work(
        &mut self,
        account: &Account,
        source: &mut dyn Source,
        waiting: &mut Vec<Waiting>,
    ) -> Result<(), PassError> {
        let mut account = account.clone();
        let interval = account.settings.interval_seconds.map(|seconds| Duration::from_secs(seconds.max(1) as u64));
        loop {
            self.began = Instant::now();
            // What restoring changes; everything else that is saved begins another task.
            let now = load(&self.room, account.organisation, account.id).await?;
            (account.settings.sync_since, account.restoring_at) = (now.settings.sync_since, now.restoring_at);
            account.identity = now.identity;
            let fetched = pass::run(&self.room, &account, source, &Watch::new(self.seen.clone())).await?;
            accounts::connection::note(&self.room, &account, None).await?;
            account.health.last_fetched_at = Some(self.room.clock.now());
            for waiting in waiting.drain(..) {
                waiting.tell(Ok(fetched));
            }
            let done = Done { began: self.began, restored: account.restoring_at, fetched };
            if !account.settings.push {
                source.close().await;
            }
            let until = Instant::now() + interval.unwrap_or(NEVER);
            loop {
                match self.wait(&account, source, until).await? {
                    Next::End => return Ok(()),
                    Next::Everything => break,
                    Next::Folders(remote) => {
                        // What left one folder may have come into another that the server does not watch for us.
                        if self.pull(&account, source, &remote).await?.removed > 0 {
                            break;
                        }
                    }
                    Next::Asked(Ask::Fetch(wish, asker)) if done.fulfils(wish) => asker.tell(Ok(done.fetched)),
                    Next::Asked(Ask::Fetch(_, asker)) => {
                        waiting.push(asker);
                        break;
                    }
                    Next::Asked(Ask::Edits) => self.edit(&account, source).await?,
                }
            }
        }
    }

    async fn wait(&mut self, account: &Account, source: &mut dyn Source, until: Instant) -> Result<Next, PassError> {
        let left = until.saturating_duration_since(Instant::now());
        let news = async {
            match account.settings.push {
                true => source.wait(left).await,
                false => {
                    tokio::time::sleep(left).await;
                    Ok(Wake::Timer)
                }
            }
        };
        let next = tokio::select! {
            ask = self.asked.recv() => ask.map_or(Next::End, Next::Asked),
            wake = news => match wake? {
                Wake::Timer => Next::Everything,
                Wake::Changed(remote) if remote.is_empty() => Next::Everything,
                Wake::Changed(remote) => Next::Folders(remote),
            },
        };
        Ok(next)
    }

    /// The short way from news to store: only the folders the server named, without listing.
    async fn pull(&self, account: &Account, source: &mut dyn Source, remote: &[String]) -> Result<Fetched, PassError> {
        let folders: Vec<_> =
            self.folders(account).await?.into_iter().filter(|folder| remote.contains(&folder.remote)).collect();
        pass::pull(&self.room, account, folders, source, &Watch::new(self.seen.clone())).await
    }

    async fn edit(&self, account: &Account, source: &mut dyn Source) -> Result<(), PassError> {
        let folders = self.folders(account).await?;
        let touched = edits::run(&self.room, account, &folders, source).await?;
        if !touched.is_empty() {
            self.pull(account, source, &touched).await?;
        }
        Ok(())
    }

    async fn folders(&self, account: &Account) -> Result<Vec<store::folder::Folder>, PassError> {
        let (organisation, id) = (account.organisation, account.id);
        let read =
            self.room.store.db.read(move |tx| Box::pin(async move { store::folder::list(tx, organisation, id).await }));
        Ok(read.await?)
    }
}

fn fetcher(ask: Ask) -> Option<Waiting> {
    match ask {
        Ask::Fetch(_, asker) => Some(asker),
        Ask::Edits => None,
    }
}

async fn load(
    room: &MailRoom,
    organisation: OrganisationKey,
    account: AccountKey,
) -> Result<Account, store::StoreError> {
    let read = store::unit(move |tx| Box::pin(async move { store::account::load(tx, organisation, account).await }));
    room.store.db.read(read).await
}
