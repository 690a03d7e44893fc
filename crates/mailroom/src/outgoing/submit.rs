//! Takes a message over: from the answer on it is kept until it has an end, whatever crashes when.

use super::{
    ground::{self, Ground},
    letter::{self, Answered, NewMail},
};
use crate::{MailRoom, killpoint, words::Refusal};
use bytes::Bytes;
use mail::{
    ConversationKey, DraftKey, MessageId, MessageKey, OrganisationKey, OutboxKey, compose::Draft, parse, thread,
};
use serde_json::json;
use store::{
    StoreError, Tx, Viewer,
    account::Account,
    blob::{self, NewBlob},
    draft, message,
    outbox::{self, Kind, NewSubmission, State},
};

/// What makes a request repeatable: the caller's key and the digest of the body it came with.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// `Idempotency-Key`.
    pub key: String,
    /// Of the request's body.
    pub body_digest: [u8; 32],
}

/// A message that was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Its key.
    pub id: OutboxKey,
    /// Where it stands.
    pub state: State,
}

/// A message ready to be kept.
pub(super) struct Frozen {
    pub(super) organisation: OrganisationKey,
    pub(super) bytes: Bytes,
    pub(super) submission: NewSubmission,
    pub(super) message_id: MessageId,
    /// The draft that it was written as, in that version.
    pub(super) draft: Option<(Viewer, DraftKey, i64)>,
}

/// Takes a message over for a person or their program: checks rights and sender, freezes the bytes, and commits them with
/// the recipients and the key that makes the request repeatable. Only then anybody is told that it waits.
pub async fn submit(
    room: &MailRoom,
    viewer: &Viewer,
    mail: NewMail,
    repeat: Option<Repeat>,
) -> Result<Accepted, Refusal> {
    match hand_over(room, viewer, mail, repeat.clone()).await {
        // What was taken over before keeps its answer, though it would be refused now.
        Err(refusal) => match repeat {
            Some(repeat) => super::repeat::replay(room, viewer, repeat).await?.ok_or(refusal),
            None => Err(refusal),
        },
        accepted => accepted,
    }
}

async fn hand_over(
    room: &MailRoom,
    viewer: &Viewer,
    mail: NewMail,
    repeat: Option<Repeat>,
) -> Result<Accepted, Refusal> {
    let repeat = repeat.map(|repeat| (viewer.user, repeat));
    if let Some(known) = room.grounds.of(viewer, &mail) {
        // A refusal may come from what changed since: then what is true now decides, below.
        if let Ok(frozen) = frozen_on(room, viewer, mail.clone(), &known).await {
            let still = Some((*viewer, known.account.version));
            if let Some(accepted) = keep_if(room, frozen, still, repeat.clone()).await? {
                return Ok(accepted);
            }
        }
        room.grounds.forget(known.account.id);
    }
    let (mail, ground) = ground::read(room, viewer, mail).await?;
    room.grounds.remember(viewer, &ground);
    let answers = mail.reply_to_message;
    let frozen = frozen_on(room, viewer, mail, &ground).await?;
    let accepted = kept(keep_if(room, frozen, None, repeat).await?)?;
    if let Some(answered) = answers {
        mark_answered(room, viewer, answered).await;
    }
    Ok(accepted)
}

/// The mail as it will leave by the account of this ground.
async fn frozen_on(room: &MailRoom, viewer: &Viewer, mail: NewMail, ground: &Ground) -> Result<Frozen, Refusal> {
    let answered = match &ground.answers {
        Some(stored) => answered(room, viewer.organisation, stored).await?,
        None => Answered::default(),
    };
    let now = room.clock.now();
    let (reply_to_message, dossier, send_at) = (mail.reply_to_message, mail.dossier, mail.send_at);
    let written_as = mail.draft.map(|(draft, version)| (*viewer, draft, version));
    let message_id = message_id(&ground.message_id_key, viewer.organisation, &ground.account, now);
    let draft = letter::draft(mail, &ground.account.settings, answered, message_id, now)?;
    let mut frozen = freeze(room, &ground.account, draft, Kind::Person, now)?;
    frozen.submission.created_by = Some(viewer.user);
    frozen.submission.conversation = ground.answers.as_ref().map(|stored| stored.conversation);
    frozen.submission.reply_to_message = reply_to_message;
    frozen.submission.dossier = dossier;
    frozen.draft = written_as;
    frozen.submission.not_before_at = send_at.unwrap_or(now).max(now);
    Ok(frozen)
}

/// Colleagues and other programs see that the message has its answer. The mail itself is on its way whatever comes of
/// this.
async fn mark_answered(room: &MailRoom, viewer: &Viewer, answered: MessageKey) {
    let (viewer, now, make) = (*viewer, room.clock.now(), room.store.make.clone());
    let marked = room
        .store
        .db
        .write(move |tx| Box::pin(async move { message::set_answered(tx, &viewer, answered, now, &make).await }));
    if let Err(error) = marked.await {
        tracing::warn!(message = %answered, %error, "an answered message could not be marked as answered");
    }
}

