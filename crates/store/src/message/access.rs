//! Who may see a message, and keeping it to those who should.

use crate::{StoreError, Tx, Viewer, vals};
use mail::{MessageKey, UserKey};

/// Makes a message private, or not private any more. Only who may see it can, and who made it private goes on seeing it.
pub async fn set_private(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    private: bool,
    now: i64,
) -> Result<(), StoreError> {
    viewer.may_see(tx, message).await?;
    let sql = "UPDATE messages SET private = $3, private_by = $4, private_reason = $5 \
         WHERE organisation = $1 AND id = $2 AND private <> $3";
    let (by, reason) = if private { (Some(viewer.user), Some("person")) } else { (None, None) };
    if tx.execute(sql, &vals![viewer.organisation, message, private, by, reason]).await? == 0 {
        return Ok(());
    }
    super::change::tell(tx, viewer, message, now).await
}

/// The active users who may see the message, so that the person who asks knows who reads along.
pub async fn who_can_see(tx: &mut Tx, viewer: &Viewer, message: MessageKey) -> Result<Vec<UserKey>, StoreError> {
    viewer.may_see(tx, message).await?;
    let sql = "SELECT u.id FROM users u JOIN messages m ON m.organisation = u.organisation AND m.id = $2 \
         WHERE u.organisation = $1 AND u.active \
         AND EXISTS (SELECT 1 FROM owners o WHERE o.organisation = $1 AND o.account = m.account AND o.can_read \
             AND ((NOT o.is_group AND o.person = u.id) OR (o.is_group AND EXISTS (SELECT 1 FROM members g \
                 WHERE g.organisation = $1 AND g.workgroup = o.person AND g.person = u.id)))) \
         AND (NOT m.private OR m.private_by = u.id \
             OR EXISTS (SELECT 1 FROM owners o WHERE o.organisation = $1 AND o.account = m.account AND o.can_manage \
             AND ((NOT o.is_group AND o.person = u.id) OR (o.is_group AND EXISTS (SELECT 1 FROM members g \
                 WHERE g.organisation = $1 AND g.workgroup = o.person AND g.person = u.id))))) \
         ORDER BY u.id";
    let rows = tx.rows(sql, &vals![viewer.organisation, message]).await?;
    Ok(rows.iter().map(|row| UserKey(row.int(0))).collect())
}
