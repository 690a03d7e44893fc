//! What became of mail, read from Mailgun's log: for who can't be posted to, and for posts that got lost. With it goes a look
//! for mail that came in and was never posted.

use super::{line, missed};
use crate::{MailRoom, outgoing};
use connect::ConnectError;
use store::{
    StoreError,
    mailgun::{self, MailgunDomain},
};

/// How often a log is read.
const EVERY: i64 = 5 * 60_000;
/// Mailgun writes its log late at times: so much is read again.
const AGAIN: i64 = 30 * 60_000;
/// How far back the first reading goes.
const FIRST: i64 = 24 * 3_600_000;

/// Reads the logs that are due.
pub(crate) async fn round(room: &MailRoom) -> Result<usize, StoreError> {
    let now = room.clock.now();
    let domains = room.store.db.read(|tx| Box::pin(async move { mailgun::in_use(tx).await })).await?;
    for domain in domains.iter().filter(|domain| domain.log_tried_at.is_none_or(|at| now - at >= EVERY)) {
        let (organisation, id) = (domain.organisation, domain.id);
        // One node reads it, and what went wrong is not tried again at once.
        let write = room
            .store
            .db
            .write(move |tx| Box::pin(async move { mailgun::claim_log(tx, organisation, id, now - EVERY, now).await }));
        if !write.await? {
            continue;
        }
        if let Err(error) = read(room, domain).await {
            // The mailboxes of the domain tell what is the matter.
            tracing::info!(domain = domain.name, %error, "the log of Mailgun could not be read now");
        }
    }
    // There is nothing more to do at once.
    Ok(0)
}

/// Reads what happened since the last time.
pub(super) async fn read(room: &MailRoom, domain: &MailgunDomain) -> Result<(), ConnectError> {
    let now = room.clock.now();
    let since = domain.log_at.unwrap_or(now - FIRST) - AGAIN;
    let line = line::of(room, domain).await?;
    let mut log = line.happened(since);
    while let Some(page) = log.next().await? {
        for event in &page.entries {
            outgoing::on_event(room, domain.organisation, Some(event), None).await.map_err(line::ours)?;
        }
        // What was read is not read again when the rest can't be had now. What is read again is no step back.
        if let Some(until) = page.until.filter(|until| domain.log_at.is_none_or(|at| at < *until)) {
            keep(room, domain, until.min(now)).await?;
        }
    }
    keep(room, domain, now).await?;
    missed::fetch(room, domain, &line).await
}

async fn keep(room: &MailRoom, domain: &MailgunDomain, until: i64) -> Result<(), ConnectError> {
    let (organisation, id) = (domain.organisation, domain.id);
    let write =
        room.store.db.write(move |tx| Box::pin(async move { mailgun::log_read(tx, organisation, id, until).await }));
    write.await.map_err(line::ours)
}
