//! Microsoft 365, with a simulator in Microsoft's place; its cloud is the other program.

use super::{Lying, Mailbox, Simulated, Way};
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use simulator::{CLIENT_ID, CLIENT_SECRET, Cloud, Fault, Kind, Letter, Simulator};
use testkit::{Append, digest};
use tokio::runtime::Runtime;

const ADDRESS: &str = "info@voorbeeld.test";
const PEOPLE: [&str; 3] = ["anna@voorbeeld.test", "bram@voorbeeld.test", "cees@voorbeeld.test"];

/// A mailbox at Microsoft 365, both halves.
pub(super) struct Graph {
    simulator: Simulator,
    _runtime: Runtime,
}

impl Graph {
    pub(super) fn mailbox() -> Graph {
        let runtime = Runtime::new().expect("a runtime");
        let mut cloud = Cloud::default();
        cloud.device_seconds = 1;
        for address in PEOPLE {
            if cloud.mailbox(address).is_none() {
                cloud.mailboxes.push(simulator::Mailbox::new(address, address));
            }
        }
        let address = "127.0.0.1:0".parse().expect("an address");
        let simulator = runtime.block_on(Simulator::start(address, cloud)).expect("a simulator");
        Graph { simulator, _runtime: runtime }
    }

    fn letters(&self, address: &str, folder: &str) -> Vec<Letter> {
        self.simulator.with(|cloud| {
            let mailbox = cloud.mailbox(address).expect("a mailbox");
            let id = mailbox.folder(folder).expect("a folder").id.clone();
            mailbox.letters_in(&id).into_iter().cloned().collect()
        })
    }

    fn change(&self, role: &str, digest_of: &str, change: impl FnOnce(&mut simulator::Mailbox, u64)) {
        let found = self.letters(ADDRESS, folder(role)).into_iter().find(|letter| digest(&letter.raw) == digest_of);
        let serial = found.expect("a letter").serial;
        self.simulator.with(|cloud| change(cloud.mailbox(ADDRESS).expect("a mailbox"), serial));
    }

    fn serving(&self) -> Program {
        let program = Program::start_with(Backing::Disk, &[("POSTKAMER_SIMULATOR", &self.simulator.url)]);
        let app = json!({ "tenant": "voorbeeld.test", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
        program.api.put("/organisation/apps/microsoft", &app);
        program
    }

    /// Connects the mailbox, and its owner agrees on another device.
    fn opened(&self, program: &Program) -> String {
        let half = json!({ "kind": "microsoft365" });
        let id = program.connect(&json!({ "address": ADDRESS, "incoming": half, "outgoing": half }));
        let path = format!("/accounts/{id}/authorise");
        let shown = program.api.post(&path, &Value::Null);
        let code = shown["user_code"].as_str().expect("a code").to_owned();
        assert!(self.simulator.with(|cloud| cloud.decide_device(&code, ADDRESS)));
        wait_until("the mailbox is open", || (program.api.get(&path)["state"] == json!("done")).then_some(()));
        id
    }

    fn breaks(&self, fault: Fault) {
        self.simulator.with(|cloud| cloud.faults.push(fault));
    }
}

fn folder(role: &str) -> &'static str {
    match role {
        "inbox" => "inbox",
        "sent" => "sentitems",
        "archive" => "archive",
        "trash" => "deleteditems",
        other => panic!("no folder for {other}"),
    }
}

impl Mailbox for Graph {
    fn program(&self) -> Program {
        self.serving()
    }

    fn connect(&self, program: &Program) -> String {
        self.opened(program)
    }

    fn put(&self, role: &str, letters: &[Append]) {
        let received_at = "2026-11-20T10:00:00Z".parse().expect("a moment");
        self.simulator.with(|cloud| {
            let mailbox = cloud.mailbox(ADDRESS).expect("a mailbox");
            for letter in letters {
                let has = |flag: &str| letter.flags.iter().any(|known| known == flag);
                let put = mailbox.put(folder(role), letter.raw.clone(), received_at);
                put.is_read = has("\\Seen");
                if has("\\Flagged") {
                    put.flag = "flagged".to_owned();
                }
            }
        });
    }

    fn lying(&self, role: &str) -> Vec<Lying> {
        let there = self.letters(ADDRESS, folder(role)).into_iter();
        there.map(|letter| (digest(&letter.raw), letter.is_read, letter.flag == "flagged")).collect()
    }

    fn mark(&self, role: &str, digest: &str) {
        self.change(role, digest, |mailbox, serial| {
            mailbox.change(serial, &mut Vec::new(), |letter| {
                (letter.is_read, letter.flag) = (true, "flagged".to_owned());
            });
        });
    }

    fn remove(&self, role: &str, digest: &str) {
        self.change(role, digest, |mailbox, serial| mailbox.remove(serial, &mut Vec::new()));
    }
}

impl Way for Graph {
    fn program(&self) -> Program {
        self.serving()
    }

    fn connect(&self, program: &Program) -> String {
        let id = self.opened(program);
        program.fetch(&id);
        id
    }

    fn people(&self) -> [String; 3] {
        PEOPLE.map(str::to_owned)
    }

    fn arrived(&self, address: &str) -> Vec<Vec<u8>> {
        self.letters(address, "inbox").into_iter().map(|letter| letter.raw.to_vec()).collect()
    }

    fn copies(&self) -> Option<Vec<Vec<u8>>> {
        Some(self.letters(ADDRESS, "sentitems").into_iter().map(|letter| letter.raw.to_vec()).collect())
    }

    fn lose_the_next_answer(&self) {
        self.breaks(Fault::new(Kind::DoneThenCut, "POST /send"));
    }

    fn put_off_the_next(&self) {
        self.breaks(Fault::new(Kind::Throttled, "POST me/messages").seconds(1));
    }
}

impl Simulated for Graph {
    fn when_fetching(&self) -> Vec<Fault> {
        let mut all = Vec::new();
        for at in ["mailFolders", "delta", "$value"] {
            all.extend(
                [Kind::TokenExpired, Kind::Timeout, Kind::DoneThen504, Kind::DoneThenCut, Kind::Half]
                    .map(|kind| Fault::new(kind, at)),
            );
            all.extend([Kind::Throttled, Kind::Unavailable, Kind::Slow].map(|kind| Fault::new(kind, at).seconds(1)));
        }
        all.extend([Fault::new(Kind::Resync, "delta"), Fault::new(Kind::LostChange, "")]);
        all
    }

    fn when_sending(&self) -> Vec<Fault> {
        let passing = |at: &'static str| {
            [
                Fault::new(Kind::TokenExpired, at),
                Fault::new(Kind::Throttled, at).seconds(1),
                Fault::new(Kind::Slow, at).seconds(1),
            ]
        };
        let settled = [Kind::DoneThen504, Kind::DoneThenCut, Kind::Half].map(|kind| Fault::new(kind, "POST /send"));
        // These make the letter wait for its next turn.
        let later = [
            Fault::new(Kind::DoneThenCut, "POST me/messages"),
            Fault::new(Kind::Timeout, "POST me/messages"),
            Fault::new(Kind::Unavailable, "POST /send"),
        ];
        let now = [passing("POST me/messages"), passing("POST /send"), settled];
        now.into_iter().flatten().chain(later).collect()
    }

    fn for_good(&self) -> Fault {
        Fault::new(Kind::Denied, "").times(0)
    }

    fn fails(&self, fault: Fault) {
        self.breaks(fault);
    }

    fn works_again(&self) {
        self.simulator.with(|cloud| cloud.faults.clear());
    }
}
