//! Which parts are the text to read, and which are attachments (the rules of RFC 8621 §4.1.4, with what mail shows).

use super::{
    body, charset, name,
    part::{Disposition, Leaf, Multipart, Tree},
};
use crate::{Attachment, display};
use std::borrow::Cow;

/// How a leaf is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Text,
    Html,
    Attachment,
    /// Another rendering of the same text that no one needs.
    Nothing,
}

/// What every leaf is used for, in order.
pub(super) fn uses(tree: &Tree) -> Vec<Use> {
    tree.leaves.iter().map(|leaf| use_of(leaf, &tree.multiparts)).collect()
}

fn use_of(leaf: &Leaf, multiparts: &[Multipart]) -> Use {
    let parent = leaf.parent.map(|parent| multiparts[parent].kind.as_str());
    let in_alternative = parent == Some("multipart/alternative");
    let body = leaf.disposition != Disposition::Attachment && (leaf.name.is_none() || leaf.first || in_alternative);
    match leaf.kind.as_str() {
        "text/plain" if body => Use::Text,
        "text/html" if body => Use::Html,
        "text/x-amp-html" | "text/watch-html" | "text/enriched" if in_alternative => Use::Nothing,
        _ => Use::Attachment,
    }
}

/// For each leaf, whether another leaf says the same in the other form: an HTML leaf beside a text, or the reverse.
pub(super) fn has_counterpart(tree: &Tree, uses: &[Use]) -> Vec<bool> {
    let mut text = vec![false; tree.multiparts.len()];
    let mut html = vec![false; tree.multiparts.len()];
    for (leaf, used) in tree.leaves.iter().zip(uses) {
        for above in alternatives(leaf, &tree.multiparts) {
            text[above] |= *used == Use::Text;
            html[above] |= *used == Use::Html;
        }
    }
    let other = |leaf: &Leaf, marks: &[bool]| alternatives(leaf, &tree.multiparts).any(|above| marks[above]);
    let pairs = tree.leaves.iter().zip(uses);
    pairs
        .map(|(leaf, used)| match used {
            Use::Text => other(leaf, &html),
            Use::Html => other(leaf, &text),
            _ => false,
        })
        .collect()
}

fn alternatives<'a>(leaf: &Leaf, multiparts: &'a [Multipart]) -> impl Iterator<Item = usize> + 'a {
    std::iter::successors(leaf.parent, |above| multiparts[*above].parent)
        .filter(|above| multiparts[*above].kind == "multipart/alternative")
}

/// The text of a leaf: decoded, with line ends of one byte and without characters that no database takes.
pub(super) fn text_of(raw: &[u8], leaf: &Leaf, limit: usize) -> String {
    let bytes = &raw[leaf.body.start..leaf.body.end.min(leaf.body.start.saturating_add(limit))];
    let bytes = body::decode(bytes, leaf.encoding);
    let declared = leaf.charset.as_deref().map(Cow::Borrowed);
    let label = declared.or_else(|| (leaf.kind == "text/html").then(|| meta_charset(&bytes)).flatten().map(Cow::Owned));
    let text = charset::decode(&bytes, label.as_deref());
    if leaf.flowed && leaf.kind == "text/plain" { unflow(&clean(text), leaf.joins_words) } else { clean(text) }
}

/// Without carriage returns and controls; the page break of [`display::PART_BREAK`] can't be forged.
fn clean(text: String) -> String {
    let dirty = |byte: &u8| *byte < b' ' && *byte != b'\n' && *byte != b'\t' || *byte == 0x7F;
    if !text.as_bytes().iter().any(dirty) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.as_bytes().iter().position(dirty) {
        out.push_str(&rest[..at]);
        // A carriage return alone was a line end on machines long ago.
        if rest.as_bytes()[at] == b'\r' && rest.as_bytes().get(at + 1) != Some(&b'\n') {
            out.push('\n');
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out
}

/// What an HTML text says of its own character set.
fn meta_charset(html: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&html[..html.len().min(2048)]).to_ascii_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let label = after.trim_start_matches(['"', '\'', ' ']);
    let end = label.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'))).unwrap_or(label.len());
    (end > 0).then(|| label[..end].to_owned())
}

/// Paragraphs made whole again (RFC 3676 §4).
fn unflow(text: &str, joins_words: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let content = line[depth..].strip_prefix(' ').unwrap_or(&line[depth..]);
        if open != Some(depth) {
            if open.is_some() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 && !content.is_empty() {
                out.push(' ');
            }
        }
        let flows = content.ends_with(' ') && content != "-- ";
        out.push_str(if flows && joins_words { &content[..content.len() - 1] } else { content });
        open = flows.then_some(depth);
        if !flows {
            out.push('\n');
        }
    }
    out
}

