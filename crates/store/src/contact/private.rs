//! Contacts whose mail others can't see (features D3). All of it in one unit of work: a part would be a leak.

use super::relink;
use crate::{StoreError, Tx, db::placeholders, vals};
use mail::{ContactKey, OrganisationKey};

/// Makes every message with the contact private.
pub(super) async fn hide(tx: &mut Tx, organisation: OrganisationKey, id: ContactKey) -> Result<(), StoreError> {
    let sql = "UPDATE messages SET private = TRUE, private_reason = 'contact' WHERE organisation = $1 AND NOT private
               AND id IN (SELECT message FROM links WHERE organisation = $1 AND target = $2 AND NOT removed)";
    tx.execute(sql, &vals![organisation, id]).await?;
    // Links may still be on their way in batches; who is in which message is always complete.
    let sql = "SELECT person, address FROM contact_addresses WHERE organisation = $1 AND contact = $2";
    for mut row in tx.rows(sql, &vals![organisation, id]).await? {
        let excluded = relink::excluded_accounts(tx, organisation, &row.text(1)).await?;
        let mut values = vals![organisation, row.int(0)].to_vec();
        let mut sql = String::from(
            "UPDATE messages SET private = TRUE, private_reason = 'contact' WHERE organisation = $1 AND NOT private
             AND id IN (SELECT message FROM message_people WHERE organisation = $1 AND person = $2)",
        );
        if !excluded.is_empty() {
            sql.push_str(&format!(" AND account NOT IN ({})", placeholders(3, excluded.len())));
            values.extend(excluded.into_iter().map(crate::Val::from));
        }
        tx.execute(&sql, &values).await?;
    }
    Ok(())
}

/// Takes back what [`hide`] did, except where another hidden contact is in the message too.
pub(super) async fn show(tx: &mut Tx, organisation: OrganisationKey, id: ContactKey) -> Result<(), StoreError> {
    let sql = "UPDATE messages SET private = FALSE, private_reason = NULL
               WHERE organisation = $1 AND private AND private_reason = 'contact'
               AND (id IN (SELECT message FROM links WHERE organisation = $1 AND target = $2)
                   OR id IN (SELECT p.message FROM contact_addresses a
                       JOIN message_people p ON p.organisation = a.organisation AND p.person = a.person
                       WHERE a.organisation = $1 AND a.contact = $2))
               AND NOT EXISTS (SELECT 1 FROM links l
                   JOIN contacts c ON c.organisation = l.organisation AND c.id = l.target
                   WHERE l.organisation = messages.organisation AND l.message = messages.id AND NOT l.removed
                   AND c.hidden)";
    tx.execute(sql, &vals![organisation, id]).await?;
    Ok(())
}
