//! IMAP (RFC 3501, RFC 9051 and extensions), receiving half.
//!
//! Our own client, because no published one reads all that real servers send, keeps several commands in flight and
//! holds its memory. From the line upwards: `wire` makes frames of bytes, `token`, `response` and `fetch` read them,
//! `session` knows the state of one connection, `open` signs in, and `pull`, `wait`, `edit` and `list` do the work; `gmail` does
//! it by labels where the server is Gmail.

mod age;
mod capability;
mod cause;
mod command;
mod edit;
pub mod fetch;
mod folder;
mod gmail;
mod list;
mod open;
mod place;
mod pull;
pub mod response;
mod session;
mod token;
mod utf7;
mod wait;
mod wire;

pub use utf7::{decode as decode_name, encode as encode_name};

use crate::{
    ConnectError, Credentials, Edit, EditDone, FolderState, Known, Outlet, RemoteFolder, Server, Source, Wake, World,
    transcript::Transcript,
};
use async_trait::async_trait;
use command::Command;
use list::Namespaces;
use mail::{RemoteId, RemoteSet};
use place::Place;
use pull::{Job, Pull};
use response::Counts;
use session::Session;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// What may be chosen for one account.
#[derive(Debug, Clone)]
pub struct ImapOptions {
    /// Only folders under this prefix, and INBOX; `None` takes all that the server's NAMESPACE does not call somebody
    /// else's.
    pub prefix: Option<String>,
    /// How many connections a pull may use.
    pub connections: usize,
    /// Where the session is written down, secrets blanked.
    pub transcript: Option<Transcript>,
    /// Use COMPRESS=DEFLATE where offered (RFC 4978). Costs a quarter of a megabyte a connection and processor time.
    pub compress: bool,
}

impl Default for ImapOptions {
    fn default() -> ImapOptions {
        ImapOptions { prefix: None, connections: 2, transcript: None, compress: false }
    }
}

/// An account on an IMAP server.
#[derive(Debug)]
pub struct ImapSource {
    world: World,
    server: Server,
    credentials: Credentials,
    options: ImapOptions,
    /// Open connections; the first is the one that waits. A session in use is taken out, so that work that is dropped
    /// halfway takes its session with it.
    sessions: Vec<Session>,
    /// What the last listing said of the folders, until a pull has used it.
    counts: HashMap<String, Counts>,
    namespaces: Option<Namespaces>,
    /// Where the last pull of each folder ended.
    places: HashMap<String, Place>,
    flood: wait::Flood,
    /// Set where the folders are labels.
    gmail: Option<gmail::Gmail>,
}

impl ImapSource {
    /// A source that connects when it is first asked for something.
    pub fn new(world: World, server: Server, credentials: Credentials, options: ImapOptions) -> ImapSource {
        ImapSource {
            world,
            server,
            credentials,
            options,
            sessions: Vec::new(),
            counts: HashMap::new(),
            namespaces: None,
            places: HashMap::new(),
            flood: wait::Flood::default(),
            gmail: None,
        }
    }

    /// The main session, opened when there is none.
    async fn session(&mut self) -> Result<Session, ConnectError> {
        if !self.sessions.is_empty() {
            return Ok(self.sessions.remove(0));
        }
        open::open(&self.world, &self.server, &self.credentials, &self.options).await
    }

    fn keep(&mut self, mut session: Session) {
        session.wire.rest();
        self.sessions.insert(0, session);
    }

    /// The epoch of an open folder. One that a pull has seen may carry a generation of ours.
    fn epoch(&self, remote: &str, session: &Session) -> i64 {
        let validity = session.selected.as_ref().and_then(|selected| selected.uidvalidity).unwrap_or(0);
        let now = i64::from(validity.max(1));
        match self.places.get(remote) {
            Some(place) if validity == 0 || place.validity == validity => place.epoch(),
            _ => now,
        }
    }

    async fn opened(&mut self, folder: &str) -> Result<Session, ConnectError> {
        let mut session = self.session().await?;
        let open = session.selected.as_ref().is_some_and(|selected| selected.remote == folder && !selected.changed);
        if open {
            let (_, news) = session.run(Command::new("NOOP")).await?;
            if let Some(selected) = &mut session.selected {
                selected.changed |= news.iter().any(|one| matches!(one, response::Response::Fetch(_)));
            }
            return Ok(session);
        }
        match folder::open(&mut session, folder, false, None).await? {
            Ok(_) => Ok(session),
            Err(status) => {
                self.keep(session);
                Err(cause::work(&status))
            }
        }
    }

