//! SEARCH and UID SEARCH, plain and with RETURN (RFC 4731).

use super::fetch::header;
use super::session::{Ending, Session};
use super::set::written;
use super::state::Mail;
use super::wire::Arg;

impl Session {
    pub(super) fn search(&mut self, tag: &str, by_uid: bool, args: &[Arg], out: &mut Vec<u8>) -> Ending {
        let Some(selected) = &self.selected else { return "BAD no folder is open".to_owned() };
        let extended = args.first().is_some_and(|arg| arg.upper() == "RETURN");
        if extended && !self.shared.options.esearch {
            return "BAD RETURN is not offered".to_owned();
        }
        let mut rest = if extended { args.get(2..).unwrap_or_default() } else { args };
        if let [first, _, after @ ..] = rest
            && first.upper() == "CHARSET"
        {
            rest = after;
        }
        let mailbox = self.shared.mailbox();
        let Some(folder) = mailbox.folders.get(&selected.name) else { return "NO the folder is gone".to_owned() };
        let mut found: Vec<u32> = selected.view.iter().copied().filter(|uid| folder.find(*uid).is_some()).collect();
        while !rest.is_empty() {
            let Some((keep, used)) = condition(rest, |set| selected.named(false, set), |set| selected.named(true, set))
            else {
                return "BAD a condition that I don't know".to_owned();
            };
            found.retain(|uid| folder.find(*uid).is_some_and(&keep));
            rest = &rest[used..];
        }
        let numbers: Vec<u32> =
            if by_uid { found } else { found.iter().map(|uid| selected.number(*uid) as u32).collect() };
        let line = if extended {
            let uid = if by_uid { " UID" } else { "" };
            let all = if numbers.is_empty() { String::new() } else { format!(" ALL {}", written(&numbers)) };
            format!("* ESEARCH (TAG \"{tag}\"){uid}{all} COUNT {}\r\n", numbers.len())
        } else {
            let words: String = numbers.iter().map(|number| format!(" {number}")).collect();
            format!("* SEARCH{words}\r\n")
        };
        out.extend_from_slice(line.as_bytes());
        "OK searched".to_owned()
    }
}

type Keep = Box<dyn Fn(&Mail) -> bool>;

/// The condition at the front, and how many arguments it takes.
fn condition(
    args: &[Arg],
    by_number: impl Fn(&str) -> Vec<u32>,
    by_uid: impl Fn(&str) -> Vec<u32>,
) -> Option<(Keep, usize)> {
    let flag = |name: &'static str, present: bool| -> Option<(Keep, usize)> {
        Some((Box::new(move |mail| mail.flags.contains(name) == present), 1))
    };
    let word = args.first()?.upper();
    let next = args.get(1).map(Arg::text);
    match word.as_str() {
        "ALL" => Some((Box::new(|_| true), 1)),
        "SEEN" => flag("\\Seen", true),
        "UNSEEN" => flag("\\Seen", false),
        "DELETED" => flag("\\Deleted", true),
        "UNDELETED" => flag("\\Deleted", false),
        "FLAGGED" => flag("\\Flagged", true),
        "UNFLAGGED" => flag("\\Flagged", false),
        "ANSWERED" => flag("\\Answered", true),
        "UNANSWERED" => flag("\\Answered", false),
        "KEYWORD" => {
            let keyword = next?;
            Some((Box::new(move |mail| mail.flags.contains(&keyword)), 2))
        }
        "MODSEQ" => {
            let least: u64 = next?.parse().ok()?;
            Some((Box::new(move |mail| mail.modseq >= least), 2))
        }
        "UID" => {
            let uids = by_uid(&next?);
            Some((Box::new(move |mail| uids.contains(&mail.uid)), 2))
        }
        "HEADER" => {
            let field = format!("{}:", next?.to_ascii_uppercase());
            let wanted = args.get(2)?.upper();
            Some((Box::new(move |mail| has_field(&mail.raw, &field, &wanted)), 3))
        }
        set if set.starts_with(|letter: char| letter.is_ascii_digit() || letter == '*') => {
            let uids = by_number(set);
            Some((Box::new(move |mail| uids.contains(&mail.uid)), 1))
        }
        _ => None,
    }
}

/// The field, unfolded, contains the words in any case (RFC 3501 §6.4.4).
fn has_field(raw: &[u8], field: &str, wanted: &str) -> bool {
    let text = String::from_utf8_lossy(header(raw)).to_ascii_uppercase();
    let unfolded = text.replace("\r\n ", " ").replace("\r\n\t", "\t");
    unfolded.lines().any(|line| line.starts_with(field) && line[field.len()..].contains(wanted))
}
