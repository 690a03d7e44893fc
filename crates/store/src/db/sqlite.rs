//! SQLite: one writer thread that groups what waits into one commit, and a few readers.

use super::{Bells, Row, Tx, Unit, Val, sqlite_clean::clean, sqlite_log::Log, tx::Engine};
use crate::{StoreError, lost_sync};
use rusqlite::{Connection, config::DbConfig, ffi, types::ValueRef};
use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::sync::oneshot;

/// At most so many units share a commit, so that the first of them does not wait long for the last.
const GROUP: usize = 128;
/// A commit that ends so may be on the disk or not, and nobody can ask.
const FAILED_SYNCS: [i32; 2] = [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC];
/// Reading threads; more would only fight over two cores.
const READERS: usize = 4;
/// When nobody wrote for so long, the writer puts the index in order.
const IDLE: Duration = Duration::from_millis(200);
/// Between two steps of that it leaves processor and disk to others.
const BETWEEN_STEPS: Duration = Duration::from_millis(20);

/// Does its work in the transaction, and gives back what to call once the fate of the commit is known.
struct Job {
    kind: Kind,
    work: Turn,
}

/// What a unit needs around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A transaction, which it may share with others that write.
    Writes,
    /// One consistent view.
    Reads,
    /// No transaction: it works on the file as a whole.
    Alone,
}

type Turn = Box<dyn FnOnce(&mut Tx) -> (bool, Told) + Send>;
type Told = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

pub(super) struct Sqlite {
    writer: Queue,
    readers: Queue,
    waiting_readers: Arc<Mutex<mpsc::Receiver<Job>>>,
    started_readers: AtomicUsize,
    /// Reads that somebody waits for.
    reading: AtomicUsize,
    /// Units at the writer.
    writing: AtomicUsize,
    path: PathBuf,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Where units wait; `None` once nobody can come any more.
type Queue = Option<mpsc::Sender<Job>>;

/// Ends what runs and closes the database, so that its log is not left for the next start to read.
impl Drop for Sqlite {
    fn drop(&mut self) {
        (self.readers, self.writer) = (None, None);
        let threads = self.threads.get_mut().map(std::mem::take).unwrap_or_default();
        // A unit may have held the last handle: then this is one of the threads.
        for thread in threads.into_iter().rev().filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}

/// One unit that somebody waits for.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Sqlite {
    pub(super) fn open(path: &Path, bells: Arc<Bells>) -> Result<Sqlite, StoreError> {
        let connection = connect(path)?;
        let (writer, jobs) = mpsc::channel();
        let own_path = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_until_closed(connection, &own_path, &jobs, &bells))
            .map_err(StoreError::io("start the database's writer"))?;
        let (readers, waiting) = mpsc::channel();
        Ok(Sqlite {
            writer: Some(writer),
            readers: Some(readers),
            waiting_readers: Arc::new(Mutex::new(waiting)),
            started_readers: AtomicUsize::new(0),
            reading: AtomicUsize::new(0),
            writing: AtomicUsize::new(0),
            path: path.to_owned(),
            threads: Mutex::new(vec![thread]),
        })
    }

    pub(super) async fn write(&self, work: Unit) -> Result<(), StoreError> {
        self.writing.fetch_add(1, Ordering::Relaxed);
        let _writing = Waiting(&self.writing);
        run(&self.writer, Kind::Writes, work).await
    }

    /// Writes the file anew ([`clean`]), while everybody who wants to write waits; `false`: not now.
    pub(super) async fn clean(&self) -> Result<bool, StoreError> {
        self.writing.fetch_add(1, Ordering::Relaxed);
        let _writing = Waiting(&self.writing);
        let emptied = Arc::new(AtomicBool::new(false));
        let told = emptied.clone();
        let work: Unit = Box::new(move |tx| {
            Box::pin(async move {
                if let Engine::Sqlite(connection) = &tx.engine {
                    told.store(clean(connection)?, Ordering::Relaxed);
                }
                Ok(())
            })
        });
        run(&self.writer, Kind::Alone, work).await?;
        Ok(emptied.load(Ordering::Relaxed))
    }

    pub(super) async fn read(&self, work: Unit) -> Result<(), StoreError> {
        let before = self.reading.fetch_add(1, Ordering::Relaxed);
        let _reading = Waiting(&self.reading);
        // As long as nothing happens at the same time, as in a short command, the one connection does for all.
        let alone = before == 0 && self.started_readers.load(Ordering::Relaxed) == 0;
        if alone && self.writing.load(Ordering::Relaxed) == 0 {
            return run(&self.writer, Kind::Reads, work).await;
        }
        self.start_reader(before)?;
        run(&self.readers, Kind::Reads, work).await
    }

