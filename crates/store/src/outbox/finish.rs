//! What a try came to.

use super::{FIRST_LOOK, Leased, State, WaitsFor, states, tell_all};
use crate::{Dialect, StoreError, Tx, vals};
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

/// The end of a try: of which submission, under which lease, and what it came to.
#[derive(Debug, Clone, Copy)]
pub struct Tried<'a> {
    /// Whose.
    pub organisation: OrganisationKey,
    /// Which.
    pub id: OutboxKey,
    /// The lease under which it was tried.
    pub fence: i64,
    /// What it came to.
    pub outcome: &'a Finish,
}

impl<'a> Tried<'a> {
    /// The end of the try that this lease was for.
    pub fn of(leased: &Leased, outcome: &'a Finish) -> Tried<'a> {
        Tried { organisation: leased.organisation, id: leased.id, fence: leased.fence, outcome }
    }
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
    let tried = Tried { organisation, id, fence, outcome };
    Ok(finish_many(tx, &[tried], now).await?.pop().flatten())
}

/// Writes down what became of some recipients while the try goes on with others: what is known of them stays known,
/// whatever happens next. `false`: the lease is lost, and the others must not be tried.
pub async fn finish_part(tx: &mut Tx, tried: &Tried<'_>, now: i64) -> Result<bool, StoreError> {
    let Tried { organisation, id, fence, outcome } = *tried;
    let sql = "UPDATE outbox SET on_wire = FALSE, updated_at = $4
               WHERE organisation = $1 AND id = $2 AND fence = $3 AND state = 'sending' AND lease_owner IS NOT NULL";
    if tx.execute(sql, &vals![organisation, id, fence, now]).await? == 0 {
        return Ok(false);
    }
    write_recipients(tx, organisation, id, outcome, now).await?;
    Ok(true)
}

/// The same for many at a time, in their order: each statement is asked once for all of them.
pub async fn finish_many(tx: &mut Tx, tried: &[Tried<'_>], now: i64) -> Result<Vec<Option<State>>, StoreError> {
    // The lock and the fence guard everything below; the lease itself ends with the last statement.
    let lock = if tx.dialect() == Dialect::Postgres { "FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT account, tries FROM outbox WHERE organisation = $1 AND id = $2 AND fence = $3 AND state = 'sending'
         AND lease_owner IS NOT NULL {lock}"
    );
    let lists: Vec<_> = tried.iter().map(|one| vals![one.organisation, one.id, one.fence].to_vec()).collect();
    let held = tx.rows_many(&sql, &lists).await?;
    let held: Vec<_> = tried.iter().zip(&held).filter_map(|(one, rows)| Some((one, rows.first()?))).collect();

    let sql = "UPDATE attempts SET ended_at = $4, code = $5, server_said = $6
               WHERE organisation = $1 AND submission = $2 AND n = $3";
    let lists = held.iter().map(|(one, row)| {
        let said = one.outcome.server_said.as_ref();
        vals![one.organisation, one.id, row.int(1), now, one.outcome.code, said].to_vec()
    });
    tx.execute_many(sql, &lists.collect::<Vec<_>>()).await?;
    for (one, _) in &held {
        write_recipients(tx, one.organisation, one.id, one.outcome, now).await?;
    }

    let mut ended = Vec::with_capacity(held.len());
    for (one, row) in &held {
        let state = State::of_all(&states(tx, one.organisation, one.id).await?);
        ended.push((*one, AccountKey(row.int(0)), state));
    }
    write_states(tx, &ended, now).await?;
    let told: Vec<_> = ended.iter().map(|(one, account, state)| (one.organisation, *account, one.id, *state)).collect();
    tell_all(tx, &told, now).await?;
    let state = |one: &Tried<'_>| {
        let same = |(ended, ..): &&(&Tried<'_>, AccountKey, State)| ended.id == one.id && ended.fence == one.fence;
        ended.iter().find(same).map(|(.., state)| *state)
    };
    Ok(tried.iter().map(state).collect())
}

async fn write_states(tx: &mut Tx, ended: &[(&Tried<'_>, AccountKey, State)], now: i64) -> Result<(), StoreError> {
    let lists = ended.iter().map(|(Tried { organisation, id, outcome, .. }, _, state)| {
        let accepted = outcome.recipients.iter().any(|(_, verdict, _)| *verdict == Verdict::Accepted);
        let (not_before_at, waits_for) = match state {
            State::Waiting => (outcome.retry_at, Some(WaitsFor::Retry.as_str())),
            State::Uncertain => (now + FIRST_LOOK, None),
            _ => (now, None),
        };
        let wants_copy = accepted && outcome.wants_sent_copy;
        let said = outcome.server_said.as_ref();
        vals![*organisation, *id, state.as_str(), not_before_at, waits_for, said, wants_copy, now].to_vec()
    });
    // A copy that is there already is not asked for again when the last of three recipients is accepted later.
    let sql = "UPDATE outbox SET lease_owner = NULL, lease_until_at = NULL, on_wire = FALSE, state = $3,
             not_before_at = $4, waits_for = $5, server_said = COALESCE($6, server_said),
             sent_copy_at = CASE WHEN $7 = TRUE AND sent_copy = 'none' THEN $8 ELSE sent_copy_at END,
             sent_copy = CASE WHEN $7 = TRUE AND sent_copy = 'none' THEN 'due' ELSE sent_copy END, updated_at = $8
         WHERE organisation = $1 AND id = $2";
    tx.execute_many(sql, &lists.collect::<Vec<_>>()).await?;
    Ok(())
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
    let sql = "UPDATE outbox_recipients SET state = $4, on_wire = FALSE, server_said = COALESCE($5, server_said),
                   updated_at = $6
               WHERE organisation = $1 AND submission = $2 AND n = $3 AND state = 'waiting'";
    tx.execute_many(sql, &rows).await?;
    Ok(())
}
