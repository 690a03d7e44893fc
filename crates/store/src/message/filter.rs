//! What of the messages is asked for.

use crate::conversation::Standing;
use mail::{AccountKey, ContactKey, ConversationKey, DossierKey, FolderKey, Role, query::Query};

/// What of the messages is asked for; every part that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this account.
    pub account: Option<AccountKey>,
    /// In this folder.
    pub folder: Option<FolderKey>,
    /// In a folder with this role.
    pub role: Option<Role>,
    /// Of this conversation.
    pub conversation: Option<ConversationKey>,
    /// Linked to this contact.
    pub contact: Option<ContactKey>,
    /// Linked to this dossier.
    pub dossier: Option<DossierKey>,
    /// Only what is not read (`true`), or only what is (`false`).
    pub unread: Option<bool>,
    /// Of conversations that stand so.
    pub standing: Option<Standing>,
    /// What the person typed.
    pub query: Option<Query>,
}
