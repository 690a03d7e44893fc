//! What people did to a conversation, line by line: who did what, when.

use crate::{StoreError, Tx, vals, viewer::Viewer, viewer::visible};
use mail::{ConversationKey, MessageKey, UserKey};
use serde_json::Value;

/// More lines of one conversation are not shown: the newest count.
const SHOWN: usize = 200;

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// What: `assigned`, `closed`, `opened`, `snoozed`, `woken`, `merged`, `split`, `joined`, `left`, `linked`, `unlinked`.
    pub kind: String,
    /// Who.
    pub by: UserKey,
    /// To this message only.
    pub message: Option<MessageKey>,
    /// What else matters: ids, never contents.
    pub detail: Value,
    /// When.
    pub done_at: i64,
}

/// Writes a line down, in the unit of work that told the feed of it: it takes the number of that change.
pub(crate) async fn append(
    tx: &mut Tx,
    viewer: &Viewer,
    conversation: ConversationKey,
    (kind, message): (&str, Option<MessageKey>),
    detail: &Value,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO activities (organisation, conversation, id, kind, person, message, detail, done_at)
               SELECT id, CAST($2 AS BIGINT), change_seq, CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT),
                   CAST($6 AS TEXT), CAST($7 AS BIGINT) FROM organisations WHERE id = $1";
    let values = vals![viewer.organisation, conversation, kind, viewer.user, message, detail.to_string(), now];
    tx.execute(sql, &values).await?;
    Ok(())
}

/// What was done to a conversation, oldest first, as far as the viewer sees it.
pub(crate) async fn of_conversation(
    tx: &mut Tx,
    viewer: &Viewer,
    conversation: ConversationKey,
) -> Result<Vec<Activity>, StoreError> {
    let sql = format!(
        "SELECT a.kind, a.person, a.message, a.detail, a.done_at FROM activities a
         WHERE a.organisation = $1 AND a.conversation = $3 AND (a.message IS NULL OR EXISTS (SELECT 1 FROM messages m
             WHERE m.organisation = $1 AND m.id = a.message AND {}))
         ORDER BY a.id DESC, a.kind DESC LIMIT $4",
        visible("m")
    );
    let rows = tx.rows(&sql, &vals![viewer.organisation, viewer.user, conversation, SHOWN]).await?;
    let mut found: Vec<Activity> = rows
        .into_iter()
        .map(|mut row| Activity {
            kind: row.text(0),
            by: UserKey(row.int(1)),
            message: row.opt_int(2).map(MessageKey),
            detail: serde_json::from_str(&row.text(3)).unwrap_or_default(),
            done_at: row.int(4),
        })
        .collect();
    found.reverse();
    Ok(found)
}
