//! A store in memory that does with the changes of a pull what the real one does, for one folder.

use bytes::Bytes;
use connect::{
    Change, ConnectError, Credentials, Encryption, FolderState, Known, Outlet, Secret, Server, Source, World,
    pop3::{INBOX, Pop3Source},
    settings::WorldOptions,
};
use mail::{Cursor, FolderKey, RemoteId, RemoteSet};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};
use tokio::sync::{Semaphore, mpsc};

const FOLDER: FolderKey = FolderKey(1);

/// What was handed over.
#[derive(Debug, Default)]
pub struct Kept {
    /// By name.
    pub letters: BTreeMap<String, Bytes>,
    /// In the order in which they came, over all pulls.
    pub came: Vec<String>,
    /// (name, code)
    pub unreadable: Vec<(String, &'static str)>,
    /// (name, when it was received)
    pub older: Vec<(String, i64)>,
    /// What the last list had; `None` when nothing was told.
    pub present: Option<RemoteSet>,
    /// Asked for with every pull.
    pub since: Option<i64>,
    /// Where the last pull ended.
    pub cursor: Option<Cursor>,
}

struct Snapshot(Mutex<RemoteSet>);

#[async_trait::async_trait]
impl Known for Snapshot {
    async fn known(&self, _: FolderKey) -> RemoteSet {
        self.0.lock().unwrap().clone()
    }
}

pub fn name(remote: &RemoteId) -> String {
    match remote {
        RemoteId::Name(name) => name.clone(),
        RemoteId::Uid(uid) => panic!("{uid} is no name"),
    }
}

impl Kept {
    /// Lists, and pulls what is new.
    pub async fn pull(&mut self, source: &mut Pop3Source) -> Result<(), ConnectError> {
        source.folders().await?;
        let mut known = RemoteSet::new();
        let told = self.letters.keys().chain(self.older.iter().map(|(name, _)| name));
        for name in told.chain(self.unreadable.iter().map(|(name, _)| name)) {
            known.insert(&RemoteId::Name(name.clone()));
        }
        self.present = None;
        let (changes, mut stream) = mpsc::channel(4);
        let outlet = Outlet { changes, room: Arc::new(Semaphore::new(64)), room_total: 64 };
        let cursor = self.cursor.clone();
        let since = self.since;
        let state = FolderState { folder: FOLDER, remote: INBOX.into(), cursor, thorough: false, since };
        let take = async {
            while let Some(change) = stream.recv().await {
                self.take(change);
            }
        };
        let known = Arc::new(Snapshot(Mutex::new(known)));
        let pulled = tokio::join!(source.pull(vec![state], known, outlet), take).0;
        if pulled.is_ok() {
            source.acknowledge().await?;
            source.close().await;
        }
        pulled
    }

    fn take(&mut self, change: Change) {
        match change {
            Change::Epoch { epoch, .. } => assert_eq!(epoch, 1),
            Change::Message { remote, raw, .. } => {
                self.came.push(name(&remote));
                assert_eq!(self.letters.insert(name(&remote), raw), None, "{remote:?} came twice");
            }
            Change::Unreadable { remote, code, .. } => self.unreadable.push((name(&remote), code)),
            Change::Older { remote, at, .. } => self.older.push((name(&remote), at)),
            Change::Present { ids, .. } => self.present = Some(ids),
            Change::Cursor { cursor, .. } => self.cursor = Some(cursor),
            Change::Progress { done, total, .. } => assert!(done <= total),
            other => panic!("{other:?}"),
        }
    }
}

pub fn source_at(port: u16, encryption: Encryption, limit: u64, ca: Option<PathBuf>) -> Pop3Source {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    let world = World::new(WorldOptions { allow_networks, extra_ca: ca, message_limit_bytes: limit }).unwrap();
    let server = Server { host: "localhost".into(), port, encryption, pinned_certificate: None };
    let credentials = Credentials::Password { username: "anna".into(), secret: Secret::new("ge\"he\\im 1*") };
    Pop3Source::new(world, server, credentials, None)
}

pub fn source(port: u16) -> Pop3Source {
    source_at(port, Encryption::None, 0, None)
}
