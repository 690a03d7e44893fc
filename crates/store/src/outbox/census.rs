//! How much of the outbox is not at its end, over all organisations: for who watches the installation.

use super::State;
use crate::{StoreError, Tx};

/// How many submissions stand in each state that is not an end. States in which none stands are left out.
pub async fn census(tx: &mut Tx) -> Result<Vec<(State, i64)>, StoreError> {
    let sql = "SELECT state, COUNT(*) FROM outbox WHERE state IN ('waiting', 'sending', 'uncertain', 'held')
               GROUP BY state ORDER BY state";
    let rows = tx.rows(sql, &[]).await?;
    Ok(rows.into_iter().filter_map(|mut row| Some((State::from_name(&row.text(0))?, row.int(1)))).collect())
}
