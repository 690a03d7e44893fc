//! A letter and its heavy parts, apart: for a provider that takes them one by one (learn.microsoft.com/graph/outlook-large-attachments).

use super::{
    body,
    field::next_line,
    part::{Leaf, Tree},
    read,
    select::{self, Use},
};
use crate::Attachment;
use std::{collections::HashMap, ops::Range};

/// A letter without its heavy parts, which is whole by itself, and those parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// The letter.
    pub letter: Vec<u8>,
    /// What was taken out, in its order, decoded.
    pub heavy: Vec<(Attachment, Vec<u8>)>,
}

/// The letter in at most so many bytes, with its longest attachments apart, as few as will do. `None` when that can't be:
/// its text alone is too long, or it is signed or encrypted, which only holds for the whole.
pub fn apart(raw: &[u8], at_most: usize) -> Option<Apart> {
    let (_, tree) = read(raw);
    if tree.cut || tree.truncated {
        return None;
    }
    let uses = select::uses(&tree);
    let all = select::attachments(raw, &tree, &uses);
    let attached = tree.leaves.iter().zip(&uses).filter(|(_, used)| **used == Use::Attachment).map(|(leaf, _)| leaf);
    let mut loose: Vec<(&Leaf, Attachment, Range<usize>)> = attached
        .zip(all)
        .filter(|(leaf, _)| is_loose(&tree, leaf))
        .filter_map(|(leaf, attachment)| Some((leaf, attachment, place(raw, leaf)?)))
        .collect();
    loose.sort_by_key(|(_, _, place)| std::cmp::Reverse(place.len()));
    let mut left: HashMap<usize, usize> = HashMap::new();
    let (mut length, mut taken) = (raw.len(), Vec::new());
    for one in loose {
        let Some(parent) = one.0.parent else { continue };
        let left = left.entry(parent).or_insert_with(|| tree.multiparts[parent].parts);
        if length > at_most && *left > 1 {
            (*left, length) = (*left - 1, length - one.2.len());
            taken.push(one);
        }
    }
    if length > at_most {
        return None;
    }
    taken.sort_by_key(|(_, _, place)| place.start);
    let (mut letter, mut from) = (Vec::with_capacity(length), 0);
    for (_, _, place) in &taken {
        letter.extend_from_slice(&raw[from..place.start]);
        from = place.end;
    }
    letter.extend_from_slice(&raw[from..]);
    let decoded = |leaf: &Leaf| body::decode(&raw[leaf.body.clone()], leaf.encoding).into_owned();
    let heavy = taken.into_iter().map(|(leaf, attachment, _)| (attachment, decoded(leaf))).collect();
    Some(Apart { letter, heavy })
}

/// Whether what is left stays what it was: the part is one of several that stand beside each other, or is pointed to by
/// the first of them.
fn is_loose(tree: &Tree, leaf: &Leaf) -> bool {
    let mut above = leaf.parent;
    let kind = above.map_or("", |parent| tree.multiparts[parent].kind.as_str());
    let is_apart = kind == "multipart/mixed" || (kind == "multipart/related" && !leaf.first);
    while let Some(parent) = above {
        let kind = tree.multiparts[parent].kind.as_str();
        if !["multipart/mixed", "multipart/related", "multipart/alternative"].contains(&kind) {
            return false;
        }
        above = tree.multiparts[parent].parent;
    }
    is_apart
}

