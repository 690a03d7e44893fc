//! Gives every account that should be worked on its task, and takes it away when its settings change.

use super::call;
use crate::MailRoom;
use std::time::Duration;
use store::{Dialect, StoreError, Topic, account::AccountLease};
use tokio::sync::watch;

/// How often to look for accounts whose pause is over, and for edits whose pause is.
const LOOK: Duration = Duration::from_secs(2);
/// How often to look whether mail that was set aside is to be asked for again, when nobody says so.
const LOOK_ASIDE: Duration = Duration::from_secs(30);
/// A trouble that stays, such as a full disk, is logged again after this long: the log may be on that disk.
const TELL_AGAIN: Duration = Duration::from_secs(60);
/// A lease on PostgreSQL, renewed at a third of it. On SQLite the lock on the folder is the lease.
const LEASE_MS: i64 = 60_000;
const FOR_EVER_MS: i64 = 100 * 365 * 24 * 3_600_000;
/// Accounts begun at once, so that a thousand of them don't all connect in the same instant.
const AT_ONCE: usize = 200;

/// Runs the account tasks until told to stop.
pub async fn run(room: MailRoom, stop: watch::Receiver<bool>) {
    tokio::join!(hand_out(room.clone(), stop.clone()), call::hear(room, stop));
}

async fn hand_out(room: MailRoom, mut stop: watch::Receiver<bool>) {
    let alone = room.store.db.dialect() == Dialect::Sqlite;
    let mut accounts = room.store.db.bell(Topic::Accounts);
    let mut edits = room.store.db.bell(Topic::Edits);
    if alone && let Err(error) = forget_leases(&room).await {
        tracing::error!(%error, "leases of an earlier run could not be cleared");
    }
    let mut renewed = tokio::time::Instant::now();
    let mut looked_aside = renewed;
    let mut told: Option<(String, tokio::time::Instant)> = None;
    loop {
        if *stop.borrow() {
            break;
        }
        poke(&room).await;
        match turn(&room, alone).await {
            Ok(()) => told = None,
            Err(error) => {
                // Anything else, such as two who were in each other's way, is over at the next turn, and who waits is helped.
                if matches!(error, StoreError::Full) {
                    room.desks.refuse_lobby(&error);
                }
                let words = error.to_string();
                if told.as_ref().is_none_or(|(last, at)| *last != words || at.elapsed() > TELL_AGAIN) {
                    tracing::error!(%error, "accounts could not be handed out");
                    told = Some((words, tokio::time::Instant::now()));
                }
            }
        }
        if !alone && renewed.elapsed() > Duration::from_millis(LEASE_MS as u64 / 3) {
            renewed = tokio::time::Instant::now();
            renew(&room).await;
        }
        if looked_aside.elapsed() > LOOK_ASIDE {
            looked_aside = tokio::time::Instant::now();
            retry_set_aside(&room).await;
        }
        tokio::select! {
            _ = stop.changed() => {}
            _ = accounts.changed() => retry_set_aside(&room).await,
            _ = edits.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    for lease in room.desks.leases() {
        room.desks.close(lease.account);
        // Another node, or the next run, need not wait for its end.
        if let Err(error) = release(&room, lease).await {
            tracing::warn!(account = %lease.account, %error, "an account's lease could not be given back; it ends by itself");
        }
    }
}

/// Ends the tasks of accounts that were saved or switched off, and begins those that are due.
async fn turn(room: &MailRoom, alone: bool) -> Result<(), StoreError> {
    let node = room.config.node.clone();
    let read = room.store.db.read(move |tx| Box::pin(async move { store::account::held(tx, &node).await }));
    let held = read.await?;
    for lease in room.desks.leases() {
        if !held.iter().any(|held| held.lease == lease && held.wanted) {
            room.desks.close(lease.account);
            release(room, lease).await?;
        }
    }
    // A task that could not give its lease back, on a full disk or in a panic, must not keep the account for ever. Nor
    // must an earlier run of this node, which had the same name and is dead.
    let running = room.desks.leases();
    for held in &held {
        if !running.iter().any(|lease| lease.account == held.lease.account) {
            release(room, held.lease).await?;
        }
    }
    let now = room.clock.now();
    let until = if alone { now + FOR_EVER_MS } else { now + LEASE_MS };
    let node = room.config.node.clone();
    loop {
        let node = node.clone();
        let due = room.store.db.read(move |tx| Box::pin(async move { store::account::any_due(tx, now).await })).await?;
        if !due {
            return Ok(());
        }
        let lease =
            store::unit(move |tx| Box::pin(async move { store::account::lease(tx, &node, until, now, AT_ONCE).await }));
        let leased = room.store.db.write(lease).await?;
        let count = leased.len();
        for lease in leased {
            room.desks.open(room, lease);
        }
        if count < AT_ONCE {
            return Ok(());
        }
    }
}

async fn release(room: &MailRoom, lease: AccountLease) -> Result<(), StoreError> {
    let work = store::unit(move |tx| {
        Box::pin(async move { store::account::release(tx, lease.organisation, lease.account, lease.fence).await })
    });
    room.store.db.write(work).await
}

async fn forget_leases(room: &MailRoom) -> Result<(), StoreError> {
    room.store.db.write(|tx| Box::pin(async move { store::account::forget_leases(tx).await })).await
}

async fn renew(room: &MailRoom) {
    let until = room.clock.now() + LEASE_MS;
    for lease in room.desks.leases() {
        let work = store::unit(move |tx| {
            Box::pin(
                async move { store::account::renew(tx, lease.organisation, lease.account, lease.fence, until).await },
            )
        });
        match room.store.db.write(work).await {
            Ok(true) => {}
            // Another node has it by now: whatever this task still writes would be the past.
            Ok(false) => room.desks.close(lease.account),
            Err(error) => tracing::warn!(account = %lease.account, %error, "a lease could not be renewed"),
        }
    }
}

/// A person asked for a message that was set aside, here or on another node, or its time has come.
async fn retry_set_aside(room: &MailRoom) {
    let now = room.clock.now();
    let read = room.store.db.read(move |tx| Box::pin(async move { store::quarantine::accounts_due(tx, now).await }));
    match read.await {
        // Every node looks for those that it has.
        Ok(accounts) => accounts.into_iter().for_each(|account| _ = room.desks.look(account)),
        Err(error) => tracing::warn!(%error, "what was set aside could not be listed"),
    }
}

/// Edits may have been queued on another node, and one that did not work is to be tried again.
async fn poke(room: &MailRoom) {
    let now = room.clock.now();
    let read = room.store.db.read(move |tx| Box::pin(async move { store::edit::accounts_due(tx, now).await }));
    match read.await {
        Ok(accounts) => accounts.into_iter().for_each(|account| room.desks.poke(account)),
        Err(error) => tracing::warn!(%error, "waiting edits could not be listed"),
    }
}
