//! One message, with what belongs to it.

use super::{Lying, People};
use crate::{StoreError, Tx, Viewer};
use mail::{
    AccountKey, ContactKey, ConversationKey, Defect, DossierKey, FolderKey, MessageKey, OrganisationKey, Role, UserKey,
};

/// One message, without its text: that is read again from the raw message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
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
    /// The content of its `Message-ID`, without brackets.
    pub message_id: Option<String>,
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
    /// When we fetched it.
    pub fetched_at: i64,
    /// Digest of the raw message (BLAKE3).
    pub digest: [u8; 32],
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
    /// Who made it private, when a person did.
    pub private_by: Option<UserKey>,
    /// Why it is private.
    pub private_reason: Option<String>,
    /// What is wrong with it.
    pub defects: Vec<Defect>,
    /// No folder holds it any more, since then.
    pub gone_at: Option<i64>,
    /// The contacts it is linked to.
    pub contacts: Vec<ContactKey>,
    /// The dossiers it is linked to.
    pub dossiers: Vec<DossierKey>,
}

/// The message, or `NotFound` when the viewer may not see it.
pub async fn get(tx: &mut Tx, viewer: &Viewer, message: MessageKey) -> Result<Stored, StoreError> {
    let _ = (tx, viewer, message);
    Err(StoreError::Broken("not there yet".into()))
}

/// Every folder that holds the message, the one to show first.
pub async fn places_of(
    tx: &mut Tx,
    organisation: OrganisationKey,
    message: MessageKey,
) -> Result<Vec<Lying>, StoreError> {
    let _ = (tx, organisation, message);
    Err(StoreError::Broken("not there yet".into()))
}
