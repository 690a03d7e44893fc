//! A store in memory that does with the changes of a pull what the real one does, for every connector that names letters.

use async_trait::async_trait;
use bytes::Bytes;
use connect::{Change, ConnectError, FolderState, Known, Outlet, RemoteFolder, Source};
use mail::{Cursor, Flags, FolderKey, RemoteId, RemoteSet, Role};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{Semaphore, mpsc};

/// One folder as it is kept.
#[derive(Debug, Default)]
pub struct KeptFolder {
    pub role: Role,
    pub remote: String,
    pub cursor: Option<Cursor>,
    pub letters: BTreeMap<String, (Bytes, Flags)>,
}

/// What was handed over.
#[derive(Debug, Default)]
pub struct Kept {
    /// By the names that people see.
    pub folders: BTreeMap<String, KeptFolder>,
    /// How many letters came, over all pulls.
    pub came: usize,
    pub unreadable: Vec<(String, &'static str)>,
    pub parked: Vec<String>,
    pub since: Option<i64>,
    pub thorough: bool,
    /// After so many letters the reader dies.
    pub dies_after: Option<usize>,
}

struct Snapshot(Vec<RemoteSet>);

#[async_trait]
impl Known for Snapshot {
    async fn known(&self, folder: FolderKey) -> RemoteSet {
        self.0[folder.0 as usize].clone()
    }
}

fn name(remote: &RemoteId) -> String {
    match remote {
        RemoteId::Name(name) => name.clone(),
        RemoteId::Uid(uid) => panic!("{uid} is no name"),
    }
}

impl Kept {
    /// Lists the folders and pulls them all.
    pub async fn pull(&mut self, source: &mut dyn Source) -> Result<(), ConnectError> {
        let shown: Vec<RemoteFolder> = source.folders().await?;
        let mut states = Vec::new();
        let mut known = Vec::new();
        let names: Vec<String> = shown.iter().map(|folder| folder.name.clone()).collect();
        for (n, folder) in shown.iter().enumerate() {
            let kept = self.folders.entry(folder.name.clone()).or_default();
            (kept.role, kept.remote) = (folder.declared, folder.remote.clone());
            let mut ids = RemoteSet::new();
            kept.letters.keys().for_each(|id| ids.insert(&RemoteId::Name(id.clone())));
            known.push(ids);
            states.push(FolderState {
                folder: FolderKey(n as i64),
                remote: folder.remote.clone(),
                cursor: kept.cursor.clone(),
                thorough: self.thorough,
                since: self.since,
            });
        }
        let (changes, mut stream) = mpsc::channel(4);
        let outlet = Outlet { changes, room: Arc::new(Semaphore::new(1024)), room_total: 1024 };
        let take = async {
            while let Some(change) = stream.recv().await {
                if self.dies_after.is_some_and(|most| self.came >= most) {
                    stream.close();
                    return;
                }
                self.take(&names, change);
            }
        };
        tokio::join!(source.pull(states, Arc::new(Snapshot(known)), outlet), take).0
    }

    fn at(&mut self, names: &[String], folder: FolderKey) -> &mut KeptFolder {
        self.folders.get_mut(&names[folder.0 as usize]).unwrap()
    }

    fn take(&mut self, names: &[String], change: Change) {
        match change {
            Change::Epoch { epoch, .. } => assert_eq!(epoch, 1),
            Change::Message { folder, remote, raw, flags, .. } => {
                assert_eq!(
                    self.at(names, folder).letters.insert(name(&remote), (raw, flags)).map(|_| ()),
                    None,
                    "{remote:?} twice"
                );
                self.came += 1;
            }
            Change::Flags { folder, of } => {
                for (remote, flags) in of {
                    self.at(names, folder).letters.get_mut(&name(&remote)).unwrap().1 = flags;
                }
            }
            Change::Gone { folder, ids } => {
                self.at(names, folder).letters.retain(|id, _| !ids.contains(&RemoteId::Name(id.clone())));
            }
            Change::Present { folder, ids } => {
                self.at(names, folder).letters.retain(|id, _| ids.contains(&RemoteId::Name(id.clone())));
            }
            Change::Cursor { folder, cursor } => self.at(names, folder).cursor = Some(cursor),
            Change::Unreadable { remote, code, .. } => self.unreadable.push((name(&remote), code)),
            Change::Parked { words, .. } => self.parked.push(words),
            Change::Progress { done, total, .. } => assert!(done <= total),
            Change::Older { .. } => panic!("ages are told with the letters"),
        }
    }

    /// What is kept of a folder for a purpose.
    pub fn of(&self, role: Role) -> &KeptFolder {
        self.folders.values().find(|folder| folder.role == role).unwrap()
    }
}
