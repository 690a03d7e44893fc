//! Contacts as they are kept.

use super::{Contact, External, Order};
use crate::{
    Row, StoreError, Tx,
    external::{self, Thing, Wanted},
    page, vals,
};
use mail::{
    ContactKey, OrganisationKey,
    address::{address_hash, fold_address},
};

const COLUMNS: &str = "c.id, c.name, c.hidden, c.source, c.external_id, c.created_at, c.updated_at, c.kind";

/// The contact.
pub async fn get(tx: &mut Tx, organisation: OrganisationKey, id: ContactKey) -> Result<Contact, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM contacts c WHERE c.organisation = $1 AND c.id = $2");
    let row = tx.row(&sql, &vals![organisation, id]).await?.ok_or(StoreError::NotFound)?;
    let mut found = vec![read(row)];
    add_addresses(tx, organisation, &mut found).await?;
    found.pop().ok_or(StoreError::NotFound)
}

/// The contact by the name that the business software has for it.
pub async fn by_external(
    tx: &mut Tx,
    organisation: OrganisationKey,
    external: &External,
) -> Result<Option<ContactKey>, StoreError> {
    Ok(external::find(tx, organisation, Thing::Contact, external).await?.map(ContactKey))
}

/// The contacts that have this address.
pub async fn by_address(tx: &mut Tx, organisation: OrganisationKey, address: &str) -> Result<Vec<Contact>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM contact_addresses a
         JOIN contacts c ON c.organisation = a.organisation AND c.id = a.contact
         WHERE a.organisation = $1 AND a.person = $2 ORDER BY c.id"
    );
    let person = address_hash(&fold_address(address));
    let mut found: Vec<Contact> = tx.rows(&sql, &vals![organisation, person]).await?.into_iter().map(read).collect();
    add_addresses(tx, organisation, &mut found).await?;
    Ok(found)
}

/// The contacts; with `query` only those of whom a word of the name, an address or its domain begins with it.
pub async fn list(
    tx: &mut Tx,
    organisation: OrganisationKey,
    query: Option<&str>,
    order: Order,
    after: Option<ContactKey>,
    limit: usize,
) -> Result<(Vec<Contact>, Option<ContactKey>), StoreError> {
    let (condition, order) = external::after(order);
    // The addresses are searched once, not for each contact.
    let sql = format!(
        "SELECT {COLUMNS} FROM contacts c WHERE c.organisation = $1 AND {condition}
         AND (CAST($5 AS TEXT) IS NULL OR sorted LIKE $4 ESCAPE '\\' OR sorted LIKE '% ' || $4 ESCAPE '\\'
             OR id IN (SELECT a.contact FROM contact_addresses a WHERE a.organisation = $1
                 AND (LOWER(a.address) LIKE $5 ESCAPE '\\' OR LOWER(a.address) LIKE '%@' || $5 ESCAPE '\\')))
         ORDER BY {order} LIMIT $6"
    );
    let sorted = external::sorted(tx, organisation, Thing::Contact, after.map(|key| key.0)).await?;
    let (wanted, after) = (Wanted::new(query), after.map_or(-1, |key| key.0));
    let values = vals![organisation, after, sorted, wanted.name, wanted.address, limit + 1];
    let found = tx.rows(&sql, &values).await?.into_iter().map(read).collect();
    let (mut found, next) = page::cut(found, limit, |contact: &Contact| contact.id);
    add_addresses(tx, organisation, &mut found).await?;
    Ok((found, next))
}

fn read(mut row: Row) -> Contact {
    let external = external::read(&mut row, 3);
    Contact {
        id: ContactKey(row.int(0)),
        name: row.text(1),
        addresses: Vec::new(),
        kind: row.text(7),
        hidden: row.bool(2),
        external,
        created_at: row.int(5),
        updated_at: row.int(6),
    }
}

async fn add_addresses(tx: &mut Tx, organisation: OrganisationKey, contacts: &mut [Contact]) -> Result<(), StoreError> {
    let lists: Vec<_> = contacts.iter().map(|contact| vals![organisation, contact.id].to_vec()).collect();
    let sql = "SELECT address FROM contact_addresses WHERE organisation = $1 AND contact = $2 ORDER BY address";
    for (contact, rows) in contacts.iter_mut().zip(tx.rows_many(sql, &lists).await?) {
        contact.addresses = rows.into_iter().map(|mut row| row.text(0)).collect();
    }
    Ok(())
}
