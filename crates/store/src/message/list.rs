//! Lists of messages, newest first.

use super::{Filter, Summary};
use crate::{StoreError, Tx, Viewer};
use mail::MessageKey;

/// One page of the messages that the viewer may see, newest first, and where the next page starts.
pub async fn list(
    tx: &mut Tx,
    viewer: &Viewer,
    filter: &Filter,
    cursor: Option<MessageKey>,
    limit: usize,
) -> Result<(Vec<Summary>, Option<MessageKey>), StoreError> {
    let mut keys = crate::search::keys(tx, viewer, filter, cursor, limit + 1).await?;
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = keys.last().copied().filter(|_| more);
    Ok((super::summary::summaries(tx, viewer, &keys).await?, next))
}
