//! One conversation, and who sees it.

use super::{COLUMNS, Conversation, Seen, head};
use crate::{Row, StoreError, Tx, activity, message, note, vals, viewer::Viewer, viewer::visible};
use mail::{AccountKey, ConversationKey, MessageKey, UserKey};
use std::collections::HashMap;

/// Conversations answer each other in a circle only by a mistake of ours; then we stop here.
const MERGED_AT_MOST: usize = 16;

/// The conversation, also by the name it had before it was merged into another.
pub async fn get(tx: &mut Tx, viewer: &Viewer, id: ConversationKey) -> Result<Conversation, StoreError> {
    let id = seen(tx, viewer, id).await?.conversation;
    let sql = format!("SELECT {COLUMNS} FROM conversations c WHERE c.organisation = $1 AND c.id = $2");
    let row = tx.row(&sql, &vals![viewer.organisation, id]).await?.ok_or(StoreError::NotFound)?;
    let sql = format!(
        "SELECT m.id FROM messages m WHERE m.organisation = $1 AND m.conversation = $3 AND {} ORDER BY m.id",
        visible("m")
    );
    let rows = tx.rows(&sql, &vals![viewer.organisation, viewer.user, id]).await?;
    let mut head = head(row);
    if let Some(subject) = own_subjects(tx, viewer, &[id]).await?.remove(&id) {
        head.subject = subject;
    }
    Ok(Conversation {
        head,
        messages: rows.iter().map(|row| MessageKey(row.int(0))).collect(),
        notes: note::of_conversation(tx, viewer.organisation, id).await?,
        activities: activity::of_conversation(tx, viewer, id).await?,
    })
}

/// What to call those of these conversations of which the viewer does not see every message. Their own subject may be that of
/// one that is kept from the viewer, so each is called what the oldest one is that they see.
pub(super) async fn own_subjects(
    tx: &mut Tx,
    viewer: &Viewer,
    ids: &[ConversationKey],
) -> Result<HashMap<ConversationKey, String>, StoreError> {
    let rights = viewer.rights(tx).await?;
    let lists: Vec<_> = ids.iter().map(|id| vals![viewer.organisation, *id].to_vec()).collect();
    let sql =
        "SELECT DISTINCT account, private, private_by FROM messages WHERE organisation = $1 AND conversation = $2";
    let kinds = tx.rows_many(sql, &lists).await?;
    let shows = |row: &Row| rights.show(viewer, AccountKey(row.int(0)), row.bool(1), row.opt_int(2).map(UserKey));
    let mut called = HashMap::new();
    for (id, _) in ids.iter().zip(kinds).filter(|(_, kinds)| !kinds.iter().all(shows)) {
        let sql = format!(
            "SELECT t.subject FROM messages m JOIN message_texts t ON t.organisation = m.organisation AND t.id = m.id
             WHERE m.organisation = $1 AND m.conversation = $3 AND {} ORDER BY m.id LIMIT 1",
            visible("m")
        );
        let row = tx.row(&sql, &vals![viewer.organisation, viewer.user, *id]).await?;
        called.insert(*id, row.map_or_else(String::new, |mut row| row.text(0)));
    }
    Ok(called)
}

/// By which message the viewer sees the conversation, or `NotFound`. What was merged is followed to where it went.
pub(crate) async fn seen(tx: &mut Tx, viewer: &Viewer, id: ConversationKey) -> Result<Seen, StoreError> {
    let mut id = id;
    for _ in 0..MERGED_AT_MOST {
        let sql = "SELECT merged_into FROM conversations WHERE organisation = $1 AND id = $2";
        let row = tx.row(sql, &vals![viewer.organisation, id]).await?.ok_or(StoreError::NotFound)?;
        let Some(next) = row.opt_int(0) else { break };
        id = ConversationKey(next);
    }
    let sql = format!(
        "SELECT m.account, m.id, m.private FROM messages m WHERE m.organisation = $1 AND m.conversation = $3 AND {}
         ORDER BY m.private, m.id DESC LIMIT 1",
        visible("m")
    );
    let found = tx.row(&sql, &vals![viewer.organisation, viewer.user, id]).await?;
    let row = found.ok_or(StoreError::NotFound)?;
    Ok(Seen {
        conversation: id,
        account: AccountKey(row.int(0)),
        message: MessageKey(row.int(1)),
        private: row.bool(2),
    })
}

/// Whether a colleague of the viewer works here and sees the conversation.
pub async fn sees(tx: &mut Tx, viewer: &Viewer, user: UserKey, id: ConversationKey) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM users WHERE organisation = $1 AND id = $2 AND active";
    if tx.row(sql, &vals![viewer.organisation, user]).await?.is_none() {
        return Ok(false);
    }
    match seen(tx, &Viewer { user, ..*viewer }, id).await {
        Ok(_) => Ok(true),
        Err(StoreError::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Everybody who works here and sees the conversation, with their names (or addresses), by name: who it can be assigned
/// to, and who can be called in a note.
pub async fn who_sees(tx: &mut Tx, viewer: &Viewer, id: ConversationKey) -> Result<Vec<(UserKey, String)>, StoreError> {
    let id = seen(tx, viewer, id).await?.conversation;
    let sql = format!(
        "SELECT u.id, COALESCE(NULLIF(u.name, ''), u.email) AS called FROM users u WHERE u.organisation = $1 AND u.active
         AND EXISTS (SELECT 1 FROM messages m WHERE m.organisation = $1 AND m.conversation = $2 AND {})
         ORDER BY called, u.id",
        message::seen_by_user()
    );
    let rows = tx.rows(&sql, &vals![viewer.organisation, id]).await?;
    Ok(rows.into_iter().map(|mut row| (UserKey(row.int(0)), row.text(1))).collect())
}

/// `Conflict` unless the colleague works here and sees the conversation.
pub(crate) async fn must_see(
    tx: &mut Tx,
    viewer: &Viewer,
    user: UserKey,
    id: ConversationKey,
    field: &'static str,
) -> Result<(), StoreError> {
    if sees(tx, viewer, user, id).await? {
        return Ok(());
    }
    let message = "There is no such user, or they may not see this conversation.".to_owned();
    Err(StoreError::Conflict { field, code: "may_not_see", message })
}
