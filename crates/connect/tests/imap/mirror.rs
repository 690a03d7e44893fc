//! A store in memory that does what the real one does with the changes of a pull.

use bytes::Bytes;
use connect::{Change, ConnectError, FolderState, Known, Outlet, Source, imap::ImapSource};
use mail::{Cursor, Flags, FolderKey, RemoteId, RemoteSet};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};
use tokio::sync::{Semaphore, mpsc};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    pub epoch: i64,
    pub letters: BTreeMap<u32, (Bytes, Flags)>,
    pub cursor: Option<Cursor>,
}

#[derive(Debug, Default)]
pub struct Mirror {
    pub folders: HashMap<String, Kept>,
    pub names: Vec<String>,
    /// Everything that came, in short words.
    pub log: Vec<String>,
    /// (UID, code)
    pub unreadable: Vec<(u32, &'static str)>,
    /// Asked for with every pull.
    pub thorough: bool,
    /// Asked for with every pull.
    pub since: Option<i64>,
    pub parked: Vec<String>,
    /// Messages handed over in the last pull, in order.
    pub fresh: Vec<u32>,
}

struct Snapshot(Mutex<HashMap<FolderKey, RemoteSet>>);

#[async_trait::async_trait]
impl Known for Snapshot {
    async fn known(&self, folder: FolderKey) -> RemoteSet {
        self.0.lock().unwrap().get(&folder).cloned().unwrap_or_default()
    }
}

fn uid(remote: &RemoteId) -> u32 {
    match remote {
        RemoteId::Uid(uid) => *uid,
        RemoteId::Name(name) => panic!("{name} is no UID"),
    }
}

impl Mirror {
    fn key(&mut self, name: &str) -> FolderKey {
        let at = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        FolderKey(at as i64)
    }

    /// Lists and pulls everything.
    pub async fn pull(&mut self, source: &mut ImapSource) -> Result<(), ConnectError> {
        let folders = source.folders().await?;
        let names: Vec<String> =
            folders.into_iter().filter(|folder| folder.selectable).map(|folder| folder.remote).collect();
        self.pull_these(source, &names).await
    }

    /// Pulls these folders.
    pub async fn pull_these(&mut self, source: &mut ImapSource, names: &[String]) -> Result<(), ConnectError> {
        self.fresh.clear();
        let mut states = Vec::new();
        let mut known = HashMap::new();
        for name in names {
            let folder = self.key(name);
            let kept = self.folders.entry(name.clone()).or_default();
            known.insert(folder, kept.letters.keys().copied().collect());
            states.push(FolderState {
                folder,
                remote: name.clone(),
                cursor: kept.cursor.clone(),
                thorough: self.thorough,
                since: self.since,
            });
        }
        let (changes, mut stream) = mpsc::channel(4);
        let outlet = Outlet { changes, room: Arc::new(Semaphore::new(64)), room_total: 64 };
        let known = Arc::new(Snapshot(Mutex::new(known)));
        let take = async {
            while let Some(change) = stream.recv().await {
                self.take(change);
            }
        };
        tokio::join!(source.pull(states, known, outlet), take).0
    }

    fn take(&mut self, change: Change) {
        let names = self.names.clone();
        macro_rules! of {
            ($folder:expr) => {
                self.folders.entry(names[$folder.0 as usize].clone()).or_default()
            };
        }
        match change {
            Change::Epoch { folder, epoch } => {
                self.log.push(format!("epoch {epoch}"));
                let kept = of!(folder);
                if kept.epoch != epoch {
                    kept.letters.clear();
                }
                kept.epoch = epoch;
            }
            Change::Message { folder, remote, raw, flags, .. } => {
                self.fresh.push(uid(&remote));
                self.log.push(format!("message {}", uid(&remote)));
                of!(folder).letters.insert(uid(&remote), (raw, flags));
            }
            Change::Flags { folder, of } => {
                self.log.push(format!("flags {}", of.len()));
                for (remote, flags) in of {
                    if let Some(letter) = of!(folder).letters.get_mut(&uid(&remote)) {
                        letter.1 = flags;
                    }
                }
            }
            Change::Gone { folder, ids } => {
                self.log.push(format!("gone {}", ids.len()));
                of!(folder).letters.retain(|uid, _| !ids.contains(&RemoteId::Uid(*uid)));
            }
            Change::Present { folder, ids } => {
                self.log.push(format!("present {}", ids.len()));
                of!(folder).letters.retain(|uid, _| ids.contains(&RemoteId::Uid(*uid)));
            }
            Change::Unreadable { remote, code, .. } => self.unreadable.push((uid(&remote), code)),
            Change::Cursor { folder, cursor } => of!(folder).cursor = Some(cursor),
            Change::Parked { folder, .. } => self.parked.push(names[folder.0 as usize].clone()),
            Change::Older { .. } | Change::Progress { .. } => {}
        }
    }
}
