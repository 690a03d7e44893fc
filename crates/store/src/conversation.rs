//! What a team works on: messages, a state, somebody who does it. Seen by whoever sees one of its messages.

use crate::{
    Row, StoreError, Tx, change,
    change::NewChange,
    note::{self, Note},
    page, receive, vals,
    viewer::{Viewer, visible},
};
use mail::{AccountKey, ConversationKey, MessageId, MessageKey, UserKey};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Whether something is still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is.
    Open,
    /// It is not.
    Closed,
}

impl State {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Closed => "closed",
        }
    }
}

/// A conversation, as far as the viewer sees it.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// Its key.
    pub id: ConversationKey,
    /// The subject it began with.
    pub subject: String,
    /// Whether something is still to be done.
    pub state: State,
    /// Who does it.
    pub assignee: Option<UserKey>,
    /// Out of sight until then.
    pub snoozed_until_at: Option<i64>,
    /// When it last moved.
    pub last_at: i64,
    /// The messages that the viewer sees, oldest first; in a list only the newest.
    pub messages: Vec<MessageKey>,
    /// What colleagues wrote; empty in a list.
    pub notes: Vec<Note>,
}

/// What changes about a conversation; `None` stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Patch {
    /// Who does it.
    pub assignee: Option<Option<UserKey>>,
    /// Whether something is still to be done.
    pub state: Option<State>,
    /// Out of sight until then.
    pub snoozed_until_at: Option<Option<i64>>,
}

/// Which conversations are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Whether something is still to be done.
    pub state: Option<State>,
    /// Who does it; `Some(None)`: nobody.
    pub assignee: Option<Option<UserKey>>,
    /// With a message in this account.
    pub account: Option<AccountKey>,
    /// Leave out what is out of sight at this moment.
    pub awake_at: Option<i64>,
}

/// By which message the viewer sees a conversation.
pub(crate) struct Seen {
    pub(crate) conversation: ConversationKey,
    pub(crate) account: AccountKey,
    pub(crate) message: MessageKey,
    pub(crate) private: bool,
}

const COLUMNS: &str = "c.id, c.subject, c.state, c.assignee, c.snoozed_until_at, c.last_at";

/// Conversations answer each other in a circle only by a mistake of ours; then we stop here.
const MERGED_AT_MOST: usize = 16;

/// The conversation, also by the name it had before it was merged into another.
pub async fn get(tx: &mut Tx, viewer: &Viewer, id: ConversationKey) -> Result<Conversation, StoreError> {
    let id = seen(tx, viewer, id).await?.conversation;
    let sql = format!("SELECT {COLUMNS} FROM conversations c WHERE c.organisation = $1 AND c.id = $2");
    let row = tx.row(&sql, &vals![viewer.organisation, id]).await?.ok_or(StoreError::NotFound)?;
    let mut found = read(row);
    let sql = format!(
        "SELECT m.id FROM messages m WHERE m.organisation = $1 AND m.conversation = $3 AND {} ORDER BY m.id",
        visible("m")
    );
    let rows = tx.rows(&sql, &vals![viewer.organisation, viewer.user, id]).await?;
    found.messages = rows.iter().map(|row| MessageKey(row.int(0))).collect();
    found.notes = note::of_conversation(tx, viewer.organisation, id).await?;
    Ok(found)
}

/// The conversations that the viewer sees, by their newest visible message, newest first; that message is the cursor.
pub async fn list(
    tx: &mut Tx,
    viewer: &Viewer,
    filter: &Filter,
    before: Option<MessageKey>,
    limit: usize,
) -> Result<(Vec<Conversation>, Option<MessageKey>), StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, m.id FROM messages m
         JOIN conversations c ON c.organisation = m.organisation AND c.id = m.conversation
         WHERE m.organisation = $1 AND m.id < $3 AND {shown}
         AND (CAST($4 AS BIGINT) IS NULL OR m.account = $4)
         AND NOT EXISTS (SELECT 1 FROM messages n WHERE n.organisation = m.organisation
             AND n.conversation = m.conversation AND n.id > m.id AND {newer}
             AND (CAST($4 AS BIGINT) IS NULL OR n.account = $4))
         AND (CAST($5 AS TEXT) IS NULL OR c.state = $5)
         AND ($6 = FALSE OR (c.assignee IS NULL AND CAST($7 AS BIGINT) IS NULL) OR c.assignee = $7)
         AND (CAST($8 AS BIGINT) IS NULL OR c.snoozed_until_at IS NULL OR c.snoozed_until_at <= $8)
         ORDER BY m.id DESC LIMIT $9",
        shown = visible("m"),
        newer = visible("n"),
    );
    let values = vals![
        viewer.organisation,
        viewer.user,
        before.map_or(i64::MAX, |key| key.0),
        filter.account,
        filter.state.map(State::as_str),
        filter.assignee.is_some(),
        filter.assignee.flatten(),
        filter.awake_at,
        limit + 1
    ];
    let found: Vec<(Conversation, MessageKey)> = tx
        .rows(&sql, &values)
        .await?
        .into_iter()
        .map(|row| {
            let newest = MessageKey(row.int(6));
            (Conversation { messages: vec![newest], ..read(row) }, newest)
        })
        .collect();
    let (found, next) = page::cut(found, limit, |(_, newest)| *newest);
    Ok((found.into_iter().map(|(conversation, _)| conversation).collect(), next))
}

