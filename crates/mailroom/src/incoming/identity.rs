//! Whether a server still answers with the mailbox whose mail we hold (features M14).
//!
//! A mailbox may move: another host, other folder names, other UIDVALIDITYs. What stays are its messages. So when the door
//! is another one, or every folder is numbered anew, some of the mail that we hold is looked for there, and at least half of
//! it must be found: colleagues share some mail, but not half of it.

use super::pass::PassError;
use crate::MailRoom;
use connect::{
    ConnectError, RemoteFolder, ServerWords, Source,
    error::{Cause, Step},
};
use mail::Role;
use store::{
    StoreError,
    account::{Account, Incoming},
    folder::Folder,
};

/// Folders that are looked into, the fullest first, and messages of each: so many of the newest and of the oldest.
const FOLDERS: usize = 3;
const OF_EACH: usize = 4;

/// Refuses a server that answers with another mailbox; nothing of ours was touched yet. Remembers the door once it is known
/// to be right.
pub(super) async fn check(
    room: &MailRoom,
    account: &Account,
    shown: &[RemoteFolder],
    stored: &[Folder],
    source: &mut dyn Source,
) -> Result<(), PassError> {
    let Some(door) = door(account) else { return Ok(()) };
    let is_known_door = account.identity.as_deref().is_none_or(|known| known == door);
    if !is_known_door || is_numbered_anew(shown, stored) {
        compare(room, account, shown, stored, source).await?;
    }
    if account.identity.as_deref() != Some(&door) {
        remember(room, account, door).await?;
    }
    Ok(())
}

/// What we knock at, and by what name.
fn door(account: &Account) -> Option<String> {
    match &account.settings.incoming {
        Incoming::Imap(server) => Some(format!("{}:{} {}", server.host.to_lowercase(), server.port, server.username)),
        _ => None,
    }
}

/// Every folder with mail of which the server says how it counts, counts otherwise than before.
fn is_numbered_anew(shown: &[RemoteFolder], stored: &[Folder]) -> bool {
    let mut met = false;
    for folder in stored.iter().filter(|folder| folder.messages > 0) {
        let there = shown.iter().find(|shown| shown.remote == folder.remote).and_then(|shown| shown.uidvalidity);
        let (Some(there), Some(known)) = (there, folder.epoch) else { continue };
        // The upper half of an epoch is a count of our own.
        if i64::from(there) == known & i64::from(u32::MAX) {
            return false;
        }
        met = true;
    }
    met
}

async fn compare(
    room: &MailRoom,
    account: &Account,
    shown: &[RemoteFolder],
    stored: &[Folder],
    source: &mut dyn Source,
) -> Result<(), PassError> {
    let mut fullest: Vec<&Folder> = stored.iter().filter(|folder| folder.messages > 0).collect();
    fullest.sort_by_key(|folder| std::cmp::Reverse(folder.messages));
    let (mut asked, mut found) = (0, 0);
    for folder in fullest.into_iter().take(FOLDERS) {
        let Some(there) = same_folder(folder, shown) else { continue };
        let (organisation, id) = (account.organisation, folder.id);
        let read = room.store.db.read(move |tx| {
            Box::pin(async move { store::folder::some_message_ids(tx, organisation, id, OF_EACH).await })
        });
        for message_id in read.await? {
            asked += 1;
            found += usize::from(!source.find(there, &message_id).await?.is_empty());
        }
    }
    if found * 2 >= asked {
        return Ok(());
    }
    let words = ServerWords(format!("{found} of {asked} messages that we know were found there"));
    Err(ConnectError::Settings { step: Step::Work, cause: Cause::OtherAccount, words }.into())
}

/// Where mail of this folder would lie there: under the same name, else in the folder for the same, else in the inbox.
fn same_folder<'a>(folder: &Folder, shown: &'a [RemoteFolder]) -> Option<&'a str> {
    let mut can_open = shown.iter().filter(|shown| shown.selectable);
    let by_name = can_open.clone().find(|shown| shown.remote == folder.remote);
    let by_role = || can_open.clone().find(|shown| folder.role != Role::None && shown.declared == folder.role);
    let inbox = can_open.clone().find(|shown| shown.declared == Role::Inbox);
    let found = by_name.or_else(by_role).or(inbox).or_else(|| can_open.next());
    found.map(|shown| shown.remote.as_str())
}

async fn remember(room: &MailRoom, account: &Account, door: String) -> Result<(), StoreError> {
    let (organisation, id) = (account.organisation, account.id);
    let work = store::unit(move |tx| {
        Box::pin(async move { store::account::remember_identity(tx, organisation, id, &door).await })
    });
    room.store.db.write(work).await
}
