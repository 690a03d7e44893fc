//! One line of a list.

use crate::{StoreError, Tx, Viewer};
use mail::{AccountKey, Address, ConversationKey, FolderKey, MessageKey, Role};
use serde::{Deserialize, Serialize};

/// The people of a message, as `messages.people` and `outbox.people` keep them.
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
    /// When the server received it.
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

/// The lines of these messages, in this order, without what the viewer may not see.
pub async fn summaries(tx: &mut Tx, viewer: &Viewer, messages: &[MessageKey]) -> Result<Vec<Summary>, StoreError> {
    let _ = (tx, viewer, messages);
    Err(StoreError::Broken("not there yet".into()))
}
