//! Which contacts and dossiers a message belongs to (features D1, D2), each with its reason.

use super::{Incoming, context::Context, thread::Placed};
use crate::{StoreError, Tx, vals};
use mail::{Address, ContactKey, DossierKey, MessageKey, address::address_hash};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What a message is linked to.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) contacts: Vec<ContactKey>,
    pub(super) dossiers: Vec<DossierKey>,
    /// A contact among them whose mail others may not see.
    pub(super) hidden: bool,
    /// Everyone in it, excluded or not, by hash: for contacts that come later.
    people: BTreeSet<i64>,
    reasons: BTreeMap<i64, &'static str>,
}

struct Contact {
    key: ContactKey,
    hidden: bool,
    dossiers: Vec<DossierKey>,
}

/// Finds the links of each message: contacts by address, dossiers by contact, and what the conversation has by hand.
pub(super) async fn find(
    tx: &mut Tx,
    context: &Context,
    fresh: &[&Incoming],
    placed: &[Placed],
) -> Result<Vec<Links>, StoreError> {
    let mut linkable: Vec<HashSet<i64>> = Vec::with_capacity(fresh.len());
    let mut found: Vec<Links> = Vec::with_capacity(fresh.len());
    for item in fresh {
        let folded: BTreeSet<String> = item.message.people().map(Address::folded).collect();
        let may = folded.iter().filter(|address| !context.is_excluded(address));
        linkable.push(may.map(|address| address_hash(address)).collect());
        let people = folded.iter().map(|address| address_hash(address)).collect();
        found.push(Links { people, ..Links::default() });
    }
    let contacts = contacts(tx, context, linkable.iter().flatten().copied().collect()).await?;
    let inherited = inherited(tx, context, placed).await?;
    for ((links, people), placed) in found.iter_mut().zip(&linkable).zip(placed) {
        for contact in people.iter().filter_map(|person| contacts.get(person)).flatten() {
            links.hidden |= contact.hidden;
            if links.reasons.insert(contact.key.0, "address").is_none() {
                links.contacts.push(contact.key);
            }
            for dossier in &contact.dossiers {
                if links.reasons.insert(dossier.0, "contact").is_none() {
                    links.dossiers.push(*dossier);
                }
            }
        }
        for dossier in inherited.get(&placed.conversation.0).into_iter().flatten() {
            if links.reasons.insert(dossier.0, "conversation").is_none() {
                links.dossiers.push(*dossier);
            }
        }
    }
    Ok(found)
}

async fn contacts(
    tx: &mut Tx,
    context: &Context,
    people: HashSet<i64>,
) -> Result<HashMap<i64, Vec<Contact>>, StoreError> {
    let people: Vec<i64> = people.into_iter().collect();
    let lists: Vec<_> = people.iter().map(|person| vals![context.organisation, *person].to_vec()).collect();
    let sql = "SELECT c.id, c.hidden, d.dossier FROM contact_addresses a
               JOIN contacts c ON c.organisation = a.organisation AND c.id = a.contact
               LEFT JOIN dossier_contacts d ON d.organisation = a.organisation AND d.contact = a.contact
               WHERE a.organisation = $1 AND a.person = $2 ORDER BY c.id, d.dossier";
    let mut found = HashMap::new();
    for (person, rows) in people.into_iter().zip(tx.rows_many(sql, &lists).await?) {
        let mut contacts: Vec<Contact> = Vec::new();
        for row in rows {
            let key = ContactKey(row.int(0));
            if contacts.last().is_none_or(|last| last.key != key) {
                contacts.push(Contact { key, hidden: row.bool(1), dossiers: Vec::new() });
            }
            if let (Some(last), Some(dossier)) = (contacts.last_mut(), row.opt_int(2)) {
                last.dossiers.push(DossierKey(dossier));
            }
        }
        if !contacts.is_empty() {
            found.insert(person, contacts);
        }
    }
    Ok(found)
}

/// Dossiers that a person or a program put messages of the conversation in: replies follow.
async fn inherited(
    tx: &mut Tx,
    context: &Context,
    placed: &[Placed],
) -> Result<HashMap<i64, Vec<DossierKey>>, StoreError> {
    let joined: HashSet<i64> =
        placed.iter().filter(|placed| placed.joined).map(|placed| placed.conversation.0).collect();
    let joined: Vec<i64> = joined.into_iter().collect();
    let lists: Vec<_> = joined.iter().map(|conversation| vals![context.organisation, *conversation].to_vec()).collect();
    let sql = "SELECT DISTINCT l.target FROM messages m
               JOIN links l ON l.organisation = m.organisation AND l.message = m.id
               WHERE m.organisation = $1 AND m.conversation = $2 AND l.is_dossier AND NOT l.removed
               AND l.reason IN ('person', 'api', 'conversation')
               UNION SELECT o.dossier FROM outbox o
               WHERE o.organisation = $1 AND o.conversation = $2 AND o.dossier IS NOT NULL";
    let mut found = HashMap::new();
    for (conversation, rows) in joined.into_iter().zip(tx.rows_many(sql, &lists).await?) {
        found.insert(conversation, rows.iter().map(|row| DossierKey(row.int(0))).collect());
    }
    Ok(found)
}

/// Writes the links, and who is in which message.
pub(super) async fn insert(
    tx: &mut Tx,
    context: &Context,
    keys: &[MessageKey],
    links: &[Links],
) -> Result<(), StoreError> {
    let (mut people, mut rows) = (Vec::new(), Vec::new());
    for (key, links) in keys.iter().zip(links) {
        people.extend(links.people.iter().map(|person| vals![context.organisation, *person, *key].to_vec()));
        let targets = links.contacts.iter().map(|contact| (contact.0, false));
        for (target, is_dossier) in targets.chain(links.dossiers.iter().map(|dossier| (dossier.0, true))) {
            let reason = links.reasons.get(&target).copied().unwrap_or("address");
            rows.push(vals![context.organisation, *key, target, is_dossier, reason, context.now].to_vec());
        }
    }
    tx.execute_many(
        "INSERT INTO message_people (organisation, person, message) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        &people,
    )
    .await?;
    tx.execute_many(
        "INSERT INTO links (organisation, message, target, is_dossier, reason, removed, linked_at)
         VALUES ($1, $2, $3, $4, $5, FALSE, $6) ON CONFLICT DO NOTHING",
        &rows,
    )
    .await?;
    Ok(())
}
