//! Mailboxes that are opened by a grant, at a simulator that plays their providers. What lies there is seen past the interface.

use super::{Lying, Mailbox, Way, faults::Simulated};
use crate::program::{Backing, Program, account};
use jiff::Timestamp;
use serde_json::json;
use simulator::{
    CLIENT_ID, CLIENT_SECRET, Cloud, Fault, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GmailBox, Kind,
    Mailbox as GraphBox, Simulator,
};
use std::collections::BTreeSet;
use testkit::{Append, digest};
use tokio::runtime::Runtime;

/// The provider that is played.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Microsoft,
    Google,
}

/// A mailbox there.
pub(super) struct Granted {
    at: At,
    /// The organisation's app opens it by itself, and nobody grants anything.
    by_app: bool,
    simulator: Simulator,
    _runtime: Runtime,
}

impl Granted {
    pub(super) fn at_microsoft() -> Granted {
        Granted::new(At::Microsoft)
    }

    pub(super) fn at_google() -> Granted {
        Granted::new(At::Google)
    }

    pub(super) fn to_the_app_at_microsoft() -> Granted {
        Granted { by_app: true, ..Granted::new(At::Microsoft) }
    }

    pub(super) fn to_the_app_at_google() -> Granted {
        Granted { by_app: true, ..Granted::new(At::Google) }
    }

    fn new(at: At) -> Granted {
        let runtime = Runtime::new().expect("a runtime");
        let mut cloud = Cloud::default();
        for name in ["anna", "cees"] {
            cloud.google.mailboxes.push(GmailBox::new(&format!("{name}@werkplaats.test"), name));
        }
        for name in ["bram", "cees"] {
            cloud.mailboxes.push(GraphBox::new(&format!("{name}@voorbeeld.test"), name));
        }
        let address = "127.0.0.1:0".parse().expect("an address");
        let simulator = runtime.block_on(Simulator::start(address, cloud)).expect("a simulator");
        Granted { at, by_app: false, simulator, _runtime: runtime }
    }

    fn address(&self, name: &str) -> String {
        match self.at {
            At::Microsoft => format!("{name}@voorbeeld.test"),
            At::Google => format!("{name}@werkplaats.test"),
        }
    }

    /// The name that the folder of a role has there.
    fn folder(&self, role: &str) -> &'static str {
        let of = |microsoft, google| if self.at == At::Microsoft { microsoft } else { google };
        match role {
            "inbox" => of("inbox", "INBOX"),
            "sent" => of("sentitems", "SENT"),
            "archive" => of("archive", ""),
            "trash" => of("deleteditems", "TRASH"),
            other => panic!("no folder for {other}"),
        }
    }

    /// The letters of a folder: identifying number, bytes, whether it was read and flagged.
    fn letters(&self, address: &str, folder: &str) -> Vec<(u64, Vec<u8>, bool, bool)> {
        self.simulator.with(|cloud| match self.at {
            At::Microsoft => {
                let mailbox = cloud.mailbox(address).expect("a mailbox");
                let id = mailbox.folder(folder).expect("a folder").id.clone();
                let all = mailbox.letters_in(&id).into_iter();
                all.map(|it| (it.serial, it.raw.to_vec(), it.is_read, it.flag == "flagged")).collect()
            }
            At::Google => {
                let mailbox = cloud.google.mailbox(address).expect("a mailbox");
                let is_there = |labels: &BTreeSet<String>| match folder {
                    "" => !["INBOX", "SENT", "DRAFT", "SPAM", "TRASH"].iter().any(|known| labels.contains(*known)),
                    folder => labels.contains(folder),
                };
                let all = mailbox.messages.values().filter(|it| is_there(&it.labels));
                let has = |labels: &BTreeSet<String>, wanted: &str| labels.contains(wanted);
                all.map(|it| (it.serial, it.raw.to_vec(), !has(&it.labels, "UNREAD"), has(&it.labels, "STARRED")))
                    .collect()
            }
        })
    }

    fn serial(&self, role: &str, wanted: &str) -> u64 {
        let all = self.letters(&self.address("info"), self.folder(role));
        let found = all.into_iter().find(|(_, raw, ..)| digest(raw) == wanted);
        found.unwrap_or_else(|| panic!("no such letter in {role}")).0
    }

    fn fails(&self, kind: Kind) {
        self.simulator.with(|cloud| cloud.faults.push(Fault::new(kind, "POST /send")));
    }
}

impl Simulated for Granted {
    fn simulator(&self) -> &Simulator {
        &self.simulator
    }
}

impl Mailbox for Granted {
    fn program(&self) -> Program {
        Program::start_with(Backing::Disk, &[("POSTKAMER_SIMULATOR", &self.simulator.url)])
    }

