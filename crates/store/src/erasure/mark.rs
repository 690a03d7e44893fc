//! What is left of what was erased: digests by which it is known again when it comes back, and by which nobody learns what
//! it was. An address can be guessed, so that its digest needs a key; the bytes of a mail can't.

use crate::{StoreError, Tx, external::External, secret::Keyring, vals};
use mail::{OrganisationKey, address::fold_address};

/// Makes the marks of one organisation.
#[derive(Clone)]
pub struct Marks([u8; 32]);

impl std::fmt::Debug for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Marks(not shown)")
    }
}

impl Marks {
    /// With the organisation's own key, which never changes: a dump of the database does not hold it in the clear.
    pub async fn of(tx: &mut Tx, keys: &Keyring, organisation: OrganisationKey) -> Result<Marks, StoreError> {
        let key = keys.message_id_key(tx, organisation).await?;
        Ok(Marks(blake3::derive_key("Postkamer 2026 marks of what was erased", key.as_slice())))
    }

    /// Of an address, however it is written.
    pub fn address(&self, address: &str) -> [u8; 32] {
        self.mark(&["address", &fold_address(address.trim())])
    }

    /// Of what the business software calls a contact.
    pub fn external(&self, external: &External) -> [u8; 32] {
        self.mark(&["external", &external.source, &external.id])
    }

    fn mark(&self, parts: &[&str]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in parts {
            // Each with its length, so that `ab`, `c` is not `a`, `bc`.
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

/// Of a mail, by the digest of its bytes.
pub(crate) fn mark_of_mail(digest: &[u8; 32]) -> [u8; 32] {
    blake3::derive_key("Postkamer 2026 mail that was erased", digest)
}

/// Which of these mails were erased.
pub(crate) async fn are_erased(
    tx: &mut Tx,
    organisation: OrganisationKey,
    digests: &[[u8; 32]],
) -> Result<Vec<bool>, StoreError> {
    // Nearly always there is none, and one short question says so.
    let any = "SELECT 1 FROM erased WHERE organisation = $1 AND is_mail LIMIT 1";
    if digests.is_empty() || tx.row(any, &vals![organisation]).await?.is_none() {
        return Ok(vec![false; digests.len()]);
    }
    let lists: Vec<_> = digests.iter().map(|digest| vals![organisation, mark_of_mail(digest)].to_vec()).collect();
    let sql = "SELECT 1 FROM erased WHERE organisation = $1 AND mark = $2";
    Ok(tx.rows_many(sql, &lists).await?.iter().map(|rows| !rows.is_empty()).collect())
}

/// `Conflict` when one of these was erased: who asks must say that the person comes again ([`allow_again`]).
pub async fn refused(
    tx: &mut Tx,
    organisation: OrganisationKey,
    marks: &[[u8; 32]],
    field: &'static str,
) -> Result<(), StoreError> {
    let lists: Vec<_> = marks.iter().map(|mark| vals![organisation, mark].to_vec()).collect();
    let sql = "SELECT 1 FROM erased WHERE organisation = $1 AND mark = $2";
    if tx.rows_many(sql, &lists).await?.iter().all(Vec::is_empty) {
        return Ok(());
    }
    Err(StoreError::Conflict {
        field,
        code: "erased",
        message: "This person was erased. An administrator can let them come again.".to_owned(),
    })
}

/// The person comes again: nobody is told any more that they were erased. Mail that was erased stays so.
pub async fn allow_again(tx: &mut Tx, organisation: OrganisationKey, marks: &[[u8; 32]]) -> Result<(), StoreError> {
    let lists: Vec<_> = marks.iter().map(|mark| vals![organisation, mark].to_vec()).collect();
    let sql = "DELETE FROM erased WHERE organisation = $1 AND mark = $2 AND NOT is_mail";
    tx.execute_many(sql, &lists).await?;
    Ok(())
}
