//! The way back from a deed. Nothing is kept for it: whoever did it holds how things stood, and hands it back.

use crate::{MailRoom, doer::Doer, words::Refusal};
use mail::{ConversationKey, FolderKey, MessageKey, UserKey};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;
use store::{
    StoreError, Viewer,
    conversation::{self, Patch, State},
    message,
};

/// How things stood. A person holds it for a moment and hands it back; putting it back asks for their rights once more, so
/// that it opens nothing that they could not do one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) messages: Vec<Was>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) conversations: Vec<Stood>,
}

/// How a message stood; `None` was not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Was {
    pub(super) message: MessageKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seen: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) flagged: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) folder: Option<FolderKey>,
}

/// How a conversation stood; `None` was not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stood {
    pub(super) conversation: ConversationKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<State>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub(super) snoozed_until_at: Option<Option<i64>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub(super) assignee: Option<Option<UserKey>>,
}

/// What is there was touched, also when it is null.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl Before {
    /// Nothing was touched.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.conversations.is_empty()
    }
}

impl Was {
    /// A message that lay there.
    pub(super) fn in_folder(message: MessageKey, folder: FolderKey) -> Was {
        Was { message, seen: None, flagged: None, folder: Some(folder) }
    }
}

impl Stood {
    /// What of this conversation the patch changes; `None` when it changes nothing.
    pub(super) fn before(head: &conversation::Head, patch: &Patch) -> Option<Stood> {
        let stood = Stood {
            conversation: head.id,
            state: patch.state.filter(|it| *it != head.state).map(|_| head.state),
            snoozed_until_at: patch
                .snoozed_until_at
                .filter(|it| *it != head.snoozed_until_at)
                .map(|_| head.snoozed_until_at),
            assignee: patch.assignee.filter(|it| *it != head.assignee).map(|_| head.assignee),
        };
        let touched = stood.state.is_some() || stood.snoozed_until_at.is_some() || stood.assignee.is_some();
        touched.then_some(stood)
    }
}

/// Puts things back as they stood. What is gone since is left.
pub async fn undo(room: &MailRoom, viewer: &Viewer, before: Before) -> Result<(), Refusal> {
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let mut touched = BTreeSet::new();
            for Stood { conversation, state, snoozed_until_at, assignee } in before.conversations {
                let patch = Patch { state, snoozed_until_at, assignee };
                left(conversation::patch(tx, &doer.viewer, conversation, &patch, doer.now).await)?;
            }
            for was in before.messages {
                let Some(account) = left(doer.viewer.may_see(tx, was.message).await)? else { continue };
                touched.insert(account);
                message::set_flags(tx, &doer.viewer, was.message, was.seen, was.flagged, doer.now, &doer.make).await?;
                if let Some(folder) = was.folder {
                    left(message::move_to(tx, &doer.viewer, was.message, folder, doer.now, &doer.make).await)?;
                }
            }
            Ok(touched)
        })
    });
    for account in write.await? {
        room.desks.poke(account);
    }
    Ok(())
}

/// What is not there any more is no mistake.
fn left<T>(found: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_and_not_touched_are_told_apart_on_the_way_through_a_page() {
        let stood = Stood {
            conversation: ConversationKey(5),
            state: None,
            snoozed_until_at: Some(None),
            assignee: Some(Some(UserKey(7))),
        };
        let before = Before { messages: vec![Was::in_folder(MessageKey(1), FolderKey(2))], conversations: vec![stood] };
        let text = serde_json::to_string(&before).unwrap();
        assert_eq!(serde_json::from_str::<Before>(&text).unwrap(), before, "{text}");
        assert!(text.contains("null") && !text.contains("state"), "{text}");
    }
}
