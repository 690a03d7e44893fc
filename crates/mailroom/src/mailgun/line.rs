//! The line to a domain, with the key that is kept.

use crate::MailRoom;
use connect::{
    ConnectError, Secret, ServerWords,
    error::{Cause, Step},
    mailgun::{Access, Line, Region},
};
use mail::OrganisationKey;
use std::sync::Arc;
use store::{
    StoreError,
    mailgun::{self, MailgunDomain},
};
use zeroize::Zeroizing;

/// The key that opens Mailgun's interface; `None`: it can't be read.
pub(super) async fn api_key(room: &MailRoom, domain: &MailgunDomain) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let (keys, organisation, id) = (room.store.keys.clone(), domain.organisation, domain.id);
    let read =
        room.store.db.read(move |tx| Box::pin(async move { mailgun::open_api_key(tx, &keys, organisation, id).await }));
    match read.await {
        Ok(key) => Ok(Some(key)),
        Err(StoreError::Damaged(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The line to this domain.
pub(super) async fn of(room: &MailRoom, domain: &MailgunDomain) -> Result<Arc<Line>, ConnectError> {
    let key = api_key(room, domain).await.map_err(ours)?.ok_or_else(|| ConnectError::Credentials {
        cause: Cause::KeyRefused,
        words: ServerWords("the stored key can't be read".to_owned()),
    })?;
    let region = Region::from_name(&domain.region).unwrap_or(Region::Eu);
    let access = Access { region, domain: domain.name.clone(), key: Secret::new(key.as_slice()) };
    Line::new(&room.world, access).map(Arc::new)
}

/// The organisation's domain of that name, as it is kept now.
pub(super) async fn of_name(
    room: &MailRoom,
    organisation: OrganisationKey,
    name: &str,
) -> Result<MailgunDomain, ConnectError> {
    let asked = name.to_owned();
    let read = room.store.db.read(move |tx| Box::pin(async move { mailgun::by_name(tx, organisation, &asked).await }));
    read.await.map_err(ours)?.ok_or_else(|| unusable(Cause::DomainUnknown, name))
}

/// A domain that mailboxes can't go by now.
pub(super) fn unusable(cause: Cause, name: &str) -> ConnectError {
    ConnectError::Settings { step: Step::Work, cause, words: ServerWords(name.to_owned()) }
}

/// Our own trouble, told as a server's that passes.
pub(super) fn ours(error: StoreError) -> ConnectError {
    ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason: error.to_string() }
}
