//! Making, saving and removing accounts.

use super::{Account, AccountSettings, Font, SentCopy};
use crate::{StoreError, Topic, Tx, Val, change, change::NewChange, outbox, vals};
use mail::{AccountKey, OrganisationKey, address::fold_address};
use serde_json::json;

/// An account about to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its key, made by the caller.
    pub id: AccountKey,
    /// What the person filled in.
    pub settings: AccountSettings,
    /// Sends the organisation's own mail; the first account does so anyway.
    pub primary: bool,
}

/// Makes an account. Its address must be new in the organisation.
pub async fn create(
    tx: &mut Tx,
    organisation: OrganisationKey,
    new: &NewAccount,
    now: i64,
) -> Result<Account, StoreError> {
    let mut values = vals![organisation, new.id].to_vec();
    values.extend(saved(&new.settings)?);
    values.extend(vals![now]);
    let made = tx
        .execute(
            "INSERT INTO accounts (organisation, id, display_name, address, address_folded, active, incoming,
                 outgoing, push, interval_seconds, disable_after_errors, sync_since, bcc, never_link, allow_plaintext,
                 pinned_certificate, limits, font, font_size, signature, relay_folded, access, is_primary,
                 sent_copy, health_colour, health_code, health_since_at,
                 errors_in_row, refused_sign_ins, parked, fence, version, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                 FALSE, 'unknown', 'amber', 'not_tried', $23, 0, 0, FALSE, 0, 1, $23)
             ON CONFLICT (organisation, address_folded) DO NOTHING",
            &values,
        )
        .await?;
    if made == 0 {
        return Err(StoreError::Conflict {
            field: "address",
            code: "address_taken",
            message: format!("There is already a mailbox for {}.", new.settings.address),
        });
    }
    let count = tx.row("SELECT COUNT(*) FROM accounts WHERE organisation = $1", &vals![organisation]).await?;
    if new.primary || count.is_some_and(|row| row.int(0) == 1) {
        set_primary(tx, organisation, new.id).await?;
    }
    tell(tx, organisation, new.id, "account.created", now).await?;
    super::load(tx, organisation, new.id).await
}

/// Saves what a person changed, if nobody else saved since `version`. Saving starts the account anew: what stood in
/// its way is forgotten and it is tried at once (features M12). Switched off, its waiting mail is held for a person.
pub async fn update(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    version: i64,
    settings: &AccountSettings,
    now: i64,
) -> Result<Account, StoreError> {
    let before = super::load(tx, organisation, account).await?;
    let moved = fold_address(&before.settings.address) != fold_address(&settings.address);
    if moved && holds_mail(tx, organisation, account).await? {
        return Err(StoreError::Conflict {
            field: "address",
            code: "address_in_use_by_mail",
            message: format!(
                "This mailbox holds mail of {}. Make a new mailbox for {}, and set this one inactive.",
                before.settings.address, settings.address
            ),
        });
    }
    if moved && is_taken(tx, organisation, &settings.address).await? {
        return Err(StoreError::Conflict {
            field: "address",
            code: "address_taken",
            message: format!("There is already a mailbox for {}.", settings.address),
        });
    }
    let mut values = vals![organisation, account].to_vec();
    values.extend(saved(settings)?);
    values.extend(vals![now, version]);
    let touched = tx
        .execute(
            "UPDATE accounts SET display_name = $3, address = $4, address_folded = $5, active = $6, incoming = $7,
                 outgoing = $8, push = $9, interval_seconds = $10, disable_after_errors = $11, sync_since = $12,
                 bcc = $13, never_link = $14, allow_plaintext = $15, pinned_certificate = $16, limits = $17,
                 font = $18, font_size = $19, signature = $20, relay_folded = $21, access = $22,
                 version = version + 1, parked = FALSE, next_try_at = NULL, errors_in_row = 0, refused_sign_ins = 0,
                 health_since_at = CASE WHEN health_colour <> 'green' THEN $23 ELSE health_since_at END,
                 health_code = CASE WHEN health_colour <> 'green' THEN 'not_tried' ELSE health_code END,
                 health_colour = CASE WHEN health_colour <> 'green' THEN 'amber' ELSE health_colour END
             WHERE organisation = $1 AND id = $2 AND version = $24",
            &values,
        )
        .await?;
    if touched == 0 {
        return Err(StoreError::Conflict {
            field: "version",
            code: "changed_meanwhile",
            message: "Somebody else saved this mailbox in the meantime. Look at it again.".to_owned(),
        });
    }
    if before.settings.sync_since != settings.sync_since {
        compare_folders(tx, organisation, account).await?;
    }
    if before.settings.active && !settings.active {
        outbox::hold_account(tx, organisation, account, now).await?;
    }
    tell(tx, organisation, account, "account.changed", now).await?;
    tx.ring(Topic::Outbox);
    super::load(tx, organisation, account).await
}

/// Begins to restore (features M20): mail from `since` on that was never received comes with the next pass. What was left
/// out before that moment stays left out.
pub async fn restore(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    since: i64,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE accounts SET restoring_at = $4, next_try_at = NULL,
                   sync_since = CASE WHEN sync_since > $3 THEN $3 ELSE sync_since END
               WHERE organisation = $1 AND id = $2";
    if tx.execute(sql, &vals![organisation, account, since, now]).await? == 0 {
        return Err(StoreError::NotFound);
    }
    compare_folders(tx, organisation, account).await?;
    tell(tx, organisation, account, "account.restoring", now).await
}

