//! Does on the server what was done here: flags, moves, deletions (features M19).

use super::{held::Held, pass::PassError};
use crate::{MailRoom, killpoint};
use connect::{ConnectError, EditDone, Source};
use mail::FolderKey;
use store::{
    StoreError,
    account::Account,
    edit::{Action, Edit},
    folder::Folder,
    place::remote_id,
};

/// Edits sent in one go.
const AT_ONCE: usize = 200;
/// How long an edit waits for the pull that finds its message's new number, in milliseconds.
const RENUMBERED_MS: i64 = 5_000;

/// Does every edit that is due, and gives the folders that another look is worth (remote names): where something was
/// moved without the server telling its new name.
pub(super) async fn run(
    room: &MailRoom,
    account: &Account,
    folders: &[Folder],
    source: &mut dyn Source,
) -> Result<Vec<String>, PassError> {
    let mut touched = Vec::new();
    loop {
        let (organisation, id, now) = (account.organisation, account.id, room.clock.now());
        let read = room
            .store
            .db
            .read(move |tx| Box::pin(async move { store::edit::due(tx, organisation, id, now, AT_ONCE).await }));
        let waiting = read.await?;
        if waiting.is_empty() {
            return Ok(touched);
        }
        let (doable, hopeless): (Vec<Edit>, Vec<Edit>) =
            waiting.into_iter().partition(|edit| command(folders, edit).is_some());
        for edit in hopeless {
            let waits = folders.iter().any(|folder| is_being_numbered(folder, &edit));
            if waits {
                let work = store::unit(move |tx| {
                    Box::pin(async move { store::edit::retry(tx, organisation, edit.id, now + RENUMBERED_MS).await })
                });
                Held::from(account).write(room, work).await?;
                continue;
            }
            // The folder is gone or began a new epoch: there is nothing to do it to.
            settle(room, account.into(), edit, Ok(EditDone { new: None, missing: true }), now).await?;
        }
        let commands = doable.iter().filter_map(|edit| command(folders, edit)).collect();
        killpoint!("edit.before_command");
        let done = source.edit(commands).await?;
        killpoint!("edit.after_command");
        for (edit, done) in doable.into_iter().zip(done) {
            if let (Action::Move { to }, Ok(EditDone { new: None, .. })) = (&edit.action, &done) {
                let both = folders.iter().filter(|folder| folder.id == edit.folder || folder.id == *to);
                touched.extend(both.map(|folder| folder.remote.clone()));
            }
            killpoint!("edit.before_settle");
            settle(room, account.into(), edit, done, now).await?;
            killpoint!("edit.after_settle");
        }
    }
}

/// The pull that comes next finds the number under which the message lies now.
fn is_being_numbered(folder: &Folder, edit: &Edit) -> bool {
    folder.id == edit.folder && folder.generation == edit.generation && folder.epoch.is_none()
}

fn command(folders: &[Folder], edit: &Edit) -> Option<connect::Edit> {
    let named = |key: FolderKey| folders.iter().find(|folder| folder.id == key);
    let folder = named(edit.folder).filter(|folder| folder.generation == edit.generation)?;
    let (name, epoch) = (folder.remote.clone(), folder.epoch?);
    let remote = remote_id(edit.remote, edit.remote_name.clone());
    Some(match &edit.action {
        Action::Flags { add, remove } => {
            connect::Edit::Flags { folder: name, epoch, remote, add: add.clone(), remove: remove.clone() }
        }
        Action::Move { to } => connect::Edit::Move { folder: name, epoch, remote, to: named(*to)?.remote.clone() },
        Action::Delete => connect::Edit::Delete { folder: name, epoch, remote },
    })
}

async fn settle(
    room: &MailRoom,
    held: Held,
    edit: Edit,
    done: Result<EditDone, ConnectError>,
    now: i64,
) -> Result<(), StoreError> {
    let organisation = held.organisation;
    let place = (edit.folder, edit.generation, edit.remote);
    let work = store::unit(move |tx| {
        Box::pin(async move {
            match done {
                Ok(EditDone { new, missing }) => {
                    let Action::Move { to } = edit.action else {
                        return store::edit::done(tx, organisation, &[edit.id]).await;
                    };
                    let settled = match new {
                        Some((epoch, new)) => store::place::moved(tx, organisation, place, (to, epoch, &new)).await?,
                        None => missing,
                    };
                    if !settled {
                        return store::edit::hold(tx, organisation, edit.id, now).await;
                    }
                    store::edit::done(tx, organisation, &[edit.id]).await?;
                    match missing {
                        true => store::place::stays(tx, organisation, place).await,
                        false => Ok(()),
                    }
                }
                Err(ConnectError::Refused { words, .. }) => {
                    tracing::warn!(message = %edit.message, %words, "the server refused an edit; its own state counts again");
                    store::edit::done(tx, organisation, &[edit.id]).await?;
                    store::place::stays(tx, organisation, place).await?;
                    store::folder::compare_next(tx, organisation, edit.folder).await
                }
                Err(_) => store::edit::retry(tx, organisation, edit.id, now + 30_000 * (edit.tries + 1)).await,
            }
        })
    });
    held.write(room, work).await
}
