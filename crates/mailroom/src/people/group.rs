//! Groups (*werkgroepen*). Being in one opens the accounts that it owns, so only an administrator makes and changes them.

use crate::{
    MailRoom,
    doer::{Doer, given},
    words::{Checks, Refusal},
};
use mail::{GroupKey, UserKey};
use store::{
    Viewer, conversation,
    group::{self, Group, Hanging},
};

/// What changes about a group; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct GroupPatch {
    /// Its name.
    pub name: Option<String>,
    /// Everyone who is in it.
    pub members: Option<Vec<UserKey>>,
}

/// Makes a group.
pub async fn create(room: &MailRoom, viewer: &Viewer, name: &str, members: Vec<UserKey>) -> Result<Group, Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let name = name.trim().to_owned();
    check(Some(&name))?;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let id = GroupKey(doer.key());
            let made = group::create(tx, doer.organisation(), id, &name, &members, doer.now).await?;
            doer.did(tx, "group.made", id, "").await?;
            Ok(made)
        })
    });
    Ok(write.await?)
}

/// Changes a group. What is assigned to somebody who leaves it, and sees it no longer, is nobody's again.
pub async fn change(room: &MailRoom, viewer: &Viewer, key: GroupKey, patch: GroupPatch) -> Result<Group, Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let name = patch.name.map(|name| name.trim().to_owned());
    check(name.as_deref())?;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let organisation = doer.organisation();
            let before = group::get(tx, organisation, key).await?.members;
            if let Some(name) = &name {
                group::rename(tx, organisation, key, name).await?;
            }
            if let Some(members) = &patch.members {
                group::set_members(tx, organisation, key, members).await?;
                conversation::release(tx, &doer.viewer, &before, doer.now).await?;
            }
            let fields = given(&[("name", name.is_some()), ("members", patch.members.is_some())]);
            doer.did(tx, "group.changed", key, fields).await?;
            group::get(tx, organisation, key).await
        })
    });
    Ok(write.await?)
}

/// What hangs on a group: to be read before it is removed.
pub async fn hanging(room: &MailRoom, viewer: &Viewer, key: GroupKey) -> Result<Hanging, Refusal> {
    let organisation = Doer::administrator(room, viewer)?.organisation();
    let read = room.store.db.read(move |tx| Box::pin(async move { group::hanging(tx, organisation, key).await }));
    Ok(read.await?)
}

/// Removes a group. Its members lose what it gave them, nothing else goes: the mail stays with the other owners, and what
/// was assigned to somebody who sees it no longer is nobody's again. `Conflict` while a mailbox would be left without an
/// owner who manages it.
pub async fn remove(room: &MailRoom, viewer: &Viewer, key: GroupKey) -> Result<(), Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            group::remove(tx, &doer.viewer, key, doer.now).await?;
            doer.did(tx, "group.removed", key, "").await
        })
    });
    Ok(write.await?)
}

fn check(name: Option<&str>) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    if let Some(name) = name {
        checks.line("name", name, 200);
    }
    checks.done()
}
