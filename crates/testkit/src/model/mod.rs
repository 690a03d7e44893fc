//! An IMAP server in memory whose every state a test can see and change: the other side of the model test.
//!
//! Written from RFC 3501 (with 2177, 2342, 4315, 4731, 5161, 5819, 6154, 6851, 7162 and 7888) and sharing no line with
//! the client it tests. What real servers do beyond the letter is for the real servers to show.

mod fetch;
mod folders;
mod search;
mod select;
mod serve;
mod session;
mod set;
mod state;
mod store;
mod wire;

use crate::Chance;
use state::{Folder, Mailbox};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::watch;

/// What the server can do beyond IMAP4rev1.
#[derive(Debug, Clone)]
pub struct ModelOptions {
    /// The only user.
    pub user: String,
    /// Its password.
    pub password: String,
    /// CONDSTORE (RFC 7162).
    pub condstore: bool,
    /// QRESYNC and ENABLE; means CONDSTORE too.
    pub qresync: bool,
    /// IDLE.
    pub idle: bool,
    /// UIDPLUS.
    pub uidplus: bool,
    /// MOVE.
    pub moves: bool,
    /// SPECIAL-USE.
    pub special_use: bool,
    /// LIST-EXTENDED and LIST-STATUS.
    pub list_status: bool,
    /// ESEARCH.
    pub esearch: bool,
    /// LITERAL+.
    pub literal_plus: bool,
    /// Between the levels of a folder's name.
    pub separator: char,
}

impl Default for ModelOptions {
    /// Everything on.
    fn default() -> ModelOptions {
        ModelOptions {
            user: "anna".into(),
            password: "geheim-1".into(),
            condstore: true,
            qresync: true,
            idle: true,
            uidplus: true,
            moves: true,
            special_use: true,
            list_status: true,
            esearch: true,
            literal_plus: true,
            separator: '/',
        }
    }
}

impl ModelOptions {
    /// A server of the last century: IMAP4rev1 and nothing else.
    pub fn plain() -> ModelOptions {
        ModelOptions {
            condstore: false,
            qresync: false,
            idle: false,
            uidplus: false,
            moves: false,
            special_use: false,
            list_status: false,
            esearch: false,
            literal_plus: false,
            ..ModelOptions::default()
        }
    }

    fn capabilities(&self) -> String {
        let words = [
            (true, "IMAP4rev1 ID NAMESPACE UNSELECT SASL-IR AUTH=PLAIN"),
            (self.condstore || self.qresync, "CONDSTORE"),
            (self.qresync, "QRESYNC ENABLE"),
            (self.idle, "IDLE"),
            (self.uidplus, "UIDPLUS"),
            (self.moves, "MOVE"),
            (self.special_use, "SPECIAL-USE"),
            (self.list_status, "LIST-EXTENDED LIST-STATUS"),
            (self.esearch, "ESEARCH"),
            (self.literal_plus, "LITERAL+"),
        ];
        let offered: Vec<&str> = words.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        offered.join(" ")
    }
}

#[derive(Debug)]
struct Shared {
    options: ModelOptions,
    mailbox: Mutex<Mailbox>,
    /// Counts changes, so that idling sessions look again.
    changes: watch::Sender<u64>,
    cut: Arc<Mutex<Option<usize>>>,
    connections: AtomicUsize,
    commands: Mutex<Vec<(usize, String)>>,
}

impl Shared {
    fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        self.mailbox.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

/// A running model server. Its methods are what another client would do, without a connection.
#[derive(Debug)]
pub struct ModelImap {
    /// IMAP on 127.0.0.1, without TLS.
    pub port: u16,
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// A folder as it is: UIDVALIDITY, and for each UID the digest of the bytes ([`crate::digest`]) and the flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFolder {
    /// UIDVALIDITY.
    pub validity: u32,
    /// By UID.
    pub messages: BTreeMap<u32, (String, BTreeSet<String>)>,
}

impl ModelImap {
    /// Starts one with six empty folders, of which five have a special use.
    pub fn start(options: ModelOptions) -> ModelImap {
        let separator = options.separator;
        let shared = Arc::new(Shared {
            options,
            mailbox: Mutex::new(Mailbox::new(separator)),
            changes: watch::Sender::new(0),
            cut: Arc::default(),
            connections: AtomicUsize::new(0),
            commands: Mutex::default(),
        });
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("our own socket");
        let port = listener.local_addr().expect("our own socket").port();
        runtime.spawn(serve::accept(listener, shared.clone()));
        ModelImap { port, shared, runtime: Some(runtime) }
    }

