//! Messages as people work with them: lists, one message, its flags, its privacy, and where it lies.

mod access;
mod change;
mod filter;
mod get;
mod list;
mod summary;

pub use access::{Watcher, set_private, watchers, who_can_see};
pub(crate) use access::{seen_by_user, seen_by_user_without};
pub use change::{move_to, set_answered, set_flags};
pub use filter::Filter;
pub use get::{Stored, get, places_of};
pub use list::list;
pub use summary::{People, Summary, summaries};

use mail::{Flags, FolderKey, Role};

/// Where a message lies: one row a copy in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// The folder that people see it in.
    pub folder: FolderKey,
    /// What that folder is for.
    pub role: Role,
    /// The folder that holds it on the server; another one as long as an edit moves it.
    pub lies_in: FolderKey,
    /// Our count of that folder's epochs.
    pub generation: i64,
    /// The server's number in that epoch (UID), or a hash of `remote_name`.
    pub remote: i64,
    /// The server's name of it, where that is no number.
    pub remote_name: Option<String>,
    /// The flags of this copy.
    pub flags: Flags,
}
