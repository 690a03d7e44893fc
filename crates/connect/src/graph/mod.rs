//! Microsoft Graph v1.0 for mail: a mailbox at Microsoft 365, both halves.
//!
//! Letters are named by their immutable identifiers, which survive a move within the mailbox. `line` asks, four at a time,
//! as [`crate::line`] does, `batch` several questions in one request; `folder` lists, `pull` says how a folder is followed
//! ([`crate::follow`]), `edit` does what was done here, `send` sends, and `heavy` takes apart what is too long for one request.

mod batch;
mod edit;
mod fault;
mod folder;
mod heavy;
mod item;
mod line;
mod pull;
mod send;
mod watch;

pub use fault::aadsts;
pub use line::{Visitor, line, line_to, owner};
pub use send::GraphTransport;
pub use watch::News;

use crate::{
    ConnectError, Edit, EditDone, FolderState, Known, Line, Outlet, RemoteFolder, ServerWords, Source, Wake,
    error::Cause,
    follow::{EPOCH, Pull},
    line::encoded,
};
use async_trait::async_trait;
use mail::{RemoteId, RemoteSet, Role};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// What stands before a folder's identifier in [`RemoteFolder::remote`]: such a name is not for people.
pub const FOLDER_PREFIX: &str = "graph:";

/// A mailbox at Microsoft 365, receiving half.
#[derive(Debug)]
pub struct GraphSource {
    line: Arc<Line>,
    /// Letters above this are not taken, in bytes.
    limit: u64,
    /// What the folders with a purpose are, by their identifiers.
    roles: Option<HashMap<String, Role>>,
    /// How many letters each folder held when it was listed, until a pull has used it.
    totals: HashMap<String, u64>,
    watch: Option<watch::Watch>,
}

impl GraphSource {
    /// The mailbox at the end of this line; letters of more than `limit` bytes are told of and left there.
    pub fn new(line: Arc<Line>, limit: u64) -> GraphSource {
        GraphSource { line, limit, roles: None, totals: HashMap::new(), watch: None }
    }

    /// Has Microsoft tell there that something happened.
    pub fn telling(self, news: Option<News>) -> GraphSource {
        GraphSource { watch: news.map(watch::Watch::new), ..self }
    }
}

/// The identifier or well-known name of a folder in a path. `INBOX` is the inbox everywhere.
fn folder_path(remote: &str) -> String {
    let id = remote.strip_prefix(FOLDER_PREFIX).unwrap_or(remote);
    let id = if id.eq_ignore_ascii_case("inbox") { "inbox" } else { id };
    format!("/mailFolders/{}", encoded(id))
}

fn refused(cause: Cause, words: &str) -> ConnectError {
    ConnectError::Refused { cause, words: ServerWords(words.to_owned()) }
}

#[async_trait]
impl Source for GraphSource {
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
        if let Some(watch) = &mut self.watch {
            watch.renew(&self.line).await;
        }
        let mut folders = folders.into_iter();
        loop {
            let some: Vec<FolderState> = folders.by_ref().take(batch::MOST).collect();
            if some.is_empty() {
                return Ok(());
            }
            let ahead = pull::ahead(&self.line, &some).await;
            for state in some {
                let total = self.totals.remove(&state.remote);
                let (teller, known) = (pull::Delta { line: &self.line, ahead: &ahead }, known.as_ref());
                let pull = Pull { teller, known, out: &out, limit: self.limit, total };
                pull.folder(state).await?;
            }
        }
    }

    /// Microsoft's news come by the door, and ask for a pull there: it waits.
    async fn wait(&mut self, at_most: Duration) -> Result<Wake, ConnectError> {
        tokio::time::sleep(at_most).await;
        Ok(Wake::Timer)
    }

    async fn edit(&mut self, edits: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        Ok(edit::all(&self.line, edits).await)
    }

    async fn find(&mut self, folder: &str, message_id: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError> {
        let path = format!("{}/messages", folder_path(folder));
        let found = item::by_message_id(&self.line, &path, message_id).await?;
        Ok(found.into_iter().map(|item| (EPOCH, RemoteId::Name(item.id))).collect())
    }

    async fn inventory(&mut self, folder: &str) -> Result<(i64, RemoteSet), ConnectError> {
        Ok((EPOCH, item::ids(&self.line, folder, "").await?))
    }

    async fn older(&mut self, folder: &str, moment: i64) -> Result<RemoteSet, ConnectError> {
        let moment = jiff::Timestamp::from_millisecond(moment).unwrap_or_default();
        let filter = format!("&$filter={}", encoded(&format!("receivedDateTime lt {moment}")));
        item::ids(&self.line, folder, &filter).await
    }

    fn ask_anew(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.anew();
        }
    }

    fn rest(&self) -> Duration {
        self.line.rest()
    }

    async fn close(&mut self) {}
}
