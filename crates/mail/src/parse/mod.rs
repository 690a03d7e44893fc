//! Reading a message: from bytes to [`Message`], within limits, without ever failing.
//!
//! The parser is ours where the limits and the speed are (the walk over the parts, encoded words, parameters, address
//! lists) and mail-parser's where the knowledge is (dates, rare character sets, entities).

mod apart;
mod body;
mod charset;
mod field;
#[cfg(test)]
mod hostile;
mod message;
mod name;
mod parameter;
mod part;
mod select;
#[cfg(test)]
mod tests;
pub(crate) mod word;

use crate::{
    Address, Message, MessageId, display, forwarded,
    message::{Defect, Origin},
    search::{self, SearchText},
};
use part::{Leaf, Tree};
use select::Use;

pub use apart::{Apart, apart};
pub(crate) use message::ids;

/// How much text of a message goes into the index.
const INDEX_LIMIT: usize = 256 * 1024;
/// How many bytes of a part are read to fill it; encodings and mark-up take more room than words.
const INDEX_SOURCE_LIMIT: usize = 1024 * 1024;
/// Characters of a preview.
const PREVIEW_LENGTH: usize = 200;
/// Messages inside messages whose words are indexed.
const NESTED_LIMIT: usize = 3;

/// `name` as a file name that is safe on every system, whatever was typed or sent; never empty. `kind` is `type/subtype`.
pub fn safe_name(name: &str, kind: &str) -> String {
    name::safe(Some(name), kind)
}

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

/// The message in `raw`, with defects where it breaks the rules or the limits of reading.
pub fn parse(raw: &[u8]) -> Message {
    let (mut message, tree) = read(raw);
    let uses = select::uses(&tree);
    message.attachments = select::attachments(raw, &tree, &uses);
    (message.text, message.html) = select::texts(raw, &tree, &uses);
    message.original = original(raw, &message, &tree, &uses);
    message
}

/// The receive path's reading: headers, list of attachments, index text and preview, without decoding attachments.
pub fn digest(raw: &[u8]) -> Digested {
    let (mut message, tree) = read(raw);
    let uses = select::uses(&tree);
    message.attachments = select::attachments(raw, &tree, &uses);
    message.original = original(raw, &message, &tree, &uses);
    let mut words = Words::default();
    words.add(raw, &tree, &uses, NESTED_LIMIT);
    let search = SearchText {
        subject: search::fold(&message.subject),
        from: people(message.from.iter().chain(&message.sender).chain(&message.reply_to)),
        to: people(message.to.iter().chain(&message.cc).chain(&message.bcc)),
        body: words.folded,
        attachments: search::fold_all(message.attachments.iter().map(|attachment| attachment.name.as_str())),
    };
    Digested { message, search, preview: words.preview }
}

/// Who wrote what a person passes on: the sender of the one message that is attached, or the one that the text names.
fn original(raw: &[u8], message: &Message, tree: &Tree, uses: &[Use]) -> Option<Address> {
    if message.origin != Origin::Person {
        return None;
    }
    let is_message = |leaf: &&Leaf| leaf.kind == "message/rfc822" && leaf.encoding == body::Encoding::Identity;
    let mut attached = tree.leaves.iter().filter(is_message);
    let found = match (attached.next(), attached.next()) {
        (Some(leaf), None) => {
            let nested = field::read(raw.get(leaf.body.clone())?, 0, false, &mut { field::HEADER_LIMIT });
            message::of_header(&nested).from.into_iter().next()
        }
        (None, _) if forwarded::says_so(&message.subject) => {
            let (text, html) = select::texts(raw, tree, uses);
            forwarded::in_text(&text.or_else(|| html.map(|html| display::text_of_html(&html)))?)
        }
        _ => None,
    };
    found.filter(|found| message.from.iter().all(|from| from.folded() != found.folded()))
}

/// Attachment `n` of `Message::attachments` with its bytes.
pub fn attachment(raw: &[u8], n: usize) -> Option<AttachmentBytes> {
    let (_, tree) = read(raw);
    let uses = select::uses(&tree);
    let mut leaves = tree.leaves.iter().zip(&uses).filter(|(_, used)| **used == Use::Attachment);
    let (leaf, _) = leaves.nth(n)?;
    Some(AttachmentBytes {
        name: select::attachment_name(raw, leaf),
        content_type: leaf.kind.clone(),
        bytes: body::decode(&raw[leaf.body.clone()], leaf.encoding).into_owned(),
    })
}

/// Every field of the message's header in order, decoded and unfolded, for a person who wants to see them.
pub fn header_fields(raw: &[u8]) -> Vec<(String, String)> {
    let header = field::read(raw, 0, false, &mut { field::HEADER_LIMIT });
    let name = |field: &field::Field| String::from_utf8_lossy(field.name).into_owned();
    header.fields.iter().map(|field| (name(field), word::decode(&field.text()))).collect()
}

/// Whom a message says it is from, and where it says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// The addresses of every `From` together, folded as [`crate::address::fold_address`] does.
    pub addresses: Vec<String>,
    /// The first byte of the body: nothing from there on was read as a field.
    pub body: usize,
    /// Something was over a limit and left out.
    pub cut: bool,
}

