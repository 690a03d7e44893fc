//! What a team works on: messages, a state, somebody who does it. Seen by whoever sees one of its messages.

mod list;
mod read;
mod release;
mod shape;
mod write;

pub use list::{COUNTED_AT_MOST, Counts, Line, counts, list};
pub use read::{get, sees, who_sees};
pub(crate) use read::{must_see, seen};
pub(crate) use release::free;
pub use release::release;
pub use shape::{merge, move_message, split};
pub use write::patch;

use crate::{Row, activity::Activity, note::Note};
use mail::{AccountKey, ConversationKey, MessageKey, UserKey};
use serde::{Deserialize, Serialize};

/// Whether something is still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is.
    Open,
    /// It is not.
    Closed,
}

impl State {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Closed => "closed",
        }
    }
}

/// What everyone who sees a conversation knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its key.
    pub id: ConversationKey,
    /// The subject it began with.
    pub subject: String,
    /// Whether something is still to be done.
    pub state: State,
    /// Who does it.
    pub assignee: Option<UserKey>,
    /// Out of sight until then.
    pub snoozed_until_at: Option<i64>,
    /// When it last moved.
    pub last_at: i64,
}

/// A conversation, as far as the viewer sees it.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// What it is.
    pub head: Head,
    /// The messages that the viewer sees, oldest first.
    pub messages: Vec<MessageKey>,
    /// What colleagues wrote, oldest first.
    pub notes: Vec<Note>,
    /// What colleagues did, oldest first.
    pub activities: Vec<Activity>,
}

/// What changes about a conversation; `None` stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Patch {
    /// Who does it.
    pub assignee: Option<Option<UserKey>>,
    /// Whether something is still to be done.
    pub state: Option<State>,
    /// Out of sight until then.
    pub snoozed_until_at: Option<Option<i64>>,
}

/// How the conversation of a message must stand to be asked for; every part that is set must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether something is still to be done.
    pub state: Option<State>,
    /// Who does it; `Some(None)`: nobody.
    pub assignee: Option<Option<UserKey>>,
    /// Whether it is out of sight at `now`.
    pub snoozed: Option<bool>,
    /// The moment that counts, in milliseconds since 1970.
    pub now: i64,
}

/// By which message the viewer sees a conversation.
pub(crate) struct Seen {
    pub(crate) conversation: ConversationKey,
    pub(crate) account: AccountKey,
    pub(crate) message: MessageKey,
    pub(crate) private: bool,
}

const COLUMNS: &str = "c.id, c.subject, c.state, c.assignee, c.snoozed_until_at, c.last_at";

fn head(mut row: Row) -> Head {
    Head {
        id: ConversationKey(row.int(0)),
        subject: row.text(1),
        state: if row.text(2) == "closed" { State::Closed } else { State::Open },
        assignee: row.opt_int(3).map(UserKey),
        snoozed_until_at: row.opt_int(4),
        last_at: row.int(5),
    }
}
