//! Whether a server still answers with the mailbox whose mail we hold (features M14).
//!
//! A mailbox may move: another host, other folder names, other UIDVALIDITYs. What stays are its messages. So when the door
//! is another one, or every folder is numbered anew, some of the mail that we hold is looked for there, and at least half of
//! it must be found: colleagues share some mail, but not half of it.
//!
//! A server that only hands over (POP3) may hold nothing of ours any more. Behind another door its names are forgotten, so
//! that everything there comes again and is known by its digest; but when there is mail, some of what we left there last must
//! be among its newest.
//!
//! UIDVALIDITY says nothing across servers: many begin to count at 1, or take the second in which a folder was made. So behind
//! another door a folder's numbers count only when what was looked for lies under the number that we know (RFC 9051 §2.3.1.1
//! promises that for one server alone).

use super::{collecting, held::Held, pass::PassError};
use crate::MailRoom;
use connect::{
    ConnectError, RemoteFolder, ServerWords, Source,
    error::{Cause, Step},
    pop3::INBOX,
};
use mail::{FolderKey, Role};
use store::{
    StoreError,
    account::{Account, Incoming},
    folder::Folder,
};

/// What the door of a POP3 server begins with.
pub(crate) const POP3_DOOR: &str = "pop3 ";
/// What the door of a mailbox at Microsoft 365 begins with.
pub(crate) const GRAPH_DOOR: &str = "graph ";
/// What the door of a mailbox at Gmail begins with.
pub(crate) const GMAIL_DOOR: &str = "gmail ";
/// What the door of a mailbox at an Exchange server begins with.
pub(crate) const EWS_DOOR: &str = "ews ";
/// The fullest folders, and how many of the newest and of the oldest messages of each are looked for.
const FULLEST: usize = 3;
const OF_EACH: usize = 4;
/// So many of every other folder, when its numbers have to be checked.
const OF_OTHERS: usize = 1;

/// Refuses a server that answers with another mailbox; nothing of ours was touched yet. Remembers the door once it is known
/// to be right.
pub(super) async fn check(
    room: &MailRoom,
    account: &Account,
    shown: &[RemoteFolder],
    stored: &mut [Folder],
    source: &mut dyn Source,
) -> Result<(), PassError> {
    let Some(door) = door(account) else { return Ok(()) };
    if collecting::is_meant(account) {
        return check_collected(room, account, shown, source, door).await;
    }
    let is_other_door = account.identity.as_deref().is_some_and(|known| known != door);
    if is_other_door || is_numbered_anew(shown, stored) {
        let renumbered = compare(room, account, shown, stored, source, is_other_door).await?;
        for folder in stored.iter_mut().filter(|folder| renumbered.contains(&folder.id)) {
            (folder.epoch, folder.cursor) = (None, None);
        }
        number_anew(room, account, renumbered).await?;
    }
    if account.identity.as_deref() != Some(&door) {
        remember(room, account, door).await?;
    }
    Ok(())
}

/// Refuses a server that answers with another mailbox, and keeps nothing of what was found.
pub(crate) async fn recognise(
    room: &MailRoom,
    account: &Account,
    shown: &[RemoteFolder],
    source: &mut dyn Source,
) -> Result<(), PassError> {
    let (organisation, id) = (account.organisation, account.id);
    let is_other_door = account.identity.is_some() && account.identity != door(account);
    if collecting::is_meant(account) {
        return if is_other_door { compare_collected(room, account, shown, source).await } else { Ok(()) };
    }
    let read = room.store.db.read(move |tx| Box::pin(async move { store::folder::list(tx, organisation, id).await }));
    let stored = read.await?;
    if is_other_door || is_numbered_anew(shown, &stored) {
        compare(room, account, shown, &stored, source, false).await?;
    }
    Ok(())
}

/// What we knock at, and by what name.
fn door(account: &Account) -> Option<String> {
    match &account.settings.incoming {
        Incoming::Imap(server) => Some(format!("{}:{} {}", server.host.to_lowercase(), server.port, server.username)),
        Incoming::Pop3(server) => {
            Some(format!("{POP3_DOOR}{}:{} {}", server.host.to_lowercase(), server.port, server.username))
        }
        Incoming::Ews(exchange) => {
            let server = exchange.server();
            Some(format!("{EWS_DOOR}{}:{} {}", server.host.to_lowercase(), server.port, server.username))
        }
        Incoming::Microsoft365 => {
            Some(format!("{GRAPH_DOOR}{}", mail::address::fold_address(&account.settings.address)))
        }
        Incoming::Gmail => Some(format!("{GMAIL_DOOR}{}", mail::address::fold_address(&account.settings.address))),
        _ => None,
    }
}