async fn answered(
    room: &MailRoom,
    organisation: OrganisationKey,
    stored: &message::Stored,
) -> Result<Answered, Refusal> {
    let raw = room.store.raw(organisation, stored.digest).await?;
    let read = parse::parse(&raw);
    Ok(Answered { message_id: read.message_id, references: read.references })
}

/// A Message-ID that only we can make: an answer to it proves that it answers our mail (pains P13).
pub(crate) fn message_id(secret: &[u8], organisation: OrganisationKey, account: &Account, now: i64) -> MessageId {
    let unique = (now.max(0) as u128) << 80 | rand::random::<u128>() >> 48;
    let address = mail::Address::bare(account.settings.address.clone());
    let folded = address.folded();
    let domain = folded.rsplit_once('@').map_or("postkamer.invalid", |(_, domain)| domain);
    thread::mint(secret, unique, organisation, domain)
}

/// The final bytes and the row that will hold them.
pub(super) fn freeze(
    room: &MailRoom,
    account: &Account,
    draft: Draft,
    kind: Kind,
    now: i64,
) -> Result<Frozen, Refusal> {
    let bytes = Bytes::from(letter::frozen(&draft, room.world.message_limit_bytes)?);
    let message_id = draft.message_id.clone().unwrap_or_else(|| MessageId(String::new()));
    // The installation's own letters are nobody's business but their reader's.
    let mailbox_bcc = account.settings.bcc.as_deref().filter(|_| kind != Kind::System);
    let submission = NewSubmission {
        id: OutboxKey(room.store.make.key(now)),
        account: account.id,
        created_by: None,
        kind,
        message_id: message_id.0.clone(),
        digest: blob::digest(&bytes).to_vec(),
        size: bytes.len() as i64,
        return_path: account.settings.address.clone(),
        recipients: letter::envelope(&draft, mailbox_bcc),
        people: json!({ "from": draft.from, "to": draft.to, "cc": draft.cc, "bcc": draft.bcc }),
        subject: draft.subject,
        conversation: None,
        reply_to_message: None,
        dossier: None,
        not_before_at: now,
        is_held: false,
    };
    Ok(Frozen { organisation: account.organisation, bytes, submission, message_id, draft: None })
}

/// Keeps what the installation itself writes.
pub(super) async fn keep(room: &MailRoom, frozen: Frozen) -> Result<Accepted, Refusal> {
    kept(keep_if(room, frozen, None, None).await?)
}

fn kept(accepted: Option<Accepted>) -> Result<Accepted, Refusal> {
    // Nobody remembered anything that could have been out of date.
    accepted.ok_or_else(|| StoreError::Broken("a mail was not kept".into()).into())
}

/// Keeps it: bytes first, then one transaction with everything that names them (reliability rule 12). `None` when the
/// viewer may send by this version of the account no longer: then nothing was written but an orphan of bytes.
async fn keep_if(
    room: &MailRoom,
    frozen: Frozen,
    still: Option<(Viewer, i64)>,
    repeat: Option<(mail::UserKey, Repeat)>,
) -> Result<Option<Accepted>, Refusal> {
    let Frozen { organisation, bytes, submission, message_id, draft } = frozen;
    let (digest, size) = (blob::digest(&bytes), bytes.len() as i64);
    killpoint!("submit.before_blob");
    let places = room.store.blobs.put(vec![NewBlob { organisation, digest, bytes }]).await?;
    killpoint!("submit.before_commit");
    let now = room.clock.now();
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            if let Some((user, repeat)) = &repeat
                && let Some(earlier) = super::repeat::begin(tx, organisation, *user, repeat, now).await?
            {
                return Ok(earlier.map(Some));
            }
            if let Some((viewer, version)) = &still
                && !outbox::may_submit(tx, viewer, submission.account, *version).await?
            {
                if let Some((user, repeat)) = &repeat {
                    super::repeat::forget(tx, organisation, *user, repeat).await?;
                }
                return Ok(Ok(None));
            }
            let place = places.into_iter().next().unwrap_or_default();
            blob::record(tx, organisation, &[(digest, size, place)]).await?;
            outbox::submit(tx, organisation, &submission, now).await?;
            if let Some((author, draft, version)) = draft {
                draft::hand_over(tx, &author, draft, version, submission.id, now).await?;
            }
            register(tx, organisation, &message_id, submission.conversation).await?;
            let accepted = Accepted { id: submission.id, state: State::Waiting };
            if let Some((user, repeat)) = &repeat {
                super::repeat::finish(tx, organisation, *user, repeat, accepted).await?;
            }
            killpoint!("submit.in_commit");
            Ok(Ok(Some(accepted)))
        })
    });
    let accepted = write.await??;
    killpoint!("submit.after_commit");
    Ok(accepted)
}

/// Ties the Message-ID to the conversation that the mail continues, so that its sent copy and the answers join it.
async fn register(
    tx: &mut Tx,
    organisation: OrganisationKey,
    message_id: &MessageId,
    conversation: Option<ConversationKey>,
) -> Result<(), StoreError> {
    match conversation {
        Some(conversation) => store::receive::register(tx, organisation, message_id, conversation).await,
        None => Ok(()),
    }
}
