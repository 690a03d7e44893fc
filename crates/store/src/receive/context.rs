//! What a batch needs to know of its account, read once.

use super::{Batch, Incoming};
use crate::{StoreError, Tx, change::NewChange, vals};
use mail::{AccountKey, FolderKey, Message, MessageKey, OrganisationKey, address::fold_address};
use serde_json::json;
use std::collections::HashMap;

/// What a batch needs to know of its account.
pub(super) struct Context {
    pub(super) organisation: OrganisationKey,
    pub(super) account: AccountKey,
    pub(super) collects: bool,
    pub(super) backlog: bool,
    pub(super) now: i64,
    /// The account's own address, folded.
    pub(super) own: String,
    /// Addresses and domains that are never linked, folded.
    pub(super) never_link: Vec<String>,
    /// A single person owns the account and keeps incoming or outgoing mail confidential by default.
    pub(super) private_incoming: bool,
    pub(super) private_outgoing: bool,
    /// Mail from before this moment that is new to us comes by restoring (features M20).
    restoring_at: Option<i64>,
    generations: HashMap<FolderKey, i64>,
}

impl Context {
    pub(super) async fn load(tx: &mut Tx, batch: &Batch) -> Result<Context, StoreError> {
        let sql = "SELECT address_folded, never_link, restoring_at FROM accounts WHERE organisation = $1 AND id = $2";
        let mut row = tx.row(sql, &vals![batch.organisation, batch.account]).await?.ok_or(StoreError::NotFound)?;
        let own = row.text(0);
        let never_link: Vec<String> = serde_json::from_str(&row.text(1)).unwrap_or_default();
        let owners = tx
            .rows(
                "SELECT u.private_incoming, u.private_outgoing FROM owners o
                 LEFT JOIN users u ON u.organisation = o.organisation AND u.id = o.person
                 WHERE o.organisation = $1 AND o.account = $2",
                &vals![batch.organisation, batch.account],
            )
            .await?;
        let only = |column: usize| owners.len() == 1 && owners[0].opt_int(column) == Some(1);
        Ok(Context {
            organisation: batch.organisation,
            account: batch.account,
            collects: batch.collects,
            backlog: batch.backlog,
            now: batch.now,
            own,
            never_link: never_link.iter().map(|entry| fold_address(entry)).collect(),
            private_incoming: only(0),
            private_outgoing: only(1),
            restoring_at: row.opt_int(2).filter(|_| !batch.backlog),
            generations: HashMap::new(),
        })
    }

    /// The folder's present generation.
    pub(super) async fn generation(&mut self, tx: &mut Tx, folder: FolderKey) -> Result<i64, StoreError> {
        if let Some(generation) = self.generations.get(&folder) {
            return Ok(*generation);
        }
        let sql = "SELECT generation FROM folders WHERE organisation = $1 AND id = $2";
        let row = tx.row(sql, &vals![self.organisation, folder]).await?.ok_or(StoreError::NotFound)?;
        self.generations.insert(folder, row.int(0));
        Ok(row.int(0))
    }

    /// Another epoch than before opens a new generation; the same one changes nothing, so that a repeat is harmless.
    pub(super) async fn begin_epoch(&mut self, tx: &mut Tx, folder: FolderKey, epoch: i64) -> Result<(), StoreError> {
        tx.execute(
            "UPDATE folders SET epoch = $3, generation = generation + 1, cursor = NULL
             WHERE organisation = $1 AND id = $2 AND (epoch IS NULL OR epoch <> $3)",
            &vals![self.organisation, folder, epoch],
        )
        .await?;
        self.generations.remove(&folder);
        Ok(())
    }

    pub(super) fn is_outgoing(&self, message: &Message) -> bool {
        message.from.iter().any(|from| from.folded() == self.own)
    }

    /// An address that must not lead to a contact (features D2).
    pub(super) fn is_excluded(&self, folded: &str) -> bool {
        folded == self.own
            || self.never_link.iter().any(|entry| {
                let domain = entry.trim_start_matches('@');
                entry == folded || folded.rsplit_once('@').is_some_and(|(_, own)| own == domain)
            })
    }

    pub(super) fn received_at(&self, item: &Incoming) -> i64 {
        // A date far ahead would stand on top of every list for ever.
        let latest = self.now + 86_400_000;
        item.internal_at.or(item.message.date).filter(|at| (0..=latest).contains(at)).unwrap_or(self.now)
    }

    pub(super) fn is_restored(&self, item: &Incoming) -> bool {
        self.restoring_at.is_some_and(|moment| self.received_at(item) < moment)
    }

    pub(super) fn told(&self, kind: &'static str, message: MessageKey) -> NewChange {
        NewChange {
            kind,
            account: Some(self.account),
            message: Some(message),
            private: false,
            body: json!({ "message": message, "account": self.account }),
        }
    }
}
