//! One session: which state it is in, what it knows of the open folder, and which command goes where.

use super::Shared;
use super::set::written;
use super::wire::{Arg, Command};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Stranger,
    SignedIn,
    Over,
}

/// The open folder as this client was told about it.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) name: String,
    pub(super) validity: u32,
    pub(super) writable: bool,
    /// UIDs in the order of their sequence numbers.
    pub(super) view: Vec<u32>,
    /// The mod-sequence of the flags that the client knows, by UID.
    pub(super) known: BTreeMap<u32, u64>,
}

impl Selected {
    pub(super) fn number(&self, uid: u32) -> usize {
        self.view.binary_search(&uid).map_or(0, |place| place + 1)
    }
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) state: State,
    pub(super) selected: Option<Selected>,
    pub(super) condstore: bool,
    pub(super) qresync: bool,
}

/// The end of a command: `OK`, `NO` or `BAD` and why.
pub(super) type Ending = String;

impl Session {
    pub(super) fn new(shared: Arc<Shared>) -> Session {
        Session { shared, state: State::Stranger, selected: None, condstore: false, qresync: false }
    }

    /// Everything that one command is answered with.
    pub(super) fn handle(&mut self, command: &Command) -> Vec<u8> {
        let mut out = Vec::new();
        let Some((first, rest)) = command.args.split_first() else {
            return format!("{} BAD that is no command\r\n", command.tag).into_bytes();
        };
        let mut name = first.upper();
        let mut rest = rest;
        if name == "UID"
            && let Some((second, after)) = rest.split_first()
        {
            name = format!("UID {}", second.upper());
            rest = after;
        }
        let ending = match (self.state, name.as_str()) {
            (_, "CAPABILITY") => {
                out.extend_from_slice(format!("* CAPABILITY {}\r\n", self.shared.options.capabilities()).as_bytes());
                "OK that is all".to_owned()
            }
            (_, "NOOP") => "OK nothing done".to_owned(),
            (_, "ID") => {
                out.extend_from_slice(b"* ID (\"name\" \"model\")\r\n");
                "OK that is me".to_owned()
            }
            (_, "LOGOUT") => {
                self.state = State::Over;
                out.extend_from_slice(b"* BYE until later\r\n");
                "OK bye".to_owned()
            }
            (State::Stranger, "LOGIN") if rest.len() == 2 => {
                return self.sign_in(&command.tag, &rest[0].text(), &rest[1].text()).into_bytes();
            }
            (State::SignedIn, name) => self.signed_in(&command.tag, name, rest, &mut out),
            (_, _) => "BAD not now".to_owned(),
        };
        let by_number = ["FETCH", "STORE", "SEARCH"].contains(&name.as_str());
        out.extend_from_slice(&self.news(!by_number));
        out.extend_from_slice(format!("{} {ending}\r\n", command.tag).as_bytes());
        out
    }

    pub(super) fn sign_in(&mut self, tag: &str, user: &str, password: &str) -> String {
        let options = &self.shared.options;
        if user == options.user && password == options.password {
            self.state = State::SignedIn;
            format!("{tag} OK [CAPABILITY {}] welcome\r\n", options.capabilities())
        } else {
            format!("{tag} NO [AUTHENTICATIONFAILED] that is not right\r\n")
        }
    }

