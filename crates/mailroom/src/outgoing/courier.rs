//! Carries one leased message to the next hop.

use super::{
    lane::Lane,
    outcome::{self, Follows},
    part, provider,
};
use crate::{
    MailRoom,
    accounts::{self, health::Half},
    incoming, killpoint,
};
use async_trait::async_trait;
use bytes::Bytes;
use connect::{ConnectError, Marks, Parcel, Receipt};
use mail::{OrganisationKey, OutboxKey};
use store::{
    StoreError,
    outbox::{self, Finish, Kind, Leased, Verdict, WaitsFor},
};

/// After trouble with the connection nothing more is tried by the account for this long; its health decides the rest.
const BREATHER: i64 = 30_000;

/// What became of a leased message.
pub(super) enum Done {
    /// It was tried; these domains rest until then.
    Finished(Leased, Finish, Vec<(String, i64)>),
    /// It was not: not before this moment.
    Postponed(Leased, i64, WaitsFor),
}

/// Tries to hand the message over, when the account's limits allow it now.
pub(super) async fn carry(room: &MailRoom, lane: &Lane, mut leased: Leased) -> Done {
    // Whoever comes first shows whether the sign-in works; the others wait for the answer.
    let alone = if lane.is_proven() { None } else { Some(lane.first.lock().await) };
    let alone = alone.filter(|_| !lane.is_proven());
    let Ok(_slot) = lane.slots.acquire().await else {
        return Done::Postponed(leased, room.clock.now(), WaitsFor::Retry);
    };
    let now = room.clock.now();
    if let Some(until) = lane.paused(now) {
        return Done::Postponed(leased, until, WaitsFor::Retry);
    }
    if let Some(until) = must_wait(room, lane, now).await {
        return Done::Postponed(leased, until, WaitsFor::Retry);
    }
    let held_back = lane.hold_back(&mut leased.recipients, now);
    if let Some(until) = held_back.filter(|_| leased.recipients.is_empty()) {
        return Done::Postponed(leased, until, WaitsFor::Limit);
    }
    match lane.pace.take(room, now).await {
        Ok(None) => {}
        Ok(Some(until)) => return Done::Postponed(leased, until, WaitsFor::Limit),
        Err(error) => {
            tracing::error!(%error, outbox = %leased.id, "the limits of an account could not be read");
            return Done::Postponed(leased, now + BREATHER, WaitsFor::Retry);
        }
    }
    let answer = match submit(room, lane, &leased, now).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(%error, outbox = %leased.id, "the bytes of a message to send could not be read");
            return Done::Postponed(leased, now + BREATHER, WaitsFor::Retry);
        }
    };
    killpoint!("send.after_reply");
    let now = room.clock.now();
    // Who reads the primary mailbox is not to find there what was meant for one person: a link for a new password.
    let wants_sent_copy = lane.wants_sent_copy && leased.kind != Kind::System;
    let (mut finish, follows) = outcome::judge(&leased, &answer, wants_sent_copy, now, rand::random());
    let put_off = outcome::put_off(&leased, &answer, finish.retry_at, now);
    lane.pause_domains(put_off.clone());
    // Of those who were held back nothing is said: they are tried when their domain is.
    finish.retry_at = finish.retry_at.max(held_back.unwrap_or(now));
    settle_account(room, lane, &answer, follows, now).await;
    if answer.is_ok() && provider::saves_sent_always(&lane.account) {
        // The copy lies there already: who sent it finds it here without waiting for the next look.
        incoming::look(room, lane.account.id).await;
    }
    drop(alone);
    tell(&leased, &answer, &finish);
    room.tally.sent(finish.recipients.iter().map(|(_, verdict, _)| verdict));
    Done::Finished(leased, finish, put_off)
}

/// Until when nobody may sign in there, because of refused sign-ins: one bad account must not get us banned for all.
async fn must_wait(room: &MailRoom, lane: &Lane, now: i64) -> Option<i64> {
    if lane.is_proven() {
        return None;
    }
    let wait = accounts::may_sign_in(room, &lane.account, Half::Sending, now).await;
    wait.unwrap_or_else(|error| {
        tracing::error!(%error, account = %lane.account.id, "refused sign-ins could not be counted");
        Some(now + BREATHER)
    })
}

