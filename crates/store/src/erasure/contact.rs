//! Erasing somebody that the organisation writes with.

use super::{Asked, Erasure, letters, trace};
use crate::{StoreError, Tx, contact, vals};
use mail::{ContactKey, address::fold_address};
use std::collections::BTreeSet;

/// Erases the contact: the row, the addresses, the links, and what names them elsewhere. With `with_mail` also what they
/// wrote and what was between them and the organisation alone, in every mailbox, here and on its server; the caller goes on
/// with [`super::go_on`]. `Conflict` while mail to them waits. Mail that was private because of them stays private.
pub async fn of_contact(
    tx: &mut Tx,
    asked: &Asked<'_>,
    id: ContactKey,
    with_mail: bool,
) -> Result<Erasure, StoreError> {
    let organisation = asked.viewer.organisation;
    contact::turn::of_contacts(tx, organisation).await?;
    let found = contact::get(tx, organisation, id).await?;
    let addresses: Vec<String> = found.addresses.iter().map(|address| fold_address(address.trim())).collect();
    trace::nothing_waits_for(tx, organisation, &addresses).await?;
    let mut marks: Vec<_> = addresses.iter().map(|address| asked.marks.address(address)).collect();
    marks.extend(found.external.as_ref().map(|external| asked.marks.external(external)));
    let mut mail = BTreeSet::new();
    if with_mail {
        mail = letters::with_only(tx, organisation, &addresses).await?;
        mail.extend(letters::sent_to_only(tx, organisation, &addresses).await?);
    }
    let mail: Vec<_> = mail.into_iter().collect();
    asked.begin(tx, &id.to_string(), (&marks, &mail), with_mail).await?;
    trace::leave_drafts(tx, asked, &addresses).await?;
    for sql in [
        "DELETE FROM links WHERE organisation = $1 AND target = $2",
        "DELETE FROM dossier_contacts WHERE organisation = $1 AND contact = $2",
        "DELETE FROM contact_addresses WHERE organisation = $1 AND contact = $2",
        "DELETE FROM contacts WHERE organisation = $1 AND id = $2",
    ] {
        tx.execute(sql, &vals![organisation, id]).await?;
    }
    let mut names = addresses;
    names.push(id.to_string());
    trace::forget(tx, organisation, &names).await?;
    super::of_subject(tx, organisation, &id.to_string()).await
}
