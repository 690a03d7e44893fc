//! Wrong passwords and codes at our own door, counted where every node sees them (reliability.md §3, "Tries inward").
//!
//! A try is counted before it is looked at, so that a hundred at once are a hundred, and given back when it was right.

use crate::{Row, StoreError, Tx, vals};
use mail::OrganisationKey;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// Wrong ones in a row before each further one costs a delay.
const FREE: i64 = 10;
const FIRST_DELAY: i64 = 30 * SECOND;
const LONGEST_DELAY: i64 = HOUR;
/// Wrong ones in a row after which a password alone does not help any more.
const STOP: i64 = 100;
/// After so long without a try the count begins anew, unless it had come to the stop.
const FORGOTTEN: i64 = 24 * HOUR;
/// Wrong ones of one network in an hour.
const NETWORK: i64 = 100;

/// Who or what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A person, or a device of theirs: delays that double after 10, and a stop at 100, unless a second factor follows.
    Person {
        /// A second factor still stands behind it, so that delays are enough.
        has_second_factor: bool,
    },
    /// A network (/24 or /64): 100 in an hour.
    Network,
}

/// One count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Its name: `who:`, `device:`, `code:` or `from:`, and a digest or a network.
    pub subject: String,
    /// How it counts.
    pub rule: Rule,
}

/// Whether a try may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may; it was counted.
    Go,
    /// Not before this moment.
    Wait(i64),
    /// Not at all: only a link that is mailed helps.
    Stopped,
}

/// What keeps somebody out now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The subject of the guard.
    pub subject: String,
    /// Wrong tries.
    pub count: i64,
    /// When the last one was.
    pub tried_at: i64,
    /// Until when; `None`: until a link, a second factor or an administrator lifts it.
    pub until_at: Option<i64>,
}

struct Counted {
    count: i64,
    since_at: i64,
    blocked_until_at: Option<i64>,
}

/// Counts a try under every guard, or under none when one of them is shut. Without `counts` it only looks.
///
/// Name the guards in the same order everywhere (person before network), so that two tries never wait for each other.
pub async fn admit(
    tx: &mut Tx,
    guards: &[Guard],
    organisation: Option<OrganisationKey>,
    counts: bool,
    now: i64,
) -> Result<Admission, StoreError> {
    let mut found = Vec::with_capacity(guards.len());
    for guard in guards {
        let counted = lock(tx, guard, now).await?;
        if matches!(guard.rule, Rule::Person { has_second_factor: false }) && counted.count >= STOP {
            return Ok(Admission::Stopped);
        }
        if let Some(until_at) = counted.blocked_until_at.filter(|until| *until > now) {
            return Ok(Admission::Wait(until_at));
        }
        found.push(counted);
    }
    for (guard, counted) in guards.iter().zip(found).filter(|_| counts) {
        let count = counted.count + 1;
        let blocked_until_at = match guard.rule {
            Rule::Person { .. } if count >= FREE => Some(now + delay(count)),
            Rule::Network if count >= NETWORK => Some(counted.since_at + HOUR),
            _ => None,
        };
        let sql = "UPDATE guards SET count = $2, since_at = $3, tried_at = $4, blocked_until_at = $5,
                   organisation = COALESCE($6, organisation) WHERE subject = $1";
        let values = vals![&guard.subject, count, counted.since_at, now, blocked_until_at, organisation];
        tx.execute(sql, &values).await?;
    }
    Ok(Admission::Go)
}

/// Takes back one try: it was right, or need not have been counted.
pub async fn give_back(tx: &mut Tx, subject: &str) -> Result<(), StoreError> {
    let sql = "UPDATE guards SET count = count - 1, blocked_until_at = NULL WHERE subject = $1 AND count > 0";
    tx.execute(sql, &vals![subject]).await?;
    Ok(())
}

/// Forgets what was counted: the right one came, or somebody who may lifted it.
pub async fn lift(tx: &mut Tx, subject: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM guards WHERE subject = $1", &vals![subject]).await?;
    Ok(())
}

/// The networks that are shut out now, of those that tried this organisation's people or nobody's.
pub async fn blocked_networks(tx: &mut Tx, organisation: OrganisationKey, now: i64) -> Result<Vec<Block>, StoreError> {
    let sql = "SELECT subject, count, tried_at, blocked_until_at FROM guards
               WHERE subject LIKE 'from:%' AND blocked_until_at > $2 AND (organisation IS NULL OR organisation = $1)
               ORDER BY tried_at DESC LIMIT 500";
    let rows = tx.rows(sql, &vals![organisation, now]).await?;
    Ok(rows.into_iter().map(read).collect())
}

/// What keeps this subject out now, if anything does.
pub async fn block_of(tx: &mut Tx, subject: &str, now: i64) -> Result<Option<Block>, StoreError> {
    let sql = "SELECT subject, count, tried_at, CASE WHEN count >= $3 THEN NULL ELSE blocked_until_at END FROM guards
               WHERE subject = $1 AND (blocked_until_at > $2 OR count >= $3)";
    Ok(tx.row(sql, &vals![subject, now, STOP]).await?.map(read))
}

/// Forgets counts that are too old to matter.
pub async fn sweep(tx: &mut Tx, now: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM guards WHERE tried_at < $1 AND (count < $2 OR subject LIKE 'from:%')";
    tx.execute(sql, &vals![now - FORGOTTEN, STOP]).await?;
    Ok(())
}

/// The count as it stands, its row locked until the transaction ends.
async fn lock(tx: &mut Tx, guard: &Guard, now: i64) -> Result<Counted, StoreError> {
    let sql = "INSERT INTO guards (subject, count, since_at, tried_at) VALUES ($1, 0, $2, $2)
               ON CONFLICT (subject) DO NOTHING";
    tx.execute(sql, &vals![&guard.subject, now]).await?;
    let sql = "UPDATE guards SET count = count WHERE subject = $1
               RETURNING count, since_at, tried_at, blocked_until_at";
    let row = tx.row(sql, &vals![&guard.subject]).await?.ok_or(StoreError::NotFound)?;
    let (count, since_at, tried_at) = (row.int(0), row.int(1), row.int(2));
    let is_over = match guard.rule {
        Rule::Person { .. } => count < STOP && tried_at + FORGOTTEN <= now,
        Rule::Network => since_at + HOUR <= now,
    };
    match is_over {
        true => Ok(Counted { count: 0, since_at: now, blocked_until_at: None }),
        false => Ok(Counted { count, since_at, blocked_until_at: row.opt_int(3) }),
    }
}

fn delay(count: i64) -> i64 {
    let doublings = (count - FREE).clamp(0, 20) as u32;
    (FIRST_DELAY << doublings).min(LONGEST_DELAY)
}

fn read(mut row: Row) -> Block {
    Block { subject: row.text(0), count: row.int(1), tried_at: row.int(2), until_at: row.opt_int(3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_an_hour() {
        assert_eq!([10, 11, 12, 16, 17, 99].map(|count| delay(count) / SECOND), [30, 60, 120, 1920, 3600, 3600]);
    }
}
