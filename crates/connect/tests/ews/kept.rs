//! A simulator, a mailbox in it, and a store in memory that does with the changes of a pull what the real one does.

use async_trait::async_trait;
use bytes::Bytes;
use connect::{
    Change, ConnectError, Credentials, Encryption, FolderState, Known, Outlet, RemoteFolder, Secret, Server, Source,
    World, WorldOptions,
    ews::{EwsSettings, EwsSource, Line},
};
use mail::{Cursor, Flags, FolderKey, RemoteId, RemoteSet, Role};
use simulator::{Cloud, EXCHANGE_PASSWORD, Simulator};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{Semaphore, mpsc};

pub const INFO: &str = "info@voorbeeld.test";

pub fn settings(simulator: &Simulator) -> EwsSettings {
    let port = simulator.url.rsplit(':').next().unwrap().parse().unwrap();
    EwsSettings {
        url: format!("{}/EWS/Exchange.asmx", simulator.url),
        server: Server { host: "127.0.0.1".into(), port, encryption: Encryption::None, pinned_certificate: None },
        credentials: Credentials::Password {
            username: "VOORBEELD\\info".to_owned(),
            secret: Secret::new(EXCHANGE_PASSWORD),
        },
        by_ntlm: false,
    }
}

pub async fn simulator() -> Arc<Simulator> {
    let mut cloud = Cloud::default();
    cloud.latency_ms = 2;
    Arc::new(Simulator::start("127.0.0.1:0".parse().unwrap(), cloud).await.unwrap())
}

pub fn world() -> World {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap()
}

pub fn line(simulator: &Simulator) -> Line {
    settings(simulator).line(&world())
}

pub fn source(simulator: &Simulator) -> EwsSource {
    EwsSource::new(line(simulator), 50 << 20)
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
    pub async fn pull(&mut self, source: &mut EwsSource) -> Result<(), ConnectError> {
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
            Change::Older { .. } => panic!("Exchange tells ages itself"),
        }
    }

    /// What is kept of a folder for a purpose.
    pub fn of(&self, role: Role) -> &KeptFolder {
        self.folders.values().find(|folder| folder.role == role).unwrap()
    }

    /// Holds everything that is kept against what lies at the server: the same letters, byte for byte, and flags.
    pub fn is_as_in(&self, simulator: &Simulator) {
        simulator.with(|cloud| {
            let mailbox = cloud.mailbox(INFO).unwrap();
            for (name, kept) in &self.folders {
                let id = kept.remote.strip_prefix("ews:").unwrap();
                let there: BTreeMap<String, (Bytes, Flags)> = mailbox
                    .letters_in(id)
                    .into_iter()
                    .map(|letter| {
                        let flagged = letter.flag == "flagged";
                        let flags = Flags { seen: letter.is_read, flagged, draft: letter.is_draft, ..Flags::default() };
                        (letter.exchange_id(), (letter.raw.clone(), flags))
                    })
                    .collect();
                assert_eq!(kept.letters.len(), there.len(), "{name}");
                assert!(kept.letters == there, "{name} differs");
            }
        });
    }
}

/// Holds everything that was recorded against Microsoft's schema, where that is here.
pub fn is_as_the_schema_has_it(simulator: &Simulator) {
    let said = simulator.with(|cloud| cloud.exchange.record.take()).expect("it was recorded");
    assert!(!said.is_empty());
    let documents: Vec<String> = said.into_iter().flat_map(|(question, answer)| [question, answer]).collect();
    let wrong = testkit::held_against_exchange_schema(&documents).unwrap_or_default();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
