//! A message that we move: people see it in its new folder at once, the server follows by an edit, and what is asked of
//! it meanwhile is done where it then lies.

use super::{Key, STORED, Stored, alter, count, remote_name, remote_number, uncount};
use crate::{
    StoreError, Tx, Val,
    edit::{self, Action},
    folder, vals,
};
use mail::{AccountKey, FolderKey, MessageKey, OrganisationKey, RemoteId};
use std::collections::HashMap;

/// Shows what lies in one folder in another.
pub(crate) async fn show_in(
    tx: &mut Tx,
    organisation: OrganisationKey,
    at: Key,
    folder: FolderKey,
) -> Result<(), StoreError> {
    alter(tx, organisation, at, |place| (place.flags, folder)).await?;
    Ok(())
}

/// The move did not happen: it shows where it lies, or where a later edit moves it to.
pub async fn stays(tx: &mut Tx, organisation: OrganisationKey, at: (FolderKey, i64, i64)) -> Result<(), StoreError> {
    let waiting = edit::of_place(tx, organisation, at).await?;
    let to = waiting.iter().rev().find_map(|edit| match edit.action {
        Action::Move { to } => Some(to),
        _ => None,
    });
    show_in(tx, organisation, at, to.unwrap_or(at.0)).await
}

/// The server moved a message for us and told its new number: the next pull meets an acquaintance, and what else is to
/// be done to it is done there. `false` when that folder was never pulled or has another epoch by now: the next pull
/// sorts it out.
pub async fn moved(
    tx: &mut Tx,
    organisation: OrganisationKey,
    from: (FolderKey, i64, i64),
    to: (FolderKey, i64, &RemoteId),
) -> Result<bool, StoreError> {
    let target = folder::get(tx, organisation, to.0).await?;
    if target.epoch != Some(to.1) {
        return Ok(false);
    }
    let Some(old) = take(tx, organisation, from).await? else { return Ok(true) };
    let here = (to.0, target.generation, remote_number(to.2));
    let values = vals![
        organisation,
        here.0,
        here.1,
        here.2,
        remote_name(to.2),
        target.account,
        old.message,
        old.flags,
        old.keywords.as_deref(),
        old.shown_in
    ];
    let sql =
        "INSERT INTO places (organisation, folder, generation, remote, remote_name, account, message, flags, keywords,
                   shown_in) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    if tx.execute(sql, &values).await? > 0 {
        count(tx, organisation, old.shown_in, 1, old.unread()).await?;
    }
    edit::follow(tx, organisation, from, here, remote_name(to.2)).await?;
    Ok(true)
}

/// Takes one place away, and off its counts.
async fn take(tx: &mut Tx, organisation: OrganisationKey, at: Key) -> Result<Option<Stored>, StoreError> {
    let sql = format!(
        "DELETE FROM places WHERE organisation = $1 AND folder = $2 AND generation = $3 AND remote = $4 RETURNING {STORED}"
    );
    let taken = tx.row(&sql, &vals![organisation, at.0, at.1, at.2]).await?.map(Stored::read);
    uncount(tx, organisation, taken.as_slice()).await?;
    Ok(taken)
}

/// What was just written for a folder may be what we moved there without learning its number. `rows` begin with
/// organisation, folder, generation, number, name, account, message.
pub(crate) async fn arrived(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    (folder, generation): (FolderKey, i64),
    rows: &[Vec<Val<'_>>],
) -> Result<(), StoreError> {
    let moved = edit::moved(tx, organisation, account).await?;
    if moved.is_empty() {
        return Ok(());
    }
    let came: HashMap<MessageKey, (i64, Option<&str>)> = rows
        .iter()
        .filter_map(|row| match (&row[3], &row[4], &row[6]) {
            (Val::Int(number), Val::Text(name), Val::Int(message)) => {
                Some((MessageKey(*message), (*number, Some(&**name))))
            }
            (Val::Int(number), _, Val::Int(message)) => Some((MessageKey(*message), (*number, None))),
            _ => None,
        })
        .collect();
    for edit in moved.into_iter().filter(|edit| edit.action == Action::Move { to: folder }) {
        let Some((number, name)) = came.get(&edit.message) else { continue };
        let (from, here) = ((edit.folder, edit.generation, edit.remote), (folder, generation, *number));
        edit::done(tx, organisation, &[edit.id]).await?;
        let Some(old) = take(tx, organisation, from).await? else { continue };
        // Something else may have been asked for meanwhile: that stays as people see it, and is done here.
        edit::follow(tx, organisation, from, here, *name).await?;
        show_in(tx, organisation, here, old.shown_in).await?;
        foresee(tx, organisation, here).await?;
    }
    Ok(())
}

/// Gives a place the flags that it will have when what waits for it was done.
async fn foresee(tx: &mut Tx, organisation: OrganisationKey, here: Key) -> Result<(), StoreError> {
    let waiting = edit::of_place(tx, organisation, here).await?;
    let after = |flags| waiting.iter().fold(flags, |flags, edit| edit.action.flags_after(flags));
    alter(tx, organisation, here, |place| (after(place.flags), place.shown_in)).await?;
    Ok(())
}

/// These folders were pulled after what was moved before `then`: what did not turn up where we moved it is not there
/// any more (another program took it on), and its old place goes as well.
pub async fn conclude(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    pulled: &[FolderKey],
    then: i64,
    now: i64,
) -> Result<(), StoreError> {
    for edit in edit::moved(tx, organisation, account).await? {
        let Action::Move { to } = edit.action else { continue };
        if edit.done_at.is_none_or(|at| at > then) || !pulled.contains(&to) {
            continue;
        }
        let at = (edit.folder, edit.generation, edit.remote);
        let others: Vec<i64> = edit::of_place(tx, organisation, at).await?.iter().map(|edit| edit.id).collect();
        edit::done(tx, organisation, &others).await?;
        let taken: Vec<Stored> = take(tx, organisation, at).await?.into_iter().collect();
        super::mark_gone(tx, organisation, &taken, now).await?;
    }
    Ok(())
}
