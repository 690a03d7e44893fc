//! Who may see a message, and keeping it to those who should.

use crate::{
    StoreError, Tx, Viewer, group,
    owner::{self, Party},
    user, vals,
};
use mail::{MessageKey, UserKey};

/// Makes a message private, or not private any more. Only who may see it can, and who made it private goes on seeing it.
pub async fn set_private(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    private: bool,
    now: i64,
) -> Result<(), StoreError> {
    viewer.may_see(tx, message).await?;
    let sql = "UPDATE messages SET private = $3, private_by = $4, private_reason = $5 \
         WHERE organisation = $1 AND id = $2 AND private <> $3";
    let (by, reason) = if private { (Some(viewer.user), Some("person")) } else { (None, None) };
    if tx.execute(sql, &vals![viewer.organisation, message, private, by, reason]).await? == 0 {
        return Ok(());
    }
    super::change::tell(tx, viewer, message, now).await
}

/// The active users who may see the message, so that the person who asks knows who reads along.
pub async fn who_can_see(tx: &mut Tx, viewer: &Viewer, message: MessageKey) -> Result<Vec<UserKey>, StoreError> {
    viewer.may_see(tx, message).await?;
    let sql = format!(
        "SELECT u.id FROM users u JOIN messages m ON m.organisation = u.organisation AND m.id = $2
         WHERE u.organisation = $1 AND u.active AND {} ORDER BY u.id",
        seen_by_user()
    );
    let rows = tx.rows(&sql, &vals![viewer.organisation, message]).await?;
    Ok(rows.iter().map(|row| UserKey(row.int(0))).collect())
}

/// The condition that the user of table `users u` may see the message of table `messages m`: what [`crate::viewer::visible`]
/// is for one viewer, for everybody at a time. `$1` is the organisation.
pub(crate) fn seen_by_user() -> String {
    seen("")
}

/// The same, were there not the group that this parameter names.
pub(crate) fn seen_by_user_without(group: &str) -> String {
    seen(&format!(" AND g.workgroup <> {group}"))
}

fn seen(by_which_groups: &str) -> String {
    let owns = |right: &str| {
        format!(
            "EXISTS (SELECT 1 FROM owners o WHERE o.organisation = $1 AND o.account = m.account AND o.{right}
                 AND ((NOT o.is_group AND o.person = u.id) OR (o.is_group AND EXISTS (SELECT 1 FROM members g
                     WHERE g.organisation = $1 AND g.workgroup = o.person AND g.person = u.id{by_which_groups}))))"
        )
    };
    format!("{} AND (NOT m.private OR m.private_by = u.id OR {})", owns("can_read"), owns("can_manage"))
}

/// Somebody who may see a message, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watcher {
    /// Who.
    pub user: UserKey,
    /// What they are called.
    pub name: String,
    /// They own the account themselves.
    pub owns: bool,
    /// The groups by which they own it.
    pub groups: Vec<String>,
    /// They manage the account, and so see what is private.
    pub manages: bool,
}

/// Everybody who may see the message, and why, by name.
pub async fn watchers(tx: &mut Tx, viewer: &Viewer, message: MessageKey) -> Result<Vec<Watcher>, StoreError> {
    let account = viewer.may_see(tx, message).await?;
    let owners = owner::list(tx, viewer.organisation, account).await?;
    let mut groups = Vec::new();
    for owner in &owners {
        if let Party::Group(key) = owner.party {
            groups.push((group::get(tx, viewer.organisation, key).await?, owner.rights));
        }
    }
    let mut found = Vec::new();
    for key in who_can_see(tx, viewer, message).await? {
        let user = user::get(tx, viewer.organisation, key).await?;
        let own = owners.iter().find(|owner| owner.party == Party::User(key)).map(|owner| owner.rights);
        let by = groups.iter().filter(|(group, _)| group.members.contains(&key));
        found.push(Watcher {
            user: key,
            name: user.called().to_owned(),
            owns: own.is_some_and(|rights| rights.read),
            groups: by.clone().filter(|(_, rights)| rights.read).map(|(group, _)| group.name.clone()).collect(),
            manages: own.is_some_and(|rights| rights.manage) || by.clone().any(|(_, rights)| rights.manage),
        });
    }
    found.sort_by_key(|watcher| watcher.name.to_lowercase());
    Ok(found)
}
