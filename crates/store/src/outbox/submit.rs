//! Handing over: from here on it is kept until it has an end.

use super::{Field, Kind, State, WaitsFor, tell};
use crate::{StoreError, Tx, Viewer, vals, viewer::SENDABLE};
use mail::{AccountKey, ConversationKey, DossierKey, MessageKey, OrganisationKey, OutboxKey, UserKey};
use serde_json::Value;

/// A message handed over as final. Its bytes are in the blob store already.
#[derive(Debug, Clone)]
pub struct NewSubmission {
    /// Its key, made by the caller.
    pub id: OutboxKey,
    /// By which account it leaves.
    pub account: AccountKey,
    /// Who wrote it; `None`: the installation.
    pub created_by: Option<UserKey>,
    /// Which decides what happens when it stays uncertain.
    pub kind: Kind,
    /// Our Message-ID, without angle brackets.
    pub message_id: String,
    /// The digest of the frozen bytes.
    pub digest: Vec<u8>,
    /// How many they are.
    pub size: i64,
    /// The envelope's sender; empty for an automatic reply (RFC 3834 §3.3).
    pub return_path: String,
    /// The subject, to be shown.
    pub subject: String,
    /// `{from, to, cc, bcc}` as the author sees them.
    pub people: Value,
    /// The envelope's recipients, each once.
    pub recipients: Vec<(String, Field)>,
    /// The conversation that it belongs to.
    pub conversation: Option<ConversationKey>,
    /// The message that it answers.
    pub reply_to_message: Option<MessageKey>,
    /// The dossier that it belongs to.
    pub dossier: Option<DossierKey>,
    /// Not to be sent before this moment; a moment in the past means now.
    pub not_before_at: i64,
    /// Kept until a person lets it go.
    pub is_held: bool,
}

/// Whether the viewer may send by the account and it is still as it was at this version.
pub async fn may_submit(tx: &mut Tx, viewer: &Viewer, account: AccountKey, version: i64) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT 1 FROM accounts WHERE organisation = $1 AND id = $3 AND version = $4 AND active AND id IN {SENDABLE}"
    );
    Ok(tx.row(&sql, &vals![viewer.organisation, viewer.user, account, version]).await?.is_some())
}

/// Puts a submission and its recipients into the outbox. Called in one unit of work with what makes the request
/// repeatable (`idempotency`), both are there or neither.
pub async fn submit(
    tx: &mut Tx,
    organisation: OrganisationKey,
    new: &NewSubmission,
    now: i64,
) -> Result<(), StoreError> {
    let state = if new.is_held { State::Held } else { State::Waiting };
    let waits_for = (new.not_before_at > now).then(|| WaitsFor::Time.as_str());
    tx.execute(
        "INSERT INTO outbox (organisation, id, account, created_by, kind, state, on_wire, not_before_at, waits_for,
             message_id, digest, size, return_path, subject, people, conversation, reply_to_message, dossier, fence,
             tries, reconcile_tries, sent_copy, sent_copy_tries, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, FALSE, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, 0, 0, 'none', 0,
             $18, $18)",
        &vals![
            organisation,
            new.id,
            new.account,
            new.created_by,
            new.kind.as_str(),
            state.as_str(),
            new.not_before_at.max(now),
            waits_for,
            &new.message_id,
            &new.digest,
            new.size,
            &new.return_path,
            &new.subject,
            new.people.to_string(),
            new.conversation,
            new.reply_to_message,
            new.dossier,
            now,
        ],
    )
    .await?;
    let rows: Vec<_> = new
        .recipients
        .iter()
        .enumerate()
        .map(|(n, (address, field))| vals![organisation, new.id, n, address, field.as_str(), now].to_vec())
        .collect();
    tx.execute_many(
        "INSERT INTO outbox_recipients (organisation, submission, n, address, field, state, on_wire, updated_at)
         VALUES ($1, $2, $3, $4, $5, 'waiting', FALSE, $6)",
        &rows,
    )
    .await?;
    tell(tx, organisation, new.account, new.id, state, now).await
}
