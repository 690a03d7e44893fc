//! Making and changing contacts. Mail that is there already follows in the same unit of work, and confidentiality
//! always does.

use super::{Contact, ContactPatch, External, NewContact, get, private, read::by_external, relink, turn};
use crate::{
    StoreError, Tx,
    external::{self, NewRow, Thing},
    link, vals,
};
use mail::{
    ContactKey, OrganisationKey,
    address::{address_hash, fold_address},
};
use std::collections::BTreeMap;

/// Makes a contact and links the mail that is there already.
pub async fn create(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: ContactKey,
    new: &NewContact,
    now: i64,
) -> Result<Contact, StoreError> {
    turn::of_contacts(tx, organisation).await?;
    let row =
        NewRow { thing: Thing::Contact, id: id.0, name: &new.name, kind: &new.kind, external: new.external.as_ref() };
    external::insert(tx, organisation, row, now).await?;
    set_addresses(tx, organisation, id, &new.addresses, now).await?;
    if new.hidden {
        set_hidden(tx, organisation, id, true).await?;
        private::hide(tx, organisation, id).await?;
    }
    get(tx, organisation, id).await
}

/// Changes a contact.
pub async fn update(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: ContactKey,
    patch: &ContactPatch,
    now: i64,
) -> Result<Contact, StoreError> {
    turn::of_contacts(tx, organisation).await?;
    let before = get(tx, organisation, id).await?;
    let hidden = patch.hidden.unwrap_or(before.hidden);
    let row = NewRow {
        thing: Thing::Contact,
        id: id.0,
        name: patch.name.as_ref().unwrap_or(&before.name),
        kind: patch.kind.as_ref().unwrap_or(&before.kind),
        external: patch.external.as_ref().unwrap_or(&before.external).as_ref(),
    };
    external::update(tx, organisation, row, now).await?;
    set_hidden(tx, organisation, id, hidden).await?;
    if let Some(addresses) = &patch.addresses {
        set_addresses(tx, organisation, id, addresses, now).await?;
    }
    match (before.hidden, hidden) {
        (true, false) => private::show(tx, organisation, id).await?,
        // New addresses of a hidden contact bring new mail to hide.
        (_, true) => private::hide(tx, organisation, id).await?,
        (false, false) => {}
    }
    get(tx, organisation, id).await
}

/// Makes the contact that the business software calls so, or changes it. `id` is used when it is new; says whether it
/// was.
pub async fn upsert(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: ContactKey,
    external: External,
    patch: ContactPatch,
    now: i64,
) -> Result<(Contact, bool), StoreError> {
    if let Some(known) = by_external(tx, organisation, &external).await? {
        return Ok((update(tx, organisation, known, &patch, now).await?, false));
    }
    let new = NewContact {
        name: patch.name.unwrap_or_default(),
        addresses: patch.addresses.unwrap_or_default(),
        kind: patch.kind.unwrap_or_default(),
        hidden: patch.hidden.unwrap_or(false),
        external: Some(external),
    };
    Ok((create(tx, organisation, id, &new, now).await?, true))
}

async fn set_hidden(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: ContactKey,
    hidden: bool,
) -> Result<(), StoreError> {
    let sql = "UPDATE contacts SET hidden = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, id, hidden]).await?;
    Ok(())
}

/// Sets the addresses: new ones find their mail, mail that was here only by one that is gone leaves.
async fn set_addresses(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: ContactKey,
    addresses: &[String],
    now: i64,
) -> Result<(), StoreError> {
    let wanted: BTreeMap<i64, (&str, String)> = addresses
        .iter()
        .map(|address| (address.trim(), fold_address(address.trim())))
        .map(|(address, folded)| (address_hash(&folded), (address, folded)))
        .collect();
    let sql = "SELECT person FROM contact_addresses WHERE organisation = $1 AND contact = $2";
    let had: Vec<i64> = tx.rows(sql, &vals![organisation, id]).await?.iter().map(|row| row.int(0)).collect();
    for person in had.iter().filter(|person| !wanted.contains_key(person)) {
        let sql = "DELETE FROM contact_addresses WHERE organisation = $1 AND contact = $2 AND person = $3";
        tx.execute(sql, &vals![organisation, id, *person]).await?;
        link::forget_address(tx, organisation, id, *person).await?;
    }
    for (person, (address, folded)) in &wanted {
        let sql = "INSERT INTO contact_addresses (organisation, person, contact, address) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (organisation, person, contact) DO UPDATE SET address = excluded.address";
        tx.execute(sql, &vals![organisation, *person, id, *address]).await?;
        if !had.contains(person) {
            let job = relink::Job::Address { contact: id, address: folded.clone(), before: i64::MAX };
            relink::begin(tx, organisation, job, now).await?;
        }
    }
    Ok(())
}
