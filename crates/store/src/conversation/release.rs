//! What is assigned to somebody who sees it no longer is nobody's again, where colleagues find it.

use crate::{StoreError, Tx, activity, change, change::NewChange, message, vals, viewer::Viewer};
use mail::{AccountKey, ConversationKey, MessageKey, UserKey};
use serde_json::json;

/// Makes nobody's what is open and assigned to one of these people, of which they see no message (any more). To be called
/// in the unit of work that took their rights away, which the viewer does.
pub async fn release(
    tx: &mut Tx,
    viewer: &Viewer,
    people: &[UserKey],
    now: i64,
) -> Result<Vec<ConversationKey>, StoreError> {
    let sql = format!(
        "SELECT c.id FROM conversations c JOIN users u ON u.organisation = $1 AND u.id = c.assignee
         WHERE c.organisation = $1 AND c.assignee = $2 AND c.state = 'open' AND c.merged_into IS NULL
             AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.organisation = $1 AND m.conversation = c.id AND {})
         ORDER BY c.id",
        message::seen_by_user()
    );
    let mut released = Vec::new();
    for person in people {
        let rows = tx.rows(&sql, &vals![viewer.organisation, *person]).await?;
        released.extend(rows.iter().map(|row| ConversationKey(row.int(0))));
    }
    for conversation in &released {
        free(tx, viewer, *conversation, now).await?;
    }
    Ok(released)
}

/// Makes the conversation nobody's, and tells those who see it.
pub(crate) async fn free(
    tx: &mut Tx,
    viewer: &Viewer,
    conversation: ConversationKey,
    now: i64,
) -> Result<(), StoreError> {
    let organisation = viewer.organisation;
    let sql = "UPDATE conversations SET assignee = NULL WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, conversation]).await?;
    let sql = "SELECT m.account, m.id, m.private FROM messages m WHERE m.organisation = $1 AND m.conversation = $2
               ORDER BY m.private, m.id DESC LIMIT 1";
    // Without a message there is nobody to tell.
    let Some(row) = tx.row(sql, &vals![organisation, conversation]).await? else { return Ok(()) };
    let body = json!({ "assignee": null, "state": "open", "conversation": conversation, "by": viewer.user });
    let (account, message, private) = (AccountKey(row.int(0)), MessageKey(row.int(1)), row.bool(2));
    let told =
        NewChange { kind: "conversation.changed", account: Some(account), message: Some(message), private, body };
    change::append(tx, organisation, &[told], now).await?;
    activity::append(tx, viewer, conversation, ("assigned", None), &json!({ "assignee": null }), now).await
}