/// Behind this door the right mailbox was seen.
pub async fn remember_identity(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    identity: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE accounts SET identity = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, account, identity]).await?;
    Ok(())
}

/// Restoring came to its end, unless it was asked for once more meanwhile.
pub async fn restored(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    restoring_at: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE accounts SET restoring_at = NULL WHERE organisation = $1 AND id = $2 AND restoring_at = $3";
    tx.execute(sql, &vals![organisation, account, restoring_at]).await?;
    Ok(())
}

/// The next pass compares every folder, and its ledger is made anew.
async fn compare_folders(tx: &mut Tx, organisation: OrganisationKey, account: AccountKey) -> Result<(), StoreError> {
    let sql = "UPDATE folders SET thorough = TRUE, checked_at = NULL WHERE organisation = $1 AND account = $2";
    tx.execute(sql, &vals![organisation, account]).await?;
    Ok(())
}

/// Removes an account that holds no mail and owes none; one that does can only be set inactive (features M14).
pub async fn remove(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    now: i64,
) -> Result<(), StoreError> {
    let before = super::load(tx, organisation, account).await?;
    let refused = |code, message: &str| StoreError::Conflict { field: "account", code, message: message.to_owned() };
    if holds_mail(tx, organisation, account).await? {
        return Err(refused("holds_mail", "This mailbox holds mail and stays. Set it inactive instead."));
    }
    if before.primary {
        return Err(refused(
            "is_primary",
            "Mail of the organisation itself leaves by this mailbox. Choose another first.",
        ));
    }
    let held = [
        "folders",
        "collected",
        "edits",
        "quarantine",
        "owners",
        "noticed_accounts",
        "sender_addresses",
        "renewals",
        "calls",
    ];
    for table in held {
        let sql = format!("DELETE FROM {table} WHERE organisation = $1 AND account = $2");
        tx.execute(&sql, &vals![organisation, account]).await?;
    }
    let sql = "UPDATE users SET default_account = NULL WHERE organisation = $1 AND default_account = $2";
    tx.execute(sql, &vals![organisation, account]).await?;
    tx.execute("DELETE FROM device_codes WHERE organisation = $1 AND id = $2", &vals![organisation, account]).await?;
    tx.execute("DELETE FROM accounts WHERE organisation = $1 AND id = $2", &vals![organisation, account]).await?;
    tell(tx, organisation, account, "account.removed", now).await
}

/// Makes this the one account by which the organisation's own mail leaves (features M15).
pub async fn set_primary(tx: &mut Tx, organisation: OrganisationKey, account: AccountKey) -> Result<(), StoreError> {
    super::load(tx, organisation, account).await?;
    let sql = "UPDATE accounts SET is_primary = (id = $2) WHERE organisation = $1 AND (is_primary OR id = $2)";
    tx.execute(sql, &vals![organisation, account]).await?;
    tx.ring(Topic::Accounts);
    Ok(())
}

/// The account by which the organisation's own mail leaves.
pub async fn primary(tx: &mut Tx, organisation: OrganisationKey) -> Result<Option<AccountKey>, StoreError> {
    let sql = "SELECT id FROM accounts WHERE organisation = $1 AND is_primary ORDER BY id LIMIT 1";
    Ok(tx.row(sql, &vals![organisation]).await?.map(|row| AccountKey(row.int(0))))
}

/// Remembers who puts the copy into the sent folder (pains P17).
pub async fn learn_sent_copy(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    who: SentCopy,
) -> Result<(), StoreError> {
    let sql = "UPDATE accounts SET sent_copy = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, account, who.as_str()]).await?;
    Ok(())
}

async fn holds_mail(tx: &mut Tx, organisation: OrganisationKey, account: AccountKey) -> Result<bool, StoreError> {
    let sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM messages WHERE organisation = $1 AND account = $2)
               OR EXISTS (SELECT 1 FROM outbox WHERE organisation = $1 AND account = $2)";
    Ok(tx.row(sql, &vals![organisation, account]).await?.is_some())
}

async fn is_taken(tx: &mut Tx, organisation: OrganisationKey, address: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM accounts WHERE organisation = $1 AND address_folded = $2";
    Ok(tx.row(sql, &vals![organisation, fold_address(address)]).await?.is_some())
}

/// The columns from `display_name` to `signature`, in their order, `relay_folded` and `access`.
fn saved(settings: &AccountSettings) -> Result<[Val<'_>; 20], StoreError> {
    Ok(vals![
        &settings.display_name,
        &settings.address,
        fold_address(&settings.address),
        settings.active,
        json_text(&settings.incoming)?,
        json_text(&settings.outgoing)?,
        settings.push,
        settings.interval_seconds,
        settings.disable_after_errors,
        settings.sync_since,
        settings.bcc.as_ref(),
        json_text(&settings.never_link)?,
        settings.allow_plaintext,
        settings.pinned_certificate.as_ref(),
        json_text(&settings.limits)?,
        settings.style.font.map(Font::as_str),
        settings.style.font_size,
        settings.style.signature.as_ref(),
        settings.incoming.relay_address().map(fold_address),
        settings.access.as_str(),
    ])
}

fn json_text(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Broken(error.to_string()))
}

async fn tell(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    kind: &'static str,
    now: i64,
) -> Result<(), StoreError> {
    tx.ring(Topic::Accounts);
    let body = json!({ "account": account });
    let change = NewChange { kind, account: Some(account), message: None, private: false, body };
    change::append(tx, organisation, &[change], now).await
}
