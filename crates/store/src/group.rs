//! People who share accounts (*werkgroep*).

mod removal;

pub use removal::{Hanging, Owned, hanging, remove};

use crate::{StoreError, Tx, page, vals};
use mail::{GroupKey, OrganisationKey, UserKey};

/// People who share accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its key.
    pub id: GroupKey,
    /// Its name.
    pub name: String,
    /// Who is in it.
    pub members: Vec<UserKey>,
    /// When it was made.
    pub created_at: i64,
}

/// Makes a group. Its name must be new in the organisation.
pub async fn create(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: GroupKey,
    name: &str,
    members: &[UserKey],
    now: i64,
) -> Result<Group, StoreError> {
    let sql = "INSERT INTO workgroups (organisation, id, name, created_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (organisation, name) DO NOTHING";
    if tx.execute(sql, &vals![organisation, id, name, now]).await? == 0 {
        return Err(taken(name));
    }
    set_members(tx, organisation, id, members).await?;
    get(tx, organisation, id).await
}

/// The group.
pub async fn get(tx: &mut Tx, organisation: OrganisationKey, id: GroupKey) -> Result<Group, StoreError> {
    let sql = "SELECT name, created_at FROM workgroups WHERE organisation = $1 AND id = $2";
    let mut row = tx.row(sql, &vals![organisation, id]).await?.ok_or(StoreError::NotFound)?;
    let members = members(tx, organisation, id).await?;
    Ok(Group { id, name: row.text(0), members, created_at: row.int(1) })
}

/// The groups of an organisation, oldest first.
pub async fn list(
    tx: &mut Tx,
    organisation: OrganisationKey,
    after: Option<GroupKey>,
    limit: usize,
) -> Result<(Vec<Group>, Option<GroupKey>), StoreError> {
    let sql = "SELECT id FROM workgroups WHERE organisation = $1 AND id > $2 ORDER BY id LIMIT $3";
    let rows = tx.rows(sql, &vals![organisation, after.map_or(-1, |key| key.0), limit + 1]).await?;
    let (keys, next) = page::cut(rows.iter().map(|row| GroupKey(row.int(0))).collect(), limit, |key| *key);
    let mut groups = Vec::with_capacity(keys.len());
    for key in keys {
        groups.push(get(tx, organisation, key).await?);
    }
    Ok((groups, next))
}

/// Gives the group another name.
pub async fn rename(tx: &mut Tx, organisation: OrganisationKey, id: GroupKey, name: &str) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM workgroups WHERE organisation = $1 AND name = $2 AND id <> $3";
    if tx.row(sql, &vals![organisation, name, id]).await?.is_some() {
        return Err(taken(name));
    }
    let sql = "UPDATE workgroups SET name = $3 WHERE organisation = $1 AND id = $2";
    let touched = tx.execute(sql, &vals![organisation, id, name]).await?;
    if touched == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Sets who is in the group: who is not on the list is in it no longer.
pub async fn set_members(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: GroupKey,
    members: &[UserKey],
) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM workgroups WHERE organisation = $1 AND id = $2";
    tx.row(sql, &vals![organisation, id]).await?.ok_or(StoreError::NotFound)?;
    for member in members {
        let sql = "SELECT 1 FROM users WHERE organisation = $1 AND id = $2";
        tx.row(sql, &vals![organisation, *member]).await?.ok_or_else(|| StoreError::Conflict {
            field: "members",
            code: "unknown_user",
            message: "One of the members does not exist (any more).".to_owned(),
        })?;
    }
    let sql = "DELETE FROM members WHERE organisation = $1 AND workgroup = $2";
    tx.execute(sql, &vals![organisation, id]).await?;
    let rows: Vec<_> = members.iter().map(|member| vals![organisation, id, *member].to_vec()).collect();
    let sql = "INSERT INTO members (organisation, workgroup, person) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    tx.execute_many(sql, &rows).await?;
    Ok(())
}

async fn members(tx: &mut Tx, organisation: OrganisationKey, id: GroupKey) -> Result<Vec<UserKey>, StoreError> {
    let sql = "SELECT person FROM members WHERE organisation = $1 AND workgroup = $2 ORDER BY person";
    Ok(tx.rows(sql, &vals![organisation, id]).await?.iter().map(|row| UserKey(row.int(0))).collect())
}

fn taken(name: &str) -> StoreError {
    StoreError::Conflict { field: "name", code: "name_taken", message: format!("There is already a group {name}.") }
}
