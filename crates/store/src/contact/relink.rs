//! Mail that was there before its contact or dossier (pains P23). The first batch goes at once, the rest is written down
//! and goes on by itself, so that a contact with a hundred thousand letters does not stop everyone else's writes.

use crate::{StoreError, Tx, account, change, change::NewChange, effect, vals};
use mail::{
    AccountKey, ContactKey, DossierKey, MessageKey, OrganisationKey,
    address::{address_hash, fold_address},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Messages linked in one unit of work.
const BATCH: usize = 500;
const KIND: &str = "relink";

/// What is still to be linked, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub(crate) enum Job {
    /// Mail of an address to the contact that has it now.
    Address { contact: ContactKey, address: String, before: i64 },
    /// Mail of a contact to a dossier that has it now.
    Dossier { dossier: DossierKey, contact: ContactKey, before: i64 },
}

#[derive(Clone, Copy)]
struct Found {
    message: MessageKey,
    account: AccountKey,
    private: bool,
}

/// Does the first batch, and writes down that there is more.
pub(crate) async fn begin(tx: &mut Tx, organisation: OrganisationKey, job: Job, now: i64) -> Result<(), StoreError> {
    let Some(rest) = step(tx, organisation, job, now).await? else { return Ok(()) };
    write_down(tx, organisation, &rest, now).await
}

/// Does one more batch of what was written down. `false`: there was nothing to do.
pub async fn go_on(tx: &mut Tx, now: i64) -> Result<bool, StoreError> {
    let Some(effect) = effect::due(tx, KIND, 1).await?.pop() else { return Ok(false) };
    if !effect::done(tx, effect.organisation, &effect.key, now).await? {
        return Ok(true);
    }
    let job = serde_json::from_value(effect.body).map_err(|error| StoreError::Damaged(error.to_string()))?;
    if let Some(rest) = step(tx, effect.organisation, job, now).await? {
        write_down(tx, effect.organisation, &rest, now).await?;
    }
    Ok(true)
}

async fn write_down(tx: &mut Tx, organisation: OrganisationKey, job: &Job, now: i64) -> Result<(), StoreError> {
    let body = serde_json::to_value(job).map_err(|error| StoreError::Broken(error.to_string()))?;
    // The moment is part of the key: an address that leaves and comes back is linked anew.
    let key = effect::key_of(&[KIND.as_bytes(), body.to_string().as_bytes(), &now.to_be_bytes()]);
    effect::insert(tx, organisation, &key, KIND, &body, now).await?;
    Ok(())
}

async fn step(tx: &mut Tx, organisation: OrganisationKey, job: Job, now: i64) -> Result<Option<Job>, StoreError> {
    match job {
        Job::Address { contact, address, before } => {
            let found = of_address(tx, organisation, address_hash(&address), before).await?;
            let rest = rest(&found);
            let excluded = excluded_accounts(tx, organisation, &address).await?;
            let wanted: Vec<Found> = found.into_iter().filter(|message| !excluded.contains(&message.account)).collect();
            let linked = link(tx, organisation, wanted, contact.0, false, now).await?;
            let sql = "SELECT dossier FROM dossier_contacts WHERE organisation = $1 AND contact = $2";
            let dossiers = tx.rows(sql, &vals![organisation, contact]).await?;
            for dossier in dossiers {
                link(tx, organisation, linked.clone(), dossier.int(0), true, now).await?;
            }
            Ok(rest.map(|before| Job::Address { contact, address, before }))
        }
        Job::Dossier { dossier, contact, before } => {
            let found = of_contact(tx, organisation, contact, before).await?;
            let rest = rest(&found);
            link(tx, organisation, found, dossier.0, true, now).await?;
            Ok(rest.map(|before| Job::Dossier { dossier, contact, before }))
        }
    }
}

fn rest(found: &[Found]) -> Option<i64> {
    found.last().filter(|_| found.len() == BATCH).map(|last| last.message.0)
}

async fn of_address(
    tx: &mut Tx,
    organisation: OrganisationKey,
    person: i64,
    before: i64,
) -> Result<Vec<Found>, StoreError> {
    let sql = "SELECT m.id, m.account, m.private FROM message_people p
               JOIN messages m ON m.organisation = p.organisation AND m.id = p.message
               WHERE p.organisation = $1 AND p.person = $2 AND p.message < $3 ORDER BY p.message DESC LIMIT $4";
    found(tx, sql, &vals![organisation, person, before, BATCH]).await
}

async fn of_contact(
    tx: &mut Tx,
    organisation: OrganisationKey,
    contact: ContactKey,
    before: i64,
) -> Result<Vec<Found>, StoreError> {
    let sql = "SELECT m.id, m.account, m.private FROM links l
               JOIN messages m ON m.organisation = l.organisation AND m.id = l.message
               WHERE l.organisation = $1 AND l.target = $2 AND NOT l.removed AND l.message < $3
               ORDER BY l.message DESC LIMIT $4";
    found(tx, sql, &vals![organisation, contact, before, BATCH]).await
}

async fn found(tx: &mut Tx, sql: &str, values: &[crate::Val<'_>]) -> Result<Vec<Found>, StoreError> {
    let rows = tx.rows(sql, values).await?;
    Ok(rows
        .iter()
        .map(|row| Found { message: MessageKey(row.int(0)), account: AccountKey(row.int(1)), private: row.bool(2) })
        .collect())
}

/// Links the messages that were not, and gives those. What a person took away stays away: its row is still there.
async fn link(
    tx: &mut Tx,
    organisation: OrganisationKey,
    wanted: Vec<Found>,
    target: i64,
    is_dossier: bool,
    now: i64,
) -> Result<Vec<Found>, StoreError> {
    let reason = if is_dossier { "contact" } else { "address" };
    let lists: Vec<_> = wanted
        .iter()
        .map(|found| vals![organisation, found.message, target, is_dossier, reason, now].to_vec())
        .collect();
    let sql = "INSERT INTO links (organisation, message, target, is_dossier, reason, removed, linked_at)
               VALUES ($1, $2, $3, $4, $5, FALSE, $6) ON CONFLICT DO NOTHING RETURNING message";
    let made = tx.rows_many(sql, &lists).await?;
    let linked: Vec<Found> =
        wanted.into_iter().zip(made).filter(|(_, rows)| !rows.is_empty()).map(|(found, _)| found).collect();
    let changes: Vec<NewChange> = linked
        .iter()
        .map(|found| NewChange {
            kind: "message.linked",
            account: Some(found.account),
            message: Some(found.message),
            private: found.private,
            body: match is_dossier {
                true => json!({ "message": found.message, "dossier": DossierKey(target), "reason": reason }),
                false => json!({ "message": found.message, "contact": ContactKey(target), "reason": reason }),
            },
        })
        .collect();
    change::append(tx, organisation, &changes, now).await?;
    Ok(linked)
}

/// The accounts in which this address leads to no contact: their own, and those that name it or its domain (features D2).
pub(super) async fn excluded_accounts(
    tx: &mut Tx,
    organisation: OrganisationKey,
    address: &str,
) -> Result<Vec<AccountKey>, StoreError> {
    let folded = fold_address(address);
    let sql = "SELECT id, address_folded, never_link FROM accounts WHERE organisation = $1";
    let mut excluded = Vec::new();
    for mut row in tx.rows(sql, &vals![organisation]).await? {
        let never_link: Vec<String> = serde_json::from_str(&row.text(2)).unwrap_or_default();
        if row.text(1) == folded || account::is_never_linked(&never_link, &folded) {
            excluded.push(AccountKey(row.int(0)));
        }
    }
    Ok(excluded)
}