async fn check_collected(
    room: &MailRoom,
    account: &Account,
    shown: &[RemoteFolder],
    source: &mut dyn Source,
    door: String,
) -> Result<(), PassError> {
    if account.identity.as_deref() == Some(&door) {
        return Ok(());
    }
    if account.identity.is_some() {
        compare_collected(room, account, shown, source).await?;
        let (organisation, id) = (account.organisation, account.id);
        let work = store::unit(move |tx| Box::pin(async move { store::collected::forget(tx, organisation, id).await }));
        Held::from(account).write(room, work).await?;
    }
    Ok(remember(room, account, door).await?)
}

/// Refuses a mailbox with mail in which what we left there last isn't found.
async fn compare_collected(
    room: &MailRoom,
    account: &Account,
    shown: &[RemoteFolder],
    source: &mut dyn Source,
) -> Result<(), PassError> {
    if shown.iter().all(|folder| folder.messages.unwrap_or_default() == 0) {
        return Ok(());
    }
    let (organisation, id) = (account.organisation, account.id);
    let read = room.store.db.read(move |tx| {
        Box::pin(async move { store::collected::some_message_ids(tx, organisation, id, 2 * OF_EACH).await })
    });
    let (mut asked, mut found) = (0, 0);
    for (message_id, _) in read.await? {
        asked += 1;
        found += usize::from(!source.find(INBOX, &message_id).await?.is_empty());
    }
    if found * 2 >= asked { Ok(()) } else { Err(other_account(found, asked)) }
}

fn other_account(found: usize, asked: usize) -> PassError {
    let words = ServerWords(format!("{found} of {asked} messages that we know were found there"));
    ConnectError::Settings { step: Step::Work, cause: Cause::OtherAccount, words }.into()
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

/// Refuses a mailbox in which our mail isn't found. Gives the folders in which it lies under other numbers, of the fullest
/// or, with `every`, of all.
async fn compare(
    room: &MailRoom,
    account: &Account,
    shown: &[RemoteFolder],
    stored: &[Folder],
    source: &mut dyn Source,
    every: bool,
) -> Result<Vec<FolderKey>, PassError> {
    let mut fullest: Vec<&Folder> = stored.iter().filter(|folder| folder.messages > 0).collect();
    fullest.sort_by_key(|folder| std::cmp::Reverse(folder.messages));
    if !every {
        fullest.truncate(FULLEST);
    }
    let (mut asked, mut found, mut renumbered) = (0, 0, Vec::new());
    for (at, folder) in fullest.into_iter().enumerate() {
        let Some(there) = same_folder(folder, shown) else { continue };
        let (organisation, id) = (account.organisation, folder.id);
        let of_each = if at < FULLEST { OF_EACH } else { OF_OTHERS };
        let read = room.store.db.read(move |tx| {
            Box::pin(async move { store::folder::some_message_ids(tx, organisation, id, of_each).await })
        });
        let mut same_numbers = there == folder.remote;
        for (message_id, remote) in read.await? {
            let lies_at = source.find(there, &message_id).await?;
            asked += 1;
            found += usize::from(!lies_at.is_empty());
            same_numbers &= lies_at.is_empty() || lies_at.iter().any(|(_, there)| *there == remote);
        }
        if !same_numbers {
            renumbered.push(folder.id);
        }
    }
    if found * 2 >= asked { Ok(renumbered) } else { Err(other_account(found, asked)) }
}

async fn number_anew(room: &MailRoom, account: &Account, folders: Vec<FolderKey>) -> Result<(), StoreError> {
    if folders.is_empty() {
        return Ok(());
    }
    let organisation = account.organisation;
    let work =
        store::unit(move |tx| Box::pin(async move { store::folder::number_anew(tx, organisation, &folders).await }));
    Held::from(account).write(room, work).await
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
    Held::from(account).write(room, work).await
}
