//! What a provider that we send through tells of a mail, while it tells: delivered, failed, complained about.

use super::bounce::{COMPLAINED, record};
use crate::MailRoom;
use connect::mailgun::{Event, What};
use mail::{AccountKey, OrganisationKey, OutboxKey, address::fold_address};
use std::time::Duration;
use store::{
    StoreError, Topic,
    mailgun::{self, Post},
    outbox::{self, Report, Reported, State},
};
use tokio::time::Instant;

/// How long a provider waits that is told of a mail before its own answer was written down.
const PATIENCE: Duration = Duration::from_secs(10);
/// When the bell stays silent it is looked at so often.
const LOOK: Duration = Duration::from_millis(500);

/// What an event is to us.
enum About {
    /// Nothing that changes anything.
    Nothing,
    /// A mail that is being handed over at this moment: what became of it can't be written down yet.
    BeingSent,
    /// This submission.
    Ours(OutboxKey),
}

/// Notes what is told of a mail, recipient by recipient; `post`: how it was told, noted in the same transaction. What is
/// about no mail of ours is only noted. `Busy` when the mail is still being handed over: it is to be told again.
pub(crate) async fn on_event(
    room: &MailRoom,
    organisation: OrganisationKey,
    event: Option<&Event>,
    post: Option<Post>,
) -> Result<(), StoreError> {
    let told = event.and_then(|event| Some((event, report(event)?)));
    let Some((event, report)) = told else { return note(room, organisation, post).await };
    let until = Instant::now() + PATIENCE;
    let mut bell = room.store.db.bell(Topic::Outbox);
    loop {
        bell.mark_unchanged();
        match about(room, organisation, event, &report).await? {
            About::Ours(id) => return record(room, organisation, id, vec![report], post).await,
            About::Nothing => return note(room, organisation, post).await,
            // The log is read again anyway.
            About::BeingSent if post.is_none() => return Ok(()),
            About::BeingSent if Instant::now() >= until => {
                return Err(StoreError::Busy("the mail is still being handed over".to_owned()));
            }
            // Whether it rang or not, it is looked at.
            About::BeingSent => drop(tokio::time::timeout(LOOK, bell.changed()).await),
        }
    }
}

async fn note(room: &MailRoom, organisation: OrganisationKey, post: Option<Post>) -> Result<(), StoreError> {
    let Some(post) = post else { return Ok(()) };
    let now = room.clock.now();
    let write = room.store.db.write(move |tx| {
        Box::pin(async move { mailgun::take_post(tx, organisation, &post, AccountKey(0), now).await })
    });
    write.await
}

/// `None`: that it was taken over is known.
fn report(event: &Event) -> Option<Report> {
    let what = match event.what {
        What::Accepted => return None,
        What::Delivered => Reported::Delivered,
        What::Failed => Reported::Bounced,
        What::Delayed => Reported::Delayed,
        What::Complained => Reported::Complained,
    };
    let words = if what == Reported::Complained { COMPLAINED } else { event.words.0.as_str() };
    let server_said = Some(words.to_owned()).filter(|words| !words.is_empty());
    Some(Report { address: event.recipient.clone(), what, server_said })
}

/// What an event is about, as long as it says something new of it.
async fn about(
    room: &MailRoom,
    organisation: OrganisationKey,
    event: &Event,
    report: &Report,
) -> Result<About, StoreError> {
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
    let Some(found) = read.await? else { return Ok(About::Nothing) };
    if found.state == State::Sending {
        return Ok(About::BeingSent);
    }
    let folded = fold_address(&report.address);
    let is_news = found.recipients.iter().any(|recipient| {
        let is_open = matches!(recipient.state, State::Accepted | State::Uncertain);
        let complains = report.what == Reported::Complained && recipient.complained_at.is_none();
        let is_repeated = report.what == Reported::Delayed && recipient.server_said == report.server_said;
        fold_address(&recipient.address) == folded && (is_open && !is_repeated || complains)
    });
    Ok(if is_news { About::Ours(found.id) } else { About::Nothing })
}