async fn submit(
    room: &MailRoom,
    lane: &Lane,
    leased: &Leased,
    now: i64,
) -> Result<Result<Receipt, ConnectError>, StoreError> {
    let digest = leased.digest.as_slice().try_into();
    let digest = digest.map_err(|_| StoreError::Damaged("a digest of another length".into()))?;
    let place = leased.place.as_deref().ok_or(StoreError::NotFound)?;
    let message = room.store.blobs.get(leased.organisation, digest, place).await?;
    let parcel = parcel(leased, message);
    if lane.by_domain {
        return Ok(part::submit(room, lane, leased, parcel, now).await);
    }
    let marks = OnDisk { room, organisation: leased.organisation, id: leased.id, fence: leased.fence };
    Ok(lane.transport.submit(parcel, &marks).await)
}

/// The message for these recipients, as a transport takes it.
fn parcel(leased: &Leased, message: Bytes) -> Parcel {
    Parcel {
        return_path: leased.return_path.clone(),
        recipients: leased.recipients.iter().map(|recipient| recipient.address.clone()).collect(),
        message,
        envelope_id: Some(leased.id.to_string()),
        notify_success: false,
    }
}

/// What an answer says of the account: trouble pauses it, a reply shows that it works.
async fn settle_account(
    room: &MailRoom,
    lane: &Lane,
    answer: &Result<Receipt, ConnectError>,
    follows: Follows,
    now: i64,
) {
    let written = match (answer, follows) {
        (Err(error), Follows::Pause) if lane.pause(now + BREATHER, now) => {
            let written = accounts::failed(room, &lane.account, Half::Sending, error).await;
            pause_as_health_says(room, lane, now).await;
            written
        }
        (Ok(_), _) if !lane.is_proven() => {
            lane.prove();
            accounts::worked(room, &lane.account, Half::Sending).await
        }
        _ => Ok(()),
    };
    if let Err(error) = written {
        tracing::error!(%error, account = %lane.account.id, "an account's health could not be written");
    }
}

async fn pause_as_health_says(room: &MailRoom, lane: &Lane, now: i64) {
    let (organisation, id) = (lane.account.organisation, lane.account.id);
    let read = room.store.db.read(move |tx| Box::pin(async move { store::account::load(tx, organisation, id).await }));
    if let Ok(Some(until)) = read.await.map(|account| account.health.next_try_at) {
        lane.pause(until, now);
    }
}

fn tell(leased: &Leased, answer: &Result<Receipt, ConnectError>, finish: &Finish) {
    let count = |wanted: Verdict| finish.recipients.iter().filter(|(_, verdict, _)| *verdict == wanted).count();
    match answer {
        Ok(_) => tracing::debug!(
            outbox = %leased.id,
            accepted = count(Verdict::Accepted),
            refused = count(Verdict::Failed),
            later = count(Verdict::Retry),
            "a message was handed over"
        ),
        Err(error) => {
            tracing::warn!(outbox = %leased.id, account = %leased.account, %error, "a message did not go out")
        }
    }
}

/// Puts the mark "on the wire" on disk before the last byte leaves (reliability rule 14).
struct OnDisk<'a> {
    room: &'a MailRoom,
    organisation: OrganisationKey,
    id: OutboxKey,
    fence: i64,
}

#[async_trait]
impl Marks for OnDisk<'_> {
    async fn on_the_wire(&self) -> Result<(), String> {
        killpoint!("send.before_mark");
        let (organisation, id, fence, now) = (self.organisation, self.id, self.fence, self.room.clock.now());
        let marked = self
            .room
            .store
            .db
            .write(move |tx| Box::pin(async move { outbox::mark_on_wire(tx, organisation, id, fence, now).await }));
        let marked = marked.await.map_err(|error| error.to_string())?;
        killpoint!("send.after_mark");
        if marked { Ok(()) } else { Err("the lease of this message went to another worker".to_owned()) }
    }
}
