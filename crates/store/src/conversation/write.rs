//! Assigning, closing, opening and putting out of sight.

use super::{Conversation, Patch, Seen, State, get, must_see, seen};
use crate::{StoreError, Tx, activity, change, change::NewChange, vals, viewer::Viewer};
use mail::ConversationKey;
use serde_json::{Value, json};

/// Assigns, closes, opens or puts out of sight. Who it is assigned to must see it.
pub async fn patch(
    tx: &mut Tx,
    viewer: &Viewer,
    id: ConversationKey,
    patch: &Patch,
    now: i64,
) -> Result<Conversation, StoreError> {
    let seen = seen(tx, viewer, id).await?;
    let before = get(tx, viewer, seen.conversation).await?.head;
    let assignee = patch.assignee.unwrap_or(before.assignee);
    let state = patch.state.unwrap_or(before.state);
    let snoozed = patch.snoozed_until_at.unwrap_or(before.snoozed_until_at);
    let mut done = Vec::new();
    if assignee != before.assignee {
        if let Some(user) = assignee {
            must_see(tx, viewer, user, seen.conversation, "assignee").await?;
        }
        done.push(("assigned", json!({ "assignee": assignee })));
    }
    if state != before.state {
        done.push((if state == State::Open { "opened" } else { "closed" }, json!({})));
    }
    if snoozed != before.snoozed_until_at {
        done.push((if snoozed.is_some() { "snoozed" } else { "woken" }, json!({ "until_at": snoozed })));
    }
    if !done.is_empty() {
        let sql = "UPDATE conversations SET assignee = $3, state = $4, snoozed_until_at = $5
                   WHERE organisation = $1 AND id = $2";
        tx.execute(sql, &vals![viewer.organisation, seen.conversation, assignee, state.as_str(), snoozed]).await?;
        let body = json!({ "assignee": assignee, "state": state });
        tell(tx, viewer, &seen, "conversation.changed", body, now).await?;
        for (kind, detail) in done {
            activity::append(tx, viewer, seen.conversation, (kind, None), &detail, now).await?;
        }
    }
    get(tx, viewer, seen.conversation).await
}

/// Tells the feed, by a message that the viewer sees.
pub(super) async fn tell(
    tx: &mut Tx,
    viewer: &Viewer,
    seen: &Seen,
    kind: &'static str,
    mut body: Value,
    now: i64,
) -> Result<(), StoreError> {
    body["conversation"] = json!(seen.conversation);
    body["by"] = json!(viewer.user);
    let change =
        NewChange { kind, account: Some(seen.account), message: Some(seen.message), private: seen.private, body };
    change::append(tx, viewer.organisation, &[change], now).await
}
