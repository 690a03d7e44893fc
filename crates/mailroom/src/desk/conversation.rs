//! What a team does with a conversation: assign, close, snooze, mark, file, merge, split.

use super::{
    tell,
    undo::{Before, Stood, Was},
};
use crate::{
    MailRoom,
    doer::Doer,
    words::{Refusal, field},
};
use mail::{AccountKey, ConversationKey, FolderKey, MessageKey, Role, UserKey};
use std::collections::BTreeSet;
use store::{
    StoreError, Tx, Viewer,
    conversation::{self, Conversation, Patch, State},
    folder, message,
    notification::{self, Why},
};

/// What changes about a conversation; `None` stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConversationPatch {
    /// Who does it; `Some(None)`: nobody.
    pub assignee: Option<Option<UserKey>>,
    /// Whether something is still to be done.
    pub state: Option<State>,
    /// Out of sight until then, in milliseconds since 1970; `Some(None)`: in sight.
    pub snoozed_until_at: Option<Option<i64>>,
    /// Every message of it that the viewer sees is read, or not.
    pub seen: Option<bool>,
    /// Everything of it that lies in the same account goes to this folder: what was sent or is being written stays, and
    /// what lies in the trash or with the junk leaves there only for the inbox.
    pub folder: Option<FolderKey>,
}

/// Assigns, closes, opens, puts out of sight, marks or files a conversation that the viewer sees. Gives how it is now, and
/// how it stood, but for what was read. Whose it is from now on gets a letter when they are not looking.
pub async fn change(
    room: &MailRoom,
    viewer: &Viewer,
    key: ConversationKey,
    patch: ConversationPatch,
) -> Result<(Conversation, Before), Refusal> {
    let doer = Doer::new(room, viewer);
    let ConversationPatch { assignee, state, snoozed_until_at, seen, folder } = patch;
    if snoozed_until_at.flatten().is_some_and(|until| until <= doer.now) {
        return Err(Refusal::field("snoozed_until", field::IN_THE_PAST));
    }
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let stands = Patch { assignee, state, snoozed_until_at };
            let head = conversation::get(tx, &doer.viewer, key).await?.head;
            let mut before = Before::default();
            before.conversations.extend(Stood::before(&head, &stands));
            let saved = conversation::patch(tx, &doer.viewer, key, &stands, doer.now).await?;
            let due = match saved.head.assignee.filter(|it| Some(*it) != head.assignee) {
                Some(user) => {
                    let id = saved.head.id;
                    notification::letter_due(tx, &doer.viewer, user, id, Why::Assigned, doer.now).await?
                }
                None => None,
            };
            let mut touched = BTreeSet::new();
            if let Some(seen) = seen {
                touched.extend(mark(tx, &doer, &saved.messages, seen).await?);
            }
            if let Some(folder) = folder {
                let Some((account, moved)) = file(tx, &doer, &saved.messages, folder).await? else {
                    return Ok(Err(Refusal::field("folder", field::UNKNOWN_FOLDER)));
                };
                touched.insert(account);
                before.messages = moved;
            }
            Ok(Ok((saved, before, touched, due)))
        })
    });
    let (saved, before, touched, due) = write.await??;
    tell::colleagues(room, viewer, due.into_iter().collect()).await;
    for account in touched {
        room.desks.poke(account);
    }
    Ok((saved, before))
}

/// Puts everything of the conversation `from` into `into`.
pub async fn merge(
    room: &MailRoom,
    viewer: &Viewer,
    from: ConversationKey,
    into: ConversationKey,
) -> Result<Conversation, Refusal> {
    let Doer { viewer, now, .. } = Doer::new(room, viewer);
    let work = store::unit(move |tx| Box::pin(async move { conversation::merge(tx, &viewer, from, into, now).await }));
    Ok(room.store.db.write(work).await?)
}

/// Takes messages out of a conversation into one of their own, and gives that.
pub async fn split(
    room: &MailRoom,
    viewer: &Viewer,
    key: ConversationKey,
    messages: Vec<MessageKey>,
) -> Result<Conversation, Refusal> {
    if messages.is_empty() {
        return Err(Refusal::field("messages", field::REQUIRED));
    }
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let new = ConversationKey(doer.key());
            conversation::split(tx, &doer.viewer, key, &messages, new, doer.now).await
        })
    });
    Ok(write.await?)
}

/// The accounts in which a flag changed.
async fn mark(tx: &mut Tx, doer: &Doer, messages: &[MessageKey], seen: bool) -> Result<Vec<AccountKey>, StoreError> {
    let mut accounts = Vec::new();
    for key in messages {
        accounts.push(doer.viewer.may_see(tx, *key).await?);
        message::set_flags(tx, &doer.viewer, *key, Some(seen), None, doer.now, &doer.make).await?;
    }
    Ok(accounts)
}

/// The account in which messages moved, and where they lay; `None` when the folder is of none that has a message here.
async fn file(
    tx: &mut Tx,
    doer: &Doer,
    messages: &[MessageKey],
    folder: FolderKey,
) -> Result<Option<(AccountKey, Vec<Was>)>, StoreError> {
    let (viewer, organisation) = (&doer.viewer, doer.organisation());
    let target = match folder::get(tx, organisation, folder).await {
        Ok(target) => target,
        Err(StoreError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let (mut is_of_it, mut moved) = (false, Vec::new());
    for key in messages {
        if viewer.may_see(tx, *key).await? != target.account {
            continue;
        }
        is_of_it = true;
        let shown = message::places_of(tx, organisation, *key).await?.into_iter().next();
        if let Some(lying) = shown.filter(|lying| goes(lying.role, target.role)) {
            message::move_to(tx, viewer, *key, folder, doer.now, &doer.make).await?;
            moved.extend((lying.folder != folder).then(|| Was::in_folder(*key, lying.folder)));
        }
    }
    Ok(is_of_it.then_some((target.account, moved)))
}

/// Whether a message in a folder of the one role goes along when its conversation is put into one of the other.
pub(super) fn goes(from: Role, to: Role) -> bool {
    match from {
        Role::Sent | Role::Drafts => false,
        Role::Junk | Role::Trash => to == Role::Inbox,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_thrown_away_comes_back_only_to_the_inbox() {
        assert!(goes(Role::Trash, Role::Inbox) && !goes(Role::Trash, Role::Archive));
        assert!(goes(Role::Inbox, Role::Trash) && goes(Role::None, Role::Archive));
        assert!(!goes(Role::Sent, Role::Archive) && !goes(Role::Drafts, Role::Inbox));
    }
}
