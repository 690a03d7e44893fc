//! What a try came to.

use super::{FIRST_LOOK, State, WaitsFor, states, tell};
use crate::{StoreError, Topic, Tx, vals};
use mail::{AccountKey, OrganisationKey, OutboxKey};

/// What became of one recipient in a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The next hop took it over.
    Accepted,
    /// Not now: try again later.
    Retry,
    /// Refused for good, or given up.
    Failed,
    /// The answer was lost after the last byte.
    Uncertain,
}

/// What a try came to.
#[derive(Debug, Clone)]
pub struct Finish {
    /// By recipient number: the verdict and what the server said of this one.
    pub recipients: Vec<(i64, Verdict, Option<String>)>,
    /// The reply code of the server, when it gave one.
    pub code: Option<i64>,
    /// What the server said of the whole.
    pub server_said: Option<String>,
    /// When to try again those of [`Verdict::Retry`].
    pub retry_at: i64,
    /// What was accepted needs a look into the sent folder, and a copy there if there is none.
    pub wants_sent_copy: bool,
}

/// Writes down what a try came to, and says where the submission stands now; `None` when the lease was lost, and then
/// nothing is changed. A recipient of whom nothing is said stays as it was and is tried again.
pub async fn finish(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: OutboxKey,
    fence: i64,
    outcome: &Finish,
    now: i64,
) -> Result<Option<State>, StoreError> {
    // Taking the lease away is the guard of everything below; the state is put right at the end.
    let sql = "UPDATE outbox SET lease_owner = NULL, lease_until_at = NULL, on_wire = FALSE
               WHERE organisation = $1 AND id = $2 AND fence = $3 AND state = 'sending' AND lease_owner IS NOT NULL
               RETURNING account, tries";
    let Some(row) = tx.row(sql, &vals![organisation, id, fence]).await? else { return Ok(None) };
    let (account, tries) = (AccountKey(row.int(0)), row.int(1));

    let sql = "UPDATE attempts SET ended_at = $4, code = $5, server_said = $6
               WHERE organisation = $1 AND submission = $2 AND n = $3";
    tx.execute(sql, &vals![organisation, id, tries, now, outcome.code, outcome.server_said.as_ref()]).await?;
    write_recipients(tx, organisation, id, outcome, now).await?;

    let all = states(tx, organisation, id).await?;
    let state = State::of_all(&all);
    let accepted = outcome.recipients.iter().any(|(_, verdict, _)| *verdict == Verdict::Accepted);
    let (not_before_at, waits_for) = match state {
        State::Waiting => (outcome.retry_at, Some(WaitsFor::Retry.as_str())),
        State::Uncertain => (now + FIRST_LOOK, None),
        _ => (now, None),
    };
    // A copy that is there already is not asked for again when the last of three recipients is accepted later.
    tx.execute(
        "UPDATE outbox SET state = $3, not_before_at = $4, waits_for = $5, server_said = COALESCE($6, server_said),
             sent_copy_at = CASE WHEN $7 = TRUE AND sent_copy = 'none' THEN $8 ELSE sent_copy_at END,
             sent_copy = CASE WHEN $7 = TRUE AND sent_copy = 'none' THEN 'due' ELSE sent_copy END, updated_at = $8
         WHERE organisation = $1 AND id = $2",
        &vals![
            organisation,
            id,
            state.as_str(),
            not_before_at,
            waits_for,
            outcome.server_said.as_ref(),
            accepted && outcome.wants_sent_copy,
            now,
        ],
    )
    .await?;
    tx.ring(Topic::Outbox);
    tell(tx, organisation, account, id, state, now).await?;
    Ok(Some(state))
}

async fn write_recipients(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: OutboxKey,
    outcome: &Finish,
    now: i64,
) -> Result<(), StoreError> {
    let rows: Vec<_> = outcome
        .recipients
        .iter()
        .map(|(n, verdict, words)| {
            let state = match verdict {
                Verdict::Accepted => State::Accepted,
                Verdict::Retry => State::Waiting,
                Verdict::Failed => State::Failed,
                Verdict::Uncertain => State::Uncertain,
            };
            let words = words.as_ref().or(outcome.server_said.as_ref());
            vals![organisation, id, *n, state.as_str(), words, now].to_vec()
        })
        .collect();
    let sql = "UPDATE outbox_recipients SET state = $4, server_said = COALESCE($5, server_said), updated_at = $6
               WHERE organisation = $1 AND submission = $2 AND n = $3 AND state = 'waiting'";
    tx.execute_many(sql, &rows).await?;
    Ok(())
}
