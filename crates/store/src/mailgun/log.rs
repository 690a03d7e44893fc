//! What is read of Mailgun's logs: up to when, and by whom.

use super::{ACTIVE, COLUMNS, MailgunDomain, half, read};
use crate::{StoreError, Tx, vals};
use mail::{AccountKey, MailgunDomainKey, OrganisationKey};
use std::collections::HashSet;

/// The active domains that mailboxes go by, of every organisation.
pub async fn in_use(tx: &mut Tx) -> Result<Vec<MailgunDomain>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mailgun_domains WHERE state = '{ACTIVE}' ORDER BY organisation, id");
    let all: Vec<MailgunDomain> = tx.rows(&sql, &[]).await?.into_iter().map(read).collect::<Result<_, _>>()?;
    let mut used = Vec::new();
    for domain in all {
        // What comes in for a mailbox that is switched off lies nowhere else.
        let sql =
            "SELECT 1 FROM accounts WHERE organisation = $1 AND (active AND outgoing = $2 OR incoming = $2) LIMIT 1";
        if tx.row(sql, &vals![domain.organisation, half(&domain.name)]).await?.is_some() {
            used.push(domain);
        }
    }
    Ok(used)
}

/// Notes up to when the domain's log was read.
pub async fn log_read(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: MailgunDomainKey,
    until: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE mailgun_domains SET log_at = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, id, until]).await?;
    Ok(())
}

/// Takes the reading of the domain's log upon oneself; `false` when somebody did since that moment.
pub async fn claim_log(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: MailgunDomainKey,
    since: i64,
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE mailgun_domains SET log_tried_at = $4
               WHERE organisation = $1 AND id = $2 AND (log_tried_at IS NULL OR log_tried_at <= $3)";
    Ok(tx.execute(sql, &vals![organisation, id, since, now]).await? > 0)
}

/// Notes up to when mail that came in was held against what is here.
pub async fn came(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: MailgunDomainKey,
    until: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE mailgun_domains SET came_at = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, id, until]).await?;
    Ok(())
}

/// The Message-IDs of what came into the mailbox since a moment, also of what people have thrown away since.
pub async fn message_ids_since(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    since: i64,
) -> Result<HashSet<String>, StoreError> {
    let sql =
        "SELECT t.message_id FROM messages m JOIN message_texts t ON t.organisation = m.organisation AND t.id = m.id
               WHERE m.organisation = $1 AND m.account = $2 AND m.fetched_at >= $3 AND NOT m.outgoing
                   AND t.message_id IS NOT NULL";
    let rows = tx.rows(sql, &vals![organisation, account, since]).await?;
    Ok(rows.into_iter().map(|mut row| row.text(0)).collect())
}
