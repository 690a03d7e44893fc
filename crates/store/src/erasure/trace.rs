//! What names a person in passing: details of the log, answers that are kept for a repeat, work that waits, drafts.

use super::Asked;
use crate::{StoreError, Tx, db::placeholders, vals};
use mail::{DraftKey, OrganisationKey, address::fold_address};
use serde_json::Value;

/// `Conflict` when mail to one of these (folded) addresses still has to go, or nobody knows whether it went.
pub(super) async fn nothing_waits_for(
    tx: &mut Tx,
    organisation: OrganisationKey,
    addresses: &[String],
) -> Result<(), StoreError> {
    let sql =
        "SELECT 1 FROM outbox_recipients r JOIN outbox o ON o.organisation = r.organisation AND o.id = r.submission
               WHERE r.organisation = $1 AND LOWER(r.address) = $2
                   AND r.state IN ('waiting', 'sending', 'uncertain', 'held') LIMIT 1";
    for address in addresses {
        if tx.row(sql, &vals![organisation, address]).await?.is_some() {
            return Err(StoreError::Conflict {
                field: "outbox",
                code: "mail_waits",
                message: "Mail to this person is still in the outbox. Let it go or take it back first.".to_owned(),
            });
        }
    }
    Ok(())
}

/// Takes what names one of these out of everything that names people in passing.
pub(super) async fn forget(tx: &mut Tx, organisation: OrganisationKey, names: &[String]) -> Result<(), StoreError> {
    for name in names {
        let anywhere = format!("%{}%", escaped(&name.to_lowercase()));
        for sql in [
            "UPDATE audit SET detail = '' WHERE organisation = $1 AND LOWER(detail) LIKE $2 ESCAPE '\\'",
            "DELETE FROM idempotency WHERE organisation = $1 AND LOWER(answer) LIKE $2 ESCAPE '\\'",
            "DELETE FROM effects WHERE organisation = $1 AND LOWER(body) LIKE $2 ESCAPE '\\'",
            "DELETE FROM shown_senders WHERE organisation = $1 AND address LIKE $2 ESCAPE '\\'",
        ] {
            tx.execute(sql, &vals![organisation, &anywhere]).await?;
        }
    }
    Ok(())
}

/// For LIKE, whatever signs are in it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Takes these (folded) addresses out of every draft that was not handed over; one that is left with nobody to go to goes.
pub(super) async fn leave_drafts(tx: &mut Tx, asked: &Asked<'_>, addresses: &[String]) -> Result<(), StoreError> {
    let organisation = asked.viewer.organisation;
    let sql = "SELECT id, people FROM drafts WHERE organisation = $1";
    let mut gone = Vec::new();
    for mut row in tx.rows(sql, &vals![organisation]).await? {
        let id = DraftKey(row.int(0));
        let mut people: Value =
            serde_json::from_str(&row.text(1)).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let (mut left, mut met) = (0, false);
        for field in ["to", "cc", "bcc"] {
            let Some(list) = people[field].as_array_mut() else { continue };
            let before = list.len();
            list.retain(|one| !one["address"].as_str().is_some_and(|one| addresses.contains(&fold_address(one))));
            met |= list.len() < before;
            left += list.len();
        }
        if met && left == 0 {
            gone.push(id);
        } else if met {
            let sql = "UPDATE drafts SET people = $3, version = version + 1 WHERE organisation = $1 AND id = $2";
            tx.execute(sql, &vals![organisation, id, people.to_string()]).await?;
        }
    }
    throw_away(tx, asked, &gone).await
}

/// Throws drafts away with their files.
pub(super) async fn throw_away(tx: &mut Tx, asked: &Asked<'_>, drafts: &[DraftKey]) -> Result<(), StoreError> {
    if drafts.is_empty() {
        return Ok(());
    }
    let organisation = asked.viewer.organisation;
    for some in drafts.chunks(500) {
        let list = placeholders(2, some.len());
        let mut values = vals![organisation].to_vec();
        values.extend(some.iter().map(|draft| crate::Val::from(*draft)));
        let sql = format!("DELETE FROM draft_files WHERE organisation = $1 AND draft IN ({list}) RETURNING digest");
        let files = tx.rows(&sql, &values).await?.into_iter().filter_map(|mut row| row.bytes(0).try_into().ok());
        asked.more_to_go(tx, &files.collect::<Vec<[u8; 32]>>(), false).await?;
        tx.execute(&format!("DELETE FROM drafts WHERE organisation = $1 AND id IN ({list})"), &values).await?;
    }
    Ok(())
}