    /// Adds a message and answers its UID; the folder must exist.
    pub fn append(&self, folder: &str, raw: &[u8], flags: &[&str]) -> u32 {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let date = "05-Mar-2026 09:30:00 +0100".to_owned();
        self.change(folder, |folder| folder.add(Arc::new(raw.to_vec()), flags, date))
    }

    /// Takes messages away.
    pub fn expunge(&self, folder: &str, uids: &[u32]) {
        let uids = uids.iter().copied().collect();
        self.change(folder, |folder| drop(folder.remove(&uids)));
    }

    /// Gives a message exactly these flags.
    pub fn set_flags(&self, folder: &str, uid: u32, flags: &[&str]) {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        self.change(folder, |folder| folder.set_flags(uid, flags));
    }

    /// Moves a message; both folders must exist.
    pub fn move_to(&self, folder: &str, uid: u32, to: &str) {
        let moved = self.change(folder, |folder| folder.remove(&BTreeSet::from([uid])));
        self.change(to, |folder| {
            for mail in moved {
                folder.add(mail.raw, mail.flags, mail.date);
            }
        });
    }

    /// Makes a folder; false when it exists.
    pub fn create(&self, folder: &str) -> bool {
        let made = self.shared.mailbox().create(folder, None);
        self.shared.changed();
        made
    }

    /// Removes a folder with what is in it; its name may come back with another UIDVALIDITY.
    pub fn remove_folder(&self, folder: &str) {
        self.shared.mailbox().folders.remove(folder);
        self.shared.changed();
    }

    /// Renames a folder and everything below it; false when that is not possible.
    pub fn rename(&self, folder: &str, to: &str) -> bool {
        let done = self.shared.mailbox().rename(folder, to);
        self.shared.changed();
        done
    }

    /// A restored server: another UIDVALIDITY, and every message under another UID.
    pub fn renumber(&self, folder: &str, seed: u64) {
        let mut chance = Chance::new(seed);
        self.shared.mailbox().renumber(folder, |messages| {
            for place in (1..messages.len()).rev() {
                messages.swap(place, chance.below(place + 1));
            }
        });
        self.shared.changed();
    }

    /// Cuts the connection over which the next so many bytes have gone out, counted over all connections; once.
    pub fn cut_after(&self, bytes: usize) {
        *self.shared.cut.lock().unwrap_or_else(|broken| broken.into_inner()) = Some(bytes);
    }

    /// Takes back a cut that has not come yet.
    pub fn no_cut(&self) {
        *self.shared.cut.lock().unwrap_or_else(|broken| broken.into_inner()) = None;
    }

    /// Everything as it is now.
    pub fn snapshot(&self) -> BTreeMap<String, ModelFolder> {
        let mailbox = self.shared.mailbox();
        let show = |folder: &Folder| ModelFolder {
            validity: folder.validity,
            messages: folder
                .messages
                .iter()
                .map(|mail| (mail.uid, (crate::digest(&mail.raw), mail.flags.clone())))
                .collect(),
        };
        mailbox.folders.iter().map(|(name, folder)| (name.clone(), show(folder))).collect()
    }

    /// Every command so far with the number of its connection; literals are left out.
    pub fn commands(&self) -> Vec<(usize, String)> {
        self.shared.commands.lock().unwrap_or_else(|broken| broken.into_inner()).clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    fn change<T>(&self, folder: &str, how: impl FnOnce(&mut Folder) -> T) -> T {
        let mut mailbox = self.shared.mailbox();
        let folder = mailbox.folders.get_mut(folder).unwrap_or_else(|| panic!("the model has no folder {folder}"));
        let answer = how(folder);
        drop(mailbox);
        self.shared.changed();
        answer
    }
}

impl Drop for ModelImap {
    fn drop(&mut self) {
        // The usual end of a runtime waits, which is not allowed where an asynchronous test drops it.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