    fn connect(&self, program: &Program) -> String {
        let (provider, kind, mut app) = match self.at {
            At::Microsoft => {
                let app = json!({ "tenant": "voorbeeld.test", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
                ("microsoft", "microsoft365", app)
            }
            At::Google if self.by_app => {
                let url = &self.simulator.url;
                let rights = ["https://mail.google.com/"];
                let file = self.simulator.with(|cloud| cloud.google.service_account(url, &rights));
                ("google", "gmail", json!({ "service_account": file }))
            }
            At::Google => {
                let app = json!({ "client_id": GOOGLE_CLIENT_ID, "client_secret": GOOGLE_CLIENT_SECRET });
                ("google", "gmail", app)
            }
        };
        if self.by_app && self.at == At::Microsoft {
            app["acts_alone"] = json!(true);
        }
        program.api.put(&format!("/organisation/apps/{provider}"), &app);
        let address = self.address("info");
        let mut incoming = json!({ "kind": kind });
        if !self.by_app {
            incoming["secret"] = json!(self.simulator.with(|cloud| cloud.grant_for(&address)));
        }
        let id = program.connect(&account(&address, incoming, json!({ "kind": kind })));
        program.fetch(&id);
        id
    }

    fn put(&self, role: &str, letters: &[Append]) {
        let (address, folder) = (self.address("info"), self.folder(role));
        for (n, letter) in letters.iter().enumerate() {
            let has = |flag: &str| letter.flags.iter().any(|known| known == flag);
            let at = Timestamp::from_second(1_795_000_000 + n as i64).expect("a moment");
            let (seen, flagged) = (has("\\Seen"), has("\\Flagged"));
            self.simulator.with(|cloud| match self.at {
                At::Microsoft => {
                    let mailbox = cloud.mailbox(&address).expect("a mailbox");
                    let put = mailbox.put(folder, letter.raw.clone(), at);
                    put.is_read = seen;
                    put.flag = if flagged { "flagged".to_owned() } else { "notFlagged".to_owned() };
                }
                At::Google => {
                    let all = [(!folder.is_empty(), folder), (!seen, "UNREAD"), (flagged, "STARRED")];
                    let labels: Vec<&str> = all.into_iter().filter(|(has, _)| *has).map(|(_, label)| label).collect();
                    cloud.google.mailbox(&address).expect("a mailbox").put(&labels, letter.raw.clone(), at);
                }
            });
        }
    }

    fn lying(&self, role: &str) -> Vec<Lying> {
        let all = self.letters(&self.address("info"), self.folder(role)).into_iter();
        all.map(|(_, raw, seen, flagged)| (digest(&raw), seen, flagged)).collect()
    }

    fn mark(&self, role: &str, digest: &str) {
        let (address, serial) = (self.address("info"), self.serial(role, digest));
        self.simulator.with(|cloud| match self.at {
            At::Microsoft => cloud.mailbox(&address).expect("a mailbox").change(serial, &mut Vec::new(), |letter| {
                (letter.is_read, letter.flag) = (true, "flagged".to_owned());
            }),
            At::Google => {
                let mailbox = cloud.google.mailbox(&address).expect("a mailbox");
                mailbox.modify(serial, &["STARRED".to_owned()], &["UNREAD".to_owned()]);
            }
        });
    }

    fn remove(&self, role: &str, digest: &str) {
        let (address, serial) = (self.address("info"), self.serial(role, digest));
        self.simulator.with(|cloud| match self.at {
            At::Microsoft => cloud.mailbox(&address).expect("a mailbox").remove(serial, &mut Vec::new()),
            At::Google => cloud.google.mailbox(&address).expect("a mailbox").remove(serial),
        });
    }
}

impl Way for Granted {
    fn program(&self) -> Program {
        Mailbox::program(self)
    }

    fn connect(&self, program: &Program) -> String {
        Mailbox::connect(self, program)
    }

    fn people(&self) -> [String; 3] {
        ["anna", "bram", "cees"].map(|name| self.address(name))
    }

    fn arrived(&self, address: &str) -> Vec<Vec<u8>> {
        self.letters(address, self.folder("inbox")).into_iter().map(|(_, raw, ..)| raw).collect()
    }

    fn copies(&self) -> Option<Vec<Vec<u8>>> {
        let all = self.letters(&self.address("info"), self.folder("sent"));
        Some(all.into_iter().map(|(_, raw, ..)| raw).collect())
    }

    fn lose_the_next_answer(&self) {
        self.fails(Kind::DoneThenCut);
    }

    fn put_off_the_next(&self) {
        self.fails(Kind::Timeout);
    }
}
