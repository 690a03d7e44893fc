//! LIST, STATUS and the commands that arrange folders; APPEND.

use super::session::{Ending, Session};
use super::state::{Folder, folder_name};
use super::wire::Arg;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Session {
    /// LIST with the return options of RFC 5258, 5819 and 6154; LSUB, where everything counts as subscribed.
    pub(super) fn list(&mut self, name: &str, args: &[Arg], out: &mut Vec<u8>) -> Ending {
        // `LIST (SPECIAL-USE) "" "*"` puts a list of conditions first.
        let conditions = matches!(args.first(), Some(Arg::List(_)));
        let args = if conditions { &args[1..] } else { args };
        let (Some(reference), Some(pattern)) = (args.first(), args.get(1)) else {
            return "BAD a reference and a pattern are needed".to_owned();
        };
        let separator = self.shared.options.separator;
        if pattern.text().is_empty() {
            out.extend_from_slice(format!("* {name} (\\Noselect) \"{separator}\" \"\"\r\n").as_bytes());
            return "OK that is the separator".to_owned();
        }
        let returned = args.get(3).map(Arg::list).unwrap_or_default();
        let status = returned.iter().position(|arg| arg.upper() == "STATUS").and_then(|place| returned.get(place + 1));
        let pattern = format!("{}{}", reference.text(), pattern.text());
        let mailbox = self.shared.mailbox();
        for (folder_name, folder) in mailbox.folders.iter().filter(|(it, _)| matches(&pattern, it, separator)) {
            let special = folder.special.filter(|_| self.shared.options.special_use).map(|mark| format!(" {mark}"));
            let below = format!("{folder_name}{separator}");
            let children = mailbox.folders.keys().any(|other| other.starts_with(&below));
            let marks = if children { "\\HasChildren" } else { "\\HasNoChildren" };
            let (special, shown) = (special.unwrap_or_default(), quoted(folder_name));
            out.extend_from_slice(format!("* {name} ({marks}{special}) \"{separator}\" {shown}\r\n").as_bytes());
            if let Some(items) = status.filter(|_| self.shared.options.list_status) {
                out.extend_from_slice(self.status_line(folder_name, folder, items.list()).as_bytes());
            }
        }
        "OK that is all".to_owned()
    }

    pub(super) fn status(&mut self, args: &[Arg], out: &mut Vec<u8>) -> Ending {
        let (Some(name), Some(items)) = (args.first(), args.get(1)) else {
            return "BAD a folder and items are needed".to_owned();
        };
        let name = folder_name(&name.text());
        let mailbox = self.shared.mailbox();
        let Some(folder) = mailbox.folders.get(&name) else { return missing() };
        let wants_modseq = items.list().iter().any(|item| item.upper() == "HIGHESTMODSEQ");
        out.extend_from_slice(self.status_line(&name, folder, items.list()).as_bytes());
        drop(mailbox);
        self.condstore |= wants_modseq && self.shared.options.condstore;
        "OK that is how it is".to_owned()
    }

    fn status_line(&self, name: &str, folder: &Folder, items: &[Arg]) -> String {
        let unseen = folder.messages.iter().filter(|mail| !mail.flags.contains("\\Seen")).count();
        let size: usize = folder.messages.iter().map(|mail| mail.raw.len()).sum();
        let has_modseq = self.shared.options.condstore || self.shared.options.qresync;
        let value = |item: &Arg| {
            let number = match item.upper().as_str() {
                "MESSAGES" => folder.messages.len() as u64,
                "RECENT" => 0,
                "UIDNEXT" => u64::from(folder.next_uid),
                "UIDVALIDITY" => u64::from(folder.validity),
                "UNSEEN" => unseen as u64,
                "SIZE" => size as u64,
                "HIGHESTMODSEQ" if has_modseq => folder.highest,
                _ => return None,
            };
            Some(format!("{} {number}", item.upper()))
        };
        let values: Vec<String> = items.iter().filter_map(value).collect();
        format!("* STATUS {} ({})\r\n", quoted(name), values.join(" "))
    }

    pub(super) fn arrange(&mut self, verb: &str, args: &[Arg]) -> Ending {
        let names: Vec<String> = args.iter().map(|arg| folder_name(&arg.text())).collect();
        let mut mailbox = self.shared.mailbox();
        let done = match (verb, names.as_slice()) {
            ("CREATE", [name, ..]) => mailbox.create(name.trim_end_matches(self.shared.options.separator), None),
            ("DELETE", [name]) => name != "INBOX" && mailbox.folders.remove(name).is_some(),
            ("RENAME", [from, to]) => mailbox.rename(from, to),
            ("SUBSCRIBE" | "UNSUBSCRIBE", [name]) => mailbox.folders.contains_key(name),
            _ => return "BAD a name is needed".to_owned(),
        };
        drop(mailbox);
        self.shared.changed();
        if done { "OK done".to_owned() } else { "NO that is not possible".to_owned() }
    }

    /// APPEND folder [flags] [date] literal, answered with APPENDUID (RFC 4315).
    pub(super) fn append(&mut self, args: &[Arg]) -> Ending {
        let (Some(name), Some(Arg::Text(raw))) = (args.first(), args.last()) else {
            return "BAD a folder and a message are needed".to_owned();
        };
        let middle = &args[1..args.len() - 1];
        let flags: BTreeSet<String> = middle.iter().flat_map(Arg::list).map(Arg::text).collect();
        let date = middle.iter().find_map(|arg| if let Arg::Text(_) = arg { Some(arg.text()) } else { None });
        let date = date.unwrap_or_else(|| "05-Mar-2026 09:30:00 +0100".to_owned());
        let mut mailbox = self.shared.mailbox();
        let Some(folder) = mailbox.folders.get_mut(&folder_name(&name.text())) else {
            return "NO [TRYCREATE] there is no such folder".to_owned();
        };
        let (uid, validity) = (folder.add(Arc::new(raw.clone()), flags, date), folder.validity);
        drop(mailbox);
        self.shared.changed();
        if self.shared.options.uidplus {
            format!("OK [APPENDUID {validity} {uid}] added")
        } else {
            "OK added".to_owned()
        }
    }
}

pub(super) fn missing() -> Ending {
    "NO [NONEXISTENT] there is no such folder".to_owned()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `*` is anything, `%` anything within one level.
fn matches(pattern: &str, name: &str, separator: char) -> bool {
    let Some(first) = pattern.chars().next() else { return name.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    let mut ends = name.char_indices().map(|(at, letter)| (at, Some(letter))).chain([(name.len(), None)]);
    match first {
        '*' => ends.any(|(at, _)| matches(rest, &name[at..], separator)),
        '%' => {
            let level = name.find(separator).unwrap_or(name.len());
            ends.filter(|(at, _)| *at <= level).any(|(at, _)| matches(rest, &name[at..], separator))
        }
        letter => name.strip_prefix(letter).is_some_and(|after| matches(rest, after, separator)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_sign_stays_within_one_level() {
        assert!(
            matches("*", "Archief/2026", '/') && matches("%", "Archief", '/') && !matches("%", "Archief/2026", '/')
        );
        assert!(matches("Archief/%", "Archief/2026", '/') && !matches("INBOX", "Archief", '/'));
    }
}
