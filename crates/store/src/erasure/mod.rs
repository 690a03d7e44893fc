//! Erasing a person (GDPR, article 17): what is kept about a contact, or about a user who left, goes; what must not come
//! back unasked leaves a digest. The rule stands in docs/personal-data.md.
//!
//! What is about the person goes in one unit of work. Mail goes after that, some at a time ([`go_on`]), and in the end what
//! the database freed is written anew, so that nothing is left in its pages, its log or its index either.

mod contact;
pub mod ledger;
mod letters;
mod mark;
mod purge;
mod trace;
mod user;

pub use contact::of_contact;
pub use mark::{Marks, allow_again, refused};
pub(crate) use mark::{are_erased, mark_of_mail};
pub(crate) use purge::delete_again;
pub use purge::{clean, go_on};
pub use user::of_user;

use crate::{Row, StoreError, Tx, vals, viewer::Viewer};
use mail::{OrganisationKey, UserKey};

/// Who asks for an erasure, and what it needs.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Its key, made by the caller.
    pub id: i64,
    /// Who asks.
    pub viewer: &'a Viewer,
    /// What marks are made with.
    pub marks: &'a Marks,
    /// Milliseconds since 1970.
    pub now: i64,
}

/// An erasure, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its key.
    pub id: i64,
    /// The key that the contact or user had.
    pub subject: String,
    /// Who asked for it.
    pub asked_by: UserKey,
    /// When, in milliseconds since 1970.
    pub asked_at: i64,
    /// Messages that go with the person, each counted once, in however many mailboxes it is.
    pub messages: u64,
    /// Of those, how many are still here.
    pub left: u64,
    /// When nothing was left of it any more, in milliseconds since 1970.
    pub cleaned_at: Option<i64>,
}

const COLUMNS: &str = "e.id, e.subject, e.asked_by, e.asked_at, e.messages, e.cleaned_at,
    (SELECT COUNT(*) FROM erasing g WHERE g.organisation = e.organisation AND g.erasure = e.id AND g.is_mail)";

/// The erasures of an organisation, newest first.
pub async fn list(tx: &mut Tx, organisation: OrganisationKey, limit: usize) -> Result<Vec<Erasure>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM erasures e WHERE e.organisation = $1 ORDER BY e.id DESC LIMIT $2");
    Ok(tx.rows(&sql, &vals![organisation, limit]).await?.into_iter().map(read).collect())
}

/// The newest erasure of what had this key (`cnt_...`, `usr_...`); `NotFound` when there was none.
pub async fn of_subject(tx: &mut Tx, organisation: OrganisationKey, subject: &str) -> Result<Erasure, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM erasures e WHERE e.organisation = $1 AND e.subject = $2 ORDER BY e.id DESC LIMIT 1"
    );
    let row = tx.row(&sql, &vals![organisation, subject]).await?;
    row.map(read).ok_or(StoreError::NotFound)
}

fn read(mut row: Row) -> Erasure {
    Erasure {
        id: row.int(0),
        subject: row.text(1),
        asked_by: UserKey(row.int(2)),
        asked_at: row.int(3),
        messages: row.int(4).unsigned_abs(),
        cleaned_at: row.opt_int(5),
        left: row.int(6).unsigned_abs(),
    }
}

impl Asked<'_> {
    /// Writes the erasure down: what must not come back, and what is still to go.
    async fn begin(
        &self,
        tx: &mut Tx,
        subject: &str,
        (marks, mail): (&[[u8; 32]], &[[u8; 32]]),
        with_mail: bool,
    ) -> Result<Erasure, StoreError> {
        let organisation = self.viewer.organisation;
        let sql = "INSERT INTO erasures (organisation, id, subject, asked_by, asked_at, with_mail, messages)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = vals![organisation, self.id, subject, self.viewer.user, self.now, with_mail, mail.len()];
        tx.execute(sql, &values).await?;
        let of_mail: Vec<_> = mail.iter().map(mark_of_mail).collect();
        let rows: Vec<_> = marks
            .iter()
            .map(|mark| (mark, false))
            .chain(of_mail.iter().map(|mark| (mark, true)))
            .map(|(mark, is_mail)| vals![organisation, mark, is_mail, self.now].to_vec())
            .collect();
        let sql = "INSERT INTO erased (organisation, mark, is_mail, erased_at) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (organisation, mark) DO UPDATE SET erased_at = excluded.erased_at";
        tx.execute_many(sql, &rows).await?;
        self.more_to_go(tx, mail, true).await?;
        of_subject(tx, organisation, subject).await
    }

    /// These bytes go too: those of mail with what names them, others unless something needs them.
    async fn more_to_go(&self, tx: &mut Tx, digests: &[[u8; 32]], is_mail: bool) -> Result<(), StoreError> {
        let organisation = self.viewer.organisation;
        let rows: Vec<_> =
            digests.iter().map(|digest| vals![organisation, digest, is_mail, self.id].to_vec()).collect();
        let sql = "INSERT INTO erasing (organisation, digest, is_mail, erasure) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (organisation, digest) DO UPDATE SET is_mail = erasing.is_mail OR excluded.is_mail";
        tx.execute_many(sql, &rows).await?;
        Ok(())
    }
}
