//! One deed for many conversations at a time, and taking it back. All of it is one unit of work: done, or not.

use super::{
    conversation::goes,
    undo::{Before, Stood, Was},
};
use crate::{
    MailRoom,
    doer::Doer,
    words::{Refusal, field},
};
use mail::{AccountKey, ConversationKey, FolderKey, Role};
use std::collections::BTreeSet;
use store::{
    StoreError, Tx, Viewer,
    conversation::{self, Patch, State},
    folder,
    message::{self, Summary},
};

/// More conversations at a time are refused.
pub const AT_MOST: usize = 200;

/// What is done to each conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Every message is read.
    Read,
    /// The newest that came in is not.
    Unread,
    /// The newest is marked as important.
    Flag,
    /// None is.
    Unflag,
    /// Nothing is to be done any more,
    Close,
    /// or something is.
    Open,
    /// To the trash of its account.
    Trash,
    /// To this folder.
    Move(FolderKey),
}

/// Does it, and gives how many conversations changed and how they stood. With `within`, only messages that lie in that
/// folder move; otherwise those that a conversation takes along when it is filed.
pub async fn change(
    room: &MailRoom,
    viewer: &Viewer,
    conversations: Vec<ConversationKey>,
    deed: Deed,
    within: Option<FolderKey>,
) -> Result<(usize, Before), Refusal> {
    if conversations.is_empty() {
        return Err(Refusal::field("conversations", field::REQUIRED));
    }
    if conversations.len() > AT_MOST {
        return Err(Refusal::field("conversations", field::OUT_OF_RANGE));
    }
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let mut at_work = Work { doer, deed, within, before: Before::default(), touched: BTreeSet::new() };
            let mut changed = 0;
            for key in conversations {
                changed += usize::from(at_work.on(tx, key).await?);
            }
            Ok((changed, at_work.before, at_work.touched))
        })
    });
    let (changed, before, touched) = write.await?;
    for account in touched {
        room.desks.poke(account);
    }
    Ok((changed, before))
}

struct Work {
    doer: Doer,
    deed: Deed,
    within: Option<FolderKey>,
    before: Before,
    touched: BTreeSet<AccountKey>,
}

impl Work {
    /// Whether anything about the conversation changed.
    async fn on(&mut self, tx: &mut Tx, key: ConversationKey) -> Result<bool, StoreError> {
        let viewer = self.doer.viewer;
        let found = conversation::get(tx, &viewer, key).await?;
        if let Deed::Close | Deed::Open = self.deed {
            let state = if self.deed == Deed::Close { State::Closed } else { State::Open };
            let patch = Patch { state: Some(state), ..Patch::default() };
            let Some(stood) = Stood::before(&found.head, &patch) else { return Ok(false) };
            conversation::patch(tx, &viewer, key, &patch, self.doer.now).await?;
            self.before.conversations.push(stood);
            return Ok(true);
        }
        let messages = message::summaries(tx, &viewer, &found.messages).await?;
        let newest = messages.iter().rev().find(|it| !it.outgoing).or(messages.last()).map(|it| it.id);
        let mut changed = false;
        for it in &messages {
            let is_newest = Some(it.id) == newest;
            changed |= match self.deed {
                Deed::Read => !it.seen && self.mark(tx, it, Some(true), None).await?,
                Deed::Unread => is_newest && it.seen && self.mark(tx, it, Some(false), None).await?,
                Deed::Flag => is_newest && !it.flagged && self.mark(tx, it, None, Some(true)).await?,
                Deed::Unflag => it.flagged && self.mark(tx, it, None, Some(false)).await?,
                Deed::Move(_) | Deed::Trash => self.file(tx, it).await?,
                Deed::Close | Deed::Open => false,
            };
        }
        Ok(changed)
    }

    async fn mark(
        &mut self,
        tx: &mut Tx,
        it: &Summary,
        seen: Option<bool>,
        flagged: Option<bool>,
    ) -> Result<bool, StoreError> {
        let doer = &self.doer;
        message::set_flags(tx, &doer.viewer, it.id, seen, flagged, doer.now, &doer.make).await?;
        self.touched.insert(it.account);
        let (seen, flagged) = (seen.map(|_| it.seen), flagged.map(|_| it.flagged));
        self.before.messages.push(Was { message: it.id, seen, flagged, folder: None });
        Ok(true)
    }

    async fn file(&mut self, tx: &mut Tx, it: &Summary) -> Result<bool, StoreError> {
        let folders = folder::list(tx, self.doer.organisation(), it.account).await?;
        let target = match self.deed {
            Deed::Move(wanted) => folders.iter().find(|folder| folder.id == wanted),
            _ => folders.iter().find(|folder| folder.role == Role::Trash),
        };
        let (Some(target), Some(lies_in)) = (target, it.folder) else { return Ok(false) };
        let along = match self.within {
            Some(within) => lies_in == within,
            None => goes(it.role, target.role),
        };
        if !along || target.id == lies_in {
            return Ok(false);
        }
        let doer = &self.doer;
        message::move_to(tx, &doer.viewer, it.id, target.id, doer.now, &doer.make).await?;
        self.touched.insert(it.account);
        self.before.messages.push(Was::in_folder(it.id, lies_in));
        Ok(true)
    }
}
