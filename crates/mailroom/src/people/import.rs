//! Contacts from a file: a table or vCards (features D4).

use super::erasure::may_come;
use crate::{
    MailRoom,
    words::{FieldError, Refusal, field},
};
use mail::{
    Address, ContactKey,
    address::fold_address,
    contacts::{self, Row},
};
use store::{
    StoreError, Tx, UserRole, Viewer,
    contact::{self, ContactPatch, External, NewContact},
    secret::Keyring,
};

/// Contacts in one unit of work.
const UNIT: usize = 200;

/// What a file brought.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// Contacts made.
    pub created: usize,
    /// Contacts that were there and got new addresses or another name.
    pub updated: usize,
    /// Rows that could not be used, by their number from 1.
    pub errors: Vec<FieldError>,
}

/// Takes contacts from a CSV file or vCards, whichever it is. A contact that is there by its external id or by one of its
/// addresses is completed, not doubled; what can't be read is named and the rest goes on. The same file twice changes
/// nothing.
pub async fn import_contacts(room: &MailRoom, viewer: &Viewer, file: &[u8]) -> Result<Imported, Refusal> {
    let (rows, imported) = good_rows(viewer, file)?;
    Ok(put_all(room, viewer, rows, imported, |_, _| ()).await?)
}

/// The rows that can be used, each with its number from 1, and what is wrong with others.
pub(super) fn good_rows(viewer: &Viewer, file: &[u8]) -> Result<(Vec<(usize, Row)>, Imported), Refusal> {
    if viewer.role == UserRole::Member {
        return Err(Refusal::forbidden("file", field::ADMINISTRATOR_ONLY));
    }
    let text = String::from_utf8_lossy(file);
    let rows = contacts::read(&text).ok_or_else(|| Refusal::field("file", field::NO_COLUMN))?;
    let mut imported = Imported::default();
    let mut good = Vec::with_capacity(rows.len());
    for (n, mut row) in rows.into_iter().enumerate() {
        let before = row.addresses.len();
        row.addresses = row.addresses.iter().filter_map(|text| Address::parse(text)).map(|read| read.address).collect();
        if row.addresses.len() < before {
            imported.errors.push(FieldError::new(format!("rows.{}.addresses", n + 1), field::NOT_AN_ADDRESS));
        } else if row.name.is_empty() && row.addresses.is_empty() {
            imported.errors.push(FieldError::new(format!("rows.{}", n + 1), field::UNREADABLE_LINE));
        }
        if row.name.is_empty() {
            row.name = row.addresses.first().cloned().unwrap_or_default();
        }
        if !row.name.is_empty() {
            good.push((n + 1, row));
        }
    }
    Ok((good, imported))
}

/// Makes and completes contacts, a few at a time, and tells after each few how many rows were done.
pub(super) async fn put_all(
    room: &MailRoom,
    viewer: &Viewer,
    rows: Vec<(usize, Row)>,
    mut imported: Imported,
    told: impl Fn(usize, &Imported),
) -> Result<Imported, StoreError> {
    for (at, unit) in rows.chunks(UNIT).enumerate() {
        let (viewer, now, make, unit) = (*viewer, room.clock.now(), room.store.make.clone(), unit.to_vec());
        let (keys, done) = (room.store.keys.clone(), at * UNIT + unit.len());
        let write = room.store.db.write(move |tx| {
            Box::pin(async move {
                let (mut counts, mut erased) = ((0, 0), Vec::new());
                for (n, row) in unit {
                    match put(tx, &viewer, &keys, ContactKey(make.key(now)), row, now).await? {
                        Put::Created => counts.0 += 1,
                        Put::Updated => counts.1 += 1,
                        Put::Same => {}
                        Put::Erased => erased.push(FieldError::new(format!("rows.{n}"), field::ERASED)),
                    }
                }
                Ok((counts, erased))
            })
        });
        let ((created, updated), erased) = write.await?;
        imported.errors.extend(erased);
        imported.created += created;
        imported.updated += updated;
        told(done, &imported);
    }
    Ok(imported)
}

enum Put {
    Created,
    Updated,
    Same,
    /// They were erased, and nobody let them come again.
    Erased,
}

async fn put(
    tx: &mut Tx,
    viewer: &Viewer,
    keys: &Keyring,
    key: ContactKey,
    row: Row,
    now: i64,
) -> Result<Put, StoreError> {
    let organisation = viewer.organisation;
    let external = row.external.map(|(source, id)| External { source, id });
    let known = match &external {
        Some(external) => contact::by_external(tx, organisation, external).await?,
        None => None,
    };
    let mut found = match known {
        Some(known) => Some(contact::get(tx, organisation, known).await?),
        None => None,
    };
    for address in &row.addresses {
        if found.is_none() {
            found = contact::by_address(tx, organisation, address).await?.into_iter().next();
        }
    }
    match may_come(tx, keys, organisation, found.as_ref(), (&row.addresses, external.as_ref())).await {
        Err(StoreError::Conflict { code: "erased", .. }) => return Ok(Put::Erased),
        other => other?,
    }
    let Some(known) = found else {
        let new = NewContact { name: row.name, addresses: row.addresses, external, ..NewContact::default() };
        contact::create(tx, organisation, key, &new, now).await?;
        return Ok(Put::Created);
    };
    let mut addresses = known.addresses.clone();
    for address in row.addresses {
        if !addresses.iter().any(|own| fold_address(own) == fold_address(&address)) {
            addresses.push(address);
        }
    }
    if addresses.len() == known.addresses.len() {
        return Ok(Put::Same);
    }
    let patch = ContactPatch { addresses: Some(addresses), ..ContactPatch::default() };
    contact::update(tx, organisation, known.id, &patch, now).await?;
    Ok(Put::Updated)
}