/// Reads whom a message is from, as readers will be told it once other fields stand above its own.
pub fn author(raw: &[u8]) -> Author {
    let header = field::read_below(raw, &mut { field::HEADER_LIMIT });
    let message = message::of_header(&header);
    Author {
        addresses: message.from.iter().map(Address::folded).collect(),
        body: header.body,
        cut: message.defects.contains(&Defect::TooComplex),
    }
}

/// What the head of a message tells whoever has nothing else to go by, as on a server that keeps no dates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Its `Message-ID`.
    pub message_id: Option<MessageId>,
    /// When the last server took it, by the uppermost `Received` (RFC 5321 §4.4), else its `Date`; milliseconds since 1970.
    pub at: Option<i64>,
}

/// Reads a head for [`Arrival`]; whatever follows the head is not looked at.
pub fn arrival(head: &[u8]) -> Arrival {
    let header = field::read(head, 0, false, &mut { field::HEADER_LIMIT });
    let first = |name: &str| header.fields.iter().find(|field| field.is(name));
    let received = first("received").and_then(|field| message::date(after_semicolon(field.value)));
    Arrival {
        message_id: first("message-id").and_then(|field| message::ids(&field.text()).into_iter().next()),
        at: received.or_else(|| first("date").and_then(|field| message::date(field.value))),
    }
}

/// The date of a `Received` field stands behind its last semicolon.
fn after_semicolon(value: &[u8]) -> &[u8] {
    memchr::memrchr(b';', value).map_or(value, |at| &value[at + 1..])
}

/// The parts of the message that other modules of this floor look into: type and decoded bytes, in order.
pub(crate) fn contents(raw: &[u8]) -> Vec<(String, Vec<u8>)> {
    let (_, tree) = read(raw);
    let content = |leaf: &Leaf| {
        let end = leaf.body.end.min(leaf.body.start + INDEX_SOURCE_LIMIT);
        (leaf.kind.clone(), body::decode(&raw[leaf.body.start..end], leaf.encoding).into_owned())
    };
    tree.leaves.iter().filter(|leaf| is_readable(&leaf.kind)).map(content).collect()
}

fn is_readable(kind: &str) -> bool {
    kind.starts_with("text/") || kind.starts_with("message/")
}

/// The raw fields of a header with their byte ranges, for who cuts fields out.
pub(crate) fn field_ranges(raw: &[u8]) -> (Vec<(String, std::ops::Range<usize>)>, usize) {
    let header = field::read(raw, 0, false, &mut { usize::MAX });
    let range =
        |field: &field::Field| (String::from_utf8_lossy(field.name).to_ascii_lowercase(), field.start..field.end);
    (header.fields.iter().map(range).collect(), header.body)
}

fn read(raw: &[u8]) -> (Message, Tree) {
    let mut budget = field::HEADER_LIMIT;
    let header = field::read(raw, 0, false, &mut budget);
    let mut message = message::of_header(&header);
    let tree = part::read(raw, &header.fields, header.body, &mut budget);
    if tree.cut && !message.defects.contains(&Defect::TooComplex) {
        message.defects.push(Defect::TooComplex);
    }
    if tree.truncated {
        message.defects.push(Defect::Truncated);
    }
    (message, tree)
}

fn people<'a>(people: impl Iterator<Item = &'a Address>) -> String {
    search::fold_all(people.flat_map(|address| address.name.as_deref().into_iter().chain([address.address.as_str()])))
}

/// The words of a message's texts, gathered until the index has enough.
#[derive(Default)]
struct Words {
    folded: String,
    preview: String,
}

/// A text this short may only say that the HTML is what one must look at.
const SHORT_TEXT: usize = 200;

impl Words {
    fn add(&mut self, raw: &[u8], tree: &Tree, uses: &[Use], levels: usize) {
        let paired = select::has_counterpart(tree, uses);
        let mut text_was_short = false;
        for ((leaf, used), paired) in tree.leaves.iter().zip(uses).zip(paired) {
            if self.folded.len() >= INDEX_LIMIT {
                return;
            }
            match used {
                Use::Text => {
                    let text = select::text_of(raw, leaf, INDEX_SOURCE_LIMIT);
                    text_was_short = text.trim_ascii().len() < SHORT_TEXT;
                    self.take(&text);
                }
                Use::Html if !paired || text_was_short => {
                    self.take(&display::text_of_html(&select::text_of(raw, leaf, INDEX_SOURCE_LIMIT)));
                }
                Use::Attachment if leaf.kind == "message/rfc822" && leaf.encoding == body::Encoding::Identity => {
                    self.add_nested(&raw[leaf.body.clone()], levels);
                }
                _ => {}
            }
        }
    }

    fn add_nested(&mut self, raw: &[u8], levels: usize) {
        if let Some(levels) = levels.checked_sub(1) {
            let (message, tree) = read(raw);
            let uses = select::uses(&tree);
            self.fold(&message.subject);
            self.add(raw, &tree, &uses, levels);
        }
    }

    fn take(&mut self, text: &str) {
        if self.preview.is_empty() {
            self.preview = display::preview(text, PREVIEW_LENGTH);
        }
        self.fold(text);
    }

    fn fold(&mut self, text: &str) {
        search::fold_into(text, &mut self.folded, INDEX_LIMIT);
    }
}