    async fn search(&mut self, folder: &str, criteria: Command) -> Result<(i64, RemoteSet), ConnectError> {
        let mut session = self.opened(folder).await?;
        let found = folder::search(&mut session, criteria).await?;
        let epoch = self.epoch(folder, &session);
        self.keep(session);
        found.map(|found| (epoch, found)).map_err(|status| cause::work(&status))
    }
}

#[async_trait]
impl Source for ImapSource {
    async fn folders(&mut self) -> Result<Vec<RemoteFolder>, ConnectError> {
        let kept = !self.sessions.is_empty();
        let mut session = self.session().await?;
        let prefix = self.options.prefix.clone();
        let mut listed = list::list(&mut session, prefix.as_deref(), &mut self.namespaces).await;
        if kept && matches!(listed, Err(ConnectError::Later { .. })) {
            // A connection that lay idle may have died without a sound: that is no error yet.
            self.sessions.clear();
            session = self.session().await?;
            listed = list::list(&mut session, prefix.as_deref(), &mut self.namespaces).await;
        }
        let listing = listed?;
        let (labels, utf8) = (session.capabilities.has(gmail::CAPABILITY), session.utf8);
        self.keep(session);
        if labels && prefix.is_none() {
            return Ok(self.as_gmail(listing, utf8));
        }
        self.counts = listing.counts;
        Ok(listing.folders)
    }

    async fn pull(
        &mut self,
        folders: Vec<FolderState>,
        known: Arc<dyn Known>,
        out: Outlet,
    ) -> Result<(), ConnectError> {
        if let Some(gmail) = self.gmail.take() {
            return self.pull_letters(gmail, folders, known, out).await;
        }
        let mut counts = std::mem::take(&mut self.counts);
        let changed = self.sessions.iter().filter_map(|session| session.selected.as_ref());
        let changed: Vec<String> = changed.filter(|open| open.changed).map(|open| open.remote.clone()).collect();
        let jobs = folders.into_iter().map(|state| {
            let counts = counts.remove(&state.remote);
            Job::new(state, counts)
        });
        let jobs: Vec<Job> = jobs.filter(|job| !job.is_unchanged() || changed.contains(&job.remote)).collect();
        if jobs.is_empty() {
            return Ok(());
        }
        let mut sessions = vec![self.session().await?];
        sessions.append(&mut self.sessions);
        let pull = Pull {
            world: &self.world,
            server: &self.server,
            credentials: &self.credentials,
            options: &self.options,
            known,
            out,
        };
        let (sessions, places, result) = pull.run(sessions, jobs).await;
        self.sessions = sessions;
        self.places.extend(places);
        result
    }

    async fn wait(&mut self, at_most: Duration) -> Result<Wake, ConnectError> {
        if let Some(gmail) = &mut self.gmail {
            gmail.forget();
        }
        self.wait_for_change(at_most).await
    }

    async fn edit(&mut self, edits: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        if let Some(gmail) = self.gmail.take() {
            return self.edit_letters(gmail, edits).await;
        }
        let mut session = self.session().await?;
        let personal = self.namespaces.as_ref().map_or("", |known| known.personal.as_str());
        let account = edit::Account { places: &self.places, personal };
        let (done, alive) = edit::run(account, &mut session, edits).await;
        if alive {
            self.keep(session);
        }
        Ok(done)
    }

    async fn find(&mut self, folder: &str, message_id: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError> {
        let bare = message_id.trim().trim_start_matches('<').trim_end_matches('>');
        let criteria = Command::new("HEADER Message-ID ").string(bare.as_bytes());
        if self.gmail.is_some() {
            return Ok(gmail::with_epoch(self.find_letters(folder, criteria).await?));
        }
        let (epoch, found) = self.search(folder, criteria).await?;
        Ok(found.uids().rev().map(|uid| (epoch, RemoteId::Uid(uid))).collect())
    }

    async fn inventory(&mut self, folder: &str) -> Result<(i64, RemoteSet), ConnectError> {
        if self.gmail.is_some() {
            return Ok(gmail::inventory(self.letters(folder).await?));
        }
        self.search(folder, Command::new("ALL")).await
    }

    async fn older(&mut self, folder: &str, moment: i64) -> Result<RemoteSet, ConnectError> {
        if self.gmail.is_some() {
            let letters = self.letters(folder).await?.into_iter();
            let older = letters.filter(|(_, at)| at.is_some_and(|at| at < moment));
            return Ok(gmail::named(older.map(|(letter, _)| letter)));
        }
        let mut session = self.opened(folder).await?;
        let found = age::older(&mut session, moment).await?;
        self.keep(session);
        found.map_err(|status| cause::work(&status))
    }

    async fn close(&mut self) {
        let farewells = std::mem::take(&mut self.sessions).into_iter().map(Session::log_out);
        futures_util::future::join_all(farewells).await;
    }
}
