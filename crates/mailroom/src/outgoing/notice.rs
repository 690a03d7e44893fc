//! Tells authors what became of their mail when it is not what they hope (pains P16).

use super::system::{self, plain};
use crate::{
    MailRoom,
    words::letter::{self, Letter},
};
use mail::{OrganisationKey, OutboxKey};
use store::{
    StoreError,
    outbox::{self, Kind, State, Submission},
    user::{self, User},
};

/// It will not arrive.
pub(super) async fn failed(room: &MailRoom, organisation: OrganisationKey, id: OutboxKey) {
    tell(room, organisation, id, &letter::FAILED, &[State::Failed, State::Bounced]).await;
}

/// It still waits after some hours.
pub(super) async fn delayed(room: &MailRoom, organisation: OrganisationKey, id: OutboxKey) {
    tell(room, organisation, id, &letter::DELAYED, &[State::Waiting]).await;
}

/// Nobody can prove whether it went: a person must decide.
pub(super) async fn uncertain(room: &MailRoom, organisation: OrganisationKey, id: OutboxKey) {
    tell(room, organisation, id, &letter::UNCERTAIN, &[State::Uncertain]).await;
}

/// About a person's own mail only: a notice about a notice would never end.
async fn tell(room: &MailRoom, organisation: OrganisationKey, id: OutboxKey, letter: &Letter, states: &[State]) {
    let (submission, author) = match read(room, organisation, id).await {
        Ok(Some(found)) => found,
        Ok(None) => return,
        Err(error) => return tracing::error!(%error, outbox = %id, "a message could not be read to tell its author"),
    };
    let of: Vec<_> = submission.recipients.iter().filter(|recipient| states.contains(&recipient.state)).collect();
    let said = of.iter().find_map(|recipient| recipient.server_said.clone()).or(submission.server_said);
    let addresses: Vec<_> = of.iter().map(|recipient| recipient.address.as_str()).collect();
    let until = submission.attempts.first().map_or(submission.created_at, |attempt| attempt.began_at);
    let facts = [
        ("subject", plain(&submission.subject)),
        ("recipients", plain(&addresses.join(", "))),
        ("said", plain(said.as_deref().unwrap_or("-"))),
        ("until", plain(&moment(until + super::retry::GIVE_UP_AFTER))),
    ];
    if let Err(error) = system::send(room, &author, letter, &facts).await {
        tracing::warn!(%error, outbox = %id, "an author could not be told by mail what became of a message");
    }
}

async fn read(
    room: &MailRoom,
    organisation: OrganisationKey,
    id: OutboxKey,
) -> Result<Option<(Submission, User)>, StoreError> {
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let submission = outbox::load(tx, organisation, id).await?;
            let Some(author) = submission.created_by.filter(|_| submission.kind == Kind::Person) else {
                return Ok(None);
            };
            let author = user::get(tx, organisation, author).await?;
            Ok(Some((submission, author)).filter(|(_, author)| author.active))
        })
    });
    read.await
}

/// A moment as people in the Netherlands and Belgium read it.
fn moment(at: i64) -> String {
    let Ok(moment) = jiff::Timestamp::from_millisecond(at) else { return "?".to_owned() };
    moment.strftime("%d-%m-%Y %H:%M UTC").to_string()
}
