//! What a folder is for (RFC 6154), and how we guess it when the server doesn't say.

use serde::{Deserialize, Serialize};

/// The role of a folder, by the names of the API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Where new mail arrives.
    Inbox,
    /// Copies of what was sent.
    Sent,
    /// Being written.
    Drafts,
    /// Unwanted mail.
    Junk,
    /// Thrown away.
    Trash,
    /// Kept out of sight.
    Archive,
    /// An ordinary folder.
    #[default]
    None,
}

impl Role {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Inbox => "inbox",
            Role::Sent => "sent",
            Role::Drafts => "drafts",
            Role::Junk => "junk",
            Role::Trash => "trash",
            Role::Archive => "archive",
            Role::None => "none",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Role> {
        [Role::Inbox, Role::Sent, Role::Drafts, Role::Junk, Role::Trash, Role::Archive, Role::None]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}
