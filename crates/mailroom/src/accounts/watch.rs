//! Writes down how an account is doing, and tells its owners when it turns red.

use super::health::{self, Half};
use crate::{MailRoom, incoming::PassError, killpoint, outgoing::system};
use connect::ConnectError;
use store::{
    StoreError,
    account::{self, Account, Colour, Health, Incoming, Outgoing, Trouble},
    limit::{self, Turn},
};

/// Notes how a pass over the account ended.
pub(crate) async fn note(room: &MailRoom, account: &Account, error: Option<&PassError>) -> Result<(), StoreError> {
    killpoint!("health.before_note");
    match error {
        None => well(room, account, Half::Receiving, true).await,
        Some(PassError::Connect(error)) => failed(room, account, Half::Receiving, error).await,
        Some(PassError::Store(StoreError::Damaged(_))) => unreadable(room, account, Half::Receiving).await,
        // Our own trouble says nothing of the account.
        Some(PassError::Store(_)) => Ok(()),
    }?;
    killpoint!("health.after_note");
    Ok(())
}

/// Something asked of the account's server was done to the end.
pub async fn worked(room: &MailRoom, account: &Account, half: Half) -> Result<(), StoreError> {
    well(room, account, half, false).await
}

async fn well(room: &MailRoom, account: &Account, half: Half, fetched: bool) -> Result<(), StoreError> {
    let now = room.clock.now();
    let (organisation, id, fence) = (account.organisation, account.id, fence(account, half));
    let host = host(account, half).filter(|_| account.health.refused_sign_ins > 0);
    let (version, is_pushed) = (account.version, account.settings.push && account.settings.interval_seconds.is_some());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let Account { health, version: now_version, .. } = account::load(tx, organisation, id).await?;
            if fetched {
                account::record_fetched(tx, organisation, id, fence, now).await?;
            }
            let is_news = health.colour != Colour::Green || health.errors_in_row > 0 || health.refused_sign_ins > 0;
            if is_news
                && version == now_version
                && health::ends_trouble(&health, half, is_stable(&health, now, is_pushed))
            {
                account::record_success(tx, organisation, id, fence, now).await?;
                if let Some(host) = host {
                    limit::forget_refused(tx, &host, id).await?;
                }
            }
            Ok(())
        })
    });
    write.await
}

/// Something went wrong with the account; what follows is decided by [`health::after_error`].
pub async fn failed(room: &MailRoom, account: &Account, half: Half, error: &ConnectError) -> Result<(), StoreError> {
    let (now, dice) = (room.clock.now(), rand::random::<f64>());
    let error = error.clone();
    record(room, account, half, move |health, disable_after| {
        health::after_error(health, now, disable_after, half, &error, dice)
    })
    .await
}

/// The stored secret can't be opened: nothing is tried until a person enters it again (reliability case 61).
pub(crate) async fn unreadable(room: &MailRoom, account: &Account, half: Half) -> Result<(), StoreError> {
    record(room, account, half, move |health, _| {
        Some(Trouble {
            colour: Colour::Red,
            code: half.code("unreadable_secret"),
            words: None,
            errors_in_row: health.errors_in_row + 1,
            refused_sign_in: false,
            next_try_at: None,
            parked: true,
        })
    })
    .await
}

async fn record(
    room: &MailRoom,
    account: &Account,
    half: Half,
    judge: impl FnOnce(&Health, i64) -> Option<Trouble> + Send + 'static,
) -> Result<(), StoreError> {
    let now = room.clock.now();
    let (organisation, id, fence) = (account.organisation, account.id, fence(account, half));
    let (host, version) = (host(account, half), account.version);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let before = account::load(tx, organisation, id).await?;
            if before.version != version {
                // It was saved meanwhile: this trouble is that of settings that are gone, and the new ones are tried at once.
                return Ok(None);
            }
            let Some(trouble) = judge(&before.health, before.settings.disable_after_errors) else { return Ok(None) };
            if let (true, Some(host)) = (trouble.refused_sign_in, &host) {
                limit::record_refused(tx, host, id, now).await?;
            }
            let written = account::record_trouble(tx, organisation, id, fence, &trouble, now).await?;
            Ok((written && health::concerns_owners(&before.health, &trouble)).then_some(trouble))
        })
    });
    if let Some(trouble) = write.await? {
        tracing::warn!(account = %id, code = trouble.code, "an account turned red");
        system::tell_of_red_account(room, account, &trouble).await;
    }
    Ok(())
}

/// Until when nobody may sign in there: after too many refusals of this account, or of all accounts at that server.
pub(crate) async fn may_sign_in(
    room: &MailRoom,
    account: &Account,
    half: Half,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    let Some(host) = host(account, half) else { return Ok(None) };
    let id = account.id;
    let read = room.store.db.read(move |tx| Box::pin(async move { limit::may_try(tx, &host, id, now).await }));
    Ok(match read.await? {
        Turn::Taken => None,
        Turn::WaitUntil(until) => Some(until),
    })
}

/// A person entered a new secret: what the server refused before says nothing of it.
pub(crate) async fn forget_refusals(room: &MailRoom, account: &Account) -> Result<(), StoreError> {
    let id = account.id;
    let hosts: Vec<_> = [Half::Receiving, Half::Sending].into_iter().filter_map(|half| host(account, half)).collect();
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            for host in hosts {
                limit::forget_refused(tx, &host, id).await?;
            }
            Ok(())
        })
    });
    write.await
}

fn host(account: &Account, half: Half) -> Option<String> {
    let host = match (half, &account.settings.incoming, &account.settings.outgoing) {
        (Half::Receiving, Incoming::Imap(server) | Incoming::Pop3(server), _) => server.host.clone(),
        (Half::Sending, _, Outgoing::Smtp(server)) => server.host.clone(),
        (Half::Receiving, Incoming::Ews(exchange), _) | (Half::Sending, _, Outgoing::Ews(exchange)) => {
            exchange.server().host
        }
        _ => return None,
    };
    Some(host.trim_end_matches('.').to_ascii_lowercase())
}

/// Fetching runs under a lease of the account; sending runs under leases of its own.
fn fence(account: &Account, half: Half) -> Option<i64> {
    (half == Half::Receiving).then_some(account.fence).filter(|fence| *fence > 0)
}

/// The next try began when it was due, so what lasted from then until now is how long the connection held. One or two
/// errors are soon forgiven, and where we end every connection ourselves a finished pass is all there is to see.
fn is_stable(health: &Health, now: i64, is_pushed: bool) -> bool {
    let held = health.next_try_at.map_or(i64::MAX, |began| now - began);
    !is_pushed || health.errors_in_row <= 2 || held >= health::STABLE_AFTER
}
