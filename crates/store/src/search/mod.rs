//! The words of messages, and finding messages by them and by everything else that a list can ask.
//!
//! Words come folded from `mail::search`, the same for both databases. Results come newest first in key order, so that
//! both databases stop after the first page and never sort all hits.

mod condition;
mod postgres;
mod sqlite;
mod walk;

pub(crate) use sqlite::settle;
pub(crate) use walk::keys;

use crate::{Dialect, StoreError, Tx, Viewer, message::Filter};
use mail::{AccountKey, MessageKey, OrganisationKey, query::Query, search::SearchText};

/// Puts messages into the index; belongs in the transaction that stores them, all of a batch in one call. Any order:
/// it sorts them, because SQLite gathers words only as long as the keys rise.
pub async fn index(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    texts: &[(MessageKey, &SearchText)],
) -> Result<(), StoreError> {
    let mut texts = texts.to_vec();
    texts.sort_unstable_by_key(|(message, _)| *message);
    match tx.dialect() {
        Dialect::Sqlite => sqlite::index(tx, account, &texts).await,
        Dialect::Postgres => postgres::index(tx, organisation, account, &texts).await,
    }
}

/// Takes messages out of the index.
pub async fn forget(tx: &mut Tx, organisation: OrganisationKey, messages: &[MessageKey]) -> Result<(), StoreError> {
    match tx.dialect() {
        Dialect::Sqlite => sqlite::forget(tx, messages).await,
        Dialect::Postgres => postgres::forget(tx, organisation, messages).await,
    }
}

/// The messages that the viewer may see and that hold everything asked, newest first, older than `before`.
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
