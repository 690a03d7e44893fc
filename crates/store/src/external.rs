//! How the business software calls a contact or a dossier, and the row that carries that name.

use crate::{Row, StoreError, Tx, vals};
use mail::{OrganisationKey, search::fold};
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
    pub(crate) kind: &'a str,
    pub(crate) external: Option<&'a External>,
}

impl Thing {
    fn table(self) -> &'static str {
        match self {
            Thing::Contact => "contacts",
            Thing::Dossier => "dossiers",
        }
    }

    /// Columns that begin with a value of their own.
    fn begun(self) -> (&'static str, &'static str) {
        match self {
            Thing::Contact => (", hidden", ", FALSE"),
            Thing::Dossier => ("", ""),
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
    let (table, (columns, values)) = (row.thing.table(), row.thing.begun());
    let sql = format!(
        "INSERT INTO {table} (organisation, id, name, sorted, kind, source, external_id, created_at, updated_at{columns})
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8{values}) ON CONFLICT (organisation, source, external_id) DO NOTHING"
    );
    let source = row.external.map(|external| &external.source);
    let external_id = row.external.map(|external| &external.id);
    let values = vals![organisation, row.id, row.name, fold(row.name), row.kind, source, external_id, now];
    if tx.execute(&sql, &values).await? == 0 {
        return Err(taken(row.thing));
    }
    Ok(())
}

/// Sets what both things have; `Conflict` when the business software has another by that name.
pub(crate) async fn update(
    tx: &mut Tx,
    organisation: OrganisationKey,
    row: NewRow<'_>,
    now: i64,
) -> Result<(), StoreError> {
    if let Some(external) = row.external
        && find(tx, organisation, row.thing, external).await?.is_some_and(|known| known != row.id)
    {
        return Err(taken(row.thing));
    }
    let sql = format!(
        "UPDATE {} SET name = $3, sorted = $4, kind = $5, source = $6, external_id = $7, updated_at = $8
         WHERE organisation = $1 AND id = $2",
        row.thing.table()
    );
    let source = row.external.map(|external| &external.source);
    let external_id = row.external.map(|external| &external.id);
    let values = vals![organisation, row.id, row.name, fold(row.name), row.kind, source, external_id, now];
    tx.execute(&sql, &values).await?;
    Ok(())
}

fn taken(thing: Thing) -> StoreError {
    StoreError::Conflict {
        field: "external",
        code: "external_taken",
        message: format!("There is another of the {} with this id of the business software.", thing.table()),
    }
}

/// What of a list is wanted: everything when nothing was typed.
pub(crate) struct Wanted {
    /// Folded, for the name; nothing when no letter or digit was typed.
    pub(crate) name: Option<String>,
    /// For an address.
    pub(crate) address: Option<String>,
}

impl Wanted {
    /// By the beginnings of words.
    pub(crate) fn new(query: Option<&str>) -> Wanted {
        let name = query.map(fold).filter(|folded| !folded.is_empty()).map(|folded| beginning(&folded));
        Wanted { name, address: query.map(beginning) }
    }
}

/// A pattern for what begins with the text, whatever signs are in it.
fn beginning(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for character in text.trim().to_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// In which order a list comes, and after what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they were made.
    Made,
    /// By name, as people look them up.
    Name,
}

/// The condition and the order of a page that begins after the row of key `$2` (-1: from the start), of which `$3` is
/// the folded name.
pub(crate) fn after(order: Order) -> (&'static str, &'static str) {
    match order {
        Order::Made => ("id > $2 AND (CAST($3 AS TEXT) IS NULL OR TRUE)", "id"),
        Order::Name => ("(sorted, id) > (COALESCE(CAST($3 AS TEXT), ''), $2)", "sorted, id"),
    }
}

/// The folded name of a row that a page comes after; nothing when it is gone.
pub(crate) async fn sorted(
    tx: &mut Tx,
    organisation: OrganisationKey,
    thing: Thing,
    id: Option<i64>,
) -> Result<Option<String>, StoreError> {
    let sql = format!("SELECT sorted FROM {} WHERE organisation = $1 AND id = $2", thing.table());
    Ok(tx.row(&sql, &vals![organisation, id]).await?.map(|mut row| row.text(0)))
}

/// The name that stands in these two columns of a row, if there is one.
pub(crate) fn read(row: &mut Row, source: usize) -> Option<External> {
    row.opt_text(source).zip(row.opt_text(source + 1)).map(|(source, id)| External { source, id })
}
