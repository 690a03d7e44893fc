//! Dossiers: everyone in the organisation knows them and may change them; knowing one opens no mail.

use crate::{
    MailRoom,
    doer::{Doer, given},
    words::{Checks, Refusal},
};
use mail::{ContactKey, DossierKey};
use store::{
    Viewer,
    dossier::{self, Dossier, DossierPatch, NewDossier},
    external::External,
};

/// Makes a dossier and puts the mail of its contacts in it.
pub async fn create(room: &MailRoom, viewer: &Viewer, mut new: NewDossier) -> Result<Dossier, Refusal> {
    new.name = new.name.trim().to_owned();
    new.kind = new.kind.trim().to_owned();
    check(&DossierPatch {
        name: Some(new.name.clone()),
        kind: Some(new.kind.clone()),
        contacts: Some(new.contacts.clone()),
        external: Some(new.external.clone()),
    })?;
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let made = dossier::create(tx, doer.organisation(), DossierKey(doer.key()), &new, doer.now).await?;
            doer.did(tx, "dossier.made", made.id, "").await?;
            Ok(made)
        })
    });
    Ok(write.await?)
}

/// Changes a dossier. The mail of new contacts comes in, and mail that was here only by one that is gone leaves.
pub async fn change(
    room: &MailRoom,
    viewer: &Viewer,
    key: DossierKey,
    patch: DossierPatch,
) -> Result<Dossier, Refusal> {
    let patch = trimmed(patch);
    check(&patch)?;
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let saved = dossier::update(tx, doer.organisation(), key, &patch, doer.now).await?;
            doer.did(tx, "dossier.changed", key, fields(&patch)).await?;
            Ok(saved)
        })
    });
    Ok(write.await?)
}

/// Makes the dossier that the business software calls so, or changes it; says whether it is new. What was so already leaves
/// no line in the audit log: the business software sends everything every night.
pub async fn put(
    room: &MailRoom,
    viewer: &Viewer,
    external: External,
    patch: DossierPatch,
) -> Result<(Dossier, bool), Refusal> {
    let mut patch = trimmed(patch);
    patch.name.get_or_insert_default();
    check(&DossierPatch { external: Some(Some(external.clone())), ..patch.clone() })?;
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let (id, fields) = (DossierKey(doer.key()), fields(&patch));
            let before = match dossier::by_external(tx, doer.organisation(), &external).await? {
                Some(known) => Some(dossier::get(tx, doer.organisation(), known).await?),
                None => None,
            };
            let (saved, is_new) = dossier::upsert(tx, doer.organisation(), id, external, patch, doer.now).await?;
            let is_same = before.is_some_and(|before| Dossier { updated_at: saved.updated_at, ..before } == saved);
            if !is_same {
                let action = if is_new { "dossier.made" } else { "dossier.changed" };
                doer.did(tx, action, saved.id, fields).await?;
            }
            Ok((saved, is_new))
        })
    });
    Ok(write.await?)
}

/// Lets a contact's mail come in.
pub async fn join(room: &MailRoom, viewer: &Viewer, key: DossierKey, contact: ContactKey) -> Result<(), Refusal> {
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            dossier::join(tx, doer.organisation(), key, contact, doer.now).await?;
            doer.did(tx, "dossier.changed", key, "contacts").await
        })
    });
    Ok(write.await?)
}

/// Takes a contact out. Mail that was here only by it leaves.
pub async fn leave(room: &MailRoom, viewer: &Viewer, key: DossierKey, contact: ContactKey) -> Result<(), Refusal> {
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            dossier::leave(tx, doer.organisation(), key, contact, doer.now).await?;
            doer.did(tx, "dossier.changed", key, "contacts").await
        })
    });
    Ok(write.await?)
}

fn check(patch: &DossierPatch) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.named(patch.name.as_deref(), patch.kind.as_deref());
    checks.list("contacts", patch.contacts.as_deref().unwrap_or_default());
    checks.external(patch.external.as_ref().and_then(Option::as_ref));
    checks.done()
}

fn trimmed(mut patch: DossierPatch) -> DossierPatch {
    patch.name = patch.name.map(|name| name.trim().to_owned());
    patch.kind = patch.kind.map(|kind| kind.trim().to_owned());
    patch
}

fn fields(patch: &DossierPatch) -> String {
    given(&[
        ("name", patch.name.is_some()),
        ("kind", patch.kind.is_some()),
        ("contacts", patch.contacts.is_some()),
        ("external", patch.external.is_some()),
    ])
}
