//! How an account did before, as the feed of changes tells it.

use super::Colour;
use crate::{StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey};

/// From this moment on the account did so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// In one colour.
    pub colour: Colour,
    /// What was wrong, for programs.
    pub code: Option<String>,
    /// Since when, in milliseconds since 1970.
    pub since_at: i64,
}

/// The turns of an account's health, newest first.
pub async fn turns(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    limit: usize,
) -> Result<Vec<Turn>, StoreError> {
    // The kind stands in the text, so that the partial index serves it.
    let sql = "SELECT body, happened_at FROM changes
               WHERE organisation = $1 AND account = $2 AND kind = 'account.state' ORDER BY seq DESC LIMIT $3";
    let rows = tx.rows(sql, &vals![organisation, account, limit]).await?;
    rows.into_iter()
        .map(|mut row| {
            let body: serde_json::Value =
                serde_json::from_str(&row.text(0)).map_err(|error| StoreError::Damaged(error.to_string()))?;
            Ok(Turn {
                colour: Colour::from_name(body["colour"].as_str().unwrap_or_default()),
                code: body["code"].as_str().map(str::to_owned),
                since_at: row.int(1),
            })
        })
        .collect()
}
