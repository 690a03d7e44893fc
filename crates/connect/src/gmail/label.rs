//! Labels: which of them are places where a letter lies, and which say something of it.
//!
//! A letter has one place for each label that people file by; what has none of them lies in the archive. What is in the bin or
//! is spam lies there alone, whatever other labels it has: so Gmail shows it too.

use super::FOLDER_PREFIX;
use mail::{Flags, Role};

/// What has no label of its own: there is no such label at Gmail.
pub const ARCHIVE: &str = "ARCHIVE";
const BIN: &str = "TRASH";
const SPAM: &str = "SPAM";

/// Labels of Gmail's own that are places (developers.google.com/workspace/gmail/api/guides/labels), with what people call them.
pub const PLACES: [(&str, &str, Role); 5] = [
    ("INBOX", "Inbox", Role::Inbox),
    ("SENT", "Sent", Role::Sent),
    ("DRAFT", "Drafts", Role::Drafts),
    (SPAM, "Spam", Role::Junk),
    (BIN, "Trash", Role::Trash),
];

/// Whether a label is a place. People's own have identifiers of Gmail's making.
pub fn is_place(id: &str) -> bool {
    id.starts_with("Label_") || PLACES.iter().any(|(known, ..)| *known == id)
}

/// Whether it can't be taken off or put on by hand.
pub fn is_fixed(id: &str) -> bool {
    matches!(id, "SENT" | "DRAFT")
}

/// Whether what lies there lies nowhere else.
pub fn is_alone(id: &str) -> bool {
    matches!(id, BIN | SPAM)
}

/// The label that a folder stands for.
pub fn of_folder(remote: &str) -> &str {
    if remote.eq_ignore_ascii_case("inbox") { "INBOX" } else { remote.strip_prefix(FOLDER_PREFIX).unwrap_or(remote) }
}

/// Where a letter with these labels lies; nowhere when it is a chat.
pub fn places(labels: &[String]) -> Vec<&str> {
    let has = |wanted: &str| labels.iter().any(|label| label == wanted);
    if has("CHAT") {
        return Vec::new();
    }
    if let Some(alone) = [BIN, SPAM].into_iter().find(|alone| has(alone)) {
        return vec![alone];
    }
    let found: Vec<&str> = labels.iter().map(String::as_str).filter(|label| is_place(label)).collect();
    if found.is_empty() { vec![ARCHIVE] } else { found }
}

/// What the labels say of it.
pub fn flags(labels: &[String]) -> Flags {
    let has = |wanted: &str| labels.iter().any(|label| label == wanted);
    Flags { seen: !has("UNREAD"), flagged: has("STARRED"), draft: has("DRAFT"), ..Flags::default() }
}

/// The labels to put on and to take off, so that these IMAP flags are set and cleared; `None` when Gmail keeps none of it.
pub fn changed(add: &[String], remove: &[String]) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    let has = |list: &[String], flag: &str| list.iter().any(|one| one.eq_ignore_ascii_case(flag));
    let (mut on, mut off) = (Vec::new(), Vec::new());
    match (has(add, "\\Seen"), has(remove, "\\Seen")) {
        (true, _) => off.push("UNREAD"),
        (_, true) => on.push("UNREAD"),
        _ => {}
    }
    match (has(add, "\\Flagged"), has(remove, "\\Flagged")) {
        (true, _) => on.push("STARRED"),
        (_, true) => off.push("STARRED"),
        _ => {}
    }
    (!on.is_empty() || !off.is_empty()).then_some((on, off))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &str) -> Vec<String> {
        names.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_letter_lies_under_each_of_its_labels_and_in_the_bin_alone() {
        assert_eq!(places(&labels("INBOX UNREAD Label_7 CATEGORY_UPDATES")), ["INBOX", "Label_7"]);
        assert_eq!(places(&labels("IMPORTANT STARRED")), [ARCHIVE]);
        assert_eq!(places(&labels("Label_7 TRASH")), ["TRASH"]);
        assert_eq!(places(&labels("SPAM INBOX")), ["SPAM"]);
        assert_eq!(places(&labels("CHAT")), [""; 0]);
        let flags = flags(&labels("INBOX STARRED"));
        assert!(flags.seen && flags.flagged && !flags.draft);
    }

    #[test]
    fn only_flags_that_gmail_keeps_become_labels() {
        let flags = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(changed(&flags(&["\\seen"]), &flags(&["\\Flagged"])), Some((vec![], vec!["UNREAD", "STARRED"])));
        assert_eq!(changed(&flags(&["\\Flagged"]), &flags(&["\\Seen"])), Some((vec!["UNREAD", "STARRED"], vec![])));
        assert_eq!(changed(&flags(&["\\Answered", "$Klaar"]), &[]), None);
    }
}
