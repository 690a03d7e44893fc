//! Making and changing dossiers. The mail of their contacts follows in the same unit of work.

use super::{Dossier, DossierPatch, NewDossier, get, read::by_external};
use crate::{
    StoreError, Tx,
    contact::{
        relink::{self, Job},
        turn,
    },
    external::{self, External, NewRow, Thing},
    link, vals,
};
use mail::{ContactKey, DossierKey, OrganisationKey};

/// Makes a dossier and puts the mail of its contacts in it.
pub async fn create(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: DossierKey,
    new: &NewDossier,
    now: i64,
) -> Result<Dossier, StoreError> {
    turn::of_contacts(tx, organisation).await?;
    let row =
        NewRow { thing: Thing::Dossier, id: id.0, name: &new.name, kind: &new.kind, external: new.external.as_ref() };
    external::insert(tx, organisation, row, now).await?;
    set_contacts(tx, organisation, id, &new.contacts, now).await?;
    get(tx, organisation, id).await
}

/// Changes a dossier.
pub async fn update(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: DossierKey,
    patch: &DossierPatch,
    now: i64,
) -> Result<Dossier, StoreError> {
    turn::of_contacts(tx, organisation).await?;
    let before = get(tx, organisation, id).await?;
    let row = NewRow {
        thing: Thing::Dossier,
        id: id.0,
        name: patch.name.as_ref().unwrap_or(&before.name),
        kind: patch.kind.as_ref().unwrap_or(&before.kind),
        external: patch.external.as_ref().unwrap_or(&before.external).as_ref(),
    };
    external::update(tx, organisation, row, now).await?;
    if let Some(contacts) = &patch.contacts {
        set_contacts(tx, organisation, id, contacts, now).await?;
    }
    get(tx, organisation, id).await
}

/// Makes the dossier that the business software calls so, or changes it. `id` is used when it is new; says whether it
/// was.
pub async fn upsert(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: DossierKey,
    external: External,
    patch: DossierPatch,
    now: i64,
) -> Result<(Dossier, bool), StoreError> {
    if let Some(known) = by_external(tx, organisation, &external).await? {
        return Ok((update(tx, organisation, known, &patch, now).await?, false));
    }
    let new = NewDossier {
        name: patch.name.unwrap_or_default(),
        kind: patch.kind.unwrap_or_default(),
        contacts: patch.contacts.unwrap_or_default(),
        external: Some(external),
    };
    Ok((create(tx, organisation, id, &new, now).await?, true))
}

/// Lets a contact's mail come in, beside whoever else is in the dossier.
pub async fn join(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: DossierKey,
    contact: ContactKey,
    now: i64,
) -> Result<(), StoreError> {
    alter(tx, organisation, id, now, |contacts| contacts.push(contact)).await
}

/// Takes a contact out. Mail that was here only by it leaves.
pub async fn leave(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: DossierKey,
    contact: ContactKey,
    now: i64,
) -> Result<(), StoreError> {
    alter(tx, organisation, id, now, |contacts| contacts.retain(|kept| *kept != contact)).await
}

async fn alter(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: DossierKey,
    now: i64,
    change: impl FnOnce(&mut Vec<ContactKey>) + Send,
) -> Result<(), StoreError> {
    turn::of_contacts(tx, organisation).await?;
    let mut contacts = get(tx, organisation, id).await?.contacts;
    change(&mut contacts);
    set_contacts(tx, organisation, id, &contacts, now).await
}

/// Sets the contacts: the mail of new ones comes in, mail that was here only by one that is gone leaves.
async fn set_contacts(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: DossierKey,
    contacts: &[ContactKey],
    now: i64,
) -> Result<(), StoreError> {
    for contact in contacts {
        let sql = "SELECT 1 FROM contacts WHERE organisation = $1 AND id = $2";
        tx.row(sql, &vals![organisation, *contact]).await?.ok_or_else(|| StoreError::Conflict {
            field: "contacts",
            code: "unknown_contact",
            message: "One of the contacts does not exist (any more).".to_owned(),
        })?;
    }
    let sql = "SELECT contact FROM dossier_contacts WHERE organisation = $1 AND dossier = $2";
    let had: Vec<i64> = tx.rows(sql, &vals![organisation, id]).await?.iter().map(|row| row.int(0)).collect();
    for contact in had.iter().map(|key| ContactKey(*key)).filter(|contact| !contacts.contains(contact)) {
        let sql = "DELETE FROM dossier_contacts WHERE organisation = $1 AND dossier = $2 AND contact = $3";
        tx.execute(sql, &vals![organisation, id, contact]).await?;
        link::forget_member(tx, organisation, id, contact).await?;
    }
    for contact in contacts.iter().filter(|contact| !had.contains(&contact.0)) {
        let sql = "INSERT INTO dossier_contacts (organisation, dossier, contact) VALUES ($1, $2, $3)
                   ON CONFLICT DO NOTHING";
        tx.execute(sql, &vals![organisation, id, *contact]).await?;
        let job = Job::Dossier { dossier: id, contact: *contact, before: i64::MAX };
        relink::begin(tx, organisation, job, now).await?;
    }
    Ok(())
}
