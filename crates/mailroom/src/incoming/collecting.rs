//! A mailbox whose server only hands over (POP3): one folder there, and no flags, while people here want folders. So its
//! folders are ours, as those of a mailbox that lies with us alone, and what is done in them stays here; the server is
//! where new mail comes from (features M2, M21).
//!
//! What leaves the server leaves it late: when the message is stored, its bytes were read again and are whole, and that we
//! are about to ask is written down. Only the server's word at the end of that session counts as done; when it gets lost,
//! the next list says what became of it (reliability §4, 6; case 17).

use super::{OwnSource, held::Held};
use crate::{MailRoom, killpoint};
use async_trait::async_trait;
use connect::{
    ConnectError, Edit, EditDone, FolderState, Known, Outlet, RemoteFolder, Source, Wake,
    error::{Cause, Step},
    pop3::INBOX,
};
use mail::{FolderKey, OrganisationKey, RemoteId, RemoteSet};
use std::{sync::Arc, time::Duration};
use store::{
    StoreError,
    account::{Account, AfterFetch, Incoming},
    collected::{self, Due},
};

const DAY_MS: i64 = 24 * 3_600_000;
/// So many messages at most leave the server in one session.
const LEAVING: usize = 1000;

/// Whether the account's mail comes so.
pub(super) fn is_meant(account: &Account) -> bool {
    matches!(account.settings.incoming, Incoming::Pop3(_))
}

/// Folders of ours, and the server that fills one of them.
pub(crate) struct CollectingSource {
    room: MailRoom,
    account: Account,
    own: OwnSource,
    server: Box<dyn Source>,
    /// The folder that is filled, once it was pulled.
    inbox: Option<FolderKey>,
}

impl CollectingSource {
    pub(crate) fn new(room: &MailRoom, account: &Account, server: Box<dyn Source>) -> CollectingSource {
        let own = OwnSource::new(room, account);
        CollectingSource { room: room.clone(), account: account.clone(), own, server, inbox: None }
    }

    /// Asks the server to delete what may leave it; what it does not confirm is asked for again another time.
    async fn let_go(&mut self, inbox: FolderKey, remotes: Vec<RemoteId>) -> Result<(), StoreError> {
        let (organisation, account, now) = (self.account.organisation, self.account.id, self.room.clock.now());
        let edits = remotes.iter().map(|remote| {
            let remote = remote.clone();
            Edit::Delete { folder: INBOX.to_owned(), epoch: super::own::EPOCH, remote }
        });
        let edits = edits.collect();
        let asked = remotes.clone();
        let work =
            store::unit(move |tx| Box::pin(async move { collected::ask(tx, organisation, inbox, &asked, now).await }));
        killpoint!("collect.before_ask");
        Held::from(&self.account).write(&self.room, work).await?;
        killpoint!("collect.after_ask");
        let done = match self.server.edit(edits).await {
            Ok(done) => done,
            Err(error) => {
                tracing::warn!(%account, %error, "the server was not asked to the end to delete what is stored; nothing left it");
                return Ok(());
            }
        };
        killpoint!("collect.after_quit");
        let mut confirmed = Vec::with_capacity(remotes.len());
        for (remote, done) in remotes.into_iter().zip(done) {
            match done {
                Ok(_) => confirmed.push(remote),
                Err(error) => {
                    tracing::warn!(%account, %error, "the server did not confirm that it deleted a message; its next list tells");
                }
            }
        }
        let work = store::unit(move |tx| {
            Box::pin(async move { collected::confirm(tx, organisation, inbox, &confirmed, now).await })
        });
        Held::from(&self.account).write(&self.room, work).await
    }
}

#[async_trait]
impl Source for CollectingSource {
    async fn folders(&mut self) -> Result<Vec<RemoteFolder>, ConnectError> {
        let there = self.server.folders().await?;
        let mut folders = self.own.folders().await?;
        for folder in &mut folders {
            folder.messages = there.iter().find(|there| there.remote == folder.remote).and_then(|there| there.messages);
        }
        Ok(folders)
    }

    async fn pull(
        &mut self,
        folders: Vec<FolderState>,
        known: Arc<dyn Known>,
        out: Outlet,
    ) -> Result<(), ConnectError> {
        let (inbox, own): (Vec<_>, Vec<_>) = folders.into_iter().partition(|folder| folder.remote == INBOX);
        self.own.pull(own, known, out.clone()).await?;
        let Some(inbox) = inbox.into_iter().next() else { return Ok(()) };
        self.inbox = Some(inbox.folder);
        let taken = Taken {
            room: self.room.clone(),
            organisation: self.account.organisation,
            since: inbox.since,
            thorough: inbox.thorough,
        };
        self.server.pull(vec![inbox], Arc::new(taken), out).await
    }

    async fn wait(&mut self, at_most: Duration) -> Result<Wake, ConnectError> {
        self.server.wait(at_most).await
    }

