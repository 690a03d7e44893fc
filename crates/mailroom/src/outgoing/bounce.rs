//! Ties reports to the mail that caused them (features S9).

use super::notice;
use crate::MailRoom;
use mail::{
    AccountKey, OrganisationKey, OutboxKey,
    report::{self, Action, Kind},
};
use store::{
    StoreError, UserRole, Viewer, conversation,
    mailgun::{self, Post},
    outbox::{self, Report, Reported, State},
};

/// Reads what a report says of our mail: delivered, bounced or delayed, and whether an uncertain one arrived after all.
///
/// The ENVID we gave is the surest sign (RFC 3461 §4.4), then the Message-ID that the report cites. A report that names
/// neither is only a mail; nobody's state changes on the strength of an address alone.
pub async fn on_report(
    room: &MailRoom,
    organisation: OrganisationKey,
    account: AccountKey,
    report: &report::Report,
) -> Result<(), StoreError> {
    if report.kind != Kind::Delivery {
        return Ok(());
    }
    let Some(id) = cause(room, organisation, account, report).await? else { return Ok(()) };
    let reports = told(report);
    if reports.is_empty() {
        return Ok(());
    }
    record(room, organisation, id, reports, None).await?;
    tracing::debug!(outbox = %id, "a delivery report was tied to what it reports on");
    Ok(())
}

/// Notes what is told of a submission, and tells its author when it bounced.
pub(super) async fn record(
    room: &MailRoom,
    organisation: OrganisationKey,
    id: OutboxKey,
    reports: Vec<Report>,
    post: Option<Post>,
) -> Result<(), StoreError> {
    let bounced = reports.iter().any(|report| report.what == Reported::Bounced);
    let now = room.clock.now();
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            if let Some(post) = post {
                mailgun::take_post(tx, organisation, &post, AccountKey(0), now).await?;
            }
            let before = outbox::load(tx, organisation, id).await?;
            let state = outbox::record_report(tx, organisation, id, &reports, now).await?;
            let is_news = state == State::Bounced && before.state != State::Bounced;
            if let (true, Some(id), Some(user)) = (is_news, before.conversation, before.created_by) {
                let author = Viewer { organisation, user, role: UserRole::Member };
                let open = conversation::Patch { state: Some(conversation::State::Open), ..Default::default() };
                match conversation::patch(tx, &author, id, &open, now).await {
                    Ok(_) | Err(StoreError::NotFound) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(is_news)
        })
    });
    if write.await? && bounced {
        notice::failed(room, organisation, id).await;
    }
    Ok(())
}

async fn cause(
    room: &MailRoom,
    organisation: OrganisationKey,
    account: AccountKey,
    report: &report::Report,
) -> Result<Option<OutboxKey>, StoreError> {
    let envelope: Option<OutboxKey> = report.envelope_id.as_deref().and_then(|id| id.trim().parse().ok());
    let message_id = report.original_message_id.clone();
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            if let Some(id) = envelope
                && let Ok(found) = outbox::load(tx, organisation, id).await
                && found.account == account
            {
                return Ok(Some(id));
            }
            match message_id {
                Some(id) => outbox::by_message_id(tx, organisation, id.as_str()).await,
                None => Ok(None),
            }
        })
    });
    read.await
}

/// What the report says, recipient by recipient; what a relay or a list did is no delivery.
fn told(report: &report::Report) -> Vec<Report> {
    report
        .recipients
        .iter()
        .filter_map(|recipient| {
            let what = match recipient.action {
                Action::Failed => Reported::Bounced,
                Action::Delayed => Reported::Delayed,
                Action::Delivered => Reported::Delivered,
                Action::Relayed | Action::Expanded => return None,
            };
            let words = [recipient.status.as_deref(), recipient.diagnostic.as_deref()];
            let words = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
            Some(Report {
                address: recipient.address.clone(),
                what,
                server_said: Some(words).filter(|words| !words.is_empty()),
            })
        })
        .collect()
}
