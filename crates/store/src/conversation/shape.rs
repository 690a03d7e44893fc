//! Which messages a conversation has: merging, splitting, moving.

use super::{Conversation, get, seen, write::tell};
use crate::{StoreError, Tx, activity, receive, vals, viewer::Viewer};
use mail::{ConversationKey, MessageId, MessageKey};
use serde_json::json;

/// Puts everything of one conversation into another; the viewer must see both. Messages of it that they don't see come
/// along, and stay unseen. It is open when either was, and somebody's when either was.
pub async fn merge(
    tx: &mut Tx,
    viewer: &Viewer,
    goes: ConversationKey,
    stays: ConversationKey,
    now: i64,
) -> Result<Conversation, StoreError> {
    let goes = seen(tx, viewer, goes).await?.conversation;
    let stays = seen(tx, viewer, stays).await?;
    if goes == stays.conversation {
        return Err(StoreError::Conflict {
            field: "from",
            code: "same_conversation",
            message: "A conversation can't be merged with itself.".to_owned(),
        });
    }
    receive::merge(tx, viewer.organisation, stays.conversation, goes).await?;
    // `open` comes after `closed`, so the greatest of the two states is open when either is.
    let other = "SELECT o.assignee FROM conversations o WHERE o.organisation = $1 AND o.id = $3";
    let sql = format!(
        "UPDATE conversations SET last_at = (SELECT MAX(o.last_at) FROM conversations o
             WHERE o.organisation = $1 AND o.id IN ($2, $3)), assignee = COALESCE(assignee, ({other})),
             state = (SELECT MAX(o.state) FROM conversations o WHERE o.organisation = $1 AND o.id IN ($2, $3))
         WHERE organisation = $1 AND id = $2"
    );
    tx.execute(&sql, &vals![viewer.organisation, stays.conversation, goes]).await?;
    let detail = json!({ "merged": goes });
    tell(tx, viewer, &stays, "conversation.merged", detail.clone(), now).await?;
    activity::append(tx, viewer, stays.conversation, ("merged", None), &detail, now).await?;
    get(tx, viewer, stays.conversation).await
}

/// Takes messages out of their conversation into one of their own, made with key `new`. Answers to them join them there.
/// Something must stay behind.
pub async fn split(
    tx: &mut Tx,
    viewer: &Viewer,
    id: ConversationKey,
    messages: &[MessageKey],
    new: ConversationKey,
    now: i64,
) -> Result<Conversation, StoreError> {
    let whole = get(tx, viewer, id).await?;
    let id = whole.head.id;
    let first = *messages.iter().min().ok_or(StoreError::NotFound)?;
    if messages.iter().any(|message| !whole.messages.contains(message)) {
        return Err(refused("other_conversation", "One of the messages is not in this conversation."));
    }
    if whole.messages.iter().all(|message| messages.contains(message)) {
        return Err(refused("nothing_left", "At least one message must stay."));
    }
    let sql = "INSERT INTO conversations (organisation, id, subject, base_subject, state, assignee, last_at)
               SELECT m.organisation, CAST($3 AS BIGINT), t.subject, c.base_subject, 'open', c.assignee, m.received_at
               FROM messages m JOIN message_texts t ON t.organisation = m.organisation AND t.id = m.id
               JOIN conversations c ON c.organisation = m.organisation AND c.id = m.conversation
               WHERE m.organisation = $1 AND m.id = $2";
    tx.execute(sql, &vals![viewer.organisation, first, new]).await?;
    for message in messages {
        relocate(tx, viewer, *message, new).await?;
    }
    let seen = seen(tx, viewer, new).await?;
    tell(tx, viewer, &seen, "conversation.split", json!({ "from": id, "messages": messages }), now).await?;
    activity::append(tx, viewer, id, ("split", None), &json!({ "into": new }), now).await?;
    activity::append(tx, viewer, new, ("split", None), &json!({ "from": id }), now).await?;
    get(tx, viewer, new).await
}

fn refused(code: &'static str, message: &str) -> StoreError {
    StoreError::Conflict { field: "messages", code, message: message.to_owned() }
}

/// Moves one message into another conversation that the viewer sees.
pub async fn move_message(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    to: ConversationKey,
    now: i64,
) -> Result<Conversation, StoreError> {
    let seen = seen(tx, viewer, to).await?;
    let to = seen.conversation;
    let from = relocate(tx, viewer, message, to).await?;
    if from != to {
        tell(tx, viewer, &seen, "conversation.changed", json!({ "message": message, "from": from }), now).await?;
        activity::append(tx, viewer, from, ("left", Some(message)), &json!({ "into": to }), now).await?;
        activity::append(tx, viewer, to, ("joined", Some(message)), &json!({ "from": from }), now).await?;
    }
    get(tx, viewer, to).await
}

/// The message goes there, and so do later answers to it. Gives where it was.
async fn relocate(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    to: ConversationKey,
) -> Result<ConversationKey, StoreError> {
    viewer.may_see(tx, message).await?;
    let sql = "SELECT m.conversation, t.message_id, m.received_at FROM messages m
               JOIN message_texts t ON t.organisation = m.organisation AND t.id = m.id
               WHERE m.organisation = $1 AND m.id = $2";
    let mut row = tx.row(sql, &vals![viewer.organisation, message]).await?.ok_or(StoreError::NotFound)?;
    let (from, id, received_at) = (ConversationKey(row.int(0)), row.opt_text(1), row.int(2));
    if from == to {
        return Ok(from);
    }
    let sql = "UPDATE messages SET conversation = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![viewer.organisation, message, to]).await?;
    let sql = "UPDATE conversations SET last_at = $3 WHERE organisation = $1 AND id = $2 AND last_at < $3";
    tx.execute(sql, &vals![viewer.organisation, to, received_at]).await?;
    if let Some(id) = id {
        let hash = receive::hash_of(&MessageId(id));
        let sql = "DELETE FROM thread_ids WHERE organisation = $1 AND hash = $2 AND conversation = $3";
        tx.execute(sql, &vals![viewer.organisation, hash, from]).await?;
        let sql =
            "INSERT INTO thread_ids (organisation, hash, conversation) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        tx.execute(sql, &vals![viewer.organisation, hash, to]).await?;
    }
    Ok(from)
}
