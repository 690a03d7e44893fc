//! Mail that came in while we could not be reached for so long that Mailgun gave up posting it. Mailgun keeps what came in
//! for some days; it is fetched from there and kept once, as if it had been posted.

use super::{hook, line};
use crate::{
    MailRoom,
    incoming::{self, PassError},
};
use connect::{
    ConnectError,
    mailgun::{Came, Line},
};
use mail::AccountKey;
use std::collections::{HashMap, HashSet};
use store::{
    StoreError, account,
    mailgun::{self, MailgunDomain, POST_TAKEN},
};

/// Mailgun posts for eight hours (documentation.mailgun.com, Routes); what it may still post is not fetched.
const GIVEN_UP: i64 = 9 * 3_600_000;
/// For so long it keeps what came in.
const KEPT: i64 = 72 * 3_600_000;
/// Its log is written late at times: so much is looked at again.
const AGAIN: i64 = 3_600_000;

/// Fetches what came in for the domain and was never posted to us.
pub(super) async fn fetch(room: &MailRoom, domain: &MailgunDomain, line: &Line) -> Result<(), ConnectError> {
    let now = room.clock.now();
    let until = now - GIVEN_UP;
    let since = domain.came_at.map_or(now - KEPT, |at| (at - AGAIN).max(now - KEPT));
    let mut known: HashMap<AccountKey, HashSet<String>> = HashMap::new();
    let mut log = line.came(since);
    while let Some(page) = log.next().await? {
        for came in page.entries.into_iter().filter(|came| came.at <= until) {
            one(room, domain, line, &mut known, since, came).await?;
        }
        match page.until {
            // Whatever comes after it is younger still.
            Some(at) if at > until => break,
            Some(at) if domain.came_at.is_none_or(|before| before < at) => keep(room, domain, at).await?,
            _ => {}
        }
    }
    keep(room, domain, until).await
}

/// Fetches one, if it never came.
async fn one(
    room: &MailRoom,
    domain: &MailgunDomain,
    line: &Line,
    known: &mut HashMap<AccountKey, HashSet<String>>,
    since: i64,
    came: Came,
) -> Result<(), ConnectError> {
    let receivers = hook::receivers(room, domain, std::slice::from_ref(&came.recipient)).await;
    let (accounts, _) = receivers.map_err(|error| line::ours(StoreError::Broken(error.to_string())))?;
    let Some(id) = accounts.first().copied() else { return Ok(()) };
    let ids = match known.entry(id) {
        std::collections::hash_map::Entry::Occupied(found) => found.into_mut(),
        std::collections::hash_map::Entry::Vacant(free) => free.insert(ids_of(room, domain, id, since).await?),
    };
    if !came.message_id.is_empty() && !ids.insert(came.message_id.clone()) {
        return Ok(());
    }
    let raw = match line.stored(&came.url).await {
        Ok(raw) => raw,
        // It comes with the next look; what is past that is gone.
        Err(error @ ConnectError::Later { .. }) => return Err(error),
        Err(error) => {
            tracing::warn!(domain = domain.name, %error, "mail that was never posted is not kept by Mailgun any more");
            return Ok(());
        }
    };
    let (organisation, digest) = (domain.organisation, *blake3::hash(came.id.as_bytes()).as_bytes());
    let slip = mailgun::Post { domain: domain.id, token: format!("event {}", came.id), digest, is_posted: false };
    let read = room.store.db.read(move |tx| Box::pin(async move { account::load(tx, organisation, id).await }));
    let account = read.await.map_err(line::ours)?;
    match incoming::take_posted(room, &account, raw, &slip).await {
        Ok(()) => tracing::info!(account = %id, "mail that was never posted was fetched from Mailgun"),
        Err(PassError::Store(StoreError::Conflict { code: POST_TAKEN, .. })) => {}
        Err(PassError::Store(error)) => return Err(line::ours(error)),
        Err(PassError::Connect(error)) => return Err(error),
    }
    Ok(())
}

/// Notes up to when everything is here.
async fn keep(room: &MailRoom, domain: &MailgunDomain, until: i64) -> Result<(), ConnectError> {
    let (organisation, id) = (domain.organisation, domain.id);
    let write =
        room.store.db.write(move |tx| Box::pin(async move { mailgun::came(tx, organisation, id, until).await }));
    write.await.map_err(line::ours)
}

/// A day before the moment as well: what was posted is known by when it was kept here.
async fn ids_of(
    room: &MailRoom,
    domain: &MailgunDomain,
    account: AccountKey,
    since: i64,
) -> Result<HashSet<String>, ConnectError> {
    let organisation = domain.organisation;
    let read = room.store.db.read(move |tx| {
        Box::pin(async move { mailgun::message_ids_since(tx, organisation, account, since - 24 * 3_600_000).await })
    });
    read.await.map_err(line::ours)
}
