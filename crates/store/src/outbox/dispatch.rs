//! Leasing what is due, fairly over the accounts.

use super::{Kind, WaitsFor};
use crate::{Dialect, StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey, OutboxKey};

/// A submission that is ours to send until the lease ends.
#[derive(Debug, Clone)]
pub struct Leased {
    /// Whose.
    pub organisation: OrganisationKey,
    /// Which.
    pub id: OutboxKey,
    /// By which account it leaves.
    pub account: AccountKey,
    /// Every further step names it.
    pub fence: i64,
    /// Who wrote it.
    pub kind: Kind,
    /// Our Message-ID.
    pub message_id: String,
    /// The digest of the frozen bytes.
    pub digest: Vec<u8>,
    /// Where they are kept; `None` when nobody knows.
    pub place: Option<String>,
    /// How many they are.
    pub size: i64,
    /// The envelope's sender.
    pub return_path: String,
    /// Which try this is, from 1.
    pub tries: i64,
    /// When the first try began: after five days we give up.
    pub first_try_at: i64,
    /// Only those who were not reached yet.
    pub recipients: Vec<Attempted>,
}

/// A recipient of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// Its number in the submission.
    pub n: i64,
    /// The address.
    pub address: String,
}

const DUE: &str = "o.state = 'waiting' AND o.organisation = a.organisation AND o.account = a.id";

/// Takes what is due, at most `limit`, in turns over the accounts, so that one that has ten thousand to send does not
/// keep another's single letter waiting. Accounts that are switched off or wait for a person are left alone. The attempt
/// is written with the lease: it is on disk before a socket opens (architecture, invariant 4).
pub async fn lease_due(
    tx: &mut Tx,
    owner: &str,
    now: i64,
    limit: usize,
    until: i64,
) -> Result<Vec<Leased>, StoreError> {
    let chosen = choose(tx, now, limit).await?;
    let lists: Vec<_> =
        chosen.iter().map(|(organisation, id)| vals![*organisation, *id, owner, until, now].to_vec()).collect();
    let taken = tx
        .rows_many(
            "UPDATE outbox SET state = 'sending', on_wire = FALSE, fence = fence + 1, lease_owner = $3,
                 lease_until_at = $4, tries = tries + 1, first_try_at = COALESCE(first_try_at, $5), waits_for = NULL,
                 updated_at = $5
             WHERE organisation = $1 AND id = $2 AND state = 'waiting'
             RETURNING account, fence, kind, message_id, digest, size, return_path, tries, first_try_at",
            &lists,
        )
        .await?;
    let mut leased = Vec::with_capacity(chosen.len());
    for ((organisation, id), rows) in chosen.into_iter().zip(taken) {
        let Some(mut row) = rows.into_iter().next() else { continue };
        leased.push(Leased {
            organisation,
            id,
            account: AccountKey(row.int(0)),
            fence: row.int(1),
            kind: Kind::from_name(&row.text(2)),
            message_id: row.text(3),
            digest: row.bytes(4),
            place: None,
            size: row.int(5),
            return_path: row.text(6),
            tries: row.int(7),
            first_try_at: row.int(8),
            recipients: Vec::new(),
        });
    }
    let lists: Vec<_> = leased.iter().map(|one| vals![one.organisation, one.id, one.tries, now].to_vec()).collect();
    let sql = "INSERT INTO attempts (organisation, submission, n, began_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (organisation, submission, n) DO UPDATE SET began_at = excluded.began_at, ended_at = NULL";
    tx.execute_many(sql, &lists).await?;
    let sql = "SELECT n, address FROM outbox_recipients
               WHERE organisation = $1 AND submission = $2 AND state = 'waiting' ORDER BY n";
    let lists: Vec<_> = leased.iter().map(|one| vals![one.organisation, one.id].to_vec()).collect();
    for (one, rows) in leased.iter_mut().zip(tx.rows_many(sql, &lists).await?) {
        one.recipients = rows.into_iter().map(|mut row| Attempted { n: row.int(0), address: row.text(1) }).collect();
    }
    let sql = "SELECT place FROM blobs WHERE organisation = $1 AND digest = $2";
    let lists: Vec<_> = leased.iter().map(|one| vals![one.organisation, &one.digest].to_vec()).collect();
    let places = tx.rows_many(sql, &lists).await?;
    for (one, rows) in leased.iter_mut().zip(places) {
        one.place = rows.into_iter().next().map(|mut row| row.text(0));
    }
    Ok(leased)
}

