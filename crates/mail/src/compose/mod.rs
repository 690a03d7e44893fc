//! Writing a message: from a typed draft to the final bytes.
//!
//! Everything that goes into a header passes one writer that knows each field's grammar; there is no way to hand in
//! header text, and so none to smuggle a field or a recipient in (reliability case 40).

mod body;
mod header;
pub mod signature;
#[cfg(test)]
mod tests;
mod unwritable;

use crate::{Address, MessageId, display, parse};
use body::Part;
use header::Writer;

pub use unwritable::{ComposeError, Unwritable};

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

/// References that are written; a longer chain keeps its oldest and its newest.
const REFERENCE_LIMIT: usize = 50;

/// The final bytes of the draft: only CRLF, no line over 998 octets, only 7-bit characters, so that every server takes
/// them as they are. The one exception is an address whose local part is not ASCII: it can't be written otherwise
/// (RFC 6532), and its mail needs a server with SMTPUTF8; `is_ascii()` of the result tells.
pub fn write(draft: &Draft) -> Result<Vec<u8>, ComposeError> {
    let mut writer = Writer::new();
    writer.date("Date", draft.date_ms);
    writer.addresses("From", "from", std::slice::from_ref(&draft.from))?;
    writer.addresses("Reply-To", "reply_to", &draft.reply_to)?;
    writer.addresses("To", "to", &draft.to)?;
    writer.addresses("Cc", "cc", &draft.cc)?;
    header::check_addresses("bcc", &draft.bcc)?;
    if draft.to.is_empty() && draft.cc.is_empty() {
        writer.plain("To", "undisclosed-recipients:;");
    }
    writer.text("Subject", "subject", &draft.subject)?;
    writer.ids("Message-ID", "message_id", draft.message_id.iter())?;
    writer.ids("In-Reply-To", "in_reply_to", draft.in_reply_to.iter().take(REFERENCE_LIMIT))?;
    let skipped = draft.references.len().saturating_sub(REFERENCE_LIMIT);
    let kept = draft.references.iter().enumerate().filter(|(place, _)| *place == 0 || *place > skipped);
    writer.ids("References", "references", kept.map(|(_, id)| id))?;
    match draft.auto_submitted {
        Some(AutoSubmitted::Generated) => writer.plain("Auto-Submitted", "auto-generated"),
        Some(AutoSubmitted::Replied) => writer.plain("Auto-Submitted", "auto-replied"),
        None => {}
    }
    for extra in &draft.extra {
        match extra {
            Extra::Important => writer.plain("Importance", "high"),
            Extra::ReadReceiptTo(address) => {
                writer.addresses("Disposition-Notification-To", "read_receipt_to", std::slice::from_ref(address))?;
            }
            Extra::NoAutomaticAnswers => writer.plain("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"),
            Extra::ListUnsubscribe(address) => writer.link("List-Unsubscribe", "list_unsubscribe", address)?,
        }
    }
    writer.plain("MIME-Version", "1.0");
    content(draft)?.write(&mut writer, &boundary_seed(draft));
    Ok(writer.out)
}

/// The tree of parts: text beside HTML, pictures with the HTML that names them, files around all.
fn content(draft: &Draft) -> Result<Part, ComposeError> {
    let text = match (&draft.text, &draft.html) {
        (Some(text), _) => text.clone(),
        (None, Some(html)) => display::text_with_links(html),
        (None, None) => String::new(),
    };
    let mut pictures = Vec::new();
    let mut files = Vec::new();
    for attached in &draft.attachments {
        let shown = draft.html.is_some() && attached.content_id.is_some();
        let part = body::file(attached, shown)?;
        if shown { pictures.push(part) } else { files.push(part) }
    }
    let mut part = body::text("plain", &text);
    if let Some(html) = &draft.html {
        let mut page = body::text("html", html);
        if !pictures.is_empty() {
            page = Part::Several("related", std::iter::once(page).chain(pictures).collect());
        }
        part = Part::Several("alternative", vec![part, page]);
    }
    if !files.is_empty() {
        part = Part::Several("mixed", std::iter::once(part).chain(files).collect());
    }
    Ok(part)
}

/// What boundaries are made of: a digest of all content, so that no content can have its own boundary in it and the same
/// draft always gives the same bytes.
fn boundary_seed(draft: &Draft) -> String {
    let mut digest = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        digest.update(&(bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    add(draft.message_id.as_ref().map_or("", MessageId::as_str).as_bytes());
    add(draft.text.as_deref().unwrap_or_default().as_bytes());
    add(draft.html.as_deref().unwrap_or_default().as_bytes());
    draft.attachments.iter().for_each(|attached| add(&attached.bytes));
    digest.finalize().to_hex()[..24].to_owned()
}

/// `raw` without its `Bcc` and `Resent-Bcc` fields, for everyone but its author.
pub fn strip_bcc(raw: &[u8]) -> Vec<u8> {
    let (fields, _) = parse::field_ranges(raw);
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    for (name, range) in fields {
        if matches!(name.as_str(), "bcc" | "resent-bcc") {
            out.extend_from_slice(&raw[at..range.start]);
            at = range.end;
        }
    }
    out.extend_from_slice(&raw[at..]);
    out
}
