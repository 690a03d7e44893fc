//! How the business software calls a contact or a dossier, and the row that carries that name.

use crate::{Row, StoreError, Tx, Val, vals};
use mail::OrganisationKey;
use serde::{Deserialize, Serialize};

/// How the business software calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// Which software.
    pub source: String,
    /// Its own id there.
    pub id: String,
}

/// What the business software may have its own name for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Thing {
    Contact,
    Dossier,
}

/// A row about to be made.
pub(crate) struct NewRow<'a> {
    pub(crate) thing: Thing,
    pub(crate) id: i64,
    pub(crate) name: &'a str,
    /// What only this thing has: whether a contact is hidden, the kind of a dossier.
    pub(crate) own: Val<'a>,
    pub(crate) external: Option<&'a External>,
}

impl Thing {
    fn table(self) -> &'static str {
        match self {
            Thing::Contact => "contacts",
            Thing::Dossier => "dossiers",
        }
    }

    fn own_column(self) -> &'static str {
        match self {
            Thing::Contact => "hidden",
            Thing::Dossier => "kind",
        }
    }
}

/// The key of what the business software calls so.
pub(crate) async fn find(
    tx: &mut Tx,
    organisation: OrganisationKey,
    thing: Thing,
    external: &External,
) -> Result<Option<i64>, StoreError> {
    let table = thing.table();
    let sql = format!("SELECT id FROM {table} WHERE organisation = $1 AND source = $2 AND external_id = $3");
    Ok(tx.row(&sql, &vals![organisation, &external.source, &external.id]).await?.map(|row| row.int(0)))
}

/// Makes the row; `Conflict` when the business software has another by that name.
pub(crate) async fn insert(
    tx: &mut Tx,
    organisation: OrganisationKey,
    row: NewRow<'_>,
    now: i64,
) -> Result<(), StoreError> {
    let (table, own) = (row.thing.table(), row.thing.own_column());
    let sql = format!(
        "INSERT INTO {table} (organisation, id, name, {own}, source, external_id, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (organisation, source, external_id) DO NOTHING"
    );
    let source = row.external.map(|external| &external.source);
    let external_id = row.external.map(|external| &external.id);
    let made = tx.execute(&sql, &vals![organisation, row.id, row.name, row.own, source, external_id, now]).await?;
    if made == 0 {
        return Err(StoreError::Conflict {
            field: "external",
            code: "external_taken",
            message: format!("There is another of the {table} with this id of the business software."),
        });
    }
    Ok(())
}

/// The name that stands in these two columns of a row, if there is one.
pub(crate) fn read(row: &mut Row, source: usize) -> Option<External> {
    row.opt_text(source).zip(row.opt_text(source + 1)).map(|(source, id)| External { source, id })
}
