//! A submission as the interface shows it.

use crate::api::{
    id,
    instant::Instant,
    message::{AddressShown, shown},
};
use mail::{AccountKey, Address, ConversationKey, DossierKey, MessageKey, OutboxKey};
use serde::Serialize;
use store::outbox::{Field, State, Submission, WaitsFor};
use utoipa::ToSchema;

/// A message that was handed over for sending.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Submission)]
pub(super) struct SubmissionShown {
    #[schema(value_type = id::OutboxId)]
    id: OutboxKey,
    #[schema(value_type = StateName)]
    state: State,
    #[schema(value_type = id::AccountId)]
    account: AccountKey,
    subject: String,
    #[schema(required)]
    from: Option<AddressShown>,
    to: Vec<AddressShown>,
    cc: Vec<AddressShown>,
    /// Only for those who may write in the account's name.
    bcc: Vec<AddressShown>,
    recipients: Vec<RecipientShown>,
    /// It is not sent before this moment.
    not_before: Instant,
    /// Why it waits: time, limit, retry, paused, person.
    #[schema(required, value_type = Option<String>)]
    waits_for: Option<&'static str>,
    attempts: Vec<AttemptShown>,
    /// What the server said last.
    #[schema(required)]
    server_said: Option<String>,
    /// The content of its `Message-ID`, without brackets.
    message_id: String,
    /// Size of the message in bytes.
    size: i64,
    #[schema(value_type = Option<id::ConversationId>, required)]
    conversation: Option<ConversationKey>,
    /// The message that it answers.
    #[schema(value_type = Option<id::MessageId>, required)]
    reply_to_message: Option<MessageKey>,
    #[schema(value_type = Option<id::DossierId>, required)]
    dossier: Option<DossierKey>,
    created_at: Instant,
    updated_at: Instant,
}

/// Where a submission, or one recipient of it, stands. Delivered is said only on a report.
#[derive(ToSchema)]
#[schema(as = OutboxState, rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names; the store makes them")]
pub(super) enum StateName {
    Waiting,
    Sending,
    Accepted,
    Uncertain,
    Delivered,
    Bounced,
    Failed,
    Held,
    Cancelled,
}

/// What became of it for one recipient.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recipient)]
struct RecipientShown {
    address: String,
    #[schema(value_type = StateName)]
    state: State,
    #[schema(required)]
    server_said: Option<String>,
    /// When we heard that they call it unwanted (a complaint, RFC 5965).
    #[schema(required)]
    complained_at: Option<Instant>,
}

/// One try.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
struct AttemptShown {
    at: Instant,
    #[schema(required)]
    ended_at: Option<Instant>,
    #[schema(required)]
    server_said: Option<String>,
    /// The server's reply code.
    #[schema(required)]
    code: Option<i64>,
}

impl SubmissionShown {
    /// `is_author`: sees the blind copies.
    pub(super) fn of(submission: Submission, is_author: bool) -> SubmissionShown {
        let mut people = submission.people;
        // A submission has one sender, a message may have several.
        let from: Option<Address> = serde_json::from_value(people["from"].take()).ok();
        let mut list = |field: &str| -> Vec<Address> {
            people.get_mut(field).and_then(|list| serde_json::from_value(list.take()).ok()).unwrap_or_default()
        };
        let (to, cc, bcc) = (list("to"), list("cc"), list("bcc"));
        let is_blind = |field: Field| matches!(field, Field::Bcc | Field::MailboxBcc);
        SubmissionShown {
            id: submission.id,
            state: submission.state,
            account: submission.account,
            subject: submission.subject,
            from: from.map(AddressShown::from),
            to: shown(to),
            cc: shown(cc),
            bcc: if is_author { shown(bcc) } else { Vec::new() },
            recipients: submission
                .recipients
                .into_iter()
                .filter(|recipient| is_author || !is_blind(recipient.field))
                .map(|recipient| RecipientShown {
                    address: recipient.address,
                    state: recipient.state,
                    server_said: recipient.server_said,
                    complained_at: recipient.complained_at.map(Instant),
                })
                .collect(),
            not_before: Instant(submission.not_before_at),
            waits_for: submission.waits_for.map(WaitsFor::as_str),
            attempts: submission
                .attempts
                .into_iter()
                .map(|attempt| AttemptShown {
                    at: Instant(attempt.began_at),
                    ended_at: attempt.ended_at.map(Instant),
                    server_said: attempt.server_said,
                    code: attempt.code,
                })
                .collect(),
            server_said: submission.server_said,
            message_id: submission.message_id,
            size: submission.size,
            conversation: submission.conversation,
            reply_to_message: submission.reply_to_message,
            dossier: submission.dossier,
            created_at: Instant(submission.created_at),
            updated_at: Instant(submission.updated_at),
        }
    }
}
