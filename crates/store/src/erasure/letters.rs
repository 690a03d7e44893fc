//! Which mail is a person's: what they wrote, and what was between them and us alone.

use crate::{StoreError, Tx, vals};
use mail::{
    OrganisationKey,
    address::{address_hash, fold_address},
};
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

/// The digests of all mail, in whichever mailbox, that one of these (folded) addresses sent, or in which besides them there
/// are only mailboxes and users of our own.
pub(super) async fn with_only(
    tx: &mut Tx,
    organisation: OrganisationKey,
    addresses: &[String],
) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let ours = ours(tx, organisation).await?;
    let sql = "SELECT m.digest, t.people FROM message_people p
               JOIN messages m ON m.organisation = p.organisation AND m.id = p.message
               JOIN message_texts t ON t.organisation = p.organisation AND t.id = p.message
               WHERE p.organisation = $1 AND p.person = $2";
    let mut found = BTreeSet::new();
    for address in addresses {
        for mut row in tx.rows(sql, &vals![organisation, address_hash(address)]).await? {
            if is_theirs(&people(&row.text(1))?, addresses, &ours) {
                found.insert(digest(row.bytes(0))?);
            }
        }
    }
    Ok(found)
}

/// The digests of what we sent to nobody but these (folded) addresses.
pub(super) async fn sent_to_only(
    tx: &mut Tx,
    organisation: OrganisationKey,
    addresses: &[String],
) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let ours = ours(tx, organisation).await?;
    let sql = "SELECT o.digest, o.people FROM outbox_recipients r
               JOIN outbox o ON o.organisation = r.organisation AND o.id = r.submission
               WHERE r.organisation = $1 AND LOWER(r.address) = $2";
    let mut found = BTreeSet::new();
    for address in addresses {
        for mut row in tx.rows(sql, &vals![organisation, address]).await? {
            if is_theirs(&people(&row.text(1))?, addresses, &ours) {
                found.insert(digest(row.bytes(0))?);
            }
        }
    }
    Ok(found)
}

/// The addresses of the organisation's mailboxes and users, folded.
async fn ours(tx: &mut Tx, organisation: OrganisationKey) -> Result<HashSet<String>, StoreError> {
    let sql = "SELECT address_folded FROM accounts WHERE organisation = $1
               UNION SELECT email_folded FROM users WHERE organisation = $1";
    Ok(tx.rows(sql, &vals![organisation]).await?.into_iter().map(|mut row| row.text(0)).collect())
}

/// Who stands in which field of a message: lists of addresses by the name of the field.
fn people(text: &str) -> Result<Value, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// The addresses of one field, folded.
fn of_field(people: &Value, field: &str) -> Vec<String> {
    let list = people[field].as_array().into_iter().flatten();
    list.filter_map(|one| one["address"].as_str()).map(fold_address).collect()
}

/// Everybody in it, folded.
pub(super) fn everybody(people: &Value) -> impl Iterator<Item = String> {
    ["from", "to", "cc", "bcc", "reply_to"].into_iter().flat_map(|field| of_field(people, field))
}

fn is_theirs(people: &Value, addresses: &[String], ours: &HashSet<String>) -> bool {
    let from = of_field(people, "from");
    from.iter().any(|from| addresses.contains(from))
        || everybody(people).all(|one| addresses.contains(&one) || ours.contains(&one))
}

fn digest(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged("a digest of another length".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn mail_is_a_persons_when_they_wrote_it_or_when_nobody_else_from_outside_is_in_it() {
        let jan = ["jan@elders.nl".to_owned()];
        let ours = HashSet::from(["info@ons.nl".to_owned()]);
        let mail = |from: &str, to: &[&str]| {
            let to: Vec<_> = to.iter().map(|to| json!({ "address": to })).collect();
            json!({ "from": [{ "name": "X", "address": from }], "to": to, "cc": [] })
        };
        let theirs = |people: Value| is_theirs(&people, &jan, &ours);
        assert!(theirs(mail("JAN@elders.nl", &["info@ons.nl", "piet@elders.nl"])), "they wrote it");
        assert!(theirs(mail("info@ons.nl", &["Jan@Elders.nl"])), "we wrote to them alone");
        assert!(!theirs(mail("info@ons.nl", &["jan@elders.nl", "piet@elders.nl"])), "it is another's too");
        assert!(!theirs(mail("piet@elders.nl", &["info@ons.nl", "jan@elders.nl"])), "another wrote it");
    }
}
