//! POP3 (RFC 1939, with CAPA, STLS, SASL, response codes and UTF8), receiving half.
//!
//! Such a server knows one mailbox that only one program may open at a time, no flags and no folders. From the line
//! upwards: `wire` makes lines and messages of bytes, `reply` reads them, `session` knows one connection, `open` signs in,
//! `listing` names what is there, `fetch` brings what is new.

mod cause;
mod fetch;
mod listing;
mod open;
pub mod reply;
mod session;
mod wire;

use crate::{
    ConnectError, Credentials, Edit, EditDone, FolderState, Known, Outlet, RemoteFolder, Server, ServerWords, Source,
    Wake, World,
    error::{Cause, Step},
    transcript::Transcript,
};
use async_trait::async_trait;
use listing::{Listing, Named};
use mail::{RemoteId, RemoteSet, Role};
use session::Session;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// The name of the one folder.
pub const INBOX: &str = "INBOX";
/// Nobody numbers anything anew: names are for ever, or they are other names.
const FOLDER_EPOCH: i64 = 1;
/// Among so many of the newest messages one is looked for.
const NEWEST: usize = 200;
/// Longer than this nobody waits here for leave to sign in again: it is told when to come back.
const REST_PATIENCE: Duration = Duration::from_secs(20);

/// An account on a POP3 server.
#[derive(Debug)]
pub struct Pop3Source {
    world: World,
    server: Server,
    credentials: Credentials,
    transcript: Option<Transcript>,
    session: Option<Session>,
    /// Before this moment the server wants no other sign-in (LOGIN-DELAY).
    free_at: Option<Instant>,
    /// The list that the last pull came to the end of, and from when on mail was wanted then.
    seen: Option<([u8; 32], Option<i64>)>,
}

impl Pop3Source {
    /// A source that connects when it is first asked for something.
    pub fn new(world: World, server: Server, credentials: Credentials, transcript: Option<Transcript>) -> Pop3Source {
        Pop3Source { world, server, credentials, transcript, session: None, free_at: None, seen: None }
    }

    /// The open session, or a new one when the server allows it.
    async fn session(&mut self) -> Result<Session, ConnectError> {
        if let Some(session) = self.session.take() {
            return Ok(session);
        }
        let rest = self.rest();
        if rest > REST_PATIENCE {
            let reason = format!("the server wants {} seconds more between two sign-ins", rest.as_secs() + 1);
            return Err(ConnectError::Later { step: Step::SignIn, cause: Cause::Throttled, wait: Some(rest), reason });
        }
        tokio::time::sleep(rest).await;
        let session = open::open(&self.world, &self.server, &self.credentials, self.transcript.as_ref()).await?;
        let delay = session.can.login_delay();
        self.free_at = (!delay.is_zero()).then(|| Instant::now() + delay);
        Ok(session)
    }

    /// Lets the mailbox go, so that another program may open it.
    async fn leave(&mut self) {
        if let Some(session) = self.session.take() {
            session.leave().await;
        }
    }
}

impl Session {
    /// What lies in the mailbox; a server without lasting names is refused in plain words.
    pub(super) async fn listing(&mut self) -> Result<&Listing, ConnectError> {
        match self.look().await? {
            Ok(listing) => Ok(listing),
            Err(reply) => Err(match cause::work(&reply) {
                ConnectError::Refused { words, .. } => {
                    ConnectError::Settings { step: Step::Work, cause: Cause::NoUniqueIds, words }
                }
                passing => passing,
            }),
        }
    }
}

#[async_trait]
impl Source for Pop3Source {
    async fn folders(&mut self) -> Result<Vec<RemoteFolder>, ConnectError> {
        // A session shows the mailbox as it was when it began.
        self.leave().await;
        let mut session = self.session().await?;
        let messages = Some(session.listing().await?.messages.len() as u64);
        self.session = Some(session);
        Ok(vec![RemoteFolder {
            remote: INBOX.to_owned(),
            name: INBOX.to_owned(),
            declared: Role::Inbox,
            selectable: true,
            separator: None,
            messages,
            uidvalidity: None,
        }])
    }

    async fn pull(
        &mut self,
        folders: Vec<FolderState>,
        known: Arc<dyn Known>,
        out: Outlet,
    ) -> Result<(), ConnectError> {
        match folders.into_iter().find(|folder| folder.remote == INBOX) {
            Some(inbox) => self.pull_inbox(inbox, known, out).await,
            None => Ok(()),
        }
    }