    /// Another reader starts when all are busy: opening a connection takes as long as a short command does.
    fn start_reader(&self, busy: usize) -> Result<(), StoreError> {
        let started = self.started_readers.load(Ordering::Relaxed);
        if started > busy
            || started >= READERS
            || self
                .started_readers
                .compare_exchange(started, started + 1, Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        {
            return Ok(());
        }
        let connection = connect(&self.path)?;
        let jobs = self.waiting_readers.clone();
        let thread = std::thread::Builder::new()
            .name("sqlite-reader".into())
            .spawn(move || read_until_closed(connection, &jobs))
            .map_err(StoreError::io("start a reader of the database"))?;
        if let Ok(mut threads) = self.threads.lock() {
            threads.push(thread);
        }
        Ok(())
    }
}

async fn run(queue: &Queue, kind: Kind, work: Unit) -> Result<(), StoreError> {
    let (answer, answered) = oneshot::channel();
    let work = Box::new(move |tx: &mut Tx| {
        // A panic in one unit must not take the writer, and with it every account, along.
        let done = catch_unwind(AssertUnwindSafe(|| futures_executor::block_on(work(tx))))
            .unwrap_or_else(|_| Err(StoreError::Broken("a unit of work panicked".into())));
        let went_well = done.is_ok();
        let told: Told = Box::new(move |committed| {
            // Nobody waits any more: then nobody needs to know.
            let _ = answer.send(committed.and(done));
        });
        (went_well, told)
    });
    let queue = queue.as_ref().ok_or(StoreError::Closed)?;
    queue.send(Job { kind, work }).map_err(|_| StoreError::Closed)?;
    answered.await.map_err(|_| StoreError::Closed)?
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA page_size = 8192;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA busy_timeout = 10000;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -14000;
         PRAGMA wal_autocheckpoint = 2000;",
    )?;
    // Without this a prepared statement is planned again, for a tenth of a millisecond, whenever other values are bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

fn write_until_closed(connection: Connection, path: &Path, jobs: &mpsc::Receiver<Job>, bells: &Bells) {
    let mut tx = Tx { engine: Engine::Sqlite(connection), rung: Vec::new() };
    let mut next = None;
    let mut log = Log::of(path);
    while let Some(first) = next.take().or_else(|| next_job(&mut tx, jobs)) {
        match first.kind {
            Kind::Writes => {}
            Kind::Reads => {
                read(&mut tx, first);
                continue;
            }
            Kind::Alone => {
                (first.work)(&mut tx).1(Ok(()));
                continue;
            }
        }
        if let Err(error) = script(&mut tx, "BEGIN IMMEDIATE") {
            tracing::error!(%error, "the database refuses to begin a transaction");
            (first.work)(&mut tx).1(Err(error));
            continue;
        }
        let (went_well, tell) = (first.work)(&mut tx);
        if !went_well {
            // It is alone in the transaction, which is why it needs no savepoint: that copies every page it touches.
            tx.rung.clear();
            // Some failures have rolled it back already.
            let _ = script(&mut tx, "ROLLBACK");
            tell(Ok(()));
            continue;
        }
        let mut told = vec![tell];
        while told.len() < GROUP
            && let Ok(job) = jobs.try_recv()
        {
            if job.kind != Kind::Writes {
                next = Some(job);
                break;
            }
            told.push(one_of_group(&mut tx, job));
        }
        let committed = script(&mut tx, "COMMIT");
        if committed.is_err() {
            let _ = script(&mut tx, "ROLLBACK");
        }
        let rung = std::mem::take(&mut tx.rung);
        if committed.is_ok() {
            bells.ring(&rung);
        }
        for tell in told {
            tell(committed.clone());
        }
        if let Engine::Sqlite(connection) = &tx.engine {
            log.keep_short(connection);
        }
    }
    if let Engine::Sqlite(connection) = &tx.engine {
        log.close(connection);
    }
}

/// The next job; while there is none, the index is put in order step by step.
fn next_job(tx: &mut Tx, jobs: &mpsc::Receiver<Job>) -> Option<Job> {
    let mut wait = IDLE;
    loop {
        match jobs.recv_timeout(wait) {
            Ok(job) => return Some(job),
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        // Without a schema there is no index, and on a full disk it can wait.
        if !settled_more(tx).unwrap_or(false) {
            return jobs.recv().ok();
        }
        wait = BETWEEN_STEPS;
    }
}

fn settled_more(tx: &mut Tx) -> Result<bool, StoreError> {
    script(tx, "BEGIN IMMEDIATE")?;
    let settled = match &tx.engine {
        Engine::Sqlite(connection) => crate::search::settle(connection),
        Engine::Postgres(_) => Ok(false),
    };
    let ended = script(tx, if settled.is_ok() { "COMMIT" } else { "ROLLBACK" });
    if ended.is_err() {
        let _ = script(tx, "ROLLBACK");
    }
    ended.and(settled)
}

fn one_of_group(tx: &mut Tx, job: Job) -> Told {
    if let Err(error) = script(tx, "SAVEPOINT unit") {
        return Box::new(move |_| tracing::error!(%error, "a unit of work could not begin"));
    }
    let rung = tx.rung.len();
    let (went_well, told) = (job.work)(tx);
    let ended = if went_well { "RELEASE unit" } else { "ROLLBACK TO unit; RELEASE unit" };
    if !went_well {
        tx.rung.truncate(rung);
    }
    match script(tx, ended) {
        Ok(()) => told,
        Err(error) => Box::new(move |committed| told(committed.and(Err(error)))),
    }
}

fn read_until_closed(connection: Connection, jobs: &Mutex<mpsc::Receiver<Job>>) {
    let mut tx = Tx { engine: Engine::Sqlite(connection), rung: Vec::new() };
    loop {
        let Ok(waiting) = jobs.lock() else { return };
        let Ok(job) = waiting.recv() else { return };
        drop(waiting);
        read(&mut tx, job);
    }
}

fn read(tx: &mut Tx, job: Job) {
    let begun = script(tx, "BEGIN");
    let (_, told) = (job.work)(tx);
    told(begun.and_then(|()| script(tx, "COMMIT")));
}

fn script(tx: &mut Tx, sql: &str) -> Result<(), StoreError> {
    match &tx.engine {
        Engine::Sqlite(connection) => {
            // Prepared once: these few words come around every unit.
            let run = |sql: &str| connection.prepare_cached(sql)?.execute([]);
            let done = sql.split("; ").try_for_each(|sql| run(sql).map(|_| ()));
            if let Err(error) = &done
                && error.sqlite_error().is_some_and(|error| FAILED_SYNCS.contains(&error.extended_code))
            {
                lost_sync::end("the database", error);
            }
            Ok(done?)
        }
        Engine::Postgres(_) => Err(StoreError::Broken("not a SQLite connection".into())),
    }
}

/// SQLite numbers `$n` by first appearance and `?n` by n.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

pub(super) fn execute(connection: &Connection, sql: &str, values: &[Val<'_>]) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(&numbered(sql))?;
    Ok(statement.execute(rusqlite::params_from_iter(values))? as u64)
}

pub(super) fn execute_many(connection: &Connection, sql: &str, lists: &[Vec<Val<'_>>]) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(&numbered(sql))?;
    let mut touched = 0;
    for values in lists {
        touched += statement.execute(rusqlite::params_from_iter(values))? as u64;
    }
    Ok(touched)
}

pub(super) fn rows(connection: &Connection, sql: &str, values: &[Val<'_>]) -> Result<Vec<Row>, StoreError> {
    asked(&mut *connection.prepare_cached(&numbered(sql))?, values)
}

pub(super) fn rows_many(
    connection: &Connection,
    sql: &str,
    lists: &[Vec<Val<'_>>],
) -> Result<Vec<Vec<Row>>, StoreError> {
    let mut statement = connection.prepare_cached(&numbered(sql))?;
    lists.iter().map(|values| asked(&mut statement, values)).collect()
}

fn asked(statement: &mut rusqlite::Statement<'_>, values: &[Val<'_>]) -> Result<Vec<Row>, StoreError> {
    let columns = statement.column_count();
    let mut found = statement.query(rusqlite::params_from_iter(values))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(Row((0..columns).map(|at| owned(row.get_ref(at)?)).collect::<Result<_, StoreError>>()?));
    }
    Ok(rows)
}

fn owned(value: ValueRef<'_>) -> Result<Val<'static>, StoreError> {
    Ok(match value {
        ValueRef::Null => Val::Null,
        ValueRef::Integer(value) => Val::Int(value),
        ValueRef::Real(value) => Val::Real(value),
        ValueRef::Text(value) => Val::Text(Cow::Owned(String::from_utf8_lossy(value).into_owned())),
        ValueRef::Blob(value) => Val::Bytes(Cow::Owned(value.to_vec())),
    })
}
