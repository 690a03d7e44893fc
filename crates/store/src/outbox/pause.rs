//! Holding, letting go and taking back what has not begun.

use super::{State, WaitsFor, lock, move_recipients, states, tell};
use crate::{StoreError, Topic, Tx, vals, viewer::Viewer};
use mail::{AccountKey, OrganisationKey, OutboxKey};

/// Keeps a waiting submission until it is let go.
pub async fn hold(tx: &mut Tx, viewer: &Viewer, id: OutboxKey, now: i64) -> Result<State, StoreError> {
    let row = lock(tx, viewer.organisation, id).await?;
    viewer.may_send(tx, row.account).await?;
    match row.state {
        State::Held => return Ok(State::Held),
        State::Waiting => {}
        _ => return Err(begun()),
    }
    step(tx, viewer.organisation, row.account, id, State::Held, now).await
}

/// Lets a held submission go, and one that waits for its next try go at once.
pub async fn release(tx: &mut Tx, viewer: &Viewer, id: OutboxKey, now: i64) -> Result<State, StoreError> {
    let row = lock(tx, viewer.organisation, id).await?;
    viewer.may_send(tx, row.account).await?;
    if row.state == State::Waiting && hasten(tx, viewer, id, now).await? {
        return Ok(State::Waiting);
    }
    if row.state != State::Held {
        return Err(StoreError::Conflict {
            field: "state",
            code: "not_held",
            message: "This message is not held.".to_owned(),
        });
    }
    step(tx, viewer.organisation, row.account, id, State::Waiting, now).await
}

/// The next try is due now, if that is what it waits for: a person put right what was in the way.
async fn hasten(tx: &mut Tx, viewer: &Viewer, id: OutboxKey, now: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE outbox SET not_before_at = $3, waits_for = NULL, updated_at = $3
               WHERE organisation = $1 AND id = $2 AND state = 'waiting' AND waits_for = $4";
    let values = vals![viewer.organisation, id, now, WaitsFor::Retry.as_str()];
    let hastened = tx.execute(sql, &values).await? > 0;
    if hastened {
        tx.ring(Topic::Outbox);
    }
    Ok(hastened)
}

/// Takes a submission back. Of one that waits for its next try, those who were reached already stay reached; one that
/// is being sent can't be taken back.
pub async fn cancel(tx: &mut Tx, viewer: &Viewer, id: OutboxKey, now: i64) -> Result<State, StoreError> {
    let row = lock(tx, viewer.organisation, id).await?;
    viewer.may_send(tx, row.account).await?;
    match row.state {
        State::Cancelled => return Ok(State::Cancelled),
        State::Waiting | State::Held => {}
        _ => return Err(begun()),
    }
    move_recipients(tx, viewer.organisation, id, State::Waiting, State::Cancelled, None, now).await?;
    let state = State::of_all(&states(tx, viewer.organisation, id).await?);
    step(tx, viewer.organisation, row.account, id, state, now).await
}

/// Holds everything that waits in an account that was switched off; its owner is asked (reliability case 46).
pub async fn hold_account(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    now: i64,
) -> Result<u64, StoreError> {
    let sql = "UPDATE outbox SET state = 'held', waits_for = $4, updated_at = $3
               WHERE organisation = $1 AND account = $2 AND state = 'waiting' RETURNING id";
    let held = tx.rows(sql, &vals![organisation, account, now, WaitsFor::Paused.as_str()]).await?;
    for row in &held {
        tell(tx, organisation, account, OutboxKey(row.int(0)), State::Held, now).await?;
    }
    Ok(held.len() as u64)
}

/// What waits for its next try is due now: a person put the account right, and must not wait for a pause that was
/// meant for the settings of before (features M12).
pub async fn wake_account(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    now: i64,
) -> Result<u64, StoreError> {
    let sql = "DELETE FROM domain_pauses WHERE organisation = $1 AND account = $2";
    tx.execute(sql, &vals![organisation, account]).await?;
    let sql = "UPDATE outbox SET not_before_at = $3, waits_for = NULL, updated_at = $3
               WHERE organisation = $1 AND account = $2 AND state = 'waiting' AND waits_for = $4 AND not_before_at > $3";
    let woken = tx.execute(sql, &vals![organisation, account, now, WaitsFor::Retry.as_str()]).await?;
    if woken > 0 {
        tx.ring(Topic::Outbox);
    }
    Ok(woken)
}

/// Holds everything that waits: the data was put back from a backup, and what waits may have been sent since.
pub async fn hold_all(tx: &mut Tx, now: i64) -> Result<u64, StoreError> {
    let sql = "SELECT DISTINCT organisation, account FROM outbox WHERE state = 'waiting'";
    let mut held = 0;
    for row in tx.rows(sql, &[]).await? {
        held += hold_account(tx, OrganisationKey(row.int(0)), AccountKey(row.int(1)), now).await?;
    }
    Ok(held)
}

async fn step(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    id: OutboxKey,
    state: State,
    now: i64,
) -> Result<State, StoreError> {
    let sql = "UPDATE outbox SET state = $3, waits_for = NULL, updated_at = $4
               WHERE organisation = $1 AND id = $2 AND state IN ('waiting', 'held')";
    tx.execute(sql, &vals![organisation, id, state.as_str(), now]).await?;
    tx.ring(Topic::Outbox);
    tell(tx, organisation, account, id, state, now).await?;
    Ok(state)
}

fn begun() -> StoreError {
    StoreError::Conflict {
        field: "state",
        code: "already_begun",
        message: "Sending this message has begun; it can't be taken back any more.".to_owned(),
    }
}
