//! Ties reports to the mail that caused them (features S9).

use super::notice;
use crate::MailRoom;
use connect::mailgun::{Event, What};
use mail::{
    AccountKey, OrganisationKey, OutboxKey,
    address::fold_address,
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

/// What a provider that we send through tells of a mail, recipient by recipient; `post`: how it told, noted in the same
/// transaction. What is about no mail of ours is only noted.
pub(crate) async fn on_event(
    room: &MailRoom,
    organisation: OrganisationKey,
    event: Option<&Event>,
    post: Option<Post>,
) -> Result<(), StoreError> {
    let told = event.and_then(|event| {
        let what = match event.what {
            What::Accepted => return None,
            What::Delivered => Reported::Delivered,
            What::Failed => Reported::Bounced,
            What::Delayed => Reported::Delayed,
            What::Complained => Reported::Complained,
        };
        let words = match event.what {
            What::Complained => COMPLAINED.to_owned(),
            _ => event.words.0.clone(),
        };
        let server_said = Some(words).filter(|words| !words.is_empty());
        Some((event, Report { address: event.recipient.clone(), what, server_said }))
    });
    let about = match &told {
        Some((event, report)) => of_event(room, organisation, event, report).await?,
        None => None,
    };
    match (about, told, post) {
        (Some(id), Some((_, report)), post) => record(room, organisation, id, vec![report], post).await,
        (_, _, Some(post)) => {
            let now = room.clock.now();
            let write = room.store.db.write(move |tx| {
                Box::pin(async move { mailgun::take_post(tx, organisation, &post, AccountKey(0), now).await })
            });
            write.await
        }
        _ => Ok(()),
    }
}

/// What stands with a recipient who called our mail unwanted.
const COMPLAINED: &str = "spam complaint";

/// The submission that an event is about, as long as it says something new of it.
async fn of_event(
    room: &MailRoom,
    organisation: OrganisationKey,
    event: &Event,
    report: &Report,
) -> Result<Option<OutboxKey>, StoreError> {
    let ours: Option<OutboxKey> = event.ours.as_deref().and_then(|id| id.trim().parse().ok());
    let message_id = event.message_id.clone();
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let named = match ours {
                Some(id) => outbox::load(tx, organisation, id).await.ok(),
                None => None,
            };
            // Our own number is only believed with our own Message-ID, where the event says which.
            let named = named.filter(|found| message_id.is_empty() || found.message_id == message_id);
            match named {
                Some(found) => Ok(Some(found)),
                None => match outbox::by_message_id(tx, organisation, &message_id).await? {
                    Some(id) => outbox::load(tx, organisation, id).await.map(Some),
                    None => Ok(None),
                },
            }
        })
    });
    let Some(found) = read.await? else { return Ok(None) };
    let folded = fold_address(&report.address);
    let is_news = found.recipients.iter().any(|recipient| {
        let is_open = matches!(recipient.state, State::Accepted | State::Uncertain);
        let complains = report.what == Reported::Complained && recipient.server_said.as_deref() != Some(COMPLAINED);
        let is_repeated = report.what == Reported::Delayed && recipient.server_said == report.server_said;
        fold_address(&recipient.address) == folded && (is_open && !is_repeated || complains)
    });
    Ok(is_news.then_some(found.id))
}

/// Notes what is told of a submission, and tells its author when it bounced.
async fn record(
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
