//! A simulator, a mailbox in it, and a store in memory that does with the changes of a pull what the real one does.

use async_trait::async_trait;
use bytes::Bytes;
use connect::{
    Bearer, Change, ConnectError, FolderState, Known, Line, Outlet, RemoteFolder, Secret, Source, Vendors, World,
    WorldOptions,
    graph::{self, GraphSource},
};
use mail::{Cursor, Flags, FolderKey, RemoteId, RemoteSet, Role};
use simulator::{Cloud, Simulator};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::sync::{Semaphore, mpsc};

pub const INFO: &str = "info@voorbeeld.test";

/// Gives a token, and another one when it was refused.
struct Keys {
    simulator: Arc<Simulator>,
    token: Mutex<String>,
}

#[async_trait]
impl Bearer for Keys {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, ConnectError> {
        let mut token = self.token.lock().unwrap();
        if token.is_empty() || refused.is_some() {
            *token = self.simulator.with(|cloud| cloud.token_for(INFO));
        }
        Ok(Secret::new(token.as_str()))
    }
}

pub async fn simulator() -> Arc<Simulator> {
    let mut cloud = Cloud::default();
    cloud.latency_ms = 2;
    Arc::new(Simulator::start("127.0.0.1:0".parse().unwrap(), cloud).await.unwrap())
}

pub fn line(simulator: &Arc<Simulator>) -> Arc<Line> {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let world = World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap();
    let world = world.with_vendors(Vendors::simulated(&simulator.url).unwrap());
    let keys = Keys { simulator: simulator.clone(), token: Mutex::default() };
    Arc::new(graph::line(&world, Box::new(keys)).unwrap())
}

pub fn source(simulator: &Arc<Simulator>) -> GraphSource {
    GraphSource::new(line(simulator), 50 << 20)
}

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
    pub async fn pull(&mut self, source: &mut GraphSource) -> Result<(), ConnectError> {
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
            Change::Older { .. } => panic!("Graph tells ages itself"),
        }
    }

    /// What is kept of a folder for a purpose.
    pub fn of(&self, role: Role) -> &KeptFolder {
        self.folders.values().find(|folder| folder.role == role).unwrap()
    }

    /// Holds everything that is kept against what lies in the cloud: the same letters, byte for byte, and flags.
    pub fn is_as_in(&self, simulator: &Simulator) {
        simulator.with(|cloud| {
            let mailbox = cloud.mailbox(INFO).unwrap();
            for (name, kept) in &self.folders {
                let id = kept.remote.strip_prefix("graph:").unwrap();
                let there: BTreeMap<String, (Bytes, Flags)> = mailbox
                    .letters_in(id)
                    .into_iter()
                    .map(|letter| {
                        let flagged = letter.flag == "flagged";
                        let flags = Flags { seen: letter.is_read, flagged, draft: letter.is_draft, ..Flags::default() };
                        (letter.id(true), (letter.raw.clone(), flags))
                    })
                    .collect();
                assert_eq!(kept.letters.len(), there.len(), "{name}");
                assert!(kept.letters == there, "{name} differs");
            }
        });
    }
}
