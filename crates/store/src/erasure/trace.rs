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

/// Takes what names one of these (folded addresses, keys) out of everything that names people in passing.
pub(super) async fn forget(tx: &mut Tx, organisation: OrganisationKey, names: &[String]) -> Result<(), StoreError> {
    for name in names {
        tx.execute("DELETE FROM shown_senders WHERE organisation = $1 AND address = $2", &vals![organisation, name])
            .await?;
        let wanted = vals![organisation, format!("%{}%", escaped(&name.to_lowercase()))];
        let sql = "SELECT id, detail FROM audit WHERE organisation = $1 AND LOWER(detail) LIKE $2 ESCAPE '\\'";
        let mut lines = Vec::new();
        for mut row in tx.rows(sql, &wanted).await? {
            if says(&row.text(1), name) {
                lines.push(vals![organisation, row.int(0)].to_vec());
            }
        }
        tx.execute_many("UPDATE audit SET detail = '' WHERE organisation = $1 AND id = $2", &lines).await?;
        let sql = "SELECT key, body FROM effects WHERE organisation = $1 AND LOWER(body) LIKE $2 ESCAPE '\\'";
        let mut effects = Vec::new();
        for mut row in tx.rows(sql, &wanted).await? {
            if says(&row.text(1), name) {
                effects.push(vals![organisation, row.bytes(0)].to_vec());
            }
        }
        tx.execute_many("DELETE FROM effects WHERE organisation = $1 AND key = $2", &effects).await?;
        let sql =
            "SELECT person, key, answer FROM idempotency WHERE organisation = $1 AND LOWER(answer) LIKE $2 ESCAPE '\\'";
        let mut answers = Vec::new();
        for mut row in tx.rows(sql, &wanted).await? {
            if says(&row.text(2), name) {
                answers.push(vals![organisation, row.int(0), row.text(1)].to_vec());
            }
        }
        let sql = "DELETE FROM idempotency WHERE organisation = $1 AND person = $2 AND key = $3";
        tx.execute_many(sql, &answers).await?;
    }
    Ok(())
}

/// Whether the text names this, and not somebody whose address only ends or begins so.
fn says(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    text.match_indices(name.as_str()).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut rest = text[at + name.len()..].chars();
        let (next, then) = (rest.next(), rest.next());
        let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let goes_on = is_letter(next) || matches!(next, Some('.' | '-')) && is_letter(then);
        !goes_on && !is_letter(before) && !matches!(before, Some('.' | '+' | '-'))
    })
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

#[cfg(test)]
mod tests {
    use super::says;

    #[test]
    fn an_address_is_not_found_in_a_longer_one() {
        for text in ["an@x.nl", "{\"address\":\"AN@x.nl\"}", "Mail aan an@x.nl.", "jan@x.nl, an@x.nl"] {
            assert!(says(text, "an@x.nl"), "{text}");
        }
        for text in ["jan@x.nl", "j.an@x.nl", "an@x.nl.com", "an@x.nl-extra", "an@x.nlx"] {
            assert!(!says(text, "an@x.nl"), "{text}");
        }
    }
}
