//! Contacts: everyone in the organisation knows them and may change them; only an administrator hides one.

use super::erasure::may_come;
use crate::{
    MailRoom,
    doer::{Doer, given},
    words::{Checks, Refusal, field},
};
use mail::ContactKey;
use store::{
    UserRole, Viewer,
    contact::{self, Contact, ContactPatch, NewContact},
    external::External,
};

/// Makes a contact; mail that is there already is linked to it.
pub async fn create(room: &MailRoom, viewer: &Viewer, mut new: NewContact) -> Result<Contact, Refusal> {
    new.name = new.name.trim().to_owned();
    new.kind = new.kind.trim().to_owned();
    check(
        viewer,
        &ContactPatch {
            name: Some(new.name.clone()),
            kind: Some(new.kind.clone()),
            addresses: Some(new.addresses.clone()),
            hidden: new.hidden.then_some(true),
            external: Some(new.external.clone()),
        },
    )?;
    let (doer, keys) = (Doer::new(room, viewer), room.store.keys.clone());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let comes = (&*new.addresses, new.external.as_ref());
            may_come(tx, &keys, doer.organisation(), None, comes).await?;
            let made = contact::create(tx, doer.organisation(), ContactKey(doer.key()), &new, doer.now).await?;
            doer.did(tx, "contact.made", made.id, if made.hidden { "hidden" } else { "" }).await?;
            Ok(made)
        })
    });
    Ok(write.await?)
}

/// Changes a contact. New addresses find their mail, and mail that was here only by one that is gone leaves.
pub async fn change(
    room: &MailRoom,
    viewer: &Viewer,
    key: ContactKey,
    patch: ContactPatch,
) -> Result<Contact, Refusal> {
    let patch = trimmed(patch);
    check(viewer, &patch)?;
    let (doer, keys) = (Doer::new(room, viewer), room.store.keys.clone());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let before = contact::get(tx, doer.organisation(), key).await?;
            let external = patch.external.as_ref().and_then(Option::as_ref);
            let comes = (patch.addresses.as_deref().unwrap_or_default(), external);
            may_come(tx, &keys, doer.organisation(), Some(&before), comes).await?;
            let saved = contact::update(tx, doer.organisation(), key, &patch, doer.now).await?;
            doer.did(tx, "contact.changed", key, fields(&patch)).await?;
            Ok(saved)
        })
    });
    Ok(write.await?)
}

/// Makes the contact that the business software calls so, or changes it; says whether it is new. What was so already leaves
/// no line in the audit log: the business software sends everything every night.
pub async fn put(
    room: &MailRoom,
    viewer: &Viewer,
    external: External,
    patch: ContactPatch,
) -> Result<(Contact, bool), Refusal> {
    let mut patch = trimmed(patch);
    patch.name.get_or_insert_default();
    check(viewer, &ContactPatch { external: Some(Some(external.clone())), ..patch.clone() })?;
    let (doer, keys) = (Doer::new(room, viewer), room.store.keys.clone());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let (id, fields) = (ContactKey(doer.key()), fields(&patch));
            let before = match contact::by_external(tx, doer.organisation(), &external).await? {
                Some(known) => Some(contact::get(tx, doer.organisation(), known).await?),
                None => None,
            };
            let comes = (patch.addresses.as_deref().unwrap_or_default(), Some(&external));
            may_come(tx, &keys, doer.organisation(), before.as_ref(), comes).await?;
            let (saved, is_new) = contact::upsert(tx, doer.organisation(), id, external, patch, doer.now).await?;
            let is_same = before.is_some_and(|before| Contact { updated_at: saved.updated_at, ..before } == saved);
            if !is_same {
                let action = if is_new { "contact.made" } else { "contact.changed" };
                doer.did(tx, action, saved.id, fields).await?;
            }
            Ok((saved, is_new))
        })
    });
    Ok(write.await?)
}

fn check(viewer: &Viewer, patch: &ContactPatch) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.named(patch.name.as_deref(), patch.kind.as_deref());
    checks.addresses("addresses", patch.addresses.as_deref().unwrap_or_default());
    checks.external(patch.external.as_ref().and_then(Option::as_ref));
    checks.done()?;
    if patch.hidden.is_some() && viewer.role != UserRole::Administrator {
        return Err(Refusal::forbidden("hidden", field::HIDDEN_BY_ADMINISTRATOR));
    }
    Ok(())
}

fn trimmed(mut patch: ContactPatch) -> ContactPatch {
    patch.name = patch.name.map(|name| name.trim().to_owned());
    patch.kind = patch.kind.map(|kind| kind.trim().to_owned());
    patch
}

fn fields(patch: &ContactPatch) -> String {
    given(&[
        ("name", patch.name.is_some()),
        ("addresses", patch.addresses.is_some()),
        ("kind", patch.kind.is_some()),
        ("hidden", patch.hidden.is_some()),
        ("external", patch.external.is_some()),
    ])
}