    async fn wait(&mut self, at_most: Duration) -> Result<Wake, ConnectError> {
        let until = Instant::now() + at_most;
        self.leave().await;
        tokio::time::sleep_until(until).await;
        Ok(Wake::Timer)
    }

    /// Deletes messages, in one session to its end; everything else there is nothing for on such a server.
    async fn edit(&mut self, edits: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        if edits.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.session().await?;
        let listing = session.listing().await?;
        let by_name: HashMap<&str, &Named> = listing.messages.iter().map(|one| (one.name.as_str(), one)).collect();
        let mut marked = Vec::new();
        let mut done = Vec::with_capacity(edits.len());
        for edit in edits {
            let Edit::Delete { remote: RemoteId::Name(name), .. } = edit else {
                done.push(Err(refused("a POP3 server knows no flags and no folders")));
                continue;
            };
            done.push(match by_name.get(name.as_str()) {
                None => Ok(EditDone { new: None, missing: true }),
                // Another one may have the same head.
                Some(one) if !one.sure => Err(refused("the server gives several messages this name")),
                Some(one) => {
                    marked.push((done.len(), (*one).clone()));
                    Ok(EditDone::default())
                }
            });
        }
        if marked.is_empty() {
            self.session = Some(session);
            return Ok(done);
        }
        let (places, marked): (Vec<usize>, Vec<Named>) = marked.into_iter().unzip();
        let agreed = session.delete(&marked).await?;
        // From here on nobody knows what became of them but the server.
        let unsure = match session.quit().await {
            Ok(reply) if reply.ok => None,
            Ok(reply) => Some(ServerWords::new(&reply.text, &[]).0),
            Err(broken) => Some(ConnectError::from(broken).to_string()),
        };
        for (place, agreed) in places.into_iter().zip(agreed) {
            match (agreed, &unsure) {
                (Err(reply), _) => done[place] = Err(cause::work(&reply)),
                (Ok(()), Some(words)) => done[place] = Err(ConnectError::Uncertain(words.clone())),
                (Ok(()), None) => {}
            }
        }
        Ok(done)
    }

    /// Looks among the newest messages only: whoever seeks an old one here would be sent the heads of a whole mailbox.
    async fn find(&mut self, _folder: &str, message_id: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError> {
        let mut session = match self.session().await {
            // Right after a session some servers need a moment.
            Err(ConnectError::Later { cause: Cause::InUse, .. }) => return Ok(Vec::new()),
            opened => opened?,
        };
        let newest: Vec<Named> = session.listing().await?.messages.iter().rev().take(NEWEST).cloned().collect();
        let numbers: Vec<u32> = newest.iter().map(|one| one.number).collect();
        let bare = message_id.trim().trim_start_matches('<').trim_end_matches('>');
        let mut found = Vec::new();
        session
            .heads(&numbers, |number, head| {
                let id = head.and_then(|head| mail::parse::arrival(&head).message_id);
                if id.is_some_and(|id| id.as_str() == bare) {
                    found.push(number);
                }
            })
            .await?;
        self.session = Some(session);
        let found = newest.into_iter().filter(|one| found.contains(&one.number));
        Ok(found.map(|one| (FOLDER_EPOCH, RemoteId::Name(one.name))).collect())
    }

    async fn inventory(&mut self, _folder: &str) -> Result<(i64, RemoteSet), ConnectError> {
        let mut session = self.session().await?;
        let names = session.listing().await?.names();
        self.session = Some(session);
        Ok((FOLDER_EPOCH, names))
    }

    async fn older(&mut self, _folder: &str, moment: i64) -> Result<RemoteSet, ConnectError> {
        let mut session = self.session().await?;
        let all = session.listing().await?.messages.clone();
        let numbers: Vec<u32> = all.iter().map(|one| one.number).collect();
        let mut older = RemoteSet::new();
        let mut at = all.iter();
        session
            .heads(&numbers, |_, head| {
                let arrived = head.and_then(|head| mail::parse::arrival(&head).at);
                if let (Some(one), true) = (at.next(), arrived.is_some_and(|at| at < moment)) {
                    older.insert(&RemoteId::Name(one.name.clone()));
                }
            })
            .await?;
        self.session = Some(session);
        Ok(older)
    }

    fn rest(&self) -> Duration {
        self.free_at.map_or(Duration::ZERO, |free_at| free_at.saturating_duration_since(Instant::now()))
    }

    async fn close(&mut self) {
        self.leave().await;
    }
}

fn refused(words: &str) -> ConnectError {
    ConnectError::Refused { cause: Cause::Refused, words: ServerWords(words.to_owned()) }
}
