//! The copy in the account's own sent folder, exactly once (features S4, pains P17).
//!
//! Always look first: the provider may keep one itself, and an append whose answer was lost may have worked. What is
//! found without our help teaches who keeps the copy. Nothing here can cause a sending.

use super::{provider, retry};
use crate::{MailRoom, accounts::connection, incoming::PassError, killpoint};
use bytes::Bytes;
use connect::{ConnectError, Edit, Source};
use mail::{AccountKey, Flags, OrganisationKey, Role};
use std::{collections::HashMap, time::Duration};
use store::{
    StoreError,
    account::{self, Account, SentCopy},
    folder,
    outbox::{self, DueCopy},
};

/// Copies taken up at a time.
const BATCH: usize = 64;
/// How long they are ours; renewed while we work, so that a worker that died keeps nobody waiting for long.
const LEASE: i64 = 60_000;
/// After so much work they are renewed.
const RENEWED_AFTER: Duration = Duration::from_millis(LEASE as u64 / 3);
/// A provider that keeps copies itself may be slow: we append only when it still has none at this try.
const LOOKS_AT_PROVIDER: i64 = 4;

/// What to do about one copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It is there, and somebody else put it there.
    Theirs,
    /// It is there, and we may have put it there.
    There,
    /// Put it there.
    Append,
    /// Look again later.
    LookAgain,
}

/// Takes care of the copies that are due; says how many there were.
pub(super) async fn round(room: &MailRoom) -> Result<usize, StoreError> {
    let now = room.clock.now();
    let due =
        room.store.db.write(move |tx| Box::pin(async move { outbox::copies_due(tx, now, BATCH, now + LEASE).await }));
    let due = due.await?;
    let count = due.len();
    if count > 0 {
        killpoint!("copy.after_lease");
    }
    let mut of_account: HashMap<(OrganisationKey, AccountKey), Vec<DueCopy>> = HashMap::new();
    for copy in due {
        of_account.entry((copy.organisation, copy.account)).or_default().push(copy);
    }
    for ((organisation, account), copies) in of_account {
        if let Err(error) = of_one_account(room, organisation, account, &copies).await {
            tracing::warn!(%error, %account, copies = copies.len(), "sent copies have to wait");
            later(room, &copies).await?;
        }
    }
    Ok(count)
}

async fn of_one_account(
    room: &MailRoom,
    organisation: OrganisationKey,
    id: AccountKey,
    copies: &[DueCopy],
) -> Result<(), PassError> {
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let account = account::load(tx, organisation, id).await?;
            let folders = folder::list(tx, organisation, id).await?;
            Ok((account, folders.into_iter().find(|folder| folder.role == Role::Sent && folder.selectable)))
        })
    });
    let (account, sent) = read.await?;
    let mut source = connection::source_for(room, &account).await?;
    let result = match sent_folder(&mut *source, sent.map(|folder| folder.remote)).await? {
        Some(folder) => all(room, &account, &mut *source, &folder, copies).await,
        None => {
            tracing::info!(account = %id, "there is no sent folder to put copies in");
            Ok(for_all(room, copies).await?)
        }
    };
    source.close().await;
    result
}

/// The sent folder as stored, or as the server shows it when nothing was fetched yet.
async fn sent_folder(source: &mut dyn Source, stored: Option<String>) -> Result<Option<String>, ConnectError> {
    if stored.is_some() {
        return Ok(stored);
    }
    let shown = source.folders().await?;
    let is_sent = |folder: &&connect::RemoteFolder| {
        let guessed = mail::role::guess(&folder.name, folder.separator);
        folder.selectable && (folder.declared == Role::Sent || folder.declared == Role::None && guessed == Role::Sent)
    };
    Ok(shown.iter().find(is_sent).map(|folder| folder.remote.clone()))
}

async fn all(
    room: &MailRoom,
    account: &Account,
    source: &mut dyn Source,
    folder: &str,
    copies: &[DueCopy],
) -> Result<(), PassError> {
    let mut keeper = account.sent_copy;
    let mut renewed_at = tokio::time::Instant::now();
    for (at, copy) in copies.iter().enumerate() {
        if renewed_at.elapsed() >= RENEWED_AFTER {
            renewed_at = tokio::time::Instant::now();
            if !renew(room, &copies[at..]).await? {
                tracing::warn!(account = %account.id, "another worker has taken up these sent copies");
                return Ok(());
            }
        }
        killpoint!("copy.before_look");
        let found = !source.find(folder, &copy.message_id).await?.is_empty();
        match step(found, copy.tries, keeper, provider::saves_sent(account)) {
            Step::Theirs => {
                done(room, copy).await?;
                learn(room, account, &mut keeper, SentCopy::Provider).await?;
            }
            Step::There => done(room, copy).await?,
            Step::LookAgain => later(room, std::slice::from_ref(copy)).await?,
            Step::Append => {
                append(room, source, folder, copy).await?;
                done(room, copy).await?;
                if copy.tries == 1 {
                    learn(room, account, &mut keeper, SentCopy::Ours).await?;
                }
            }
        }
    }
    Ok(())
}

