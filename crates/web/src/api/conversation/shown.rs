//! A conversation as the interface shows it: a line of a list, or whole.

use super::note::NoteShown;
use crate::api::{id, instant::Instant, message::MessageLine};
use mail::{ConversationKey, DossierKey, MessageKey, UserKey};
use serde::Serialize;
use store::{
    activity::Activity,
    conversation::{self, Conversation, Counts, Head, Line},
    presence::{Doing, Presence},
};
use utoipa::ToSchema;

/// What everyone who sees a conversation knows of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConversationHead)]
pub(super) struct HeadShown {
    #[schema(value_type = id::ConversationId)]
    id: ConversationKey,
    /// The subject it began with.
    subject: String,
    #[schema(value_type = StateName)]
    state: conversation::State,
    /// Who does it.
    #[schema(value_type = Option<id::UserId>, required)]
    assignee: Option<UserKey>,
    /// Out of sight until then.
    #[schema(required)]
    snoozed_until: Option<Instant>,
    /// When it last moved.
    last_at: Instant,
}

/// Whether something is still to be done.
#[derive(ToSchema)]
#[schema(as = ConversationState, rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names; the store makes them")]
pub(super) enum StateName {
    Open,
    Closed,
}

/// One line of a list of conversations.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConversationLine {
    #[serde(flatten)]
    head: HeadShown,
    /// Its newest message that fits what was asked.
    newest: MessageLine,
    /// How many of its messages the caller sees.
    message_count: i64,
    /// How many of those are not read.
    unread_count: i64,
    /// One of them has an attachment.
    has_attachment: bool,
    /// One of them is private.
    private: bool,
    /// The dossiers that they are in.
    dossiers: Vec<DossierLabel>,
}

/// A dossier by its name.
#[derive(Debug, Serialize, ToSchema)]
struct DossierLabel {
    #[schema(value_type = id::DossierId)]
    id: DossierKey,
    name: String,
}

/// What a team works on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Conversation)]
pub(super) struct ConversationShown {
    #[serde(flatten)]
    head: HeadShown,
    /// The messages that the caller sees, oldest first.
    #[schema(value_type = Vec<id::MessageId>)]
    messages: Vec<MessageKey>,
    /// What colleagues wrote, oldest first.
    notes: Vec<NoteShown>,
    /// What colleagues did, oldest first.
    activities: Vec<ActivityShown>,
    /// Who else looks at it or writes an answer now.
    present: Vec<PresenceShown>,
}

/// Something that a colleague did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Activity)]
struct ActivityShown {
    /// assigned, closed, opened, snoozed, woken, merged, split, joined, left, linked or unlinked.
    #[schema(example = "assigned")]
    kind: String,
    #[schema(value_type = id::UserId)]
    by: UserKey,
    /// To this message only.
    #[schema(value_type = Option<id::MessageId>, required)]
    message: Option<MessageKey>,
    /// The ids that belong to its kind.
    detail: serde_json::Value,
    at: Instant,
}

/// Somebody who is there now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Presence)]
pub(super) struct PresenceShown {
    #[schema(value_type = id::UserId)]
    user: UserKey,
    #[schema(value_type = DoingName)]
    doing: Doing,
    since: Instant,
}

/// What somebody does with a conversation.
#[derive(ToSchema)]
#[schema(as = Doing, rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names; the store makes them")]
pub(super) enum DoingName {
    Looking,
    Replying,
}

/// How many conversations wait; each count stops at 1000.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConversationCounts)]
pub(super) struct CountsShown {
    /// Open and in sight.
    open: i64,
    /// Of those, the caller's.
    mine: i64,
    /// Of those, nobody's.
    unassigned: i64,
    /// Out of sight for now.
    snoozed: i64,
}

impl ConversationShown {
    pub(super) fn of(found: Conversation, present: Vec<Presence>) -> ConversationShown {
        ConversationShown {
            head: found.head.into(),
            messages: found.messages,
            notes: found.notes.into_iter().map(NoteShown::from).collect(),
            activities: found.activities.into_iter().map(ActivityShown::from).collect(),
            present: present.into_iter().map(PresenceShown::from).collect(),
        }
    }
}

impl From<Head> for HeadShown {
    fn from(Head { id, subject, state, assignee, snoozed_until_at, last_at }: Head) -> HeadShown {
        let snoozed_until = snoozed_until_at.map(Instant);
        HeadShown { id, subject, state, assignee, snoozed_until, last_at: Instant(last_at) }
    }
}

impl From<Line> for ConversationLine {
    fn from(line: Line) -> ConversationLine {
        ConversationLine {
            head: line.head.into(),
            newest: line.newest.into(),
            message_count: line.messages,
            unread_count: line.unread,
            has_attachment: line.has_attachment,
            private: line.private,
            dossiers: line.dossiers.into_iter().map(|(id, name)| DossierLabel { id, name }).collect(),
        }
    }
}

impl From<Activity> for ActivityShown {
    fn from(Activity { kind, by, message, detail, done_at }: Activity) -> ActivityShown {
        ActivityShown { kind, by, message, detail, at: Instant(done_at) }
    }
}

impl From<Presence> for PresenceShown {
    fn from(Presence { user, doing, since_at }: Presence) -> PresenceShown {
        PresenceShown { user, doing, since: Instant(since_at) }
    }
}

impl From<Counts> for CountsShown {
    fn from(Counts { open, mine, unassigned, snoozed }: Counts) -> CountsShown {
        CountsShown { open, mine, unassigned, snoozed }
    }
}
