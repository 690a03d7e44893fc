//! A mailbox whose mail Mailgun posts to us. Its folders lie with us; what is asked of Mailgun is whether the domain still
//! works, so that trouble shows before mail is missed.

use super::line::{self, unusable};
use crate::{MailRoom, incoming::OwnSource};
use async_trait::async_trait;
use connect::{
    ConnectError, Edit, EditDone, FolderState, Known, Outlet, RemoteFolder, Source, Wake, error::Cause,
    mailgun::DomainState,
};
use mail::{RemoteId, RemoteSet};
use std::{sync::Arc, time::Duration};
use store::account::Account;

/// Receives by a domain.
pub(crate) struct DomainSource {
    own: OwnSource,
    room: MailRoom,
    account: Account,
    name: String,
}

impl DomainSource {
    /// By the domain of that name.
    pub(crate) fn new(room: &MailRoom, account: &Account, name: &str) -> DomainSource {
        let own = OwnSource::new(room, account);
        DomainSource { own, room: room.clone(), account: account.clone(), name: name.to_owned() }
    }
}

#[async_trait]
impl Source for DomainSource {
    async fn folders(&mut self) -> Result<Vec<RemoteFolder>, ConnectError> {
        let domain = line::of_name(&self.room, self.account.organisation, &self.name).await?;
        if !domain.has_signing_key {
            return Err(unusable(Cause::SigningKeyMissing, &self.name));
        }
        let found = line::of(&self.room, &domain).await?.found(false).await?;
        match found.state {
            DomainState::Active => self.own.folders().await,
            DomainState::Unverified => Err(unusable(Cause::DomainUnverified, &self.name)),
            DomainState::Disabled => Err(unusable(Cause::AccountDisabled, &self.name)),
        }
    }

    async fn pull(
        &mut self,
        folders: Vec<FolderState>,
        known: Arc<dyn Known>,
        out: Outlet,
    ) -> Result<(), ConnectError> {
        self.own.pull(folders, known, out).await
    }

    async fn wait(&mut self, at_most: Duration) -> Result<Wake, ConnectError> {
        self.own.wait(at_most).await
    }

    async fn edit(&mut self, edits: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        self.own.edit(edits).await
    }

    async fn find(&mut self, folder: &str, message_id: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError> {
        self.own.find(folder, message_id).await
    }

    async fn inventory(&mut self, folder: &str) -> Result<(i64, RemoteSet), ConnectError> {
        self.own.inventory(folder).await
    }

    async fn older(&mut self, folder: &str, moment: i64) -> Result<RemoteSet, ConnectError> {
        self.own.older(folder, moment).await
    }

    async fn close(&mut self) {}
}
