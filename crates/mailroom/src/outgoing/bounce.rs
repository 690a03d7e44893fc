//! Ties reports to the mail that caused them (features S9).

use super::{notice, return_path, returned};
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

/// What stands with a recipient who called our mail unwanted.
pub(super) const COMPLAINED: &str = "spam complaint";

/// Reads what a report says of our mail: delivered, bounced or delayed, whether an uncertain one arrived after all, and
/// whether somebody called it unwanted.
///
/// The ENVID we gave is the surest sign (RFC 3461 §4.4), then the return path that a complaint names, then the Message-ID
/// that the report cites. A report that names none of these is only a mail; nobody's state changes on the strength of an
/// address alone.
pub async fn on_report(
    room: &MailRoom,
    organisation: OrganisationKey,
    account: AccountKey,
    report: &report::Report,
) -> Result<(), StoreError> {
    if report.kind == Kind::Disposition {
        return Ok(());
    }
    if let Some(named) = &report.original_return_path
        && let Some((_, path)) = return_path::cited(room, named).await?
        && path.organisation == organisation
    {
        returned::note(room, &path, Some(report), None).await?;
        return Ok(());
    }
    let Some(id) = cause(room, organisation, account, report).await? else { return Ok(()) };
    let reports = match report.kind {
        Kind::Complaint => complaints(room, organisation, id, report).await?,
        _ => told(report),
    };
    if reports.is_empty() {
        return Ok(());
    }
    record(room, organisation, id, reports, None).await?;
    tracing::debug!(outbox = %id, "a report was tied to what it reports on");
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

/// Who complains. Most who pass complaints on leave out by whom: then it is the only one it can be, or nobody.
async fn complaints(
    room: &MailRoom,
    organisation: OrganisationKey,
    id: OutboxKey,
    report: &report::Report,
) -> Result<Vec<Report>, StoreError> {
    let mut named: Vec<String> = report.recipients.iter().map(|one| one.address.clone()).collect();
    if named.is_empty() {
        let read = room.store.db.read(move |tx| Box::pin(async move { outbox::load(tx, organisation, id).await }));
        let all = read.await?.recipients;
        named = if all.len() == 1 { all.into_iter().map(|one| one.address).collect() } else { Vec::new() };
    }
    Ok(named.into_iter().map(complaint).collect())
}

/// This recipient calls it unwanted.
pub(super) fn complaint(address: String) -> Report {
    Report { address, what: Reported::Complained, server_said: Some(COMPLAINED.to_owned()) }
}

/// What the report says, recipient by recipient; what a relay or a list did is no delivery.
pub(super) fn told(report: &report::Report) -> Vec<Report> {
    report
        .recipients
        .iter()
        .filter_map(|recipient| {
            let what = what(recipient.action)?;
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

/// What an action is to us.
pub(super) fn what(action: Action) -> Option<Reported> {
    match action {
        Action::Failed => Some(Reported::Bounced),
        Action::Delayed => Some(Reported::Delayed),
        Action::Delivered => Some(Reported::Delivered),
        Action::Relayed | Action::Expanded => None,
    }
}
