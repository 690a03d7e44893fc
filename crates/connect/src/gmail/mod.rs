//! The Gmail API v1: a mailbox at Gmail or Google Workspace, both halves.
//!
//! A letter has one identifier for ever and many labels; each label that people file by is a folder here, and a letter under
//! three of them has three places and is fetched once. `label` says which labels are places, `pull` brings what changed by the
//! history of the whole mailbox, `compare` everything that is there, `letter` the bytes, many in one request, `edit` does what
//! was done here, `send` sends.

mod brought;
mod compare;
mod edit;
mod fault;
mod folder;
mod history;
mod label;
mod letter;
mod line;
mod list;
mod place;
mod pull;
mod push;
mod send;
mod subscription;
mod watch;

pub use line::{line, owner};
pub use push::{Unbelieved, caller, mailbox_of};
pub use send::GmailTransport;
pub use subscription::{NEWS_SCOPE, Subscription, Taken};

use crate::{
    ConnectError, Edit, EditDone, FolderState, Known, Line, Outlet, RemoteFolder, ServerWords, Source, Wake,
    error::Cause,
};
use async_trait::async_trait;
use list::{Lists, Wanted};
use mail::{RemoteId, RemoteSet};
use std::{sync::Arc, time::Duration};

/// What stands before a label's identifier in [`RemoteFolder::remote`]: such a name is not for people.
pub const FOLDER_PREFIX: &str = "gmail:";
/// Nobody numbers anything anew: an identifier is one letter's for ever.
const FOLDER_EPOCH: i64 = 1;
/// The mailbox that the token opens.
const USER: &str = "/gmail/v1/users/me";

/// A mailbox at Gmail, receiving half.
#[derive(Debug)]
pub struct GmailSource {
    line: Arc<Line>,
    /// Letters above this are not taken, in bytes.
    limit: u64,
    /// People's own labels, once they were listed.
    own: Option<Vec<String>>,
    /// Where news of it go.
    watch: Option<watch::Watch>,
}

impl GmailSource {
    /// The mailbox at the end of this line; letters of more than `limit` bytes are told of and left there.
    pub fn new(line: Arc<Line>, limit: u64) -> GmailSource {
        GmailSource { line, limit, own: None, watch: None }
    }

    /// Has Google tell this topic of Pub/Sub that something happened.
    pub fn telling(self, topic: Option<String>) -> GmailSource {
        GmailSource { watch: topic.map(watch::Watch::new), ..self }
    }

    async fn lists(&mut self) -> Result<Lists, ConnectError> {
        if self.own.is_none() {
            self.folders().await?;
        }
        Ok(Lists::new(self.own.as_deref().unwrap_or_default()))
    }

    /// The letters of a folder that Gmail finds by these words.
    async fn found(&mut self, folder: &str, query: &str) -> Result<Vec<String>, ConnectError> {
        let name = label::of_folder(folder);
        if name != label::ARCHIVE {
            return list::ids(&self.line, Wanted { label: Some(name), query: Some(query), ..Wanted::default() }).await;
        }
        let found = list::ids(&self.line, Wanted { query: Some(query), ..Wanted::default() }).await?;
        let mut archived = Vec::new();
        for some in found.chunks(pull::AT_ONCE) {
            for had in letter::several(&self.line, some, self.limit).await? {
                let letter::Had::Letter(letter) = had else { continue };
                if label::places(&letter.labels) == [label::ARCHIVE] {
                    archived.push(letter.id);
                }
            }
        }
        Ok(archived)
    }
}

fn refused(cause: Cause, words: &str) -> ConnectError {
    ConnectError::Refused { cause, words: ServerWords(words.to_owned()) }
}

fn named(ids: impl IntoIterator<Item = String>) -> RemoteSet {
    let mut set = RemoteSet::new();
    ids.into_iter().for_each(|id| set.insert(&RemoteId::Name(id)));
    set
}

#[async_trait]
impl Source for GmailSource {
    async fn folders(&mut self) -> Result<Vec<RemoteFolder>, ConnectError> {
        let (folders, own) = folder::list(&self.line).await?;
        self.own = Some(own);
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
        let lists = self.lists().await?;
        pull::Pull::new(&self.line, known.as_ref(), &out, self.limit, lists, folders).run().await
    }

    /// Google's news come by the door, and ask for a pull there: it waits.
    async fn wait(&mut self, at_most: Duration) -> Result<Wake, ConnectError> {
        tokio::time::sleep(at_most).await;
        Ok(Wake::Timer)
    }

    async fn edit(&mut self, edits: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        Ok(edit::all(&self.line, edits).await)
    }

    async fn find(&mut self, folder: &str, message_id: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError> {
        let found = self.found(folder, &send::by_message_id(message_id)).await?;
        Ok(found.into_iter().map(|id| (FOLDER_EPOCH, RemoteId::Name(id))).collect())
    }

    async fn inventory(&mut self, folder: &str) -> Result<(i64, RemoteSet), ConnectError> {
        let mut lists = self.lists().await?;
        Ok((FOLDER_EPOCH, named(lists.of(&self.line, label::of_folder(folder)).await?)))
    }

    async fn older(&mut self, folder: &str, moment: i64) -> Result<RemoteSet, ConnectError> {
        let there = self.inventory(folder).await?.1;
        // Gmail compares seconds: whoever came in within the same one is left where it is.
        let query = format!("before:{}", moment.div_euclid(1000));
        let mut older = RemoteSet::new();
        for id in list::ids(&self.line, Wanted { everywhere: true, query: Some(&query), label: None }).await? {
            let id = RemoteId::Name(id);
            if there.contains(&id) {
                older.insert(&id);
            }
        }
        Ok(older)
    }

    fn rest(&self) -> Duration {
        self.line.rest()
    }

    async fn close(&mut self) {}
}
