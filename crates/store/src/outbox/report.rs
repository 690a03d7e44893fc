//! What came back later: delivered, bounced, delayed (features S9).

use super::{State, append, lock, states, tell};
use crate::{Dialect, StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey, OutboxKey, UserKey, address::fold_address};
use serde_json::json;

/// What a report says of a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// It arrived.
    Delivered,
    /// It did not and will not.
    Bounced,
    /// It did not yet.
    Delayed,
    /// It arrived, and its recipient calls it unwanted.
    Complained,
    /// Something came back for one of several, and does not tell for which.
    Unclear,
}

/// One recipient of a report.
#[derive(Debug, Clone)]
pub struct Report {
    /// The address, as the report gives it.
    pub address: String,
    /// What became of it.
    pub what: Reported,
    /// In the server's words.
    pub server_said: Option<String>,
}

/// A submission that its author does not yet know to be late.
#[derive(Debug, Clone)]
pub struct Delay {
    /// Whose.
    pub organisation: OrganisationKey,
    /// Which.
    pub id: OutboxKey,
    /// By which account.
    pub account: AccountKey,
    /// Who wrote it.
    pub created_by: Option<UserKey>,
    /// Its subject.
    pub subject: String,
    /// What the server said last.
    pub server_said: Option<String>,
}

/// Ties a report to the submission that caused it, and says where that stands now. Only what was accepted, or may have
/// been sent, can arrive or bounce: a report is also the proof that an uncertain one was sent. Addresses that are not
/// its recipients are passed over, since a report is only a mail and may be forged.
pub async fn record_report(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: OutboxKey,
    reports: &[Report],
    now: i64,
) -> Result<State, StoreError> {
    let before = lock(tx, organisation, id).await?;
    let sql = "SELECT n, address FROM outbox_recipients WHERE organisation = $1 AND submission = $2";
    let recipients: Vec<(i64, String)> = tx
        .rows(sql, &vals![organisation, id])
        .await?
        .into_iter()
        .map(|mut row| (row.int(0), fold_address(&row.text(1))))
        .collect();
    let (mut delayed, mut complained) = (false, false);
    for report in reports {
        let folded = fold_address(&report.address);
        for (n, _) in recipients.iter().filter(|(_, address)| *address == folded) {
            let state = match report.what {
                Reported::Delivered => Some(State::Delivered.as_str()),
                Reported::Bounced => Some(State::Bounced.as_str()),
                Reported::Delayed | Reported::Unclear => None,
                Reported::Complained => Some(State::Delivered.as_str()),
            };
            let complains = report.what == Reported::Complained;
            // A complaint comes after the delivery, and is heard once.
            let open = match complains {
                true => "state IN ('accepted', 'uncertain', 'delivered') AND complained_at IS NULL",
                false => "state IN ('accepted', 'uncertain')",
            };
            let sql = format!(
                "UPDATE outbox_recipients SET state = COALESCE($4, state), complained_at = COALESCE($7, complained_at),
                     server_said = COALESCE($5, server_said), updated_at = $6
                 WHERE organisation = $1 AND submission = $2 AND n = $3 AND {open}"
            );
            let heard = complains.then_some(now);
            let values = vals![organisation, id, *n, state, report.server_said.as_ref(), now, heard];
            let touched = tx.execute(&sql, &values).await?;
            delayed |= touched > 0 && report.what == Reported::Delayed;
            complained |= touched > 0 && complains;
        }
    }
    if complained {
        let body = json!({ "outbox": id, "account": before.account });
        append(tx, organisation, before.account, "outbox.complained", body, now).await?;
    }
    if delayed {
        let body = json!({ "outbox": id, "account": before.account });
        append(tx, organisation, before.account, "outbox.delayed", body, now).await?;
    }
    // While it waits, is held or being sent for another recipient, it goes on doing so.
    if matches!(before.state, State::Waiting | State::Sending | State::Held | State::Cancelled) {
        return Ok(before.state);
    }
    let state = State::of_all(&states(tx, organisation, id).await?);
    if state != before.state {
        let sql = "UPDATE outbox SET state = $3, waits_for = NULL, updated_at = $4 WHERE organisation = $1 AND id = $2";
        tx.execute(sql, &vals![organisation, id, state.as_str(), now]).await?;
        tell(tx, organisation, before.account, id, state, now).await?;
    }
    Ok(state)
}

/// What was first tried before `first_try_before` and still waits, each told once (reliability case 37).
pub async fn delays_to_tell(tx: &mut Tx, first_try_before: i64, now: i64) -> Result<Vec<Delay>, StoreError> {
    let skip = if tx.dialect() == Dialect::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE outbox SET noticed_at = $2
         WHERE (organisation, id) IN (
             SELECT organisation, id FROM outbox
             WHERE state = 'waiting' AND noticed_at IS NULL AND first_try_at <= $1 {skip})
         RETURNING organisation, id, account, created_by, subject, server_said"
    );
    let rows = tx.rows(&sql, &vals![first_try_before, now]).await?;
    Ok(rows
        .into_iter()
        .map(|mut row| Delay {
            organisation: OrganisationKey(row.int(0)),
            id: OutboxKey(row.int(1)),
            account: AccountKey(row.int(2)),
            created_by: row.opt_int(3).map(UserKey),
            subject: row.text(4),
            server_said: row.opt_text(5),
        })
        .collect())
}
