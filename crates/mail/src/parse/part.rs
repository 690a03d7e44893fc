//! The tree of parts (RFC 2046): one pass over the body that looks only at lines that may be boundaries, so that the
//! bytes of attachments are passed by at the speed of memory.

use super::{
    body::Encoding,
    field::{self, Field},
    parameter::Parameters,
    word,
};
use memchr::{memchr, memmem};
use std::ops::Range;

/// Levels of multipart that are followed.
const LEVEL_LIMIT: usize = 50;
/// Parts that are kept.
const PART_LIMIT: usize = 1000;

/// What a sender wants done with a part (RFC 2183).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Disposition {
    #[default]
    Unsaid,
    Inline,
    Attachment,
}

/// A part that holds content, not other parts.
#[derive(Debug, Default)]
pub(super) struct Leaf {
    /// `type/subtype`, lower case.
    pub(super) kind: String,
    pub(super) charset: Option<String>,
    pub(super) name: Option<String>,
    pub(super) disposition: Disposition,
    pub(super) content_id: Option<String>,
    pub(super) encoding: Encoding,
    /// `format=flowed` and `delsp=yes` (RFC 3676).
    pub(super) flowed: bool,
    pub(super) joins_words: bool,
    /// The multipart it is in, in [`Tree::multiparts`].
    pub(super) parent: Option<usize>,
    /// The first part of its parent.
    pub(super) first: bool,
    /// Where the boundary stands that begins it; `None` for the message itself.
    pub(super) boundary: Option<usize>,
    pub(super) body: Range<usize>,
}

/// A part that holds parts.
#[derive(Debug)]
pub(super) struct Multipart {
    pub(super) kind: String,
    pub(super) parent: Option<usize>,
    /// How many parts it holds.
    pub(super) parts: usize,
}

/// A message's parts in the order of the bytes.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) leaves: Vec<Leaf>,
    pub(super) multiparts: Vec<Multipart>,
    /// There was more than the limits allow.
    pub(super) cut: bool,
    /// The bytes end before the structure does.
    pub(super) truncated: bool,
}

struct Open {
    /// With the two hyphens in front.
    line: Vec<u8>,
    index: usize,
}

struct Walk<'a> {
    raw: &'a [u8],
    tree: Tree,
    open: Vec<Open>,
    current: Option<Leaf>,
    budget: &'a mut usize,
}

/// Reads the parts of a message whose header is `fields` and whose body begins at `body`.
pub(super) fn read(raw: &[u8], fields: &[Field], body: usize, budget: &mut usize) -> Tree {
    let mut walk = Walk { raw, tree: Tree::default(), open: Vec::new(), current: None, budget };
    walk.begin(fields, body, None);
    let ended = walk.follow(body);
    walk.close(raw.len());
    let mut tree = walk.tree;
    tree.truncated |= !ended;
    if tree.leaves.is_empty() && body < raw.len() {
        // A multipart without a single boundary in it: what is there is shown as it is.
        tree.leaves.push(Leaf { kind: "text/plain".into(), first: true, body: body..raw.len(), ..Leaf::default() });
        tree.truncated = true;
    }
    tree
}

