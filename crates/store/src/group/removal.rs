//! What hangs on a group, and the end of one. Nobody's mail goes with it: a mailbox keeps its other owners, and what is
//! assigned to somebody who sees it no longer is nobody's again, where colleagues find it.

use super::get;
use crate::{StoreError, Tx, conversation, message, owner, vals, viewer::Viewer};
use mail::{AccountKey, ConversationKey, GroupKey, OrganisationKey};

/// An account that the group owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// Its key.
    pub account: AccountKey,
    /// Its address.
    pub address: String,
    /// What members may do with it by the group.
    pub rights: owner::Rights,
    /// Somebody who works here manages it without the group, as an owner.
    pub managed_by_others: bool,
}

/// What hangs on a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hanging {
    /// The accounts that it owns, by address.
    pub accounts: Vec<Owned>,
    /// Open conversations that are assigned to a member who sees no message of them without the group.
    pub assigned: Vec<ConversationKey>,
}

/// What hangs on the group.
pub async fn hanging(tx: &mut Tx, organisation: OrganisationKey, id: GroupKey) -> Result<Hanging, StoreError> {
    get(tx, organisation, id).await?;
    let sql = "SELECT a.id, a.address, o.can_read, o.can_send, o.can_manage,
            EXISTS (SELECT 1 FROM owners p WHERE p.organisation = $1 AND p.account = a.id AND p.can_manage
                AND p.person <> $2 AND EXISTS (SELECT 1 FROM users u WHERE u.organisation = $1 AND u.active
                    AND ((NOT p.is_group AND u.id = p.person) OR (p.is_group AND u.id IN (SELECT g.person FROM members g
                        WHERE g.organisation = $1 AND g.workgroup = p.person)))))
        FROM owners o JOIN accounts a ON a.organisation = o.organisation AND a.id = o.account
        WHERE o.organisation = $1 AND o.person = $2 AND o.is_group ORDER BY a.address_folded";
    let rows = tx.rows(sql, &vals![organisation, id]).await?;
    let accounts = rows.into_iter().map(|mut row| Owned {
        account: AccountKey(row.int(0)),
        address: row.text(1),
        rights: owner::Rights { read: row.bool(2), send: row.bool(3), manage: row.bool(4) },
        managed_by_others: row.bool(5),
    });
    let accounts = accounts.collect();
    let sql = format!(
        "SELECT c.id FROM conversations c JOIN users u ON u.organisation = $1 AND u.id = c.assignee
         WHERE c.organisation = $1 AND c.state = 'open' AND c.merged_into IS NULL
             AND c.assignee IN (SELECT person FROM members WHERE organisation = $1 AND workgroup = $2)
             AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.organisation = $1 AND m.conversation = c.id AND {})
         ORDER BY c.id",
        message::seen_by_user_without("$2")
    );
    let rows = tx.rows(&sql, &vals![organisation, id]).await?;
    Ok(Hanging { accounts, assigned: rows.iter().map(|row| ConversationKey(row.int(0))).collect() })
}

/// Removes the group and what it gave its members, and answers what hung on it. `Conflict` while an account would be left
/// without an owner who works here and manages it.
pub async fn remove(tx: &mut Tx, viewer: &Viewer, id: GroupKey, now: i64) -> Result<Hanging, StoreError> {
    let organisation = viewer.organisation;
    // One at a time: of two groups that manage the same account, one stays.
    tx.execute("UPDATE organisations SET change_seq = change_seq WHERE id = $1", &vals![organisation]).await?;
    let hung = hanging(tx, organisation, id).await?;
    if let Some(alone) = hung.accounts.iter().find(|owned| !owned.managed_by_others) {
        return Err(StoreError::Conflict {
            field: "accounts",
            code: "group_manages_alone",
            message: format!("Without this group nobody manages {}.", alone.address),
        });
    }
    for sql in [
        "DELETE FROM owners WHERE organisation = $1 AND person = $2 AND is_group",
        "DELETE FROM members WHERE organisation = $1 AND workgroup = $2",
        "DELETE FROM workgroups WHERE organisation = $1 AND id = $2",
    ] {
        tx.execute(sql, &vals![organisation, id]).await?;
    }
    for conversation in &hung.assigned {
        conversation::free(tx, viewer, *conversation, now).await?;
    }
    tx.ring(crate::Topic::Accounts);
    Ok(hung)
}
