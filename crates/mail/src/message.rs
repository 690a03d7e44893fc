//! A message as read: what the rest of Postkamer needs of it, owned, already decoded.

use crate::Address;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The content of a `Message-ID` header without the angle brackets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(pub String);

impl MessageId {
    /// The id without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something a message has that the standards don't allow, or that was too much to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    /// More levels, parts, header bytes or addresses than the limits of reading: stored with what was read.
    TooComplex,
    /// No `From`, or one without an address.
    NoSender,
    /// Two or more `From` fields, or several addresses in one.
    SeveralSenders,
    /// No usable `Date`.
    NoDate,
    /// The MIME structure ends before it should.
    Truncated,
    /// No header at all.
    NoHeader,
}

/// One attachment or inline part, without its bytes (`parse::attachment` gives those).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its number, from 0, in the order of the parts.
    pub n: usize,
    /// A name that is safe as a file name: no path, no control or bidirectional characters, never empty.
    pub name: String,
    /// `type/subtype`, lower case.
    pub content_type: String,
    /// Decoded size in bytes.
    pub size: u64,
    /// Shown inside the HTML (has a Content-ID that the HTML uses), or a picture with disposition inline.
    pub inline: bool,
    /// The Content-ID without brackets.
    pub content_id: Option<String>,
}

/// What a mail says of itself when a machine made it; decides whether replies and rules may act on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Written by a person, as far as can be seen.
    #[default]
    Person,
    /// An automatic reply (RFC 3834).
    AutoReply,
    /// A delivery report (RFC 3464) or a disposition notification.
    Report,
    /// A list or bulk mailing.
    Bulk,
}

/// A message as read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `Message-ID`, without brackets.
    pub message_id: Option<MessageId>,
    /// `In-Reply-To`.
    pub in_reply_to: Vec<MessageId>,
    /// `References`, oldest first.
    pub references: Vec<MessageId>,
    /// Decoded, one line, without control characters. Empty when there is none.
    pub subject: String,
    /// `From`. Usually one.
    pub from: Vec<Address>,
    /// `Sender`.
    pub sender: Option<Address>,
    /// `To`.
    pub to: Vec<Address>,
    /// `Cc`.
    pub cc: Vec<Address>,
    /// `Bcc`.
    pub bcc: Vec<Address>,
    /// `Reply-To`.
    pub reply_to: Vec<Address>,
    /// Who wrote what this message passes on, when a person forwarded it by hand.
    #[serde(default)]
    pub original: Option<Address>,
    /// `Date` in milliseconds since 1970.
    pub date: Option<i64>,
    /// The text to read, if a text part is there.
    pub text: Option<String>,
    /// The HTML as received: never shown before `display::safe_html`. Several parts are divided by
    /// `display::PART_BREAK`.
    pub html: Option<String>,
    /// Everything else.
    pub attachments: Vec<Attachment>,
    /// Who made it.
    pub origin: Origin,
    /// `List-Id`, when a list sent it.
    pub list_id: Option<String>,
    /// The `Authentication-Results` fields, newest first, unfolded.
    pub authentication_results: Vec<String>,
    /// What is wrong with it.
    pub defects: Vec<Defect>,
}

impl Message {
    /// The first sender.
    pub fn sender_address(&self) -> Option<&Address> {
        self.from.first()
    }

    /// Whether there is something to open or keep, besides the pictures of the HTML.
    pub fn has_attachment(&self) -> bool {
        self.attachments.iter().any(|attachment| !attachment.inline)
    }

    /// Everyone named in it: From, Sender, Reply-To, To, Cc, Bcc, and who wrote what it passes on.
    pub fn people(&self) -> impl Iterator<Item = &Address> {
        let head = self.from.iter().chain(&self.sender).chain(&self.reply_to).chain(&self.to).chain(&self.cc);
        head.chain(&self.bcc).chain(&self.original)
    }
}
