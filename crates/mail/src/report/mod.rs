//! Mail that tells about other mail: delivery reports, complaints, automatic answers.

use crate::{Message, MessageId};

/// What kind of report it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What became of a delivery (RFC 3464).
    Delivery,
    /// Someone called our mail unwanted (RFC 5965).
    Complaint,
    /// Our mail was shown, deleted, ... (RFC 8098).
    Disposition,
}

/// What happened for a recipient (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Given up.
    Failed,
    /// Still trying.
    Delayed,
    /// In the recipient's mailbox.
    Delivered,
    /// Handed to a server that sends no reports.
    Relayed,
    /// Delivered to the members of a list.
    Expanded,
}

/// What a report says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The recipient, folded; the one we sent to where the report names it (`Original-Recipient`), else the final one.
    pub address: String,
    /// `Final-Recipient`, folded, when it is another one.
    pub final_address: Option<String>,
    /// What happened.
    pub action: Action,
    /// `5.1.1` and the like (RFC 3463).
    pub status: Option<String>,
    /// The words of the server that refused.
    pub diagnostic: Option<String>,
    /// The server that refused.
    pub server: Option<String>,
}

/// A report as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What kind.
    pub kind: Kind,
    /// The `Message-ID` of the mail that it is about.
    pub original_message_id: Option<MessageId>,
    /// The ENVID that we gave (RFC 3461 §4.4).
    pub envelope_id: Option<String>,
    /// The server that reports.
    pub reporter: Option<String>,
    /// What happened, per recipient.
    pub recipients: Vec<Recipient>,
}

/// The report in a message, if it is one.
pub fn read(_message: &Message, _raw: &[u8]) -> Option<Report> {
    None
}

/// Whether a machine made the message, so that no automatic answer may go to it (RFC 3834 §2).
pub fn is_automatic(message: &Message) -> bool {
    message.origin != crate::message::Origin::Person
}
