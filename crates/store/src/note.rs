//! Internal notes on a conversation: what colleagues tell each other, and customers never see.

use crate::{StoreError, Tx, change, change::NewChange, conversation, vals, viewer::Viewer};
use mail::{ConversationKey, NoteKey, OrganisationKey, UserKey};
use serde::Serialize;
use serde_json::json;

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Its key.
    pub id: NoteKey,
    /// Who wrote it.
    pub author: UserKey,
    /// What it says.
    pub text: String,
    /// When.
    #[serde(skip)]
    pub written_at: i64,
}

/// Writes a note on a conversation that the viewer sees.
pub async fn add(
    tx: &mut Tx,
    viewer: &Viewer,
    conversation: ConversationKey,
    id: NoteKey,
    text: &str,
    now: i64,
) -> Result<Note, StoreError> {
    let seen = conversation::seen(tx, viewer, conversation).await?;
    tx.execute(
        "INSERT INTO notes (organisation, id, conversation, author, text, written_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &vals![viewer.organisation, id, seen.conversation, viewer.user, text, now],
    )
    .await?;
    let body = json!({ "conversation": seen.conversation, "note": id, "author": viewer.user });
    let change = NewChange {
        kind: "conversation.noted",
        account: Some(seen.account),
        message: Some(seen.message),
        private: seen.private,
        body,
    };
    change::append(tx, viewer.organisation, &[change], now).await?;
    Ok(Note { id, author: viewer.user, text: text.to_owned(), written_at: now })
}

/// The notes on a conversation, oldest first, for those who see it.
pub(crate) async fn of_conversation(
    tx: &mut Tx,
    organisation: OrganisationKey,
    conversation: ConversationKey,
) -> Result<Vec<Note>, StoreError> {
    let sql =
        "SELECT id, author, text, written_at FROM notes WHERE organisation = $1 AND conversation = $2 ORDER BY id";
    let rows = tx.rows(sql, &vals![organisation, conversation]).await?;
    Ok(rows
        .into_iter()
        .map(|mut row| Note {
            id: NoteKey(row.int(0)),
            author: UserKey(row.int(1)),
            text: row.text(2),
            written_at: row.int(3),
        })
        .collect())
}
