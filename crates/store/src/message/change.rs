//! What people change about a message: its flags and its folder. We show it at once; the server follows by an edit.

use crate::{KeyMaker, StoreError, Tx, Viewer};
use mail::{FolderKey, MessageKey};

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
    let _ = (tx, viewer, message, seen, flagged, now, make);
    Err(StoreError::Broken("not there yet".into()))
}

/// Asks the server to move the message to another folder of its account; its row moves when the server has done so.
pub async fn move_to(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    folder: FolderKey,
    now: i64,
    make: &KeyMaker,
) -> Result<(), StoreError> {
    let _ = (tx, viewer, message, folder, now, make);
    Err(StoreError::Broken("not there yet".into()))
}
