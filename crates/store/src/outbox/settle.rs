//! Settling what may have been sent: by looking where it would be, or by asking a person (reliability.md, rules 17 to 22).

use super::{Kind, State, WaitsFor, lock, move_recipients, states, tell};
use crate::{Dialect, StoreError, Topic, Tx, vals, viewer::Viewer};
use mail::{AccountKey, OrganisationKey, OutboxKey};

/// A submission that may have been sent, to be looked for.
#[derive(Debug, Clone)]
pub struct Doubt {
    /// Whose.
    pub organisation: OrganisationKey,
    /// Which.
    pub id: OutboxKey,
    /// By which account it left, if it did.
    pub account: AccountKey,
    /// Who wrote it.
    pub kind: Kind,
    /// What to look for.
    pub message_id: String,
    /// How often we looked already.
    pub reconcile_tries: i64,
    /// When the try began whose answer was lost.
    pub began_at: i64,
}

/// What settles the doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// It was found: it was sent.
    Found {
        /// Where, in words.
        words: String,
        /// It lies in the sent folder, so that no copy is needed there.
        is_copy_there: bool,
    },
    /// It is proven that it was not sent, or a person wants it sent anyway: the same message, with the same Message-ID.
    Resend,
    /// It stays as it is and nobody looks any more.
    Leave,
}

/// The submissions to be looked for now. Each is ours until `until`, then it is due again.
pub async fn reconcile_due(tx: &mut Tx, now: i64, limit: usize, until: i64) -> Result<Vec<Doubt>, StoreError> {
    let skip = if tx.dialect() == Dialect::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE outbox SET not_before_at = $3
         WHERE state = 'uncertain' AND (organisation, id) IN (
             SELECT organisation, id FROM outbox
             WHERE state = 'uncertain' AND waits_for IS NULL AND not_before_at <= $1
             ORDER BY not_before_at LIMIT $2 {skip})
         RETURNING organisation, id, account, kind, message_id, reconcile_tries, COALESCE(
             (SELECT MAX(t.began_at) FROM attempts t
              WHERE t.organisation = outbox.organisation AND t.submission = outbox.id), updated_at)"
    );
    let rows = tx.rows(&sql, &vals![now, limit, until]).await?;
    Ok(rows
        .into_iter()
        .map(|mut row| Doubt {
            organisation: OrganisationKey(row.int(0)),
            id: OutboxKey(row.int(1)),
            account: AccountKey(row.int(2)),
            kind: Kind::from_name(&row.text(3)),
            message_id: row.text(4),
            reconcile_tries: row.int(5),
            began_at: row.int(6),
        })
        .collect())
}

/// It was not found: look again at `next_at`, or never, and then a person decides.
pub async fn reconcile_later(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: OutboxKey,
    next_at: Option<i64>,
    now: i64,
) -> Result<(), StoreError> {
    let waits_for = next_at.is_none().then(|| WaitsFor::Person.as_str());
    let sql = "UPDATE outbox SET reconcile_tries = reconcile_tries + 1, not_before_at = $3, waits_for = $4,
                   updated_at = $5 WHERE organisation = $1 AND id = $2 AND state = 'uncertain'";
    tx.execute(sql, &vals![organisation, id, next_at.unwrap_or(now), waits_for, now]).await?;
    tx.ring(Topic::Outbox);
    Ok(())
}

/// Settles the doubt and says where the submission stands now. What is not uncertain (any more) stays as it is.
pub async fn resolve_uncertain(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: OutboxKey,
    resolution: &Resolution,
    now: i64,
) -> Result<State, StoreError> {
    let before = lock(tx, organisation, id).await?;
    if before.state != State::Uncertain {
        return Ok(before.state);
    }
    let (words, waits_for, copy) = match resolution {
        Resolution::Found { words, is_copy_there } => {
            move_recipients(tx, organisation, id, State::Uncertain, State::Accepted, Some(words), now).await?;
            (Some(words.as_str()), None, Some(if *is_copy_there { "done" } else { "due" }))
        }
        Resolution::Resend => {
            move_recipients(tx, organisation, id, State::Uncertain, State::Waiting, None, now).await?;
            (None, None, None)
        }
        Resolution::Leave => (None, Some(WaitsFor::Nothing.as_str()), None),
    };
    let state = State::of_all(&states(tx, organisation, id).await?);
    let sql =
        "UPDATE outbox SET state = $3, not_before_at = $4, waits_for = $5, server_said = COALESCE($6, server_said),
                   sent_copy = CASE WHEN sent_copy = 'done' THEN 'done' ELSE COALESCE($7, sent_copy) END,
                   sent_copy_at = $4, updated_at = $4
               WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, id, state.as_str(), now, waits_for, words, copy]).await?;
    if state != before.state {
        tell(tx, organisation, before.account, id, state, now).await?;
    }
    tx.ring(Topic::Outbox);
    Ok(state)
}

/// A person settles the doubt. Asks for the right to send by the account.
pub async fn decide(
    tx: &mut Tx,
    viewer: &Viewer,
    id: OutboxKey,
    resolution: &Resolution,
    now: i64,
) -> Result<State, StoreError> {
    let row = lock(tx, viewer.organisation, id).await?;
    viewer.may_send(tx, row.account).await?;
    if row.state != State::Uncertain {
        return Err(StoreError::Conflict {
            field: "state",
            code: "not_uncertain",
            message: "There is no doubt about this message (any more).".to_owned(),
        });
    }
    resolve_uncertain(tx, viewer.organisation, id, resolution, now).await
}
