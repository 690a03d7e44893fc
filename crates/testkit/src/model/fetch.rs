//! FETCH and UID FETCH, with CHANGEDSINCE and VANISHED (RFC 7162 §3.1.4 and §3.2.6).

use super::session::{Ending, Selected, Session};
use super::set::{members, written};
use super::state::Mail;
use super::wire::Arg;
use std::collections::BTreeSet;

impl Selected {
    /// The UIDs that a set names, by sequence number or by UID; what the client was not told of yet is not among them.
    pub(super) fn named(&self, by_uid: bool, set: &str) -> Vec<u32> {
        if by_uid {
            return members(set, &self.view);
        }
        let numbers: Vec<u32> = (1..=self.view.len() as u32).collect();
        members(set, &numbers).into_iter().map(|number| self.view[number as usize - 1]).collect()
    }
}

impl Session {
    pub(super) fn fetch(&mut self, by_uid: bool, args: &[Arg], out: &mut Vec<u8>) -> Ending {
        let Some(selected) = &mut self.selected else { return "BAD no folder is open".to_owned() };
        let (Some(set), Some(items)) = (args.first(), args.get(1)) else {
            return "BAD a set and items are needed".to_owned();
        };
        let modifiers = args.get(2).map(Arg::list).unwrap_or_default();
        let since = modifiers.iter().position(|arg| arg.upper() == "CHANGEDSINCE").and_then(|at| modifiers.get(at + 1));
        let since: Option<u64> = since.and_then(|word| word.text().parse().ok());
        let vanished = modifiers.iter().any(|arg| arg.upper() == "VANISHED");
        let mut items = item_names(items);
        if by_uid && !items.iter().any(|item| item == "UID") {
            items.insert(0, "UID".to_owned());
        }
        if since.is_some() {
            self.condstore = true;
            if !items.iter().any(|item| item == "MODSEQ") {
                items.push("MODSEQ".to_owned());
            }
        }
        let shared = self.shared.clone();
        let mut mailbox = shared.mailbox();
        let Some(folder) = mailbox.folders.get_mut(&selected.name).filter(|it| it.validity == selected.validity) else {
            return "NO the folder is gone".to_owned();
        };
        if let Some(since) = since.filter(|_| vanished) {
            if !(by_uid && self.qresync) {
                return "BAD VANISHED needs QRESYNC and UID FETCH".to_owned();
            }
            let gone: BTreeSet<u32> =
                folder.gone.iter().filter(|(_, when)| *when > since).map(|(uid, _)| *uid).collect();
            let gone = members(&set.text(), &gone.into_iter().collect::<Vec<u32>>());
            if !gone.is_empty() {
                out.extend_from_slice(format!("* VANISHED (EARLIER) {}\r\n", written(&gone)).as_bytes());
            }
        }
        let reads = selected.writable && items.iter().any(|item| item.starts_with("BODY[") || item == "RFC822");
        let mut marked = false;
        for uid in selected.named(by_uid, &set.text()) {
            let Some(mail) = folder.find(uid).filter(|mail| mail.modseq > since.unwrap_or(0)) else { continue };
            if reads && !mail.flags.contains("\\Seen") {
                let flags = mail.flags.iter().cloned().chain(["\\Seen".to_owned()]).collect();
                folder.set_flags(uid, flags);
                marked = true;
            }
            let Some(mail) = folder.find(uid) else { continue };
            if items.iter().any(|item| item == "FLAGS") {
                selected.known.insert(uid, mail.modseq);
            }
            let Some(values) = items.iter().map(|item| value(item, mail)).collect::<Option<Vec<Vec<u8>>>>() else {
                return "BAD an item that I don't know".to_owned();
            };
            out.extend_from_slice(format!("* {} FETCH (", selected.number(uid)).as_bytes());
            out.extend_from_slice(&values.join(&b' '));
            out.extend_from_slice(b")\r\n");
        }
        drop(mailbox);
        if marked {
            shared.changed();
        }
        "OK fetched".to_owned()
    }
}

fn item_names(items: &Arg) -> Vec<String> {
    let names: Vec<String> = match items {
        Arg::List(items) => items.iter().map(Arg::upper).collect(),
        item => vec![item.upper()],
    };
    let expand = |name: String| match name.as_str() {
        "ALL" | "FAST" => vec!["FLAGS".to_owned(), "INTERNALDATE".to_owned(), "RFC822.SIZE".to_owned()],
        _ => vec![name],
    };
    names.into_iter().flat_map(expand).collect()
}

fn value(item: &str, mail: &Mail) -> Option<Vec<u8>> {
    let flags: Vec<&str> = mail.flags.iter().map(String::as_str).collect();
    let text = match item {
        "UID" => format!("UID {}", mail.uid),
        "FLAGS" => format!("FLAGS ({})", flags.join(" ")),
        "INTERNALDATE" => format!("INTERNALDATE \"{}\"", mail.date),
        "RFC822.SIZE" => format!("RFC822.SIZE {}", mail.raw.len()),
        "MODSEQ" => format!("MODSEQ ({})", mail.modseq),
        "RFC822" => return Some(literal("RFC822", &mail.raw)),
        "RFC822.HEADER" => return Some(literal("RFC822.HEADER", header(&mail.raw))),
        _ => return section(item, mail),
    };
    Some(text.into_bytes())
}

/// `BODY[section]<from.count>` and its PEEK form.
fn section(item: &str, mail: &Mail) -> Option<Vec<u8>> {
    let rest = item.strip_prefix("BODY.PEEK[").or_else(|| item.strip_prefix("BODY["))?;
    let (name, partial) = rest.split_once(']')?;
    let whole: Vec<u8> = match name {
        "" => mail.raw.to_vec(),
        "HEADER" => header(&mail.raw).to_vec(),
        "TEXT" => mail.raw[header(&mail.raw).len()..].to_vec(),
        _ => fields(header(&mail.raw), name.strip_prefix("HEADER.FIELDS (")?.strip_suffix(')')?),
    };
    if partial.is_empty() {
        return Some(literal(&format!("BODY[{name}]"), &whole));
    }
    let (from, count) = partial.strip_prefix('<')?.strip_suffix('>')?.split_once('.')?;
    let from: usize = from.parse().ok()?;
    let count: usize = count.parse().ok()?;
    let part = whole.get(from..).unwrap_or_default();
    Some(literal(&format!("BODY[{name}]<{from}>"), &part[..count.min(part.len())]))
}

fn literal(name: &str, bytes: &[u8]) -> Vec<u8> {
    [format!("{name} {{{}}}\r\n", bytes.len()).as_bytes(), bytes].concat()
}

/// Up to and with the empty line.
pub(super) fn header(raw: &[u8]) -> &[u8] {
    if raw.starts_with(b"\r\n") {
        return &raw[..2];
    }
    raw.windows(4).position(|window| window == b"\r\n\r\n").map_or(raw, |at| &raw[..at + 4])
}

/// The named fields with their continuation lines, and an empty line.
fn fields(header: &[u8], names: &str) -> Vec<u8> {
    let names: Vec<String> = names.split(' ').map(|name| format!("{name}:")).collect();
    let mut wanted = false;
    let mut out = Vec::new();
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let upper = String::from_utf8_lossy(line).to_ascii_uppercase();
            wanted = names.iter().any(|name| upper.starts_with(name));
        }
        if wanted {
            out.extend_from_slice(line);
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}
