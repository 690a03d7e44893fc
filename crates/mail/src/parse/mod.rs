//! Reading a message: from bytes to [`Message`], within limits, without ever failing.

use crate::{Message, search::SearchText};

/// An attachment with its bytes decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentBytes {
    /// The name of `Attachment::name`.
    pub name: String,
    /// `type/subtype`, lower case, as the sender says it.
    pub content_type: String,
    /// What was in it.
    pub bytes: Vec<u8>,
}

/// What receiving a message needs of it, from one pass over its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digested {
    /// The message; `text` and `html` are left out, [`parse`] gives them.
    pub message: Message,
    /// What goes into the index.
    pub search: SearchText,
    /// The first words of the body, one line.
    pub preview: String,
}

/// The message in `raw`, with defects where it breaks the rules.
pub fn parse(raw: &[u8]) -> Message {
    digest(raw).message
}

/// The receive path's reading: headers, list of attachments, index text and preview, without decoding attachments.
pub fn digest(_raw: &[u8]) -> Digested {
    Digested::default()
}

/// Attachment `n` of `Message::attachments` with its bytes.
pub fn attachment(_raw: &[u8], _n: usize) -> Option<AttachmentBytes> {
    None
}

/// Every field of the message's header in order, decoded and unfolded, for a person who wants to see them.
pub fn header_fields(_raw: &[u8]) -> Vec<(String, String)> {
    Vec::new()
}