/// The keys of what is due, one of each account, then a second of each, until there are enough.
async fn choose(tx: &mut Tx, now: i64, limit: usize) -> Result<Vec<(OrganisationKey, OutboxKey)>, StoreError> {
    let sql = format!(
        "SELECT a.organisation, a.id FROM accounts a WHERE a.active AND NOT a.parked
             AND EXISTS (SELECT 1 FROM outbox o WHERE {DUE} AND o.not_before_at <= $1)"
    );
    let mut accounts: Vec<(i64, i64)> =
        tx.rows(&sql, &vals![now]).await?.iter().map(|row| (row.int(0), row.int(1))).collect();
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    // More accounts than places: another of them is first every time.
    let first = usize::try_from(now).unwrap_or(0) % accounts.len();
    accounts.rotate_left(first);
    accounts.truncate(limit);
    // The one difference: two nodes that ask at once must not wait for each other. SQLite has one writer.
    let skip = if tx.dialect() == Dialect::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "SELECT id FROM outbox WHERE state = 'waiting' AND organisation = $1 AND account = $2 AND not_before_at <= $3
         ORDER BY not_before_at, id LIMIT $4 {skip}"
    );
    let each = limit.div_ceil(accounts.len());
    let lists: Vec<_> =
        accounts.iter().map(|(organisation, account)| vals![*organisation, *account, now, each].to_vec()).collect();
    let queues = tx.rows_many(&sql, &lists).await?;
    let longest = queues.iter().map(Vec::len).max().unwrap_or(0);
    let in_turns = (0..longest).flat_map(|turn| {
        accounts.iter().zip(&queues).filter_map(move |((organisation, _), queue)| {
            queue.get(turn).map(|row| (OrganisationKey(*organisation), OutboxKey(row.int(0))))
        })
    });
    Ok(in_turns.take(limit).collect())
}

/// Commits, just before the last byte of the message or the one call that sends it, that from here on nobody knows
/// whether it was sent unless an answer comes (rule 14). `false`: the lease is lost, and it must not be sent.
pub async fn mark_on_wire(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: OutboxKey,
    fence: i64,
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE outbox SET on_wire = TRUE, updated_at = $4 WHERE organisation = $1 AND id = $2 AND fence = $3
               AND state = 'sending' AND lease_until_at > $4";
    Ok(tx.execute(sql, &vals![organisation, id, fence, now]).await? == 1)
}

/// [`mark_on_wire`] for some of the recipients only: it goes to one domain after the other, and what is on the wire to
/// one says nothing of the rest.
pub async fn mark_part_on_wire(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: OutboxKey,
    fence: i64,
    recipients: &[i64],
    now: i64,
) -> Result<bool, StoreError> {
    if !mark_on_wire(tx, organisation, id, fence, now).await? {
        return Ok(false);
    }
    let rows: Vec<_> = recipients.iter().map(|n| vals![organisation, id, *n].to_vec()).collect();
    let sql = "UPDATE outbox_recipients SET on_wire = TRUE WHERE organisation = $1 AND submission = $2 AND n = $3";
    tx.execute_many(sql, &rows).await?;
    Ok(true)
}

/// Keeps the lease for longer; `false` when it is lost.
pub async fn renew(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: OutboxKey,
    fence: i64,
    until: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE outbox SET lease_until_at = $4
               WHERE organisation = $1 AND id = $2 AND fence = $3 AND state = 'sending'";
    Ok(tx.execute(sql, &vals![organisation, id, fence, until]).await? == 1)
}

/// Puts back what was leased and not tried: a limit is full, or the program ends. It does not count as a try. What is
/// on the wire can't be put back.
pub async fn postpone(
    tx: &mut Tx,
    organisation: OrganisationKey,
    id: OutboxKey,
    fence: i64,
    not_before_at: i64,
    waits_for: Option<WaitsFor>,
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE outbox SET state = 'waiting', lease_owner = NULL, lease_until_at = NULL, tries = tries - 1,
                   first_try_at = CASE WHEN tries = 1 THEN NULL ELSE first_try_at END, not_before_at = $4,
                   waits_for = $5, updated_at = $6
               WHERE organisation = $1 AND id = $2 AND fence = $3 AND state = 'sending' AND NOT on_wire
               RETURNING tries + 1";
    let values = vals![organisation, id, fence, not_before_at, waits_for.map(WaitsFor::as_str), now];
    let Some(row) = tx.row(sql, &values).await? else { return Ok(false) };
    let sql = "DELETE FROM attempts WHERE organisation = $1 AND submission = $2 AND n = $3";
    tx.execute(sql, &vals![organisation, id, row.int(0)]).await?;
    tx.ring(crate::Topic::Outbox);
    Ok(true)
}

/// When something in the outbox is next due, for the timer: a message, a look for an uncertain one, a sent copy, or
/// the end of a lease.
pub async fn next_due(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    let sql = format!(
        "SELECT MIN(due) FROM (
             SELECT (SELECT MIN(o.not_before_at) FROM outbox o WHERE {DUE}) AS due
             FROM accounts a WHERE a.active AND NOT a.parked
             UNION ALL SELECT MIN(not_before_at) FROM outbox WHERE state = 'uncertain' AND waits_for IS NULL
             UNION ALL SELECT MIN(lease_until_at) FROM outbox WHERE state = 'sending'
             UNION ALL SELECT MIN(sent_copy_at) FROM outbox WHERE sent_copy = 'due') AS all_of_it"
    );
    Ok(tx.row(&sql, &[]).await?.and_then(|row| row.opt_int(0)))
}
