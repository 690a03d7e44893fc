//! An organisation: the first column of everything.

use crate::{Row, StoreError, Tx, secret::Keyring, vals};
use mail::OrganisationKey;
use serde_json::Value;

/// An organisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Organisation {
    /// Its key.
    pub id: OrganisationKey,
    /// Its name.
    pub name: String,
    /// What it chose: a JSON object whose members belong to those who read them.
    pub settings: Value,
    /// An administrator does nothing here before they have a second factor.
    pub second_factor_for_administrators: bool,
    /// When it was made.
    pub created_at: i64,
}

const COLUMNS: &str = "id, name, settings, created_at, second_factor_for_administrators";

/// Makes an organisation, with keys of its own for its secrets and its Message-IDs.
pub async fn create(
    tx: &mut Tx,
    keys: &Keyring,
    id: OrganisationKey,
    name: &str,
    now: i64,
) -> Result<Organisation, StoreError> {
    let (data_key, message_id_key) = keys.new_organisation_keys(id)?;
    tx.execute(
        "INSERT INTO organisations (id, name, data_key, message_id_key, change_seq, settings, created_at)
         VALUES ($1, $2, $3, $4, 0, '{}', $5)",
        &vals![id, name, data_key, message_id_key, now],
    )
    .await?;
    get(tx, id).await
}

/// The organisation.
pub async fn get(tx: &mut Tx, id: OrganisationKey) -> Result<Organisation, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM organisations WHERE id = $1");
    tx.row(&sql, &vals![id]).await?.map(read).transpose()?.ok_or(StoreError::NotFound)
}

/// Every organisation, oldest first. None: the installation waits for its first (`setup`).
pub async fn list(tx: &mut Tx) -> Result<Vec<Organisation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM organisations ORDER BY id");
    tx.rows(&sql, &[]).await?.into_iter().map(read).collect()
}

/// Gives it another name.
pub async fn rename(tx: &mut Tx, id: OrganisationKey, name: &str) -> Result<(), StoreError> {
    let touched = tx.execute("UPDATE organisations SET name = $2 WHERE id = $1", &vals![id, name]).await?;
    if touched == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Says whether its administrators must have a second factor.
pub async fn ask_second_factor(tx: &mut Tx, id: OrganisationKey, of_administrators: bool) -> Result<(), StoreError> {
    let sql = "UPDATE organisations SET second_factor_for_administrators = $2 WHERE id = $1";
    let touched = tx.execute(sql, &vals![id, of_administrators]).await?;
    if touched == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Sets what it chose.
pub async fn set_settings(tx: &mut Tx, id: OrganisationKey, settings: &Value) -> Result<(), StoreError> {
    let sql = "UPDATE organisations SET settings = $2 WHERE id = $1";
    let touched = tx.execute(sql, &vals![id, settings.to_string()]).await?;
    if touched == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

fn read(mut row: Row) -> Result<Organisation, StoreError> {
    let settings = row.text(2);
    Ok(Organisation {
        id: OrganisationKey(row.int(0)),
        name: row.text(1),
        settings: serde_json::from_str(&settings).map_err(|error| StoreError::Damaged(error.to_string()))?,
        created_at: row.int(3),
        second_factor_for_administrators: row.bool(4),
    })
}
