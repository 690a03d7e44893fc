//! Mail that comes and contacts that are made in the same instant must see each other, or a link, or confidentiality, is
//! missing for ever: neither sees what the other has not committed yet.

use crate::{Dialect, StoreError, Tx, vals};
use mail::OrganisationKey;

/// One number of PostgreSQL's advisory locks an organisation, apart from those used for other things.
const LOCKS: i64 = 0x636f_6e74_0000_0000;

/// Mail comes in: any number of batches at once, but not while contacts change. SQLite has one writer and needs no turn.
pub(crate) async fn of_mail(tx: &mut Tx, organisation: OrganisationKey) -> Result<(), StoreError> {
    take(tx, "SELECT pg_advisory_xact_lock_shared($1)", organisation).await
}

/// Contacts, or what belongs to them, change: after the mail that is coming in just now, and before the next. To be taken
/// before anything else is locked.
pub(crate) async fn of_contacts(tx: &mut Tx, organisation: OrganisationKey) -> Result<(), StoreError> {
    take(tx, "SELECT pg_advisory_xact_lock($1)", organisation).await
}

async fn take(tx: &mut Tx, sql: &str, organisation: OrganisationKey) -> Result<(), StoreError> {
    if tx.dialect() == Dialect::Postgres {
        tx.execute(sql, &vals![LOCKS ^ organisation.0]).await?;
    }
    Ok(())
}
