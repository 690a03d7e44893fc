//! Leases what is due and hands it to the couriers; writes down what came of it, many at a time.
//!
//! Three things go on at once, so that none waits for another: leasing a batch, carrying (several connections an
//! account), and committing the results, which never holds up the next message on a connection.

use super::{
    courier::{self, Done},
    lane::Lane,
    notice,
};
use crate::{MailRoom, killpoint};
use mail::{AccountKey, OrganisationKey, OutboxKey};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::{
    Dialect, StoreError, Topic,
    account::{self, Account},
    limit,
    outbox::{self, Dead, Leased, State, WaitsFor},
};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::Instant,
};

/// Messages leased at a time.
const BATCH: usize = 128;
/// A lease that is smaller than this is not worth its commit, unless nothing was leased for a while.
const WORTH_IT: usize = BATCH / 4;
/// With an account whose server is slow the others are served at this pace at least.
const HUNGRY: Duration = Duration::from_millis(250);
/// Leased messages of one account at most, so that a slow server does not fill the house.
const PER_ACCOUNT: usize = 256;
/// How long a message waits whose account has that many already.
const FULL: i64 = 5_000;
/// Leased messages at most.
const IN_ALL: usize = 1024;
/// Results in one commit at most.
const RESULTS: usize = 128;
/// How long a lease lasts; renewed at a third of it.
const LEASE: i64 = 180_000;
/// The longest sleep: the net under the bell and the timer.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// When nothing could be leased though something was due.
const SHORTEST_SLEEP: Duration = Duration::from_millis(500);
/// Between two looks of which the first found nothing: the bell rings for every mail that is handed over for tomorrow.
const APART: Duration = Duration::from_millis(10);
/// How long the end waits for what is on the wire.
const LAST_WAIT: Duration = Duration::from_secs(15);

/// What is being carried now.
#[derive(Default)]
struct InFlight {
    leases: Mutex<HashMap<OutboxKey, (OrganisationKey, AccountKey, i64)>>,
    freed: Notify,
}

impl InFlight {
    fn leases(&self) -> MutexGuard<'_, HashMap<OutboxKey, (OrganisationKey, AccountKey, i64)>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn count(&self) -> usize {
        self.leases().len()
    }
    fn add(&self, leased: &Leased) {
        self.leases().insert(leased.id, (leased.organisation, leased.account, leased.fence));
    }
    fn remove(&self, id: OutboxKey) {
        self.leases().remove(&id);
        self.freed.notify_one();
    }
    fn all(&self) -> Vec<(OutboxKey, OrganisationKey, i64)> {
        self.leases().iter().map(|(id, (organisation, _, fence))| (*id, *organisation, *fence)).collect()
    }

    /// How many more may be leased now: what the fullest account can still take, because all of them may be its own. When
    /// that account is stuck, the others get a small lease now and then, and its share is put off.
    fn appetite(&self, last: Instant) -> usize {
        let (mut in_all, mut fullest, mut of_account) = (0, 0, HashMap::new());
        for (_, account, _) in self.leases().values() {
            let count = of_account.entry(*account).or_insert(0);
            *count += 1;
            in_all += 1;
            fullest = fullest.max(*count);
        }
        let left = IN_ALL.saturating_sub(in_all);
        match left.min(PER_ACCOUNT.saturating_sub(fullest)).min(BATCH) {
            fitting if fitting >= WORTH_IT => fitting,
            _ if last.elapsed() >= HUNGRY => left.min(WORTH_IT),
            _ => 0,
        }
    }
}