/// Keeps what is still to be done; `false` when the next one is another worker's by now.
async fn renew(room: &MailRoom, copies: &[DueCopy]) -> Result<bool, StoreError> {
    let (copies, until) = (copies.to_vec(), room.clock.now() + LEASE);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let mut is_ours = true;
            for (at, copy) in copies.iter().enumerate() {
                let renewed = outbox::copy_renew(tx, copy, until).await?;
                is_ours &= renewed || at > 0;
            }
            Ok(is_ours)
        })
    });
    write.await
}

/// What to do about a copy at its `tries`-th try. Only a copy found before we ever appended was somebody else's.
fn step(found: bool, tries: i64, keeper: SentCopy, provider_saves: bool) -> Step {
    let waits = provider_saves || keeper == SentCopy::Provider;
    match found {
        true if keeper != SentCopy::Ours && (tries == 1 || waits && tries <= LOOKS_AT_PROVIDER) => Step::Theirs,
        true => Step::There,
        false if waits && tries < LOOKS_AT_PROVIDER => Step::LookAgain,
        false => Step::Append,
    }
}

async fn append(room: &MailRoom, source: &mut dyn Source, folder: &str, copy: &DueCopy) -> Result<(), PassError> {
    let digest = copy.digest.as_slice().try_into();
    let digest = digest.map_err(|_| StoreError::Damaged("a digest of another length".into()))?;
    let raw: Bytes = room.store.raw(copy.organisation, digest).await?;
    let flags = Flags { seen: true, ..Flags::default() };
    killpoint!("copy.before_append");
    let edit = Edit::Append { folder: folder.to_owned(), raw, flags, internal_at: Some(room.clock.now()) };
    for result in source.edit(vec![edit]).await? {
        result?;
    }
    killpoint!("copy.after_append");
    Ok(())
}

async fn learn(room: &MailRoom, account: &Account, keeper: &mut SentCopy, who: SentCopy) -> Result<(), StoreError> {
    if *keeper == who {
        return Ok(());
    }
    *keeper = who;
    let (organisation, id) = (account.organisation, account.id);
    let write = room
        .store
        .db
        .write(move |tx| Box::pin(async move { account::learn_sent_copy(tx, organisation, id, who).await }));
    write.await
}

async fn done(room: &MailRoom, copy: &DueCopy) -> Result<(), StoreError> {
    let (organisation, id) = (copy.organisation, copy.id);
    killpoint!("copy.before_done");
    room.store.db.write(move |tx| Box::pin(async move { outbox::copy_done(tx, organisation, id).await })).await?;
    killpoint!("copy.after_done");
    Ok(())
}

async fn for_all(room: &MailRoom, copies: &[DueCopy]) -> Result<(), StoreError> {
    for copy in copies {
        done(room, copy).await?;
    }
    Ok(())
}

/// Puts them off; after the last try the copy is left, and the message itself is not touched.
async fn later(room: &MailRoom, copies: &[DueCopy]) -> Result<(), StoreError> {
    let now = room.clock.now();
    let next: Vec<(DueCopy, Option<i64>)> =
        copies.iter().map(|copy| (copy.clone(), retry::next_copy(copy.tries, now))).collect();
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            for (copy, at) in next {
                match at {
                    Some(at) => outbox::copy_retry(tx, &copy, at).await?,
                    None => outbox::copy_done(tx, copy.organisation, copy.id).await?,
                }
            }
            Ok(())
        })
    });
    write.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_appended_only_after_a_look_that_found_none() {
        use SentCopy::{Ours, Provider, Unknown};
        assert_eq!(step(true, 1, Unknown, false), Step::Theirs);
        assert_eq!(step(false, 1, Unknown, false), Step::Append);
        assert_eq!(step(true, 2, Unknown, false), Step::There, "the first append may have worked");
        assert_eq!(step(true, 1, Ours, false), Step::There);
        assert_eq!(step(false, 1, Provider, false), Step::LookAgain);
        assert_eq!(step(false, LOOKS_AT_PROVIDER, Provider, true), Step::Append);
    }
}
