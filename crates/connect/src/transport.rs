//! The sending half of a connector.

use crate::{ConnectError, ServerWords};
use async_trait::async_trait;
use bytes::Bytes;

/// A message on its way: the envelope and the frozen bytes (CRLF, no Bcc).
#[derive(Debug, Clone)]
pub struct Parcel {
    /// MAIL FROM; empty for a report.
    pub return_path: String,
    /// RCPT TO.
    pub recipients: Vec<String>,
    /// The bytes.
    pub message: Bytes,
    /// ENVID of RFC 3461, to tie reports to the submission.
    pub envelope_id: Option<String>,
    /// Ask for reports (NOTIFY=SUCCESS,FAILURE,DELAY); else FAILURE,DELAY where the server has DSN.
    pub notify_success: bool,
}

/// What the next hop said of one recipient.
#[derive(Debug, Clone)]
pub struct RecipientReceipt {
    /// RCPT TO.
    pub address: String,
    /// Accepted, or why not: [`ConnectError::Later`] (4yz), [`ConnectError::Refused`] (5yz), [`ConnectError::Uncertain`].
    pub outcome: Result<ServerWords, ConnectError>,
}

/// The next hop's answer: one row per recipient, in their order.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// One per recipient.
    pub recipients: Vec<RecipientReceipt>,
    /// The reply to the final dot, or the last reply there was.
    pub server_said: ServerWords,
    /// The code of that reply, `0` when there was none.
    pub code: u16,
}

/// Called by the transport at the moments that must be on disk before it goes on.
#[async_trait]
pub trait Marks: Send + Sync {
    /// Just before the final dot (or the one API call that sends). An error stops the sending: nothing went out.
    async fn on_the_wire(&self) -> Result<(), String>;
}

/// The sending half of a connector. Shared by the workers of an account; keeps its connections for reuse.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Hands the parcel to the next hop. `Err` means that nothing was accepted for anybody (and, unless it is
    /// [`ConnectError::Uncertain`], that nothing was on the wire).
    async fn submit(&self, parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError>;

    /// Whether the next hop knows that it took a message with this Message-ID, in its words: asked when its answer was lost.
    /// `None`: it keeps no log that can be asked, or does not know of it (yet).
    async fn traced(&self, _message_id: &str) -> Result<Option<ServerWords>, ConnectError> {
        Ok(None)
    }

    /// Connects and signs in, and says what the server offers, without sending: the test's steps.
    async fn probe(&self) -> Result<ServerWords, ConnectError>;

    /// Ends the idle connections.
    async fn close(&self);
}