/// Sends what is due until told to stop; then finishes what is on the wire and puts back the rest.
pub async fn run(room: MailRoom, mut stop: watch::Receiver<bool>) {
    // A name of this very run: what an earlier run of this node held is nobody's any more.
    let owner = format!("{}#{:016x}", room.config.node, rand::random::<u64>());
    recover(&room, &owner).await;
    let in_flight = Arc::new(InFlight::default());
    let (done, results) = mpsc::channel(IN_ALL);
    let writer = tokio::spawn(write_results(room.clone(), results, in_flight.clone()));
    let mut bell = room.store.db.bell(Topic::Outbox);
    let (mut renewed, mut leased_at) = (Instant::now(), Instant::now());
    while !*stop.borrow() {
        bell.mark_unchanged();
        if renewed.elapsed() > Duration::from_millis(LEASE as u64 / 3) {
            renewed = Instant::now();
            renew(&room, &in_flight).await;
        }
        let appetite = in_flight.appetite(leased_at);
        if appetite == 0 {
            let rest = HUNGRY.saturating_sub(leased_at.elapsed()).max(Duration::from_millis(1));
            tokio::select! {
                _ = stop.changed() => {}
                () = in_flight.freed.notified() => {}
                () = tokio::time::sleep(rest) => {}
            }
            continue;
        }
        let looked = Instant::now();
        let leased = lease(&room, &owner, appetite).await.unwrap_or_else(|error| {
            tracing::error!(%error, "what is due in the outbox could not be leased");
            Vec::new()
        });
        if !leased.is_empty() {
            leased_at = Instant::now();
            hand_out(&room, leased, &done, &in_flight).await;
            continue;
        }
        let sleep = time_to_next(&room).await;
        tokio::select! {
            _ = stop.changed() => {}
            _ = bell.changed() => {}
            () = in_flight.freed.notified() => {}
            () = tokio::time::sleep(sleep) => {}
        }
        tokio::time::sleep_until(looked + APART).await;
    }
    let rest = async {
        while in_flight.count() > 0 {
            in_flight.freed.notified().await;
        }
    };
    if tokio::time::timeout(LAST_WAIT, rest).await.is_err() {
        tracing::warn!(messages = in_flight.count(), "the program ends while messages are being sent");
    }
    drop(done);
    writer.abort();
}

/// Takes up what an earlier run left: what was not on the wire waits again, what was is uncertain.
async fn recover(room: &MailRoom, owner: &str) {
    let (now, owner, node) = (room.clock.now(), owner.to_owned(), room.config.node.clone());
    killpoint!("send.before_recovery");
    // On SQLite the lock on the folder proves that nobody else sends. Elsewhere it proves that of this node's earlier
    // runs; the leases of another node must end first.
    let alone = room.store.db.dialect() == Dialect::Sqlite;
    let recovered = room.store.db.write(move |tx| {
        Box::pin(async move {
            let prefix = format!("{node}#");
            let dead = if alone { Dead::AllBut(&owner) } else { Dead::Earlier { prefix: &prefix, owner: &owner } };
            outbox::recover(tx, dead, now).await
        })
    });
    let recovered = recovered.await;
    killpoint!("send.after_recovery");
    match recovered {
        Ok(found) if found.waiting + found.uncertain > 0 => tracing::warn!(
            waiting = found.waiting,
            uncertain = found.uncertain,
            "messages that were being sent when the program ended were taken up again"
        ),
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "the outbox of an earlier run could not be taken up"),
    }
}

async fn lease(room: &MailRoom, owner: &str, limit: usize) -> Result<Vec<Leased>, StoreError> {
    let (owner, now) = (owner.to_owned(), room.clock.now());
    killpoint!("send.before_lease");
    let leased = room
        .store
        .db
        .write(move |tx| Box::pin(async move { outbox::lease_due(tx, &owner, now, limit, now + LEASE).await }));
    let leased = leased.await?;
    if !leased.is_empty() {
        killpoint!("send.after_lease");
    }
    Ok(leased)
}

/// Starts a courier for every leased message, in the order of the lease.
async fn hand_out(room: &MailRoom, leased: Vec<Leased>, done: &mpsc::Sender<Done>, in_flight: &Arc<InFlight>) {
    let mut lanes: HashMap<AccountKey, Option<Arc<Lane>>> = HashMap::new();
    for one in leased {
        in_flight.add(&one);
        let lane = match lanes.get(&one.account) {
            Some(lane) => lane.clone(),
            None => {
                let lane = lane_of(room, one.organisation, one.account).await;
                lanes.entry(one.account).or_insert(lane).clone()
            }
        };
        let now = room.clock.now();
        let Some(lane) = lane else {
            let _ = done.send(Done::Postponed(one, now + 60_000, WaitsFor::Retry)).await;
            continue;
        };
        if let Some(until) = lane.paused(now) {
            let _ = done.send(Done::Postponed(one, until, WaitsFor::Retry)).await;
            continue;
        }
        if !lane.enter(PER_ACCOUNT) {
            let _ = done.send(Done::Postponed(one, now + FULL, WaitsFor::Limit)).await;
            continue;
        }
        let (room, done) = (room.clone(), done.clone());
        tokio::spawn(async move {
            let result = courier::carry(&room, &lane, one).await;
            lane.leave();
            // Nobody writes it down any more only when the program ends: the next start takes it up.
            let _ = done.send(result).await;
        });
    }
}

