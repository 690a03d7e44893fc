//! What a process that died left behind.

use super::{FIRST_LOOK, State, move_recipients, states, tell};
use crate::{Dialect, StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey, OutboxKey};

/// Whose leases are of the dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dead<'a> {
    /// Those that were not renewed in time.
    Expired,
    /// Everybody's but this one's: we hold the only lock on the data.
    AllBut(&'a str),
    /// Those whose name begins so, but this one's: we hold the lock on the folder of that name.
    Earlier {
        /// How they begin.
        prefix: &'a str,
        /// Ours.
        owner: &'a str,
    },
}

/// How many were found, and where they went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Nothing of them had left: they wait again.
    pub waiting: usize,
    /// They may have been sent.
    pub uncertain: usize,
}

/// Takes up what was being sent when its sender died: what was not marked as on the wire waits again, what was is
/// uncertain and never sent again by itself (rule 14).
pub async fn recover(tx: &mut Tx, dead: Dead<'_>, now: i64) -> Result<Recovered, StoreError> {
    let lock = if tx.dialect() == Dialect::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let columns = "SELECT organisation, id, account, on_wire, tries FROM outbox WHERE state = 'sending'";
    let found = match dead {
        Dead::Expired => tx.rows(&format!("{columns} AND lease_until_at < $1 {lock}"), &vals![now]).await?,
        Dead::AllBut(owner) => {
            let sql = format!("{columns} AND (lease_owner IS NULL OR lease_owner <> $1) {lock}");
            tx.rows(&sql, &vals![owner]).await?
        }
        Dead::Earlier { prefix, owner } => {
            let sql = format!("{columns} AND lease_owner LIKE $1 ESCAPE '!' AND lease_owner <> $2 {lock}");
            let begins = prefix.replace('!', "!!").replace('%', "!%").replace('_', "!_") + "%";
            tx.rows(&sql, &vals![begins, owner]).await?
        }
    };
    let mut recovered = Recovered::default();
    for row in found {
        let (organisation, id, account) = (OrganisationKey(row.int(0)), OutboxKey(row.int(1)), AccountKey(row.int(2)));
        let on_wire = row.bool(3);
        let words = if on_wire { "The answer was lost." } else { "The try was broken off before anything was sent." };
        let sql = "UPDATE attempts SET ended_at = $4, server_said = $5
                   WHERE organisation = $1 AND submission = $2 AND n = $3 AND ended_at IS NULL";
        tx.execute(sql, &vals![organisation, id, row.int(4), now, words]).await?;
        if on_wire {
            doubt_recipients(tx, organisation, id, now).await?;
            recovered.uncertain += 1;
        } else {
            recovered.waiting += 1;
        }
        let state = State::of_all(&states(tx, organisation, id).await?);
        let due = if state == State::Uncertain { now + FIRST_LOOK } else { now };
        let sql = "UPDATE outbox SET state = $3, on_wire = FALSE, fence = fence + 1, lease_owner = NULL,
                       lease_until_at = NULL, not_before_at = $4, waits_for = NULL, updated_at = $5
                   WHERE organisation = $1 AND id = $2";
        tx.execute(sql, &vals![organisation, id, state.as_str(), due, now]).await?;
        tell(tx, organisation, account, id, state, now).await?;
    }
    Ok(recovered)
}

/// Who may have got it: those for whom it was on the wire, or all who wait when that was said of none.
async fn doubt_recipients(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: OutboxKey,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE outbox_recipients SET state = 'uncertain', on_wire = FALSE, updated_at = $3
               WHERE organisation = $1 AND submission = $2 AND state = 'waiting' AND on_wire = TRUE";
    if tx.execute(sql, &vals![organisation, id, now]).await? == 0 {
        move_recipients(tx, organisation, id, State::Waiting, State::Uncertain, None, now).await?;
    }
    Ok(())
}
