//! SELECT, EXAMINE and their end; QRESYNC (RFC 7162 §3.2.5).

use super::folders::missing;
use super::session::{Ending, Selected, Session};
use super::set::{members, written};
use super::state::{Folder, folder_name};
use super::wire::Arg;
use std::collections::BTreeSet;

impl Session {
    pub(super) fn select(&mut self, writable: bool, args: &[Arg], out: &mut Vec<u8>) -> Ending {
        if self.selected.take().is_some() && self.qresync {
            out.extend_from_slice(b"* OK [CLOSED] the folder before is closed\r\n");
        }
        let Some(name) = args.first().map(|name| folder_name(&name.text())) else {
            return "BAD a folder is needed".to_owned();
        };
        let parameters = args.get(1).map(Arg::list).unwrap_or_default();
        let resync = parameters.iter().position(|arg| arg.upper() == "QRESYNC").and_then(|at| parameters.get(at + 1));
        if resync.is_some() && !self.qresync {
            return "BAD QRESYNC was not enabled".to_owned();
        }
        self.condstore |= parameters.iter().any(|arg| arg.upper() == "CONDSTORE") && self.shared.options.condstore;
        let shared = self.shared.clone();
        let mailbox = shared.mailbox();
        let Some(folder) = mailbox.folders.get(&name) else { return missing() };

        let keywords: BTreeSet<&String> =
            folder.messages.iter().flat_map(|mail| &mail.flags).filter(|flag| !flag.starts_with('\\')).collect();
        let keywords: String = keywords.iter().map(|flag| format!(" {flag}")).collect();
        let system = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
        let mut head = format!(
            "* FLAGS ({system}{keywords})\r\n* OK [PERMANENTFLAGS ({system}{keywords} \\*)] these stay\r\n\
             * {} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {}] so it is\r\n* OK [UIDNEXT {}] expected\r\n",
            folder.messages.len(),
            folder.validity,
            folder.next_uid
        );
        if let Some(place) = folder.messages.iter().position(|mail| !mail.flags.contains("\\Seen")) {
            head.push_str(&format!("* OK [UNSEEN {}] first\r\n", place + 1));
        }
        if shared.options.condstore || shared.options.qresync {
            head.push_str(&format!("* OK [HIGHESTMODSEQ {}] so far\r\n", folder.highest));
        }
        if let Some(words) = resync {
            head.push_str(&changes_since(folder, words.list()));
        }
        out.extend_from_slice(head.as_bytes());
        self.selected = Some(Selected {
            name,
            validity: folder.validity,
            writable,
            view: folder.messages.iter().map(|mail| mail.uid).collect(),
            known: folder.messages.iter().map(|mail| (mail.uid, mail.modseq)).collect(),
        });
        format!("OK [{}] open", if writable { "READ-WRITE" } else { "READ-ONLY" })
    }

    /// CLOSE takes along what is marked as deleted, without a word (RFC 3501 §6.4.2); UNSELECT does not.
    pub(super) fn close(&mut self, expunge: bool) -> Ending {
        if expunge {
            self.remove_deleted(None);
        }
        self.selected = None;
        "OK closed".to_owned()
    }
}

/// (validity modseq [known UIDs]): nothing at all when the validity is another.
fn changes_since(folder: &Folder, words: &[Arg]) -> String {
    let number = |at: usize| words.get(at).and_then(|word| word.text().parse::<u64>().ok()).unwrap_or(0);
    if number(0) != u64::from(folder.validity) {
        return String::new();
    }
    let since = number(1);
    let gone: BTreeSet<u32> = folder.gone.iter().filter(|(_, when)| *when > since).map(|(uid, _)| *uid).collect();
    let mut gone: Vec<u32> = gone.into_iter().collect();
    if let Some(known) = words.get(2).filter(|word| !word.text().is_empty()) {
        gone = members(&known.text(), &gone);
    }
    let mut out = String::new();
    if !gone.is_empty() {
        out.push_str(&format!("* VANISHED (EARLIER) {}\r\n", written(&gone)));
    }
    for (place, mail) in folder.messages.iter().enumerate().filter(|(_, mail)| mail.modseq > since) {
        let flags: Vec<&str> = mail.flags.iter().map(String::as_str).collect();
        let (number, uid, modseq) = (place + 1, mail.uid, mail.modseq);
        out.push_str(&format!("* {number} FETCH (UID {uid} FLAGS ({}) MODSEQ ({modseq}))\r\n", flags.join(" ")));
    }
    out
}