    fn signed_in(&mut self, tag: &str, name: &str, args: &[Arg], out: &mut Vec<u8>) -> Ending {
        match name {
            "ENABLE" if self.shared.options.qresync => self.enable(args, out),
            "NAMESPACE" => {
                let separator = self.shared.options.separator;
                out.extend_from_slice(format!("* NAMESPACE ((\"\" \"{separator}\")) NIL NIL\r\n").as_bytes());
                "OK that is where".to_owned()
            }
            "LIST" | "LSUB" => self.list(name, args, out),
            "STATUS" => self.status(args, out),
            "CREATE" | "DELETE" | "RENAME" | "SUBSCRIBE" | "UNSUBSCRIBE" => self.arrange(name, args),
            "APPEND" => self.append(args),
            "SELECT" | "EXAMINE" => self.select(name == "SELECT", args, out),
            _ if self.selected.is_none() => "BAD no folder is open".to_owned(),
            "CHECK" => "OK checked".to_owned(),
            "CLOSE" | "UNSELECT" => self.close(name == "CLOSE"),
            "FETCH" => self.fetch(false, args, out),
            "UID FETCH" => self.fetch(true, args, out),
            "STORE" => self.store(false, args, out),
            "UID STORE" => self.store(true, args, out),
            "SEARCH" => self.search(tag, false, args, out),
            "UID SEARCH" => self.search(tag, true, args, out),
            "COPY" => self.copy(false, args),
            "UID COPY" => self.copy(true, args),
            "MOVE" if self.shared.options.moves => self.move_to(false, args, out),
            "UID MOVE" if self.shared.options.moves => self.move_to(true, args, out),
            "EXPUNGE" => self.expunge(None),
            "UID EXPUNGE" if self.shared.options.uidplus => self.expunge(args.first()),
            _ => "BAD no such command".to_owned(),
        }
    }

    fn enable(&mut self, args: &[Arg], out: &mut Vec<u8>) -> Ending {
        let wanted: Vec<String> = args.iter().map(Arg::upper).collect();
        self.qresync |= wanted.contains(&"QRESYNC".to_owned());
        self.condstore |= self.qresync || wanted.contains(&"CONDSTORE".to_owned());
        let on = [(self.condstore, " CONDSTORE"), (self.qresync, " QRESYNC")];
        let words: String = on.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        out.extend_from_slice(format!("* ENABLED{words}\r\n").as_bytes());
        "OK enabled".to_owned()
    }

    /// What changed in the open folder since the client was told last; numbers may only shift when `shifting`.
    pub(super) fn news(&mut self, shifting: bool) -> Vec<u8> {
        let Some(selected) = &mut self.selected else { return Vec::new() };
        let mailbox = self.shared.mailbox();
        let Some(folder) = mailbox.folders.get(&selected.name).filter(|it| it.validity == selected.validity) else {
            // What this session knows holds no longer, and IMAP has no word for that but goodbye.
            self.state = State::Over;
            return b"* BYE the folder is not what it was\r\n".to_vec();
        };
        let mut out = String::new();
        if shifting {
            let gone: Vec<u32> = selected.view.iter().copied().filter(|uid| folder.find(*uid).is_none()).collect();
            if self.qresync && !gone.is_empty() {
                out.push_str(&format!("* VANISHED {}\r\n", written(&gone)));
            }
            for uid in gone {
                let number = selected.number(uid);
                if !self.qresync {
                    out.push_str(&format!("* {number} EXPUNGE\r\n"));
                }
                selected.view.remove(number - 1);
                selected.known.remove(&uid);
            }
        }
        let last = selected.view.last().copied().unwrap_or(0);
        let fresh: Vec<(u32, u64)> =
            folder.messages.iter().filter(|mail| mail.uid > last).map(|mail| (mail.uid, mail.modseq)).collect();
        if !fresh.is_empty() {
            selected.view.extend(fresh.iter().map(|(uid, _)| *uid));
            selected.known.extend(fresh);
            out.push_str(&format!("* {} EXISTS\r\n", selected.view.len()));
        }
        for (place, uid) in selected.view.iter().enumerate() {
            let Some(mail) = folder.find(*uid) else { continue };
            if selected.known.insert(*uid, mail.modseq) != Some(mail.modseq) {
                let flags: Vec<&str> = mail.flags.iter().map(String::as_str).collect();
                let modseq = if self.condstore { format!(" MODSEQ ({})", mail.modseq) } else { String::new() };
                out.push_str(&format!("* {} FETCH (UID {uid} FLAGS ({}){modseq})\r\n", place + 1, flags.join(" ")));
            }
        }
        out.into_bytes()
    }
}
