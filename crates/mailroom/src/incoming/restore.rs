//! Restoring synchronisation (features M20): mail from a moment on that was never received comes after all.
//!
//! First it is shown how many would come (pains P10), then a person confirms. Nothing comes twice: what is there is
//! compared with what is stored, and the digest decides besides.

use super::{
    desks::Wish,
    held::Held,
    pass::{self, PassError},
};
use crate::{
    MailRoom, accounts,
    words::{Refusal, field},
};
use connect::Source;
use mail::{AccountKey, FolderKey, OrganisationKey};
use store::{
    Viewer, account,
    account::{Account, Incoming},
    audit,
    folder::Folder,
};

/// What restoring would fetch from one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToRestore {
    /// Which.
    pub folder: FolderKey,
    /// Its name.
    pub name: String,
    /// Messages of the server from that moment on that are not stored. A copy of a stored message is among them.
    pub messages: u64,
}

/// How much restoring from this moment on (milliseconds since 1970) would fetch, folder by folder; folders without any are
/// left out. Asks the server, fetches nothing.
pub async fn to_restore(
    room: &MailRoom,
    viewer: &Viewer,
    key: AccountKey,
    since: i64,
) -> Result<Vec<ToRestore>, Refusal> {
    let account = restorable(room, viewer, key, since).await?;
    count_missing(room, &account, since).await.map_err(refused)
}

/// The same for whoever works at the machine itself.
pub async fn count_missing(room: &MailRoom, account: &Account, since: i64) -> Result<Vec<ToRestore>, PassError> {
    // It asks beside whoever may have the lease.
    let account = &Account { fence: 0, ..account.clone() };
    let mut source = accounts::connection::source_for(room, account).await?;
    let found = missing(room, account, since, &mut *source).await;
    source.close().await;
    found
}

async fn missing(
    room: &MailRoom,
    account: &Account,
    since: i64,
    source: &mut dyn Source,
) -> Result<Vec<ToRestore>, PassError> {
    let mut found = Vec::new();
    let organisation = account.organisation;
    for folder in pass::folders(room, account, source).await? {
        let name = accounts::server_name(&folder);
        let Folder { id, remote, selectable: true, .. } = folder else { continue };
        let (_, there) = source.inventory(&remote).await?;
        let wanted = match there.is_empty() {
            true => there,
            false => there.minus(&source.older(&remote, since).await?),
        };
        let read = room.store.db.read(move |tx| {
            Box::pin(async move {
                let stored = store::collected::held(tx, organisation, id).await?;
                Ok((stored, store::quarantine::remotes(tx, organisation, id).await?))
            })
        });
        let (stored, aside) = read.await?;
        let messages = wanted.minus(&stored).minus(&aside).len() as u64;
        if messages > 0 {
            found.push(ToRestore { folder: id, name, messages });
        }
    }
    Ok(found)
}

/// Begins to restore: the account's next pass, which begins at once, fetches what is missing. Asked twice it does the same
/// once. Gives what the pass that does it is known by.
pub async fn restore(room: &MailRoom, viewer: &Viewer, key: AccountKey, since: i64) -> Result<Wish, Refusal> {
    let account = restorable(room, viewer, key, since).await?;
    if !account.settings.active {
        return Err(Refusal::conflict("account", field::INACTIVE));
    }
    let now = room.clock.now();
    let entry = audit::Entry {
        id: room.store.make.key(now),
        user: Some(viewer.user),
        action: "account.restored".to_owned(),
        subject: key.to_string(),
        detail: since.to_string(),
        done_at: now,
    };
    Ok(Wish::Restored(begin(room, viewer.organisation, key, since, Some(entry)).await?))
}

/// The same for whoever works at the machine itself; a pass is theirs to run. Gives when it was asked for.
pub async fn begin(
    room: &MailRoom,
    organisation: OrganisationKey,
    key: AccountKey,
    since: i64,
    entry: Option<audit::Entry>,
) -> Result<i64, store::StoreError> {
    let now = room.clock.now();
    let work = store::unit(move |tx| {
        Box::pin(async move {
            account::restore(tx, organisation, key, since, now).await?;
            if let Some(entry) = entry {
                audit::append(tx, organisation, &entry).await?;
            }
            Ok(now)
        })
    });
    room.store.db.write(work).await
}

/// A pass came to its end: what was to be restored is there.
pub(super) async fn end(room: &MailRoom, account: &Account) -> Result<(), store::StoreError> {
    let (organisation, id) = (account.organisation, account.id);
    let Some(asked_at) = account.restoring_at else { return Ok(()) };
    let work = store::unit(move |tx| Box::pin(async move { account::restored(tx, organisation, id, asked_at).await }));
    Held::from(account).write(room, work).await
}

async fn restorable(room: &MailRoom, viewer: &Viewer, key: AccountKey, since: i64) -> Result<Account, Refusal> {
    let account = accounts::managed(room, viewer, key).await?;
    if matches!(account.settings.incoming, Incoming::None) {
        return Err(Refusal::conflict("account", field::CANNOT_RECEIVE));
    }
    match (0..=room.clock.now()).contains(&since) {
        true => Ok(account),
        false => Err(Refusal::field("since", field::OUT_OF_RANGE)),
    }
}

fn refused(error: PassError) -> Refusal {
    match error {
        PassError::Connect(error) => error.into(),
        PassError::Store(error) => error.into(),
    }
}
