//! Mailboxes of our own: the temporary one that an organisation begins with (features M15).

use super::{AccountSettings, Outgoing, primary, set_primary};
use crate::{Row, StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey};

/// A mailbox to which mail comes at an address of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnMailbox {
    /// Whose it is.
    pub organisation: OrganisationKey,
    /// Which it is.
    pub account: AccountKey,
    /// Whether mail for it is taken: it is used, or about to be and being tried.
    pub takes_mail: bool,
}

/// The mailbox to which mail for this address of ours (folded) goes, of whatever organisation.
pub async fn by_own_address(tx: &mut Tx, folded: &str) -> Result<Option<OwnMailbox>, StoreError> {
    let sql = "SELECT organisation, id, active OR last_fetched_at IS NULL FROM accounts WHERE relay_folded = $1";
    Ok(tx.row(sql, &vals![folded]).await?.map(own))
}

/// The oldest mailbox of our own that is used: who founded this installation reads what is written to its postmaster.
pub async fn of_the_postmaster(tx: &mut Tx) -> Result<Option<OwnMailbox>, StoreError> {
    let sql = "SELECT organisation, id, active FROM accounts WHERE relay_folded IS NOT NULL AND active
               ORDER BY organisation, id LIMIT 1";
    Ok(tx.row(sql, &[]).await?.map(own))
}

fn own(row: Row) -> OwnMailbox {
    OwnMailbox { organisation: OrganisationKey(row.int(0)), account: AccountKey(row.int(1)), takes_mail: row.bool(2) }
}

/// The organisation's first mailbox that can send to the world takes over from the temporary one: it sends the
/// organisation's own mail, and whoever had the temporary one as default and owns this one writes from it.
pub async fn take_over(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    settings: &AccountSettings,
) -> Result<(), StoreError> {
    if !settings.active || settings.outgoing == Outgoing::None || settings.is_own() {
        return Ok(());
    }
    let Some(before) = primary(tx, organisation).await? else { return Ok(()) };
    if !super::load(tx, organisation, before).await?.settings.is_own() {
        return Ok(());
    }
    // Who is not shown to be who they say can send nothing yet.
    if settings.is_delivered_here() && !super::load(tx, organisation, account).await?.sender_proven {
        return Ok(());
    }
    set_primary(tx, organisation, account).await?;
    let sql = "UPDATE users SET default_account = $3 WHERE organisation = $1 AND default_account = $2
               AND EXISTS (SELECT 1 FROM owners o WHERE o.organisation = $1 AND o.account = $3 AND NOT o.is_group AND o.person = users.id)";
    tx.execute(sql, &vals![organisation, before, account]).await?;
    Ok(())
}