/// Assigns, closes, opens or puts out of sight.
pub async fn patch(
    tx: &mut Tx,
    viewer: &Viewer,
    id: ConversationKey,
    patch: &Patch,
    now: i64,
) -> Result<Conversation, StoreError> {
    let seen = seen(tx, viewer, id).await?;
    let before = get(tx, viewer, seen.conversation).await?;
    if let Some(Some(user)) = patch.assignee {
        let sql = "SELECT 1 FROM users WHERE organisation = $1 AND id = $2 AND active";
        tx.row(sql, &vals![viewer.organisation, user]).await?.ok_or_else(|| StoreError::Conflict {
            field: "assignee",
            code: "unknown_user",
            message: "There is no such user (any more).".to_owned(),
        })?;
    }
    let assignee = patch.assignee.unwrap_or(before.assignee);
    let state = patch.state.unwrap_or(before.state);
    let snoozed = patch.snoozed_until_at.unwrap_or(before.snoozed_until_at);
    let sql = "UPDATE conversations SET assignee = $3, state = $4, snoozed_until_at = $5
               WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![viewer.organisation, seen.conversation, assignee, state.as_str(), snoozed]).await?;
    tell(tx, viewer, &seen, "conversation.changed", json!({ "assignee": assignee, "state": state }), now).await?;
    get(tx, viewer, seen.conversation).await
}

/// Puts everything of one conversation into another; the viewer must see both. Messages of it that they don't see come
/// along, and stay unseen.
pub async fn merge(
    tx: &mut Tx,
    viewer: &Viewer,
    goes: ConversationKey,
    stays: ConversationKey,
    now: i64,
) -> Result<Conversation, StoreError> {
    let goes = seen(tx, viewer, goes).await?;
    let stays = seen(tx, viewer, stays).await?;
    receive::merge(tx, viewer.organisation, stays.conversation, goes.conversation).await?;
    let sql = "UPDATE conversations SET last_at = (SELECT MAX(o.last_at) FROM conversations o
               WHERE o.organisation = $1 AND o.id IN ($2, $3)) WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![viewer.organisation, stays.conversation, goes.conversation]).await?;
    tell(tx, viewer, &stays, "conversation.merged", json!({ "merged": goes.conversation }), now).await?;
    get(tx, viewer, stays.conversation).await
}

/// Takes messages out of their conversation into one of their own, made with key `new`. Answers to them join them there.
pub async fn split(
    tx: &mut Tx,
    viewer: &Viewer,
    messages: &[MessageKey],
    new: ConversationKey,
    now: i64,
) -> Result<Conversation, StoreError> {
    let first = *messages.first().ok_or(StoreError::NotFound)?;
    viewer.may_see(tx, first).await?;
    let sql = "INSERT INTO conversations (organisation, id, subject, base_subject, state, assignee, last_at)
               SELECT m.organisation, CAST($3 AS BIGINT), m.subject, c.base_subject, 'open', c.assignee, m.received_at
               FROM messages m JOIN conversations c ON c.organisation = m.organisation AND c.id = m.conversation
               WHERE m.organisation = $1 AND m.id = $2";
    tx.execute(sql, &vals![viewer.organisation, first, new]).await?;
    for message in messages {
        relocate(tx, viewer, *message, new).await?;
    }
    let seen = seen(tx, viewer, new).await?;
    tell(tx, viewer, &seen, "conversation.split", json!({ "messages": messages }), now).await?;
    get(tx, viewer, new).await
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
    relocate(tx, viewer, message, seen.conversation).await?;
    tell(tx, viewer, &seen, "conversation.changed", json!({ "message": message }), now).await?;
    get(tx, viewer, seen.conversation).await
}

/// The message goes there, and so do later answers to it.
async fn relocate(tx: &mut Tx, viewer: &Viewer, message: MessageKey, to: ConversationKey) -> Result<(), StoreError> {
    viewer.may_see(tx, message).await?;
    let sql = "SELECT conversation, message_id, received_at FROM messages WHERE organisation = $1 AND id = $2";
    let mut row = tx.row(sql, &vals![viewer.organisation, message]).await?.ok_or(StoreError::NotFound)?;
    let (from, id, received_at) = (row.int(0), row.opt_text(1), row.int(2));
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
    Ok(())
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
    if let Some(row) = found {
        let (account, message) = (AccountKey(row.int(0)), MessageKey(row.int(1)));
        return Ok(Seen { conversation: id, account, message, private: row.bool(2) });
    }
    Err(StoreError::NotFound)
}

async fn tell(
    tx: &mut Tx,
    viewer: &Viewer,
    seen: &Seen,
    kind: &'static str,
    mut body: serde_json::Value,
    now: i64,
) -> Result<(), StoreError> {
    body["conversation"] = json!(seen.conversation);
    body["by"] = json!(viewer.user);
    let change =
        NewChange { kind, account: Some(seen.account), message: Some(seen.message), private: seen.private, body };
    change::append(tx, viewer.organisation, &[change], now).await
}

fn read(mut row: Row) -> Conversation {
    Conversation {
        id: ConversationKey(row.int(0)),
        subject: row.text(1),
        state: if row.text(2) == "closed" { State::Closed } else { State::Open },
        assignee: row.opt_int(3).map(UserKey),
        snoozed_until_at: row.opt_int(4),
        last_at: row.int(5),
        messages: Vec::new(),
        notes: Vec::new(),
    }
}
