//! One account's task: it connects, fetches, waits for news, does our edits, and answers who asks.

use super::{
    desks::{Ask, Waiting, Wish},
    edits,
    pass::{self, Fetched, PassError, Progress, Watch},
};
use crate::{MailRoom, accounts};
use connect::{Source, Wake};
use mail::{AccountKey, OrganisationKey};
use std::{sync::Arc, time::Duration};
use store::account::{Account, AccountLease};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, timeout},
};

/// Without push and without an interval only the button fetches; the task then looks up this often for nothing.
const NEVER: Duration = Duration::from_secs(24 * 3600);

/// After trouble of our own, such as a full disk, the account rests for this long.
const OWN_TROUBLE: Duration = Duration::from_secs(5);

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

pub(super) struct Desk {
    room: MailRoom,
    lease: AccountLease,
    asked: mpsc::Receiver<Ask>,
    /// Somebody waits for the task after this one.
    wanted: Arc<Notify>,
    seen: Arc<watch::Sender<Progress>>,
    /// Who waits for the pass that runs or is about to.
    waiting: Vec<Waiting>,
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
    pub(super) fn new(
        room: &MailRoom,
        lease: AccountLease,
        asked: mpsc::Receiver<Ask>,
        wanted: Arc<Notify>,
        seen: watch::Sender<Progress>,
        waiting: Vec<Waiting>,
    ) -> Desk {
        Desk { room: room.clone(), lease, asked, wanted, seen: Arc::new(seen), waiting, began: Instant::now() }
    }

    /// Works until something fails or the account's settings change; the supervisor begins anew when it is time.
    pub(super) async fn run(mut self) {
        let (organisation, id) = (self.lease.organisation, self.lease.account);
        let account = match load(&self.room, organisation, id).await {
            // Its own lease counts, whoever may have the account by now.
            Ok(account) => Account { fence: self.lease.fence, ..account },
            Err(error) => return tracing::error!(account = %id, %error, "an account could not be read"),
        };
        let result = match accounts::connection::source_for(&self.room, &account).await {
            Ok(mut source) => {
                let result = self.work(&account, &mut *source).await;
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
                self.waiting.extend(fetcher(ask));
            }
            for waiting in self.waiting.drain(..) {
                waiting.tell_failed(self.began, &error);
            }
            if matches!(error, PassError::Store(_)) {
                // The server did nothing wrong, so its health names no pause; without one we would ask it again and again.
                // Whoever asks meanwhile wants to know how it is now.
                let _ = timeout(OWN_TROUBLE, self.wanted.notified()).await;
            }
        }
        let fence = self.lease.fence;
        let release =
            store::unit(move |tx| Box::pin(async move { store::account::release(tx, organisation, id, fence).await }));
        if let Err(error) = self.room.store.db.write(release).await {
            tracing::warn!(account = %id, %error, "an account's lease could not be given back; it ends by itself");
        }
    }

    async fn work(&mut self, account: &Account, source: &mut dyn Source) -> Result<(), PassError> {
        let mut account = account.clone();
        let interval = account.settings.interval_seconds.map(|seconds| Duration::from_secs(seconds.max(1) as u64));
        loop {
            self.began = Instant::now();
            let fetched = pass::run(&self.room, &mut account, source, &Watch::new(self.seen.clone())).await?;
            accounts::connection::note(&self.room, &account, None).await?;
            account.health.last_fetched_at = Some(self.room.clock.now());
            for waiting in self.waiting.drain(..) {
                waiting.tell(Ok(fetched));
            }
            let done = Done { began: self.began, restored: account.restoring_at, fetched };
            if !account.settings.push {
                source.close().await;
            }
            let until = Instant::now() + interval.unwrap_or(NEVER).max(source.rest());
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
                        self.waiting.push(asker);
                        break;
                    }
                    Next::Asked(Ask::Anew) => {
                        source.ask_anew();
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
        Ask::Anew | Ask::Edits => None,
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
