//! What people change about a message: its flags and its folder. We show it at once; the server follows by an edit.

use super::get::places_of;
use crate::{
    KeyMaker, StoreError, Tx, Viewer,
    change::{self, NewChange},
    edit::{self, Action, Edit},
    folder, place, vals,
};
use mail::{AccountKey, FolderKey, MessageKey};
use serde_json::json;

const SEEN: i64 = 1;
const FLAGGED: i64 = 2;
const ANSWERED: i64 = 4;

/// Sets or takes away *read* and *important* on every copy, here at once and on the server by edits.
pub async fn set_flags(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    seen: Option<bool>,
    flagged: Option<bool>,
    now: i64,
    make: &KeyMaker,
) -> Result<(), StoreError> {
    let (mut set, mut clear) = (0, 0);
    for (wanted, bit) in [(seen, SEEN), (flagged, FLAGGED)] {
        match wanted {
            Some(true) => set |= bit,
            Some(false) => clear |= bit,
            None => {}
        }
    }
    put_flags(tx, viewer, message, (set, clear), now, make).await
}

/// Marks the message as answered, here and on its server.
pub async fn set_answered(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    now: i64,
    make: &KeyMaker,
) -> Result<(), StoreError> {
    put_flags(tx, viewer, message, (ANSWERED, 0), now, make).await
}

async fn put_flags(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    (set, clear): (i64, i64),
    now: i64,
    make: &KeyMaker,
) -> Result<(), StoreError> {
    let account = viewer.may_see(tx, message).await?;
    let mut edits = Vec::new();
    for lying in places_of(tx, viewer.organisation, message).await? {
        let at = (lying.lies_in, lying.generation, lying.remote);
        let altered = place::alter(tx, viewer.organisation, at, |place| (place.flags & !clear | set, place.shown_in));
        let Some((before, after)) = altered.await?.map(|(was, flags)| (was.flags, flags)) else { continue };
        edits.push(Edit {
            id: make.key(now),
            account,
            folder: lying.lies_in,
            generation: lying.generation,
            remote: lying.remote,
            remote_name: lying.remote_name,
            message,
            action: Action::Flags { add: names(after & !before), remove: names(before & !after) },
            tries: 0,
            done_at: None,
            created_by: Some(viewer.user),
        });
    }
    let sql = "UPDATE messages SET flags = (flags & $3) | $4 WHERE organisation = $1 AND id = $2 AND flags <> (flags & $3) | $4";
    let changed = tx.execute(sql, &vals![viewer.organisation, message, !clear, set]).await? > 0;
    if !edits.is_empty() {
        edit::queue(tx, viewer.organisation, &edits, now).await?;
    }
    if changed || !edits.is_empty() {
        tell(tx, viewer, message, now).await?;
    }
    Ok(())
}

fn names(bits: i64) -> Vec<String> {
    let names = [(SEEN, "\\Seen"), (FLAGGED, "\\Flagged"), (ANSWERED, "\\Answered")];
    names.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| name.to_owned()).collect()
}

/// Moves the message to another folder of its account, here at once and on the server by an edit. The copy that moves is
/// the one we show.
pub async fn move_to(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    folder: FolderKey,
    now: i64,
    make: &KeyMaker,
) -> Result<(), StoreError> {
    let account = viewer.may_see(tx, message).await?;
    is_target(tx, viewer, account, folder).await?;
    let shown = places_of(tx, viewer.organisation, message).await?.into_iter().next().ok_or(StoreError::NotFound)?;
    if shown.folder == folder {
        return Ok(());
    }
    let edit = Edit {
        id: make.key(now),
        account,
        folder: shown.lies_in,
        generation: shown.generation,
        remote: shown.remote,
        remote_name: shown.remote_name,
        message,
        action: Action::Move { to: folder },
        tries: 0,
        done_at: None,
        created_by: Some(viewer.user),
    };
    place::show_in(tx, viewer.organisation, (edit.folder, edit.generation, edit.remote), folder).await?;
    edit::queue(tx, viewer.organisation, &[edit], now).await?;
    tell(tx, viewer, message, now).await
}

async fn is_target(tx: &mut Tx, viewer: &Viewer, account: AccountKey, folder: FolderKey) -> Result<(), StoreError> {
    let here = folder::list(tx, viewer.organisation, account).await?;
    match here.into_iter().find(|known| known.id == folder) {
        Some(known) if known.selectable => Ok(()),
        Some(known) => Err(StoreError::Conflict {
            field: "folder",
            code: "not_selectable",
            message: format!("{} only holds other folders", known.name),
        }),
        None => Err(StoreError::Conflict {
            field: "folder",
            code: "not_found",
            message: "this mailbox has no such folder".into(),
        }),
    }
}

/// Tells the feed that a message is not as it was.
pub(super) async fn tell(tx: &mut Tx, viewer: &Viewer, message: MessageKey, now: i64) -> Result<(), StoreError> {
    let sql = "SELECT account, private FROM messages WHERE organisation = $1 AND id = $2";
    let row = tx.row(sql, &vals![viewer.organisation, message]).await?.ok_or(StoreError::NotFound)?;
    let account = AccountKey(row.int(0));
    let change = NewChange {
        kind: "message.updated",
        account: Some(account),
        message: Some(message),
        private: row.bool(1),
        body: json!({ "message": message, "account": account }),
    };
    change::append(tx, viewer.organisation, &[change], now).await
}
