//! The outbox: what was handed over as final, until a report says what became of it.
//!
//! A submission is written once and then goes from state to state; each step names the state it comes from and, while
//! somebody sends it, the number of the lease (`fence`), so that a worker that was paused can change nothing.

mod census;
mod copy;
mod dispatch;
mod finish;
mod pause;
mod read;
mod recover;
mod report;
mod settle;
mod state;
mod submit;

pub use census::census;
pub use copy::{DueCopy, copies_due, copy_done, copy_renew, copy_retry};
pub use dispatch::{Attempted, Leased, lease_due, mark_on_wire, mark_part_on_wire, next_due, postpone, renew};
pub use finish::{Finish, Tried, Verdict, finish, finish_many, finish_part};
pub use pause::{cancel, hold, hold_account, hold_all, release, wake_account};
pub use read::{Attempt, Filter, Recipient, Submission, by_message_id, get, list, load};
pub use recover::{Dead, Recovered, recover};
pub use report::{Delay, Report, Reported, delays_to_tell, record_report};
pub use settle::{Doubt, Resolution, decide, reconcile_due, reconcile_later, resolve_uncertain};
pub use state::{Field, Kind, State, WaitsFor};
pub use submit::{NewSubmission, may_submit, submit};

use crate::{StoreError, Topic, Tx, change, change::NewChange, vals};
use mail::{AccountKey, OrganisationKey, OutboxKey};
use serde_json::{Value, json};

/// The first look for a submission that may have been sent, after its answer was lost (rule 17).
const FIRST_LOOK: i64 = 60_000;

/// Who and where a submission is, locked until the end of the unit of work.
struct Row {
    account: AccountKey,
    state: State,
}

/// Locks the submission. Without this two reports at once could each miss what the other did.
async fn lock(tx: &mut Tx, organisation: OrganisationKey, id: OutboxKey) -> Result<Row, StoreError> {
    let skip = if tx.dialect() == crate::Dialect::Postgres { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT account, state FROM outbox WHERE organisation = $1 AND id = $2 {skip}");
    let mut row = tx.row(&sql, &vals![organisation, id]).await?.ok_or(StoreError::NotFound)?;
    let state = row.text(1);
    let state =
        State::from_name(&state).ok_or_else(|| StoreError::Damaged(format!("no state of mail is called {state}")))?;
    Ok(Row { account: AccountKey(row.int(0)), state })
}

/// The states of the recipients, in their order.
async fn states(tx: &mut Tx, organisation: OrganisationKey, id: OutboxKey) -> Result<Vec<State>, StoreError> {
    let sql = "SELECT state FROM outbox_recipients WHERE organisation = $1 AND submission = $2 ORDER BY n";
    let rows = tx.rows(sql, &vals![organisation, id]).await?;
    rows.into_iter()
        .map(|mut row| {
            let name = row.text(0);
            State::from_name(&name)
                .ok_or_else(|| StoreError::Damaged(format!("no state of a recipient is called {name}")))
        })
        .collect()
}

/// Moves the recipients that stand in one state into another.
async fn move_recipients(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: OutboxKey,
    from: State,
    to: State,
    words: Option<&str>,
    now: i64,
) -> Result<u64, StoreError> {
    if !from.recipient_may_become(to) {
        return Err(StoreError::Broken(format!("a recipient never goes from {from:?} to {to:?}")));
    }
    let sql = "UPDATE outbox_recipients SET state = $4, server_said = COALESCE($5, server_said), updated_at = $6
               WHERE organisation = $1 AND submission = $2 AND state = $3";
    tx.execute(sql, &vals![organisation, id, from.as_str(), to.as_str(), words, now]).await
}

/// Tells the feed where a submission stands now: `outbox.accepted`, `outbox.bounced`, ...
async fn tell(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    id: OutboxKey,
    state: State,
    now: i64,
) -> Result<(), StoreError> {
    tell_all(tx, &[(organisation, account, id, state)], now).await
}

/// The same of many; those of one organisation that stand together take their numbers in the feed together.
async fn tell_all(
    tx: &mut Tx,
    submissions: &[(OrganisationKey, AccountKey, OutboxKey, State)],
    now: i64,
) -> Result<(), StoreError> {
    for of_one in submissions.chunk_by(|one, next| one.0 == next.0) {
        let changes: Vec<_> = of_one.iter().map(|(_, account, id, state)| change_of(*account, *id, *state)).collect();
        change::append(tx, of_one[0].0, &changes, now).await?;
    }
    tx.ring(Topic::Outbox);
    Ok(())
}

fn change_of(account: AccountKey, id: OutboxKey, state: State) -> NewChange {
    let kind = match state {
        State::Waiting => "outbox.waiting",
        State::Sending => "outbox.sending",
        State::Accepted => "outbox.accepted",
        State::Uncertain => "outbox.uncertain",
        State::Delivered => "outbox.delivered",
        State::Bounced => "outbox.bounced",
        State::Failed => "outbox.failed",
        State::Held => "outbox.held",
        State::Cancelled => "outbox.cancelled",
    };
    new_change(account, kind, json!({ "outbox": id, "account": account, "state": state }))
}

fn new_change(account: AccountKey, kind: &'static str, body: Value) -> NewChange {
    NewChange { kind, account: Some(account), message: None, private: false, body }
}

async fn append(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    kind: &'static str,
    body: Value,
    now: i64,
) -> Result<(), StoreError> {
    tx.ring(Topic::Outbox);
    change::append(tx, organisation, &[new_change(account, kind, body)], now).await
}
