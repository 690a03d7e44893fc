//! One way to speak SQL to both databases.
//!
//! The same text runs on SQLite and PostgreSQL: `$1` placeholders, BIGINT, TEXT, BYTEA and BOOLEAN columns, keys made by
//! us. A unit of work is a closure over [`Tx`]. On SQLite it runs on the one writer thread, where waiting units share a
//! commit (one sync for all of them); on PostgreSQL it runs where it was called. Inside a unit only `Tx` may be awaited.

mod postgres;
mod row;
mod sqlite;
mod sqlite_clean;
mod sqlite_log;
mod tls;
mod tx;
mod val;

pub use row::Row;
pub use tx::{Dialect, Tx, placeholders};
pub use val::Val;

use crate::{StoreError, shortage::Shortage};
use std::{
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;

/// The future of a unit of work.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// What a commit can tell the rest of the program, so that nobody has to poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The change feed grew.
    Changes,
    /// Something in the outbox may be due.
    Outbox,
    /// An edit for a server waits.
    Edits,
    /// An account was made or changed.
    Accounts,
    /// A grant was renewed.
    Renewals,
    /// An account is to be fetched by whichever node has it.
    Calls,
}

impl Topic {
    const ALL: [Topic; 6] =
        [Topic::Changes, Topic::Outbox, Topic::Edits, Topic::Accounts, Topic::Renewals, Topic::Calls];

    fn name(self) -> &'static str {
        match self {
            Topic::Changes => "changes",
            Topic::Outbox => "outbox",
            Topic::Edits => "edits",
            Topic::Accounts => "accounts",
            Topic::Renewals => "renewals",
            Topic::Calls => "calls",
        }
    }
}

/// Where the database is.
#[derive(Debug, Clone)]
pub enum Place {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL connection URL.
    Postgres(String),
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    bells: Arc<Bells>,
    shortage: Shortage,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(Arc<postgres::Postgres>),
}

impl Db {
    /// Opens the database without looking at its schema.
    pub async fn open(place: &Place) -> Result<Db, StoreError> {
        let bells = Arc::new(Bells::new());
        let engine = match place {
            Place::Sqlite(path) => Engine::Sqlite(Arc::new(sqlite::Sqlite::open(path, bells.clone())?)),
            Place::Postgres(url) => Engine::Postgres(Arc::new(postgres::Postgres::open(url, bells.clone()).await?)),
        };
        Ok(Db { engine, bells, shortage: Shortage::default() })
    }

    /// Which dialect it speaks.
    pub fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a unit of work that writes: all of it is durable when this returns `Ok`, none of it otherwise.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T> + Send + 'static,
    {
        let (work, result) = apart(work);
        let written = match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(work).await,
            Engine::Postgres(postgres) => postgres.write(work).await,
        };
        self.shortage.note(&written);
        written?;
        result.take()
    }

    /// Whether nothing was kept a moment ago, for want of room.
    pub(crate) fn is_full(&self) -> bool {
        self.shortage.is_now()
    }

    /// Runs a unit of work that only reads, on one consistent view.
    pub async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T> + Send + 'static,
    {
        let (work, result) = apart(work);
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(work).await,
            Engine::Postgres(postgres) => postgres.read(work).await,
        }?;
        result.take()
    }

    /// Writes anew what holds things that were deleted, where that is ours to do; `false`: not now. PostgreSQL clears up
    /// after itself (autovacuum), and its log and its backups are its administrator's.
    pub(crate) async fn clean(&self) -> Result<bool, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.clean().await,
            Engine::Postgres(_) => Ok(true),
        }
    }

    /// Changes its value after every commit that rang this topic, on this node or (PostgreSQL) another.
    pub fn bell(&self, topic: Topic) -> watch::Receiver<u64> {
        self.bells.of(topic).subscribe()
    }
}

/// A unit of work that leaves its result with who asked for it: one type for all of them, so that what the engines build
/// around a unit is compiled once.
type Unit = Box<dyn for<'a> FnOnce(&'a mut Tx) -> Work<'a, ()> + Send>;

/// What a unit of work came to.
struct Outcome<T>(Arc<Mutex<Option<T>>>);

impl<T> Outcome<T> {
    fn take(self) -> Result<T, StoreError> {
        let mut outcome = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.take().ok_or_else(|| StoreError::Broken("a unit of work left no result".into()))
    }
}

fn apart<T, F>(work: F) -> (Unit, Outcome<T>)
where
    T: Send + 'static,
    F: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T> + Send + 'static,
{
    let outcome = Arc::new(Mutex::new(None));
    let kept = outcome.clone();
    let plain = unit(move |tx| {
        Box::pin(async move {
            let done = work(tx).await?;
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            Ok(())
        })
    });
    (Box::new(plain), Outcome(outcome))
}

/// A counter a topic, turned after commits.
pub(crate) struct Bells([watch::Sender<u64>; 6]);

impl Bells {
    fn new() -> Bells {
        Bells(Topic::ALL.map(|_| watch::Sender::new(0)))
    }

    fn of(&self, topic: Topic) -> &watch::Sender<u64> {
        &self.0[topic as usize]
    }

    pub(crate) fn ring(&self, topics: &[Topic]) {
        for topic in topics {
            self.of(*topic).send_modify(|count| *count += 1);
        }
    }
}

/// Gives a closure the shape of a unit of work, so that it can be kept in a variable before it is run.
pub fn unit<T, F>(work: F) -> F
where
    F: for<'a> FnOnce(&'a mut Tx) -> Work<'a, T> + Send + 'static,
{
    work
}

/// Makes the list of values of a statement: `vals![organisation, "name", None::<i64>]`.
#[macro_export]
macro_rules! vals {
    ($($value:expr),* $(,)?) => { [$($crate::db::Val::from($value)),*] };
}
