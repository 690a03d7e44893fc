//! Senders whose pictures from elsewhere somebody wants to see without being asked each time. A choice of one person, by the
//! whole address.

use crate::{StoreError, Tx, vals, viewer::Viewer};
use mail::address::fold_address;

/// Shows the pictures of this sender to the viewer from now on, or asks again.
pub async fn set(tx: &mut Tx, viewer: &Viewer, address: &str, shown: bool) -> Result<(), StoreError> {
    let sql = match shown {
        true => "INSERT INTO shown_senders (organisation, person, address) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        false => "DELETE FROM shown_senders WHERE organisation = $1 AND person = $2 AND address = $3",
    };
    tx.execute(sql, &vals![viewer.organisation, viewer.user, fold_address(address)]).await?;
    Ok(())
}

/// Whether the viewer chose to see the pictures of this sender.
pub async fn get(tx: &mut Tx, viewer: &Viewer, address: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM shown_senders WHERE organisation = $1 AND person = $2 AND address = $3";
    let found = tx.row(sql, &vals![viewer.organisation, viewer.user, fold_address(address)]).await?;
    Ok(found.is_some())
}
