//! Who may see a message, and keeping it to those who should.

use crate::{StoreError, Tx, Viewer};
use mail::{MessageKey, UserKey};

/// Makes a message private, or not private any more. Only who may see it can.
pub async fn set_private(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    private: bool,
    now: i64,
) -> Result<(), StoreError> {
    let _ = (tx, viewer, message, private, now);
    Err(StoreError::Broken("not there yet".into()))
}

/// The users who may see the message, so that the person who asks knows who reads along.
pub async fn who_can_see(tx: &mut Tx, viewer: &Viewer, message: MessageKey) -> Result<Vec<UserKey>, StoreError> {
    let _ = (tx, viewer, message);
    Err(StoreError::Broken("not there yet".into()))
}
