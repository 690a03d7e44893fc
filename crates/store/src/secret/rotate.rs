//! Renewing every key. It may be stopped at any point and run again: what was sealed with an old key stays readable
//! until nothing is left that needs it.

use super::{
    DATA_KEY, Keyring, MESSAGE_ID_KEY, MasterKey, SEALED, SecretColumn,
    keyring::DataKeys,
    seal::{new_key, version_of},
};
use crate::{Db, StoreError, Tx, vals};
use mail::OrganisationKey;
use std::path::Path;

/// Rows that one transaction seals anew.
const BATCH: i64 = 200;

/// Makes a new master key and new data keys, and seals every secret anew. Gives the number of secrets sealed.
pub async fn rotate(db: &Db, keys: &Keyring, key_file: &Path) -> Result<u64, StoreError> {
    let master = keys.master();
    // Two keys in the file: an earlier rotation was stopped. It goes on with the newer one.
    if master.keys.len() == 1 {
        let renewed = master.renewed();
        renewed.write(key_file)?;
        keys.set_master(renewed);
    }
    let mut sealed = 0;
    for organisation in organisations(db).await? {
        sealed += renew(db, keys, organisation).await?;
    }
    let newest = keys.master().newest();
    verify(db, &newest).await?;
    newest.write(key_file)?;
    keys.set_master(newest);
    Ok(sealed)
}

async fn organisations(db: &Db) -> Result<Vec<OrganisationKey>, StoreError> {
    db.read(|tx| {
        Box::pin(async move {
            let rows = tx.rows("SELECT id FROM organisations ORDER BY id", &[]).await?;
            Ok(rows.iter().map(|row| OrganisationKey(row.int(0))).collect())
        })
    })
    .await
}

async fn renew(db: &Db, keys: &Keyring, organisation: OrganisationKey) -> Result<u64, StoreError> {
    let ring = keys.clone();
    db.write(move |tx| Box::pin(async move { add_data_key(tx, &ring, organisation).await })).await?;
    keys.forget(organisation);
    let mut sealed = 0;
    for column in SEALED {
        let mut after = i64::MIN;
        loop {
            let ring = keys.clone();
            let (last, count) = db
                .write(move |tx| Box::pin(async move { reseal(tx, &ring, organisation, *column, after).await }))
                .await?;
            sealed += count;
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    let ring = keys.clone();
    db.write(move |tx| Box::pin(async move { drop_old_data_keys(tx, &ring, organisation).await })).await?;
    keys.forget(organisation);
    Ok(sealed)
}

/// A new data key behind the old one, unless a stopped rotation left two.
async fn add_data_key(tx: &mut Tx, ring: &Keyring, organisation: OrganisationKey) -> Result<(), StoreError> {
    let mut keys = ring.load(tx, organisation).await?;
    if keys.0.len() == 1 {
        keys.0.push((keys.newest().0.wrapping_add(1), new_key()));
    }
    store_data_keys(tx, ring, organisation, &keys).await
}

/// Only the newest data key stays, once nothing is sealed with another.
async fn drop_old_data_keys(tx: &mut Tx, ring: &Keyring, organisation: OrganisationKey) -> Result<(), StoreError> {
    let keys = ring.load(tx, organisation).await?;
    let newest = keys.newest().clone();
    for column in SEALED {
        for (row, value) in values(tx, organisation, *column, i64::MIN, i64::MAX).await? {
            if version_of(&value) != Some(newest.0) {
                return Err(StoreError::Busy("a secret was saved with the old key meanwhile".into()));
            }
            ring.open(tx, organisation, *column, row, &value).await?;
        }
    }
    store_data_keys(tx, ring, organisation, &DataKeys(vec![newest])).await
}

async fn store_data_keys(
    tx: &mut Tx,
    ring: &Keyring,
    organisation: OrganisationKey,
    keys: &DataKeys,
) -> Result<(), StoreError> {
    let sealed = ring.seal_data_keys(organisation, keys)?;
    tx.execute("UPDATE organisations SET data_key = $2 WHERE id = $1", &vals![organisation, sealed]).await?;
    Ok(())
}

/// One batch of one column; gives the last row looked at, and how many were sealed anew.
async fn reseal(
    tx: &mut Tx,
    ring: &Keyring,
    organisation: OrganisationKey,
    column: SecretColumn,
    after: i64,
) -> Result<(Option<i64>, u64), StoreError> {
    let newest = ring.load(tx, organisation).await?.newest().0;
    let found = values(tx, organisation, column, after, BATCH).await?;
    let last = found.last().map(|(row, _)| *row);
    let mut count = 0;
    for (row, old) in found {
        if version_of(&old) == Some(newest) {
            continue;
        }
        let plain = ring.open(tx, organisation, column, row, &old).await?;
        let new = ring.seal(tx, organisation, column, row, &plain).await?;
        let SecretColumn { table, column: name } = column;
        // Somebody may save another password at this very moment: theirs stays.
        let sql = format!("UPDATE {table} SET {name} = $4 WHERE {} AND {name} = $3", this_row(column));
        count += tx.execute(&sql, &vals![organisation, row, old, new]).await?;
    }
    Ok((last, count))
}

async fn values(
    tx: &mut Tx,
    organisation: OrganisationKey,
    column: SecretColumn,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let SecretColumn { table, column: name } = column;
    let owner = owner_of(column);
    let sql = format!(
        "SELECT id, {name} FROM {table} WHERE {owner} = $1 AND id > $2 AND {name} IS NOT NULL ORDER BY id LIMIT $3"
    );
    let rows = tx.rows(&sql, &vals![organisation, after, limit]).await?;
    Ok(rows.into_iter().map(|mut row| (row.int(0), row.bytes(1))).collect())
}

fn owner_of(column: SecretColumn) -> &'static str {
    if column.table == MESSAGE_ID_KEY.table { "id" } else { "organisation" }
}

fn this_row(column: SecretColumn) -> String {
    format!("{} = $1 AND id = $2", owner_of(column))
}

/// Every organisation's keys open with this master key alone.
async fn verify(db: &Db, master: &MasterKey) -> Result<(), StoreError> {
    let ring = Keyring::new(master.clone());
    for organisation in organisations(db).await? {
        let ring = ring.clone();
        db.read(move |tx| Box::pin(async move { ring.message_id_key(tx, organisation).await.map(|_| ()) })).await?;
    }
    tracing::info!(table = DATA_KEY.table, column = DATA_KEY.column, "every data key opens with the new master key");
    Ok(())
}
