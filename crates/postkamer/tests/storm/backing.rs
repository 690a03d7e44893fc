//! Where an installation keeps its things: every promise is held on each of them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::{Places, Store, blob::S3Blobs};
use testkit::{Postgres, S3};
use tokio::runtime::Runtime;

/// How long a server may take to give up what a killed program began.
const PATIENCE: Duration = Duration::from_secs(60);

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// SQLite and files in the data folder.
    Disk,
    /// PostgreSQL, and files in the data folder.
    Postgres,
    /// PostgreSQL and a bucket, shared by two nodes with a data folder each.
    Nodes,
}

/// A store of its own of some kind, that a test may open beside the program.
#[derive(Debug)]
pub(crate) struct Backing {
    pub(crate) kind: Kind,
    /// The name of the database in the cluster.
    database: String,
    blobs: String,
}

impl Backing {
    pub(crate) fn new(kind: Kind) -> Backing {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("storm_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        if kind != Kind::Disk {
            Postgres::shared().database(&name);
        }
        let blobs = match kind {
            Kind::Disk | Kind::Postgres => String::new(),
            Kind::Nodes => {
                let s3 = bucket();
                format!("s3://{}/{name}?endpoint={}&region={}", s3.bucket, s3.endpoint, s3.region)
            }
        };
        Backing { kind, database: name, blobs }
    }

    /// What the program is told of it.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let mut variables = Vec::new();
        let mut tell = |name: &str, value: &str| variables.push((name.to_owned(), value.to_owned()));
        if self.kind != Kind::Disk {
            tell("POSTKAMER_DATABASE", &self.url());
        }
        if self.kind == Kind::Nodes {
            tell("POSTKAMER_BLOBS", &self.blobs);
            tell("AWS_ACCESS_KEY_ID", &bucket().access_key);
            tell("AWS_SECRET_ACCESS_KEY", &bucket().secret_key);
        }
        variables
    }

    /// The database for [`Places`]; `None` for the file in the data folder.
    pub(crate) fn database(&self) -> Option<String> {
        (self.kind != Kind::Disk).then(|| self.url())
    }

    /// Opens the installation in this folder while no program has it.
    pub(crate) async fn open(&self, data: &std::path::Path) -> Store {
        let places = Places { data: data.to_owned(), database: self.database(), blobs: None };
        let mut store = Store::open_with_key_file(&places, None).await.expect("the installation opens");
        if self.kind == Kind::Nodes {
            let who = (bucket().access_key.as_str(), bucket().secret_key.as_str());
            store.blobs = std::sync::Arc::new(S3Blobs::open_with(&self.blobs, who).expect("the bucket"));
        }
        store
    }

    /// Waits until the database server knows that the program is dead: what was on its way there is done or undone.
    pub(crate) fn wait_until_alone(&self, runtime: &Runtime) {
        if self.kind == Kind::Disk {
            return;
        }
        let others = "select count(*) from pg_stat_activity
            where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()";
        let begin = Instant::now();
        while Postgres::shared().psql(&self.database, others).expect("PostgreSQL answers") != "0" {
            assert!(begin.elapsed() < PATIENCE, "connections of a dead program stay");
            // Our own connections of an earlier look need the runtime to be closed.
            runtime.block_on(async { tokio::time::sleep(Duration::from_millis(2)).await });
        }
    }

    fn url(&self) -> String {
        Postgres::shared().url(&self.database)
    }
}

/// The bucket of this test binary.
fn bucket() -> &'static S3 {
    static BUCKET: OnceLock<S3> = OnceLock::new();
    BUCKET.get_or_init(S3::start)
}
