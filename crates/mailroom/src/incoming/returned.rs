//! What comes back to a return path of ours: it is noted at the mail that it is about, and lies in the mailbox that sent
//! that mail as any letter does. Automatic answers come here too (RFC 3834 §4), and are only letters.

use super::{own, pass, pass::PassError, prepare::Reader};
use crate::{
    MailRoom,
    accounts::connection,
    outgoing::{note_returned, return_path_known},
};
use bytes::Bytes;
use connect::{Edit, relay::Letter};
use mail::{Flags, Role, return_path::ReturnPath};
use store::{
    StoreError,
    account::{self, Account},
    folder, outbox,
};

/// What the part before the `@` is a return path of: one that we made, for a mail that we still know of.
pub(super) async fn path_of(room: &MailRoom, local: &str) -> Result<Option<ReturnPath>, StoreError> {
    let Some(claim) = ReturnPath::claimed(local) else { return Ok(None) };
    let Some(path) = return_path_known(room, claim).await? else { return Ok(None) };
    let read = room
        .store
        .db
        .read(move |tx| Box::pin(async move { outbox::load(tx, path.organisation, path.submission).await }));
    match read.await {
        Ok(_) => Ok(Some(path)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Notes what came back, and keeps the letter. Both can be done again: what is noted is noted once, and so is kept.
pub(super) async fn take(room: &MailRoom, path: &ReturnPath, letter: &Letter) -> Result<(), PassError> {
    let (organisation, submission) = (path.organisation, path.submission);
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let submission = outbox::load(tx, organisation, submission).await?;
            account::load(tx, organisation, submission.account).await
        })
    });
    let account = read.await?;
    let lies_here = account.settings.incoming.has_own_folders();
    if lies_here {
        own::deliver_once(room, &account, letter.raw.clone(), letter.ours).await?;
    }
    let reader = Reader::new(room, &account, pass::message_id_key(room, organisation).await?);
    let raw = letter.raw.clone();
    let read = tokio::task::spawn_blocking(move || reader.alone(&raw));
    let read = read.await.map_err(|error| StoreError::Broken(error.to_string()))?;
    let mut message_id = None;
    if let Some(read) = read {
        let subject = read.message.subject.clone();
        // Who can't be told in turn is a mail system, or answers by itself.
        let unread = read.unread.filter(|_| letter.sender.is_empty()).map(|action| (action, subject));
        note_returned(room, path, read.report.as_ref(), unread).await?;
        message_id = read.message.message_id;
    }
    if !lies_here {
        let id = message_id.as_ref().map(|id| id.as_str());
        put_on_server(room, &account, letter.raw.clone(), id).await?;
    }
    Ok(())
}

/// Where the rest of the mailbox's mail lies it lies too, once: a copy whose answer was lost is found by its Message-ID.
async fn put_on_server(
    room: &MailRoom,
    account: &Account,
    raw: Bytes,
    message_id: Option<&str>,
) -> Result<(), PassError> {
    let (organisation, id) = (account.organisation, account.id);
    let read = room.store.db.read(move |tx| Box::pin(async move { folder::list(tx, organisation, id).await }));
    let inbox = read.await?.into_iter().find(|folder| folder.role == Role::Inbox && folder.selectable);
    let inbox = inbox.map_or_else(|| "INBOX".to_owned(), |folder| folder.remote);
    // It works beside whoever may have the lease.
    let account = Account { fence: 0, ..account.clone() };
    let mut source = connection::source_for(room, &account).await?;
    let is_there = match message_id {
        Some(id) => !source.find(&inbox, id).await?.is_empty(),
        None => false,
    };
    if !is_there {
        let internal_at = Some(room.clock.now());
        let edit = Edit::Append { folder: inbox, raw, flags: Flags::default(), internal_at };
        for done in source.edit(vec![edit]).await? {
            done?;
        }
    }
    source.close().await;
    super::look(room, account.id).await;
    Ok(())
}