impl Walk<'_> {
    /// Visits every line that begins with two hyphens; says whether all multiparts were closed.
    fn follow(&mut self, body: usize) -> bool {
        let mut at = body;
        if self.open.is_empty() {
            return true;
        }
        if !self.raw[at.min(self.raw.len())..].starts_with(b"--") {
            match self.next_candidate(at) {
                Some(next) => at = next,
                None => return false,
            }
        }
        loop {
            if let Some((level, closing)) = self.boundary_at(at) {
                let end = line_end_before(self.raw, at);
                self.close(end.max(body));
                self.tree.truncated |= level + 1 < self.open.len();
                self.open.truncate(if closing { level } else { level + 1 });
                if self.open.is_empty() {
                    return true;
                }
                if !closing {
                    if self.tree.leaves.len() + self.tree.multiparts.len() >= PART_LIMIT {
                        self.tree.cut = true;
                        return true;
                    }
                    let header = field::read(self.raw, field::next_line(self.raw, at), true, self.budget);
                    self.tree.cut |= header.cut;
                    self.begin(&header.fields, header.body, Some(at));
                    // The body may begin with a boundary; its line is found from the line end before it.
                    at = header.body.saturating_sub(1).max(at + 1);
                    if self.raw.get(header.body..).is_some_and(|rest| rest.starts_with(b"--")) {
                        at = header.body;
                        continue;
                    }
                }
            }
            match self.next_candidate(at) {
                Some(next) => at = next,
                None => return false,
            }
        }
    }

    fn next_candidate(&self, at: usize) -> Option<usize> {
        let rest = self.raw.get(at..)?;
        memmem::find(rest, b"\n--").map(|found| at + found + 1)
    }

    /// The open multipart whose boundary stands at `at`, and whether it closes. The innermost comes first, but an exact
    /// line wins over one that only begins like a closing boundary.
    fn boundary_at(&self, at: usize) -> Option<(usize, bool)> {
        let rest = &self.raw[at..];
        let mut loose = None;
        for (level, open) in self.open.iter().enumerate().rev() {
            let Some(tail) = rest.strip_prefix(open.line.as_slice()) else { continue };
            let tail = &tail[..memchr(b'\n', tail).unwrap_or(tail.len())];
            if is_blank(tail) {
                return Some((level, false));
            }
            if let Some(after) = tail.strip_prefix(b"--") {
                if is_blank(after) {
                    return Some((level, true));
                }
                loose = loose.or(Some((level, true)));
            }
        }
        loose
    }

    fn begin(&mut self, fields: &[Field], body: usize, boundary: Option<usize>) {
        let parent = self.open.last().map(|open| open.index);
        let first = parent.is_none_or(|parent| self.tree.multiparts[parent].parts == 0);
        if let Some(parent) = parent {
            self.tree.multiparts[parent].parts += 1;
        }
        let in_digest = parent.is_some_and(|parent| self.tree.multiparts[parent].kind == "multipart/digest");
        let (mut leaf, content) = leaf_of(fields, in_digest);
        if leaf.kind.starts_with("multipart/") {
            let boundary = content.plain("boundary").map(str::trim_end).filter(|text| !text.is_empty());
            let line = match boundary {
                Some(boundary) => Some([b"--", boundary.as_bytes()].concat()),
                None => guessed_boundary(&self.raw[body..]),
            };
            match line {
                Some(line) if self.open.len() < LEVEL_LIMIT => {
                    let index = self.tree.multiparts.len();
                    self.tree.multiparts.push(Multipart { kind: leaf.kind, parent, parts: 0 });
                    self.open.push(Open { line, index });
                    return;
                }
                Some(_) => self.tree.cut = true,
                None => leaf.kind = "text/plain".into(),
            }
        }
        leaf.parent = parent;
        leaf.first = first;
        leaf.boundary = boundary;
        leaf.body = body..body;
        self.current = Some(leaf);
    }

    fn close(&mut self, end: usize) {
        if let Some(mut leaf) = self.current.take() {
            leaf.body.end = end.max(leaf.body.start);
            self.tree.leaves.push(leaf);
        }
    }
}

/// The line end before a boundary is of the boundary (RFC 2046 §5.1.1).
fn line_end_before(raw: &[u8], at: usize) -> usize {
    match &raw[..at] {
        [.., b'\r', b'\n'] => at - 2,
        [.., b'\n'] => at - 1,
        _ => at,
    }
}

fn is_blank(tail: &[u8]) -> bool {
    tail.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

/// The first line that looks like a boundary, for a multipart that doesn't say its own.
fn guessed_boundary(body: &[u8]) -> Option<Vec<u8>> {
    let body = &body[..body.len().min(64 * 1024)];
    let start = if body.starts_with(b"--") { 0 } else { memmem::find(body, b"\n--")? + 1 };
    let line = &body[start..];
    let line = line[..memchr(b'\n', line).unwrap_or(line.len())].trim_ascii_end();
    (line.len() > 4 && line.len() < 100).then(|| line.to_vec())
}

fn leaf_of(fields: &[Field], in_digest: bool) -> (Leaf, Parameters) {
    let find = |name: &str| fields.iter().find(|field| field.is(name));
    let mut leaf = Leaf::default();
    let content = find("content-type").map(|field| Parameters::read(&field.text())).unwrap_or_default();
    leaf.kind = match content.value.split_once('/') {
        Some((kind, sub)) if !kind.is_empty() && !sub.is_empty() && content.value.len() < 200 => content.value.clone(),
        _ if in_digest => "message/rfc822".into(),
        None if content.value == "html" => "text/html".into(),
        _ => "text/plain".into(),
    };
    if leaf.kind.starts_with("text/") {
        leaf.charset = content.get("charset");
        leaf.flowed = content.plain("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed"));
        leaf.joins_words = content.plain("delsp").is_some_and(|delsp| delsp.eq_ignore_ascii_case("yes"));
    }
    if let Some(field) = find("content-disposition") {
        let disposition = Parameters::read(&field.text());
        leaf.disposition = match disposition.value.as_str() {
            "inline" => Disposition::Inline,
            "" => Disposition::Unsaid,
            _ => Disposition::Attachment,
        };
        leaf.name = disposition.get("filename");
    }
    leaf.name = leaf.name.filter(|name| !name.is_empty()).or_else(|| content.get("name"));
    leaf.encoding = find("content-transfer-encoding").map(|field| Encoding::read(&field.text())).unwrap_or_default();
    leaf.content_id = find("content-id").and_then(|field| {
        let id = word::one_line(&field.text()).trim_matches(['<', '>', ' ']).to_owned();
        (!id.is_empty() && id.len() < 1000).then_some(id)
    });
    (leaf, content)
}
