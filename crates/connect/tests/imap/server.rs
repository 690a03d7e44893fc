//! A small IMAP server in memory. It keeps the rules, except those it is told to break.

mod answer;

use bytes::Bytes;
use connect::{
    Credentials, Encryption, Secret, Server, World,
    imap::{ImapOptions, ImapSource},
    settings::WorldOptions,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::net::TcpListener;

/// Everything a good server has.
pub const RICH: &str = "IMAP4rev1 SASL-IR AUTH=PLAIN LITERAL+ ENABLE QRESYNC CONDSTORE ESEARCH UIDPLUS MOVE IDLE \
                        NAMESPACE LIST-EXTENDED LIST-STATUS SPECIAL-USE ID";
/// CONDSTORE without QRESYNC.
pub const MIDDLE: &str = "IMAP4rev1 SASL-IR AUTH=PLAIN ENABLE CONDSTORE IDLE NAMESPACE";
/// The least.
pub const POOR: &str = "IMAP4rev1 AUTH=PLAIN";

#[derive(Debug, Clone)]
pub struct Letter {
    pub body: Bytes,
    pub flags: BTreeSet<String>,
    pub modseq: u64,
}

#[derive(Debug, Default)]
pub struct Folder {
    pub validity: u32,
    pub next: u32,
    pub modseq: u64,
    pub letters: BTreeMap<u32, Letter>,
    pub gone: Vec<(u64, u32)>,
    pub refuses: bool,
}

/// What the server does wrong.
#[derive(Debug, Default)]
pub struct Faults {
    /// No content, though there is a size.
    pub empty: BTreeSet<u32>,
    /// The literal is announced as this long.
    pub announced: HashMap<u32, u64>,
    /// RFC822.SIZE says this.
    pub size: HashMap<u32, u64>,
    /// Passed over in silence.
    pub silent: BTreeSet<u32>,
    /// FETCH with these fails.
    pub refused: BTreeSet<u32>,
    /// Sent under another UID.
    pub wrong_uid: HashMap<u32, u32>,
    /// No UIDVALIDITY in the answers.
    pub no_validity: bool,
    /// Each connection in turn ends after so many bytes.
    pub cuts: VecDeque<usize>,
}

#[derive(Debug, Default)]
pub struct State {
    pub capabilities: String,
    pub folders: BTreeMap<String, Folder>,
    pub faults: Faults,
    /// Every command, without its tag.
    pub heard: Vec<String>,
    pub connections: usize,
}

impl State {
    pub fn folder(&mut self, name: &str) -> &mut Folder {
        self.folders.entry(name.to_owned()).or_insert_with(|| Folder { validity: 7, next: 1, ..Folder::default() })
    }

    pub fn add(&mut self, name: &str, body: impl Into<Bytes>) -> u32 {
        let folder = self.folder(name);
        let uid = folder.next;
        folder.next += 1;
        folder.modseq += 1;
        let letter = Letter { body: body.into(), flags: BTreeSet::new(), modseq: folder.modseq };
        folder.letters.insert(uid, letter);
        uid
    }

    pub fn flag(&mut self, name: &str, uid: u32, flag: &str, set: bool) {
        let folder = self.folder(name);
        folder.modseq += 1;
        let modseq = folder.modseq;
        let Some(letter) = folder.letters.get_mut(&uid) else { return };
        letter.modseq = modseq;
        if set {
            letter.flags.insert(flag.to_owned());
        } else {
            letter.flags.remove(flag);
        }
    }

    pub fn remove(&mut self, name: &str, uid: u32) {
        let folder = self.folder(name);
        if folder.letters.remove(&uid).is_some() {
            folder.modseq += 1;
            folder.gone.push((folder.modseq, uid));
        }
    }

    /// The same messages under a new UIDVALIDITY.
    pub fn renumber(&mut self, name: &str) {
        let folder = self.folder(name);
        let letters = std::mem::take(&mut folder.letters);
        folder.validity += 1;
        folder.gone.clear();
        folder.next = 101;
        for letter in letters.into_values() {
            folder.letters.insert(folder.next, letter);
            folder.next += 1;
        }
    }

    pub fn heard(&self, start: &str) -> usize {
        self.heard.iter().filter(|line| line.starts_with(start)).count()
    }
}

/// A running server.
#[derive(Clone)]
pub struct Fake {
    pub port: u16,
    state: Arc<Mutex<State>>,
    pub changed: tokio::sync::watch::Sender<u64>,
}

impl Fake {
    pub async fn start(capabilities: &str) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State { capabilities: capabilities.to_owned(), ..State::default() };
        let fake = Fake { port, state: Arc::new(Mutex::new(state)), changed: tokio::sync::watch::Sender::new(0) };
        fake.state().folder("INBOX");
        let serving = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.state().connections += 1;
                tokio::spawn(answer::serve(serving.clone(), stream));
            }
        });
        fake
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Tells idle connections that something happened.
    pub fn ring(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    pub fn source(&self) -> ImapSource {
        source(self.port, Encryption::None, "secret")
    }

    /// A source whose limit is this many bytes a message.
    pub fn source_with_limit(&self, message_limit_bytes: u64) -> ImapSource {
        let world = world(message_limit_bytes);
        let server = server(self.port, Encryption::None);
        ImapSource::new(world, server, password("secret"), ImapOptions::default())
    }
}

pub fn world(message_limit_bytes: u64) -> World {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    World::new(WorldOptions { allow_networks, extra_ca: None, message_limit_bytes }).unwrap()
}

pub fn server(port: u16, encryption: Encryption) -> Server {
    Server { host: "127.0.0.1".into(), port, encryption, pinned_certificate: None }
}

pub fn password(secret: &str) -> Credentials {
    Credentials::Password { username: "alice".into(), secret: Secret::new(secret) }
}

pub fn source(port: u16, encryption: Encryption, secret: &str) -> ImapSource {
    ImapSource::new(world(0), server(port, encryption), password(secret), ImapOptions::default())
}

/// Both sides hold the same messages with the same flags.
pub fn assert_same(mirror: &super::mirror::Mirror, state: &State) {
    for (name, folder) in &state.folders {
        let here: BTreeMap<u32, (Bytes, Vec<String>)> = mirror.folders.get(name).map_or_else(BTreeMap::new, |kept| {
            kept.letters.iter().map(|(uid, (raw, flags))| (*uid, (raw.clone(), sorted(&flags.to_imap())))).collect()
        });
        let there: BTreeMap<u32, (Bytes, Vec<String>)> = folder
            .letters
            .iter()
            .map(|(uid, letter)| (*uid, (letter.body.clone(), letter.flags.iter().cloned().collect())))
            .collect();
        assert_eq!(here, there, "{name}; {:?}", mirror.log);
    }
}

fn sorted(flags: &str) -> Vec<String> {
    let mut flags: Vec<String> = flags.split(' ').filter(|flag| !flag.is_empty()).map(str::to_owned).collect();
    flags.sort();
    flags
}