/// The text to read and the HTML to show of all parts that are neither attachment nor the other form of one another.
pub(super) fn texts(raw: &[u8], tree: &Tree, uses: &[Use]) -> (Option<String>, Option<String>) {
    let paired = has_counterpart(tree, uses);
    let has = |wanted: Use| uses.contains(&wanted);
    let (mut text, mut html) = (String::new(), String::new());
    for ((leaf, used), paired) in tree.leaves.iter().zip(uses).zip(paired) {
        if !matches!(used, Use::Text | Use::Html) {
            continue;
        }
        let content = text_of(raw, leaf, usize::MAX);
        if has(Use::Text) && (*used == Use::Text || !paired) {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            match used {
                Use::Text => text.push_str(&content),
                _ => text.push_str(&display::text_of_html(&content)),
            }
        }
        if has(Use::Html) && (*used == Use::Html || !paired) {
            if !html.is_empty() {
                html.push(display::PART_BREAK);
            }
            match used {
                Use::Html => html.push_str(&content),
                _ => html.push_str(&display::html_of_text(&content)),
            }
        }
    }
    (has(Use::Text).then_some(text), has(Use::Html).then_some(html))
}

/// The list of attachments. A picture counts as inline when the HTML names it or the sender says so.
pub(super) fn attachments(raw: &[u8], tree: &Tree, uses: &[Use]) -> Vec<Attachment> {
    let leaves = || tree.leaves.iter().zip(uses).filter(|(_, used)| **used == Use::Attachment).map(|(leaf, _)| leaf);
    let named = leaves().any(|leaf| leaf.content_id.is_some());
    let mut html = Vec::new();
    if named {
        let pages = tree.leaves.iter().zip(uses).filter(|(_, used)| **used == Use::Html);
        html = pages.map(|(leaf, _)| text_of(raw, leaf, 4 << 20)).collect::<Vec<_>>();
    }
    let shown = |id: &str| html.iter().any(|page| page.contains(&format!("cid:{id}")));
    let list = leaves().enumerate().map(|(n, leaf)| Attachment {
        n,
        name: attachment_name(raw, leaf),
        content_type: leaf.kind.clone(),
        size: body::decoded_size(&raw[leaf.body.clone()], leaf.encoding),
        inline: leaf.content_id.as_deref().is_some_and(shown)
            || leaf.disposition == Disposition::Inline && leaf.kind.starts_with("image/"),
        content_id: leaf.content_id.clone(),
    });
    list.collect()
}

/// The name of a part, for an attached message made of its subject when it has none.
pub(super) fn attachment_name(raw: &[u8], leaf: &Leaf) -> String {
    if leaf.name.is_none() && leaf.kind == "message/rfc822" && leaf.encoding == body::Encoding::Identity {
        let header = super::field::read(&raw[..leaf.body.end], leaf.body.start, false, &mut (64 * 1024));
        let subject = header.fields.iter().find(|field| field.is("subject"));
        let subject = subject.map(|field| super::word::decode(&field.text())).filter(|subject| !subject.is_empty());
        if let Some(subject) = subject {
            return name::safe(Some(&format!("{}.eml", subject.replace(['/', '\\'], "_"))), &leaf.kind);
        }
    }
    name::safe(leaf.name.as_deref(), &leaf.kind)
}
