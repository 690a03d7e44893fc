//! Dossiers as they are kept.

use super::Dossier;
use crate::{
    Row, StoreError, Tx,
    contact::beginning,
    external::{self, External, Thing},
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

/// The dossiers, oldest first; with `query` only those of whose name a word begins with it, and with `contact` only
/// those that this contact's mail belongs in.
pub async fn list(
    tx: &mut Tx,
    organisation: OrganisationKey,
    query: Option<&str>,
    contact: Option<ContactKey>,
    after: Option<DossierKey>,
    limit: usize,
) -> Result<(Vec<Dossier>, Option<DossierKey>), StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM dossiers WHERE organisation = $1 AND id > $2
         AND (CAST($3 AS TEXT) IS NULL OR LOWER(name) LIKE $3 ESCAPE '\\' OR LOWER(name) LIKE '% ' || $3 ESCAPE '\\')
         AND (CAST($4 AS BIGINT) IS NULL OR id IN (SELECT c.dossier FROM dossier_contacts c
             WHERE c.organisation = $1 AND c.contact = $4))
         ORDER BY id LIMIT $5"
    );
    let values = vals![organisation, after.map_or(-1, |key| key.0), query.map(beginning), contact, limit + 1];
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
