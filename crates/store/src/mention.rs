//! Notes in which somebody is called: what waits for them to read.

use crate::{StoreError, Tx, note::Note, page, vals, viewer::Viewer, viewer::visible};
use mail::{ConversationKey, NoteKey, UserKey};

/// A note in which the viewer is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// On which conversation.
    pub conversation: ConversationKey,
    /// The note.
    pub note: Note,
    /// When the viewer read it.
    pub read_at: Option<i64>,
}

/// The notes in which the viewer is called, newest first, on conversations that they (still) see.
pub async fn list(
    tx: &mut Tx,
    viewer: &Viewer,
    only_unread: bool,
    before: Option<NoteKey>,
    limit: usize,
) -> Result<(Vec<Mention>, Option<NoteKey>), StoreError> {
    let sql = format!(
        "SELECT n.id, n.author, n.text, n.written_at, n.conversation, p.read_at FROM mentions p
         JOIN notes n ON n.organisation = p.organisation AND n.id = p.note
         WHERE p.organisation = $1 AND p.person = $2 AND p.note < $3 AND ($4 = FALSE OR p.read_at IS NULL)
         AND EXISTS (SELECT 1 FROM messages m WHERE m.organisation = $1 AND m.conversation = n.conversation AND {})
         ORDER BY p.note DESC LIMIT $5",
        visible("m")
    );
    let before = before.map_or(i64::MAX, |key| key.0);
    let rows = tx.rows(&sql, &vals![viewer.organisation, viewer.user, before, only_unread, limit + 1]).await?;
    let found = rows
        .into_iter()
        .map(|mut row| Mention {
            note: Note {
                id: NoteKey(row.int(0)),
                author: UserKey(row.int(1)),
                text: row.text(2),
                written_at: row.int(3),
                mentions: vec![viewer.user],
            },
            conversation: ConversationKey(row.int(4)),
            read_at: row.opt_int(5),
        })
        .collect();
    Ok(page::cut(found, limit, |mention: &Mention| mention.note.id))
}

/// How many notes in which the viewer is called they have not read, at most `most`.
pub async fn unread(tx: &mut Tx, viewer: &Viewer, most: usize) -> Result<usize, StoreError> {
    Ok(list(tx, viewer, true, None, most).await?.0.len())
}

/// Whether a note of this conversation calls the viewer and was not read.
pub async fn waits(tx: &mut Tx, viewer: &Viewer, conversation: ConversationKey) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM mentions
               WHERE organisation = $1 AND person = $2 AND conversation = $3 AND read_at IS NULL LIMIT 1";
    Ok(tx.row(sql, &vals![viewer.organisation, viewer.user, conversation]).await?.is_some())
}

/// The viewer has read every note of the conversation that calls them.
pub async fn read_all(tx: &mut Tx, viewer: &Viewer, conversation: ConversationKey, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE mentions SET read_at = $4
               WHERE organisation = $1 AND person = $2 AND conversation = $3 AND read_at IS NULL";
    tx.execute(sql, &vals![viewer.organisation, viewer.user, conversation, now]).await?;
    Ok(())
}

/// The viewer has read this note, or wants to read it again.
pub async fn set_read(tx: &mut Tx, viewer: &Viewer, note: NoteKey, read_at: Option<i64>) -> Result<(), StoreError> {
    let sql = "UPDATE mentions SET read_at = $4 WHERE organisation = $1 AND person = $2 AND note = $3";
    let touched = tx.execute(sql, &vals![viewer.organisation, viewer.user, note, read_at]).await?;
    if touched == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}
