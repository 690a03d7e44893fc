//! From the outbox back to a draft: taken back before it went, or to be corrected after it failed.

use super::{draft::new_key, file};
use crate::{
    MailRoom,
    words::{Refusal, field},
};
use mail::{Address, OutboxKey, address::fold_address, compose::Attached, display, parse};
use std::collections::HashSet;
use store::{
    Viewer, blob,
    draft::{self, Draft, Letter},
    outbox::{self, Kind, State, Submission},
};

/// Takes a submission back into a draft. One that waits or is held will not be sent; of one that failed, only those whom
/// it did not reach are still named. Without the draft that it was written as (a program handed it over, or a colleague
/// wrote it) a new one is made from its bytes. What the installation itself wrote is nobody's to read.
pub async fn back(room: &MailRoom, viewer: &Viewer, id: OutboxKey) -> Result<Draft, Refusal> {
    let (who, now) = (*viewer, room.clock.now());
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let submission = outbox::get(tx, &who, id).await?;
            who.may_send(tx, submission.account).await?;
            Ok((submission, draft::of_submission(tx, &who, id).await?))
        })
    });
    let (submission, written_as) = read.await?;
    if submission.kind == Kind::System {
        // It is for its reader alone, who may get a link for a new password in it.
        return Err(Refusal::conflict("state", field::NOTHING_TO_CORRECT));
    }
    match submission.state {
        State::Waiting | State::Held | State::Failed | State::Bounced | State::Cancelled => {}
        State::Sending => return Err(Refusal::conflict("state", field::ALREADY_BEGUN)),
        State::Accepted | State::Delivered | State::Uncertain => {
            return Err(Refusal::conflict("state", field::NOTHING_TO_CORRECT));
        }
    }
    let (letter, kept) = match written_as {
        Some(_) => (None, file::Kept::default()),
        None => {
            let (letter, files) = from_bytes(room, viewer, &submission).await?;
            (Some(letter), file::keep(room, viewer, files).await?)
        }
    };
    let fresh = new_key(room);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            if matches!(submission.state, State::Waiting | State::Held) {
                outbox::cancel(tx, &who, id, now).await?;
            }
            let submission = outbox::get(tx, &who, id).await?;
            let Some(key) = draft::take_back(tx, &who, id, now).await? else {
                blob::record(tx, who.organisation, &kept.blobs).await?;
                let letter = letter.ok_or(store::StoreError::NotFound)?;
                return draft::create(tx, &who, fresh, &letter, &kept.files, now).await;
            };
            let there = draft::get(tx, &who, key).await?;
            let mut letter = there.letter.clone();
            unreached_only(&mut letter, &submission);
            if letter == there.letter {
                return Ok(there);
            }
            draft::save(tx, &who, key, there.version, &letter, now).await
        })
    });
    Ok(write.await?)
}

/// The letter that the frozen bytes hold, and its files.
async fn from_bytes(
    room: &MailRoom,
    viewer: &Viewer,
    submission: &Submission,
) -> Result<(Letter, Vec<Attached>), Refusal> {
    let digest = <[u8; 32]>::try_from(submission.digest.as_slice())
        .map_err(|_| store::StoreError::Damaged("the digest of a submission".into()))?;
    let raw = room.store.raw(viewer.organisation, digest).await?;
    let read = parse::parse(&raw);
    let mut people = submission.people.clone();
    let mut list = |name: &str| -> Vec<Address> {
        people.get_mut(name).and_then(|list| serde_json::from_value(list.take()).ok()).unwrap_or_default()
    };
    let mut letter = Letter {
        account: Some(submission.account),
        to: list("to"),
        cc: list("cc"),
        bcc: list("bcc"),
        subject: submission.subject.clone(),
        text: read.text.clone().filter(|_| read.html.is_none()),
        html: read.html.as_deref().map(display::safe_html),
        source: submission.reply_to_message,
        forwards: false,
        quotes: false,
    };
    unreached_only(&mut letter, submission);
    let file = |one: &mail::Attachment| {
        let bytes = parse::attachment(&raw, one.n)?.bytes;
        let mail::Attachment { name, content_type, content_id, .. } = one.clone();
        Some(Attached { name, content_type, bytes, content_id })
    };
    Ok((letter, read.attachments.iter().filter_map(file).collect()))
}

/// Leaves out whom it reached already, so that a correction is not a second mail to them.
fn unreached_only(letter: &mut Letter, submission: &Submission) {
    let reached =
        |state: State| matches!(state, State::Accepted | State::Delivered | State::Uncertain | State::Sending);
    let recipients = submission.recipients.iter().filter(|one| reached(one.state));
    let reached: HashSet<String> = recipients.map(|one| fold_address(&one.address)).collect();
    for list in [&mut letter.to, &mut letter.cc, &mut letter.bcc] {
        list.retain(|one| !reached.contains(&one.folded()));
    }
}
