//! Who may do what with an account (*eigenaren*, features M16). The only source of access to mail.

use crate::{
    StoreError, Topic, Tx,
    user::{self, User},
    vals,
    viewer::{UserRole, Viewer},
};
use mail::{AccountKey, GroupKey, OrganisationKey, UserKey};
use serde::Serialize;

/// A user, or everyone in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// One person.
    User(UserKey),
    /// A group.
    Group(GroupKey),
}

/// What an owner may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Rights {
    /// Read its mail.
    pub read: bool,
    /// Send in its name.
    pub send: bool,
    /// Change its settings, and see its private mail.
    pub manage: bool,
}

impl Rights {
    /// Every right.
    pub const ALL: Rights = Rights { read: true, send: true, manage: true };

    /// The rights by the names of the API: `read`, `send`, `manage`; `None` when one has another name.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Rights> {
        let mut rights = Rights::default();
        for name in names {
            match name {
                "read" => rights.read = true,
                "send" => rights.send = true,
                "manage" => rights.manage = true,
                _ => return None,
            }
        }
        Some(rights)
    }

    /// The names of the API.
    pub fn names(self) -> Vec<&'static str> {
        let all = [(self.read, "read"), (self.send, "send"), (self.manage, "manage")];
        all.into_iter().filter(|(granted, _)| *granted).map(|(_, name)| name).collect()
    }
}

/// An owner of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// Who.
    pub party: Party,
    /// What they may do.
    pub rights: Rights,
}

/// Sets the owners of an account: who is not on the list owns it no longer. A party named twice gets both rights.
pub async fn set(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    owners: &[Owner],
) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM accounts WHERE organisation = $1 AND id = $2";
    tx.row(sql, &vals![organisation, account]).await?.ok_or(StoreError::NotFound)?;
    for owner in owners {
        check(tx, organisation, owner.party).await?;
    }
    let sql = "DELETE FROM owners WHERE organisation = $1 AND account = $2";
    tx.execute(sql, &vals![organisation, account]).await?;
    for Owner { party, rights } in owners {
        let (person, is_group) = columns(*party);
        tx.execute(
            "INSERT INTO owners (organisation, account, person, is_group, can_read, can_send, can_manage)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (organisation, account, person) DO UPDATE SET can_read = owners.can_read OR excluded.can_read,
                 can_send = owners.can_send OR excluded.can_send,
                 can_manage = owners.can_manage OR excluded.can_manage",
            &vals![organisation, account, person, is_group, rights.read, rights.send, rights.manage],
        )
        .await?;
    }
    tx.ring(Topic::Accounts);
    Ok(())
}

/// The owners of an account.
pub async fn list(tx: &mut Tx, organisation: OrganisationKey, account: AccountKey) -> Result<Vec<Owner>, StoreError> {
    let sql = "SELECT person, is_group, can_read, can_send, can_manage FROM owners
               WHERE organisation = $1 AND account = $2 ORDER BY person";
    let rows = tx.rows(sql, &vals![organisation, account]).await?;
    Ok(rows
        .iter()
        .map(|row| Owner {
            party: if row.bool(1) { Party::Group(GroupKey(row.int(0))) } else { Party::User(UserKey(row.int(0))) },
            rights: Rights { read: row.bool(2), send: row.bool(3), manage: row.bool(4) },
        })
        .collect())
}

/// Everybody who owns the account, themselves or by a group.
pub async fn people(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
) -> Result<Vec<UserKey>, StoreError> {
    let sql = "SELECT person FROM owners WHERE organisation = $1 AND account = $2 AND NOT is_group
               UNION
               SELECT m.person FROM owners o JOIN members m ON m.organisation = o.organisation AND m.workgroup = o.person
               WHERE o.organisation = $1 AND o.account = $2 AND o.is_group";
    let rows = tx.rows(sql, &vals![organisation, account]).await?;
    Ok(rows.iter().map(|row| UserKey(row.int(0))).collect())
}

/// What the viewer may do with the account, as owner or member of owners. Administrators and mailbox managers manage
/// every account; its mail they read only as owners. `NotFound` when there is nothing they may do.
pub async fn rights(tx: &mut Tx, viewer: &Viewer, account: AccountKey) -> Result<Rights, StoreError> {
    let sql = "SELECT can_read, can_send, can_manage FROM owners WHERE organisation = $1 AND account = $3
               AND ((NOT is_group AND person = $2) OR (is_group
               AND person IN (SELECT workgroup FROM members WHERE organisation = $1 AND person = $2)))";
    let rows = tx.rows(sql, &vals![viewer.organisation, viewer.user, account]).await?;
    let mut rights = Rights { manage: viewer.role != UserRole::Member, ..Rights::default() };
    for row in &rows {
        rights.read |= row.bool(0);
        rights.send |= row.bool(1);
        rights.manage |= row.bool(2);
    }
    let sql = "SELECT 1 FROM accounts WHERE organisation = $1 AND id = $2";
    let exists = tx.row(sql, &vals![viewer.organisation, account]).await?.is_some();
    if !exists || rights == Rights::default() {
        return Err(StoreError::NotFound);
    }
    Ok(rights)
}

/// The people who are told when something is wrong with the account: everyone who manages it, once.
pub async fn managers(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
) -> Result<Vec<User>, StoreError> {
    let sql = "SELECT person FROM owners WHERE organisation = $1 AND account = $2 AND can_manage AND NOT is_group
               UNION
               SELECT m.person FROM owners o JOIN members m ON m.organisation = o.organisation AND m.workgroup = o.person
               WHERE o.organisation = $1 AND o.account = $2 AND o.can_manage AND o.is_group";
    let mut people = Vec::new();
    for row in tx.rows(sql, &vals![organisation, account]).await? {
        let found = user::get(tx, organisation, UserKey(row.int(0))).await?;
        people.extend(Some(found).filter(|user| user.active));
    }
    Ok(people)
}

fn columns(party: Party) -> (i64, bool) {
    match party {
        Party::User(user) => (user.0, false),
        Party::Group(group) => (group.0, true),
    }
}

async fn check(tx: &mut Tx, organisation: OrganisationKey, party: Party) -> Result<(), StoreError> {
    let (table, key) = match party {
        Party::User(user) => ("users", user.0),
        Party::Group(group) => ("workgroups", group.0),
    };
    let sql = format!("SELECT 1 FROM {table} WHERE organisation = $1 AND id = $2");
    let found = tx.row(&sql, &vals![organisation, key]).await?;
    found.map(|_| ()).ok_or_else(|| StoreError::Conflict {
        field: "owners",
        code: "unknown_owner",
        message: "One of the owners does not exist (any more).".to_owned(),
    })
}
