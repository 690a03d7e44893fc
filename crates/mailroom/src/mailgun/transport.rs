//! The way out by a domain at Mailgun: with the keys as they are kept now, so that whoever changes them need not touch
//! each mailbox.

use super::line;
use crate::MailRoom;
use async_trait::async_trait;
use connect::{ConnectError, Marks, Parcel, Receipt, ServerWords, Transport, error::Cause, mailgun::MailgunTransport};
use mail::OrganisationKey;
use std::sync::{Arc, Mutex, PoisonError};
use store::mailgun::MailgunDomain;

/// Sends by a domain.
pub(crate) struct DomainTransport {
    room: MailRoom,
    organisation: OrganisationKey,
    name: String,
    /// The last one, kept for its connections, and what the domain was like then.
    kept: Mutex<Option<(i64, String, Arc<MailgunTransport>)>>,
}

impl DomainTransport {
    /// By the domain of that name.
    pub(crate) fn new(room: &MailRoom, organisation: OrganisationKey, name: &str) -> DomainTransport {
        DomainTransport { room: room.clone(), organisation, name: name.to_owned(), kept: Mutex::default() }
    }

    async fn now(&self) -> Result<Arc<MailgunTransport>, ConnectError> {
        let domain = line::of_name(&self.room, self.organisation, &self.name).await?;
        if let Some(transport) = self.as_before(&domain) {
            return Ok(transport);
        }
        let made = Arc::new(MailgunTransport::new(line::of(&self.room, &domain).await?));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((domain.keys_set_at, domain.region, made.clone()));
        Ok(made)
    }

    fn as_before(&self, domain: &MailgunDomain) -> Option<Arc<MailgunTransport>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let same = kept.as_ref().filter(|(at, region, _)| *at == domain.keys_set_at && *region == domain.region);
        same.map(|(_, _, transport)| transport.clone())
    }
}

#[async_trait]
impl Transport for DomainTransport {
    async fn submit(&self, parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        self.now().await?.submit(parcel, marks).await
    }

    async fn traced(&self, message_id: &str) -> Result<Option<ServerWords>, ConnectError> {
        self.now().await?.traced(message_id).await
    }

    async fn probe(&self) -> Result<ServerWords, ConnectError> {
        let said = self.now().await?.probe().await?;
        match said.0.as_str() {
            store::mailgun::ACTIVE => Ok(said),
            _ => Err(line::unusable(Cause::DomainUnverified, &self.name)),
        }
    }

    async fn close(&self) {}
}
