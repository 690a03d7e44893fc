//! Exchange Web Services: a mailbox at an Exchange server in the house, both halves.
//!
//! `autodiscover` finds the server of an address. `lane` is one connection and the sign-in on it (Basic, NTLM, or the token of a grant), `owner` says whose mailbox that opens, `line` asks over a few of them and has patience;
//! `folder` lists, `pull` says how a folder is followed ([`crate::follow`]), `fetch` has the bytes, `listen` is
//! woken by notifications, `edit` does what was done here, `send` sends. An identifier is one letter's in one folder, and
//! capitals count in it: a move ends it.

pub mod autodiscover;
mod edit;
mod fault;
mod fetch;
mod folder;
mod item;
mod lane;
mod line;
mod listen;
mod ntlm;
mod owner;
mod pull;
mod send;
mod xml;

pub use lane::SignIn;
pub use line::Line;
pub use owner::is_mailbox_of;
pub use send::EwsTransport;

use crate::{
    ConnectError, Edit, EditDone, FolderState, Known, Outlet, RemoteFolder, Server, Source, Wake, World,
    error::Cause,
    follow::{EPOCH, Pull},
};
use async_trait::async_trait;
use lane::Target;
use listen::Listener;
use mail::{RemoteId, RemoteSet, Role};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// What stands before a folder's identifier in [`RemoteFolder::remote`]: such a name is not for people.
pub const FOLDER_PREFIX: &str = "ews:";

/// Where the service is, and how to sign in there.
#[derive(Debug, Clone)]
pub struct EwsSettings {
    /// The address of `exchange.asmx`.
    pub url: String,
    /// The server in that address, with the certificate that is pinned.
    pub server: Server,
    /// How we sign in.
    pub sign_in: SignIn,
}

impl EwsSettings {
    /// The line to the mailbox.
    pub fn line(self, world: &World) -> Line {
        Line::new(world, Target { url: self.url, server: self.server, sign_in: self.sign_in })
    }
}

/// A mailbox at an Exchange server, receiving half.
#[derive(Debug)]
pub struct EwsSource {
    line: Line,
    /// Letters above this are not taken, in bytes.
    limit: u64,
    /// What the folders with a purpose are, by their identifiers.
    roles: Option<HashMap<String, Role>>,
    /// How many letters each folder held when it was listed, until a pull has used it.
    totals: HashMap<String, u64>,
    listener: Listener,
}

impl EwsSource {
    /// The mailbox at the end of this line; letters of more than `limit` bytes are told of and left there.
    pub fn new(line: Line, limit: u64) -> EwsSource {
        EwsSource { line, limit, roles: None, totals: HashMap::new(), listener: Listener::default() }
    }
}

#[async_trait]
impl Source for EwsSource {
    async fn folders(&mut self) -> Result<Vec<RemoteFolder>, ConnectError> {
        let roles = match &self.roles {
            Some(roles) => roles,
            None => self.roles.insert(folder::roles(&self.line).await?),
        };
        let folders = folder::list(&self.line, roles).await?;
        let total = |folder: &RemoteFolder| Some((folder.remote.clone(), folder.messages?));
        self.totals = folders.iter().filter_map(total).collect();
        Ok(folders)
    }

    async fn pull(
        &mut self,
        folders: Vec<FolderState>,
        known: Arc<dyn Known>,
        out: Outlet,
    ) -> Result<(), ConnectError> {
        for state in folders {
            let total = self.totals.remove(&state.remote);
            let (teller, known) = (pull::States(&self.line), known.as_ref());
            let pull = Pull { teller, known, out: &out, limit: self.limit, total };
            pull.folder(state).await?;
        }
        Ok(())
    }

    async fn wait(&mut self, at_most: Duration) -> Result<Wake, ConnectError> {
        self.listener.wait(&self.line, at_most).await
    }

    async fn edit(&mut self, edits: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        let mut done = Vec::with_capacity(edits.len());
        for edit in edits {
            done.push(edit::one(&self.line, edit).await);
        }
        Ok(done)
    }

    async fn find(&mut self, folder: &str, message_id: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError> {
        match item::by_message_id(&self.line, folder, message_id).await {
            Ok(found) => Ok(found.into_iter().map(|item| (EPOCH, RemoteId::Name(item.id))).collect()),
            // A folder that is gone holds nothing.
            Err(ConnectError::Refused { cause: Cause::NoSuchFolder, .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn inventory(&mut self, folder: &str) -> Result<(i64, RemoteSet), ConnectError> {
        Ok((EPOCH, item::ids(&self.line, folder, "").await?))
    }

    async fn older(&mut self, folder: &str, moment: i64) -> Result<RemoteSet, ConnectError> {
        let moment = jiff::Timestamp::from_millisecond(moment).unwrap_or_default();
        let moment = moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        item::ids(&self.line, folder, &item::condition("IsLessThan", "item:DateTimeReceived", &moment)).await
    }

    fn rest(&self) -> Duration {
        self.line.rest()
    }

    async fn close(&mut self) {
        self.listener = Listener::default();
    }
}