/// From the part's own boundary up to the next one.
fn place(raw: &[u8], leaf: &Leaf) -> Option<Range<usize>> {
    let starts = leaf.boundary?;
    let rest = raw.get(leaf.body.end..)?;
    let is_followed = !leaf.body.is_empty() && (rest.starts_with(b"\r\n--") || rest.starts_with(b"\n--"));
    is_followed.then(|| starts..next_line(raw, leaf.body.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{attachment, parse};

    const HEAD: &str =
        "Message-ID: <a@b>\r\nTo: a@x.nl\r\nIn-Reply-To: <c@d>\r\nContent-Type: multipart/mixed; boundary=een\r\n\r\n";
    const TEXT: &str = "--een\r\nContent-Type: multipart/alternative; boundary=twee\r\n\r\n--twee\r\n\r\nDag!\r\n--twee\r\nContent-Type: text/html\r\n\r\n<p>Dag!\r\n--twee--\r\n\r\n";

    fn part(kind: &str, name: &str, content: &str) -> String {
        format!(
            "--een\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename={name}\r\n\r\n{content}\r\n"
        )
    }

    fn letter(parts: &[String]) -> String {
        format!("{HEAD}{TEXT}{}--een--\r\n", parts.concat())
    }

    #[test]
    fn the_longest_attachments_are_taken_out_and_the_letter_stays_what_it_was() {
        let parts = [
            part("text/plain", "kort.txt", "kort"),
            part("application/pdf", "lang.pdf", &"x".repeat(5000)),
            part("text/csv", "langer.csv", &"a;b\r\n".repeat(2000)),
        ];
        let raw = letter(&parts);
        let whole = parse(raw.as_bytes());
        let one = apart(raw.as_bytes(), 8000).unwrap();
        assert_eq!(one.heavy.len(), 1, "no more than needed");
        assert_eq!(one.heavy[0].0.name, "langer.csv");
        assert_eq!(Some(one.heavy[0].1.clone()), attachment(raw.as_bytes(), 2).map(|file| file.bytes));
        assert_eq!(String::from_utf8(one.letter).unwrap(), letter(&parts[..2]));
        let both = apart(raw.as_bytes(), 1000).unwrap();
        let names: Vec<&str> = both.heavy.iter().map(|(attachment, _)| attachment.name.as_str()).collect();
        assert_eq!(names, ["lang.pdf", "langer.csv"]);
        let light = parse(&both.letter);
        assert_eq!((&light.text, &light.html), (&whole.text, &whole.html));
        assert_eq!(light.in_reply_to, whole.in_reply_to);
        assert_eq!(light.attachments.len(), 1);
        assert!(light.defects == whole.defects);
        assert_eq!(apart(raw.as_bytes(), usize::MAX).unwrap().letter, raw.as_bytes(), "nothing is heavy");
    }

    #[test]
    fn what_only_holds_as_a_whole_is_left_whole() {
        let text = format!("{HEAD}--een\r\n\r\n{}\r\n--een--\r\n", "lang ".repeat(1000));
        assert_eq!(apart(text.as_bytes(), 1000), None, "the text is no attachment");
        let alone = format!("{HEAD}{}--een--\r\n", part("application/pdf", "a.pdf", &"x".repeat(5000)));
        assert_eq!(apart(alone.as_bytes(), 1000), None, "nothing would be left");
        let signed = letter(&[part("application/pdf", "a.pdf", &"x".repeat(5000))])
            .replace("multipart/mixed", "multipart/signed; micalg=sha256");
        assert_eq!(apart(signed.as_bytes(), 1000), None);
        let plain = format!("Content-Type: application/pdf\r\n\r\n{}", "x".repeat(5000));
        assert_eq!(apart(plain.as_bytes(), 1000), None);
    }

    #[test]
    fn a_picture_in_the_text_is_taken_out_by_the_name_that_the_text_calls_it() {
        let related = format!(
            "Content-Type: multipart/related; boundary=een\r\n\r\n--een\r\nContent-Type: text/html\r\n\r\n<img src=\"cid:foto@x\">\r\n--een\r\nContent-Type: image/png; name=foto.png\r\nContent-ID: <foto@x>\r\n\r\n{}\r\n--een--\r\n",
            "y".repeat(3000)
        );
        let found = apart(related.as_bytes(), 1000).unwrap();
        let (picture, bytes) = &found.heavy[0];
        assert_eq!((picture.content_id.as_deref(), picture.inline, bytes.len()), (Some("foto@x"), true, 3000));
        assert_eq!(parse(&found.letter).html, parse(related.as_bytes()).html);
    }
}