    async fn edit(&mut self, edits: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        self.own.edit(edits).await
    }

    async fn find(&mut self, folder: &str, message_id: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError> {
        match folder == INBOX {
            // Who looks there wants to know which mailbox the server answers with.
            true => self.server.find(folder, message_id).await,
            false => self.own.find(folder, message_id).await,
        }
    }

    async fn inventory(&mut self, folder: &str) -> Result<(i64, RemoteSet), ConnectError> {
        match folder == INBOX {
            true => self.server.inventory(folder).await,
            false => self.own.inventory(folder).await,
        }
    }

    async fn older(&mut self, folder: &str, moment: i64) -> Result<RemoteSet, ConnectError> {
        let organisation = self.account.organisation;
        let Some(inbox) = self.inbox.filter(|_| folder == INBOX) else {
            return self.server_older(folder, moment).await;
        };
        let read = self
            .room
            .store
            .db
            .read(move |tx| Box::pin(async move { collected::older(tx, organisation, inbox, moment).await }));
        read.await.map_err(|error| ours(&error))
    }

    async fn acknowledge(&mut self) -> Result<(), ConnectError> {
        let Some(inbox) = self.inbox else { return Ok(()) };
        let due = due(&self.room, &self.account, inbox).await.map_err(|error| ours(&error))?;
        let mut leaving: Vec<RemoteId> = due.into_iter().map(|one| one.remote).collect();
        leaving.extend(erased(&self.room, &self.account, inbox).await.map_err(|error| ours(&error))?);
        if !leaving.is_empty() {
            self.let_go(inbox, leaving).await.map_err(|error| ours(&error))?;
        }
        // Another program may want the mailbox.
        self.server.close().await;
        Ok(())
    }

    fn rest(&self) -> Duration {
        self.server.rest()
    }

    async fn close(&mut self) {
        self.server.close().await;
    }
}

impl CollectingSource {
    /// Before anything was pulled nobody wrote down what is older: the server shows the heads.
    async fn server_older(&mut self, folder: &str, moment: i64) -> Result<RemoteSet, ConnectError> {
        match folder == INBOX {
            true => self.server.older(folder, moment).await,
            false => self.own.older(folder, moment).await,
        }
    }
}

/// What somebody asked to be erased leaves the server in any case.
async fn erased(room: &MailRoom, account: &Account, inbox: FolderKey) -> Result<Vec<RemoteId>, StoreError> {
    let (organisation, now) = (account.organisation, room.clock.now());
    let read = room.store.db.read(move |tx| {
        Box::pin(async move { collected::erased(tx, organisation, inbox, now - DAY_MS, LEAVING).await })
    });
    read.await
}

/// What may leave the server now.
async fn due(room: &MailRoom, account: &Account, inbox: FolderKey) -> Result<Vec<Due>, StoreError> {
    let now = room.clock.now();
    let Incoming::Pop3(server) = &account.settings.incoming else { return Ok(Vec::new()) };
    let until = match server.after_fetch {
        None | Some(AfterFetch::Leave) => return Ok(Vec::new()),
        Some(AfterFetch::Delete) => now,
        Some(AfterFetch::DeleteAfter { days }) => now - i64::from(days) * DAY_MS,
    };
    let organisation = account.organisation;
    let read = room.store.db.read(move |tx| {
        Box::pin(async move { collected::due(tx, organisation, inbox, (until, now - DAY_MS), LEAVING).await })
    });
    let mut due = read.await?;
    let mut kept = Vec::with_capacity(due.len());
    for one in due.drain(..) {
        match room.store.blobs.get(organisation, one.digest, &one.place).await {
            Ok(_) => kept.push(one),
            Err(error) => {
                let account = account.id;
                tracing::error!(%account, %error, "a message stays on its server, because what is stored of it can't be read");
            }
        }
    }
    Ok(kept)
}

/// What was taken from the server already, or is left there, or set aside.
struct Taken {
    room: MailRoom,
    organisation: OrganisationKey,
    since: Option<i64>,
    /// What was set aside is asked for again.
    thorough: bool,
}

#[async_trait]
impl Known for Taken {
    async fn known(&self, folder: FolderKey) -> RemoteSet {
        let (organisation, since, thorough) = (self.organisation, self.since, self.thorough);
        let read = self.room.store.db.read(move |tx| {
            Box::pin(async move {
                let mut known = collected::known(tx, organisation, folder, since).await?;
                if !thorough {
                    for name in store::quarantine::remotes(tx, organisation, folder).await?.names() {
                        known.insert(&RemoteId::Name(name.to_owned()));
                    }
                }
                Ok(known)
            })
        });
        // Nothing known only means that more is fetched than needed: harmless.
        read.await.unwrap_or_default()
    }
}

/// Our own trouble, told as a server's that passes.
fn ours(error: &StoreError) -> ConnectError {
    ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason: error.to_string() }
}
