//! Mailboxes of our own: the temporary one that an organisation begins with (features M15).

use super::{AccountSettings, Outgoing, primary, set_primary};
use crate::{StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey};

/// The mailbox of our own with this address (folded), of whatever organisation; mail that we deliver here goes there.
pub async fn by_own_address(tx: &mut Tx, folded: &str) -> Result<Option<(OrganisationKey, AccountKey)>, StoreError> {
    let sql = "SELECT organisation, id FROM accounts
               WHERE address_folded = $1 AND active AND incoming LIKE '{\"kind\":\"relay\"%' ORDER BY organisation LIMIT 1";
    Ok(tx.row(sql, &vals![folded]).await?.map(|row| (OrganisationKey(row.int(0)), AccountKey(row.int(1)))))
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
