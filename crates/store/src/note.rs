//! Internal notes on a conversation: what colleagues tell each other, and customers never see.

use crate::{StoreError, Tx, change, change::NewChange, conversation, vals, viewer::Viewer};
use mail::{ConversationKey, NoteKey, OrganisationKey, UserKey};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;

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
    /// Who is called in it.
    pub mentions: Vec<UserKey>,
}

/// A note about to be written.
#[derive(Debug, Clone)]
pub struct NewNote {
    /// Its key.
    pub id: NoteKey,
    /// What it says.
    pub text: String,
    /// Who is called in it: people who see the conversation.
    pub mentions: Vec<UserKey>,
}

/// Writes a note on a conversation that the viewer sees.
pub async fn add(
    tx: &mut Tx,
    viewer: &Viewer,
    conversation: ConversationKey,
    new: NewNote,
    now: i64,
) -> Result<Note, StoreError> {
    let seen = conversation::seen(tx, viewer, conversation).await?;
    let NewNote { id, text, mentions } = new;
    tx.execute(
        "INSERT INTO notes (organisation, id, conversation, author, text, written_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &vals![viewer.organisation, id, seen.conversation, viewer.user, &text, now],
    )
    .await?;
    for person in &mentions {
        conversation::must_see(tx, viewer, *person, seen.conversation, "mentions").await?;
        let sql = "INSERT INTO mentions (organisation, person, note, conversation) VALUES ($1, $2, $3, $4)
                   ON CONFLICT DO NOTHING";
        tx.execute(sql, &vals![viewer.organisation, *person, id, seen.conversation]).await?;
    }
    let body = json!({ "conversation": seen.conversation, "note": id, "author": viewer.user, "mentions": mentions });
    let change = NewChange {
        kind: "conversation.noted",
        account: Some(seen.account),
        message: Some(seen.message),
        private: seen.private,
        body,
    };
    change::append(tx, viewer.organisation, &[change], now).await?;
    Ok(Note { id, author: viewer.user, text, written_at: now, mentions })
}

/// The notes on a conversation, oldest first, for those who see it.
pub(crate) async fn of_conversation(
    tx: &mut Tx,
    organisation: OrganisationKey,
    conversation: ConversationKey,
) -> Result<Vec<Note>, StoreError> {
    let values = vals![organisation, conversation];
    let sql = "SELECT note, person FROM mentions WHERE organisation = $1 AND conversation = $2 ORDER BY person";
    let mut called: HashMap<i64, Vec<UserKey>> = HashMap::new();
    for row in tx.rows(sql, &values).await? {
        called.entry(row.int(0)).or_default().push(UserKey(row.int(1)));
    }
    let sql =
        "SELECT id, author, text, written_at FROM notes WHERE organisation = $1 AND conversation = $2 ORDER BY id";
    let rows = tx.rows(sql, &values).await?;
    Ok(rows
        .into_iter()
        .map(|mut row| Note {
            id: NoteKey(row.int(0)),
            author: UserKey(row.int(1)),
            text: row.text(2),
            written_at: row.int(3),
            mentions: called.remove(&row.int(0)).unwrap_or_default(),
        })
        .collect())
}
