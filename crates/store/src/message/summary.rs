//! One line of a list.

use crate::{Row, StoreError, Tx, Viewer, vals};
use mail::{AccountKey, Address, ConversationKey, FolderKey, MessageKey, Role};
use serde::{Deserialize, Serialize};

/// The people of a message, as `message_texts.people` and `outbox.people` keep them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct People {
    /// `From`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Address>,
    /// `To`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Address>,
    /// `Cc`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Address>,
    /// `Bcc`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Address>,
    /// `Reply-To`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<Address>,
}

impl People {
    /// What the database keeps.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }

    /// What the database kept. Damage shows as nobody: the raw message still has them.
    pub fn from_json(text: &str) -> People {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The message.
    pub id: MessageKey,
    /// Whose it is.
    pub account: AccountKey,
    /// The folder to show it in, when any holds it.
    pub folder: Option<FolderKey>,
    /// What that folder is for.
    pub role: Role,
    /// What it belongs to.
    pub conversation: ConversationKey,
    /// Its subject.
    pub subject: String,
    /// Its people.
    pub people: People,
    /// The first words.
    pub preview: String,
    /// When it says it was sent.
    pub sent_at: Option<i64>,
    /// When it was received, as people see it: when the server received it, or, restored, when we fetched it.
    pub received_at: i64,
    /// Size of the raw message.
    pub size: i64,
    /// Attachments that are no inline pictures.
    pub attachments: i64,
    /// From the account's own address.
    pub outgoing: bool,
    /// Read.
    pub seen: bool,
    /// Marked as important.
    pub flagged: bool,
    /// Answered.
    pub answered: bool,
    /// Private.
    pub private: bool,
}

const COLUMNS: &str = "m.id, m.account, m.conversation, t.subject, t.people, t.preview, m.sent_at, \
     CASE WHEN m.restored THEN m.fetched_at ELSE m.received_at END, m.size, \
     m.attachments, m.outgoing, m.flags, m.private";

/// The lines of these messages, in this order, without what the viewer may not see.
pub async fn summaries(tx: &mut Tx, viewer: &Viewer, messages: &[MessageKey]) -> Result<Vec<Summary>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages m JOIN message_texts t ON t.organisation = m.organisation AND t.id = m.id
         WHERE m.organisation = $1 AND m.id = $3 AND {}",
        crate::viewer::visible("m")
    );
    let lists: Vec<_> =
        messages.iter().map(|message| vals![viewer.organisation, viewer.user, *message].to_vec()).collect();
    let rows = tx.rows_many(&sql, &lists).await?;
    let mut summaries: Vec<Summary> = rows.into_iter().flatten().map(read).collect();
    let keys: Vec<MessageKey> = summaries.iter().map(|summary| summary.id).collect();
    let shown = super::get::shown_in(tx, viewer.organisation, &keys).await?;
    for (summary, shown) in summaries.iter_mut().zip(shown) {
        (summary.folder, summary.role) = shown;
    }
    Ok(summaries)
}

fn read(mut row: Row) -> Summary {
    let flags = row.int(11);
    Summary {
        id: MessageKey(row.int(0)),
        account: AccountKey(row.int(1)),
        folder: None,
        role: Role::None,
        conversation: ConversationKey(row.int(2)),
        subject: row.text(3),
        people: People::from_json(&row.text(4)),
        preview: row.text(5),
        sent_at: row.opt_int(6),
        received_at: row.int(7),
        size: row.int(8),
        attachments: row.int(9),
        outgoing: row.bool(10),
        seen: flags & 1 != 0,
        flagged: flags & 2 != 0,
        answered: flags & 4 != 0,
        private: row.bool(12),
    }
}
