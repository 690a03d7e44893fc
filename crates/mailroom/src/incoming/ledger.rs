//! The proof that nothing is missing (pains P27): once a day every folder's ids there are held against what is stored.

use super::{held::Held, pass::PassError, pipeline::Brought};
use crate::MailRoom;
use connect::Source;
use mail::RemoteSet;
use store::{StoreError, account::Account, folder::Folder};

/// How old a check may be.
const DAY_MS: i64 = 24 * 3_600_000;

/// Checks the folders whose last check is a day ago.
pub(super) async fn keep(
    room: &MailRoom,
    account: &Account,
    folders: &[Folder],
    brought: &Brought,
    source: &mut dyn Source,
) -> Result<(), PassError> {
    let now = room.clock.now();
    for folder in folders {
        let due = folder.checked_at.is_none_or(|at| now - at >= DAY_MS);
        if !due || !folder.selectable || brought.parked.contains(&folder.id) {
            continue;
        }
        let (_, there) = source.inventory(&folder.remote).await?;
        let older = match account.settings.sync_since {
            Some(since) if !there.is_empty() => source.older(&folder.remote, since).await?,
            _ => RemoteSet::new(),
        };
        check(room, account, folder, there, older, now).await?;
    }
    Ok(())
}

async fn check(
    room: &MailRoom,
    account: &Account,
    folder: &Folder,
    there: RemoteSet,
    older: RemoteSet,
    now: i64,
) -> Result<(), StoreError> {
    let (organisation, id) = (account.organisation, folder.id);
    let work = store::unit(move |tx| {
        Box::pin(async move {
            let stored = store::collected::held(tx, organisation, id).await?;
            let aside = store::quarantine::remotes(tx, organisation, id).await?;
            let lacking = there.minus(&stored).minus(&aside);
            let lacking_new = lacking.minus(&older);
            let (excluded, missing) = ((lacking.len() - lacking_new.len()) as i64, lacking_new.len() as i64);
            store::folder::set_ledger(tx, organisation, id, there.len() as i64, excluded, missing, now).await?;
            if missing > 0 {
                // Compare everything at the next pass: what is missing then comes.
                store::folder::compare_next(tx, organisation, id).await?;
            }
            Ok(missing)
        })
    });
    let missing = Held::from(account).write(room, work).await?;
    if missing > 0 {
        tracing::warn!(account = %account.id, folder = folder.name, missing, "the server has mail that is not stored; it is fetched at the next pass");
    }
    Ok(())
}
