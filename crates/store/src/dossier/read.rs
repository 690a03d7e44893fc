//! Dossiers as they are kept.

use super::Dossier;
use crate::{
    Row, StoreError, Tx,
    external::{self, External, Order, Thing, Wanted},
    page, vals,
};
use mail::{ContactKey, DossierKey, OrganisationKey};

const COLUMNS: &str = "id, name, kind, source, external_id, created_at, updated_at";

/// The dossier.
pub async fn get(tx: &mut Tx, organisation: OrganisationKey, id: DossierKey) -> Result<Dossier, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM dossiers WHERE organisation = $1 AND id = $2");
    let row = tx.row(&sql, &vals![organisation, id]).await?.ok_or(StoreError::NotFound)?;
    let mut found = vec![read(row)];
    add_contacts(tx, organisation, &mut found).await?;
    found.pop().ok_or(StoreError::NotFound)
}

/// The dossier by the name that the business software has for it.
pub async fn by_external(
    tx: &mut Tx,
    organisation: OrganisationKey,
    external: &External,
) -> Result<Option<DossierKey>, StoreError> {
    Ok(external::find(tx, organisation, Thing::Dossier, external).await?.map(DossierKey))
}

/// Which dossiers are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Only those of which a word of the name, or the kind, begins with it.
    pub query: Option<&'a str>,
    /// Only those that this contact's mail belongs in.
    pub contact: Option<ContactKey>,
}

/// The dossiers.
pub async fn list(
    tx: &mut Tx,
    organisation: OrganisationKey,
    filter: Filter<'_>,
    order: Order,
    after: Option<DossierKey>,
    limit: usize,
) -> Result<(Vec<Dossier>, Option<DossierKey>), StoreError> {
    let (condition, order) = external::after(order);
    let sql = format!(
        "SELECT {COLUMNS} FROM dossiers WHERE organisation = $1 AND {condition}
         AND (CAST($5 AS TEXT) IS NULL OR sorted LIKE $4 ESCAPE '\\' OR sorted LIKE '% ' || $4 ESCAPE '\\'
             OR LOWER(kind) LIKE $5 ESCAPE '\\' OR LOWER(external_id) LIKE $5 ESCAPE '\\')
         AND (CAST($7 AS BIGINT) IS NULL OR id IN (SELECT c.dossier FROM dossier_contacts c
             WHERE c.organisation = $1 AND c.contact = $7))
         ORDER BY {order} LIMIT $6"
    );
    let sorted = external::sorted(tx, organisation, Thing::Dossier, after.map(|key| key.0)).await?;
    let (wanted, after) = (Wanted::new(filter.query), after.map_or(-1, |key| key.0));
    let values = vals![organisation, after, sorted, wanted.name, wanted.address, limit + 1, filter.contact];
    let found = tx.rows(&sql, &values).await?.into_iter().map(read).collect();
    let (mut found, next) = page::cut(found, limit, |dossier: &Dossier| dossier.id);
    add_contacts(tx, organisation, &mut found).await?;
    Ok((found, next))
}

fn read(mut row: Row) -> Dossier {
    let external = external::read(&mut row, 3);
    Dossier {
        id: DossierKey(row.int(0)),
        name: row.text(1),
        kind: row.text(2),
        contacts: Vec::new(),
        external,
        created_at: row.int(5),
        updated_at: row.int(6),
    }
}

async fn add_contacts(tx: &mut Tx, organisation: OrganisationKey, dossiers: &mut [Dossier]) -> Result<(), StoreError> {
    let lists: Vec<_> = dossiers.iter().map(|dossier| vals![organisation, dossier.id].to_vec()).collect();
    let sql = "SELECT contact FROM dossier_contacts WHERE organisation = $1 AND dossier = $2 ORDER BY contact";
    for (dossier, rows) in dossiers.iter_mut().zip(tx.rows_many(sql, &lists).await?) {
        dossier.contacts = rows.iter().map(|row| ContactKey(row.int(0))).collect();
    }
    Ok(())
}
