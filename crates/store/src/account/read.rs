//! Accounts as they are kept.

use super::{Access, Account, AccountSettings, Colour, Counts, Font, Health, SentCopy, Style};
use crate::{
    Row, StoreError, Tx, page, vals,
    viewer::{UserRole, Viewer},
};
use mail::{AccountKey, OrganisationKey, address::fold_address};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

const COLUMNS: &str = "organisation, id, display_name, address, active, is_primary, incoming, outgoing,
    incoming_secret IS NOT NULL, outgoing_secret IS NOT NULL, secrets_set_at, push, interval_seconds,
    disable_after_errors, sync_since, bcc, never_link, allow_plaintext, pinned_certificate, limits, sent_copy,
    health_colour, health_code, health_words, health_since_at, errors_in_row, refused_sign_ins, parked, next_try_at,
    last_fetched_at, fence, version, created_at, restoring_at, identity, font, font_size,
    signature, access, (EXISTS (SELECT 1 FROM sender_addresses s WHERE s.organisation = accounts.organisation
        AND s.account = accounts.id AND s.address_folded = accounts.address_folded AND s.verified_at IS NOT NULL)
    OR EXISTS (SELECT 1 FROM sender_domains d WHERE d.organisation = accounts.organisation
        AND d.verified_at IS NOT NULL AND length(accounts.address_folded) > length(d.domain)
        AND substr(accounts.address_folded, length(accounts.address_folded) - length(d.domain)) = '@' || d.domain))";

/// Whoever owns a part of it sees the account; who keeps accounts for all sees them all. `$1`, `$2`: the viewer.
const SEEN: &str = "id IN (SELECT seen.account FROM owners seen WHERE seen.organisation = $1
    AND ((NOT seen.is_group AND seen.person = $2) OR (seen.is_group
    AND seen.person IN (SELECT workgroup FROM members WHERE organisation = $1 AND person = $2))))";

/// The account, when the viewer may know of it.
pub async fn get(tx: &mut Tx, viewer: &Viewer, account: AccountKey) -> Result<Account, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE organisation = $1 AND id = $3 AND ($4 = TRUE OR {SEEN})");
    let values = vals![viewer.organisation, viewer.user, account, sees_all(viewer)];
    tx.row(&sql, &values).await?.map(read).transpose()?.ok_or(StoreError::NotFound)
}

/// The accounts that the viewer may know of, oldest first.
pub async fn list(
    tx: &mut Tx,
    viewer: &Viewer,
    after: Option<AccountKey>,
    limit: usize,
) -> Result<(Vec<Account>, Option<AccountKey>), StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM accounts WHERE organisation = $1 AND id > $3 AND ($4 = TRUE OR {SEEN})
         ORDER BY id LIMIT $5"
    );
    let after = after.map_or(-1, |key| key.0);
    let values = vals![viewer.organisation, viewer.user, after, sees_all(viewer), limit + 1];
    let found = tx.rows(&sql, &values).await?.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(page::cut(found, limit, |account: &Account| account.id))
}

/// Those who keep accounts for everybody; their mail is another matter.
fn sees_all(viewer: &Viewer) -> bool {
    viewer.role != UserRole::Member
}

/// The account, for the program itself.
pub async fn load(tx: &mut Tx, organisation: OrganisationKey, account: AccountKey) -> Result<Account, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE organisation = $1 AND id = $2");
    tx.row(&sql, &vals![organisation, account]).await?.map(read).transpose()?.ok_or(StoreError::NotFound)
}

/// Whose the account is, when there is one and it is active.
pub async fn organisation_of(tx: &mut Tx, account: AccountKey) -> Result<Option<OrganisationKey>, StoreError> {
    let row = tx.row("SELECT organisation FROM accounts WHERE id = $1 AND active", &vals![account]).await?;
    Ok(row.map(|row| OrganisationKey(row.int(0))))
}

/// Every account of every organisation, for the program itself.
pub async fn load_all(tx: &mut Tx) -> Result<Vec<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM accounts ORDER BY organisation, id");
    tx.rows(&sql, &[]).await?.into_iter().map(read).collect()
}

/// The accounts with this address, whatever their organisation: a command line knows no more.
pub async fn by_address(tx: &mut Tx, address: &str) -> Result<Vec<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE address_folded = $1 ORDER BY organisation, id");
    tx.rows(&sql, &vals![fold_address(address)]).await?.into_iter().map(read).collect()
}

/// The domains of the organisation's accounts, folded.
pub async fn domains(tx: &mut Tx, organisation: OrganisationKey) -> Result<BTreeSet<String>, StoreError> {
    let sql = "SELECT address_folded FROM accounts WHERE organisation = $1";
    let rows = tx.rows(sql, &vals![organisation]).await?;
    let domain = |mut row: Row| row.text(0).rsplit_once('@').map(|(_, domain)| domain.to_owned());
    Ok(rows.into_iter().filter_map(domain).collect())
}

/// How much mail the account holds, by the sums that its folders keep.
pub async fn counts(tx: &mut Tx, organisation: OrganisationKey, account: AccountKey) -> Result<Counts, StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(messages), 0) AS BIGINT), CAST(COALESCE(SUM(unread), 0) AS BIGINT)
               FROM folders WHERE organisation = $1 AND account = $2 AND gone_at IS NULL";
    let row = tx.row(sql, &vals![organisation, account]).await?.ok_or(StoreError::NotFound)?;
    Ok(Counts { messages: row.int(0), unread: row.int(1) })
}

fn read(mut row: Row) -> Result<Account, StoreError> {
    let health = Health {
        colour: Colour::from_name(&row.text(21)),
        code: row.opt_text(22),
        words: row.opt_text(23),
        since_at: row.int(24),
        errors_in_row: row.int(25),
        refused_sign_ins: row.int(26),
        parked: row.bool(27),
        next_try_at: row.opt_int(28),
        last_fetched_at: row.opt_int(29),
    };
    let settings = AccountSettings {
        display_name: row.text(2),
        address: row.text(3),
        active: row.bool(4),
        incoming: json(&row.text(6))?,
        outgoing: json(&row.text(7))?,
        access: Access::from_name(&row.text(38)).unwrap_or_default(),
        push: row.bool(11),
        interval_seconds: row.opt_int(12),
        disable_after_errors: row.int(13),
        sync_since: row.opt_int(14),
        bcc: row.opt_text(15),
        never_link: json(&row.text(16))?,
        allow_plaintext: row.bool(17),
        pinned_certificate: row.opt_text(18),
        limits: json(&row.text(19))?,
        style: Style {
            font: row.opt_text(35).and_then(|name| Font::from_name(&name)),
            font_size: row.opt_int(36),
            signature: row.opt_text(37),
        },
    };
    Ok(Account {
        organisation: OrganisationKey(row.int(0)),
        id: AccountKey(row.int(1)),
        settings,
        primary: row.bool(5),
        has_incoming_secret: row.bool(8),
        has_outgoing_secret: row.bool(9),
        secrets_set_at: row.opt_int(10),
        sent_copy: SentCopy::from_name(&row.text(20)),
        health,
        fence: row.int(30),
        version: row.int(31),
        created_at: row.int(32),
        restoring_at: row.opt_int(33),
        identity: row.opt_text(34),
        sender_proven: row.bool(39),
    })
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(format!("an account's settings: {error}")))
}
