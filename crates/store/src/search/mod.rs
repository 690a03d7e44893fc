//! The words of messages, and finding messages by them and by everything else that a list can ask.

use crate::{StoreError, Tx, Viewer, message::Filter};
use mail::{AccountKey, MessageKey, OrganisationKey, query::Query, search::SearchText};

/// Puts messages into the index; belongs in the transaction that stores them.
pub async fn index(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    texts: &[(MessageKey, &SearchText)],
) -> Result<(), StoreError> {
    let _ = (tx, organisation, account, texts);
    Err(StoreError::Broken("not there yet".into()))
}

/// Takes messages out of the index.
pub async fn forget(tx: &mut Tx, organisation: OrganisationKey, messages: &[MessageKey]) -> Result<(), StoreError> {
    let _ = (tx, organisation, messages);
    Err(StoreError::Broken("not there yet".into()))
}

/// The messages that the viewer may see and that hold everything asked, newest first.
pub async fn find(
    tx: &mut Tx,
    viewer: &Viewer,
    query: &Query,
    filter: &Filter,
    before: Option<MessageKey>,
    limit: usize,
) -> Result<Vec<MessageKey>, StoreError> {
    let filter = Filter { query: Some(query.clone()), ..filter.clone() };
    keys(tx, viewer, &filter, before, limit).await
}

/// The keys of the messages that a filter asks for.
pub(crate) async fn keys(
    tx: &mut Tx,
    viewer: &Viewer,
    filter: &Filter,
    before: Option<MessageKey>,
    limit: usize,
) -> Result<Vec<MessageKey>, StoreError> {
    let _ = (tx, viewer, filter, before, limit);
    Err(StoreError::Broken("not there yet".into()))
}