async fn lane_of(room: &MailRoom, organisation: OrganisationKey, id: AccountKey) -> Option<Arc<Lane>> {
    let now = room.clock.now();
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let paused = limit::paused_domains(tx, organisation, id, now).await?;
            Ok((account::load(tx, organisation, id).await?, paused))
        })
    });
    let (account, paused): (Account, _) = match read.await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, account = %id, "an account could not be read");
            return None;
        }
    };
    match room.transports.lane(room, &account).await {
        Ok(lane) => {
            lane.pause_domains(paused);
            Some(lane)
        }
        Err(StoreError::Damaged(_)) => {
            let half = crate::accounts::health::Half::Sending;
            if let Err(error) = crate::accounts::unreadable(room, &account, half).await {
                tracing::error!(%error, account = %id, "an account's health could not be written");
            }
            None
        }
        Err(error) => {
            tracing::error!(%error, account = %id, "an account's transport could not be made");
            None
        }
    }
}

/// Commits results as they come, as many at a time as are there.
async fn write_results(room: MailRoom, mut results: mpsc::Receiver<Done>, in_flight: Arc<InFlight>) {
    while let Some(first) = results.recv().await {
        let mut batch = vec![first];
        while batch.len() < RESULTS
            && let Ok(next) = results.try_recv()
        {
            batch.push(next);
        }
        let batch = Arc::new(batch);
        killpoint!("send.before_finish");
        let states = loop {
            match write_batch(&room, batch.clone()).await {
                Ok(states) => break states,
                // What came of a sending must not be forgotten: it is kept until the store takes it.
                Err(error) => tracing::error!(%error, "results of sending could not be written; trying again"),
            }
            tokio::time::sleep(SHORTEST_SLEEP).await;
        };
        killpoint!("send.after_finish");
        for (done, state) in batch.iter().zip(states) {
            let (Done::Finished(leased, ..) | Done::Postponed(leased, ..)) = done;
            in_flight.remove(leased.id);
            if state == Some(State::Failed) {
                notice::failed(&room, leased.organisation, leased.id).await;
            }
        }
    }
}

async fn write_batch(room: &MailRoom, batch: Arc<Vec<Done>>) -> Result<Vec<Option<State>>, StoreError> {
    let now = room.clock.now();
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let tried = batch.iter().filter_map(|done| match done {
                Done::Finished(one, finish, _) => Some(outbox::Tried::of(one, finish)),
                Done::Postponed(..) => None,
            });
            let tried: Vec<_> = tried.collect();
            let mut ended = outbox::finish_many(tx, &tried, now).await?.into_iter();
            let mut states = Vec::with_capacity(batch.len());
            for done in batch.iter() {
                states.push(match done {
                    Done::Finished(one, _, put_off) => {
                        for (domain, until) in put_off {
                            limit::pause_domain(tx, one.organisation, one.account, domain, *until).await?;
                        }
                        ended.next().flatten()
                    }
                    Done::Postponed(one, until, why) => {
                        outbox::postpone(tx, one.organisation, one.id, one.fence, *until, Some(*why), now).await?;
                        None
                    }
                });
            }
            killpoint!("send.in_finish");
            Ok(states)
        })
    });
    write.await
}

async fn renew(room: &MailRoom, in_flight: &InFlight) {
    let (leases, until) = (in_flight.all(), room.clock.now() + LEASE);
    let renewed = room.store.db.write(move |tx| {
        Box::pin(async move {
            for (id, organisation, fence) in leases {
                outbox::renew(tx, organisation, id, fence, until).await?;
            }
            Ok(())
        })
    });
    if let Err(error) = renewed.await {
        tracing::error!(%error, "leases of messages being sent could not be renewed");
    }
}

/// How long nothing is due, within bounds.
async fn time_to_next(room: &MailRoom) -> Duration {
    let due = room.store.db.read(|tx| Box::pin(async move { outbox::next_due(tx).await })).await;
    let wait = due.ok().flatten().map_or(i64::MAX, |due| due - room.clock.now());
    Duration::from_millis(wait.max(0) as u64).clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_is_full_is_not_given_more_and_the_others_are_not_forgotten() {
        let in_flight = InFlight::default();
        let now = Instant::now();
        assert_eq!(in_flight.appetite(now), BATCH);
        for key in 0..PER_ACCOUNT as i64 {
            in_flight.leases().insert(OutboxKey(key), (OrganisationKey(1), AccountKey(1), 1));
        }
        assert_eq!(in_flight.appetite(now), 0);
        assert_eq!(in_flight.appetite(now - HUNGRY), WORTH_IT);
        for key in 0..BATCH as i64 {
            in_flight.remove(OutboxKey(key));
        }
        assert_eq!(in_flight.appetite(now), BATCH);
    }
}
