//! A mailbox at an Exchange server, which a simulator plays.

use super::{Lying, Mailbox, Way, faults::Simulated};
use crate::program::{Backing, Program, account};
use serde_json::{Value, json};
use simulator::{Cloud, EXCHANGE_PASSWORD, Fault, Kind, Letter, Simulator};
use testkit::{Append, digest};
use tokio::runtime::Runtime;

const ADDRESS: &str = "info@voorbeeld.test";

/// A mailbox over Exchange Web Services, which is also a way out.
pub(super) struct Exchange {
    simulator: Simulator,
    _runtime: Runtime,
}

impl Exchange {
    pub(super) fn by_ntlm() -> Exchange {
        let runtime = Runtime::new().expect("a runtime");
        let mut cloud = Cloud::default();
        cloud.exchange.basic = false;
        for name in ["bram", "cees"] {
            cloud.mailboxes.push(simulator::Mailbox::new(&format!("{name}@voorbeeld.test"), name));
        }
        let address = "127.0.0.1:0".parse().expect("an address");
        let simulator = runtime.block_on(Simulator::start(address, cloud)).expect("a simulator");
        Exchange { simulator, _runtime: runtime }
    }

    fn half(&self) -> Value {
        json!({
            "kind": "ews", "url": format!("{}/EWS/Exchange.asmx", self.simulator.url), "username": "VOORBEELD\\info",
            "authentication": "ntlm", "secret": EXCHANGE_PASSWORD,
        })
    }

    fn letters(&self, address: &str, role: &str) -> Vec<Letter> {
        self.simulator.with(|cloud| {
            let mailbox = cloud.mailbox(address).expect("a mailbox");
            let id = mailbox.folder(folder(role)).expect("a folder").id.clone();
            mailbox.letters_in(&id).into_iter().cloned().collect()
        })
    }

    fn serial(&self, role: &str, wanted: &str) -> u64 {
        let found = self.letters(ADDRESS, role).into_iter().find(|letter| digest(&letter.raw) == wanted);
        found.unwrap_or_else(|| panic!("no such letter in {role}")).serial
    }

    fn goes_wrong(&self, kind: Kind) {
        self.simulator.with(|cloud| cloud.faults.push(Fault::new(kind, "EWS SendItem").seconds(1)));
    }
}

fn folder(role: &str) -> &'static str {
    match role {
        "sent" => "sentitems",
        "archive" => "archive",
        "trash" => "deleteditems",
        _ => "inbox",
    }
}

impl Simulated for Exchange {
    fn simulator(&self) -> &Simulator {
        &self.simulator
    }
}

impl Mailbox for Exchange {
    fn program(&self) -> Program {
        Program::start(Backing::Disk)
    }

    fn connect(&self, program: &Program) -> String {
        program.connect(&account(ADDRESS, self.half(), self.half()))
    }

    fn put(&self, role: &str, letters: &[Append]) {
        self.simulator.with(|cloud| {
            let mailbox = cloud.mailbox(ADDRESS).expect("a mailbox");
            for one in letters {
                let has = |wanted: &str| one.flags.iter().any(|flag| flag == wanted);
                let letter = mailbox.put(folder(role), one.raw.clone(), jiff::Timestamp::now());
                letter.is_read = has("\\Seen");
                if has("\\Flagged") {
                    letter.flag = "flagged".to_owned();
                }
            }
        });
    }

    fn lying(&self, role: &str) -> Vec<Lying> {
        let all = self.letters(ADDRESS, role).into_iter();
        all.map(|letter| (digest(&letter.raw), letter.is_read, letter.flag == "flagged")).collect()
    }

    fn mark(&self, role: &str, digest: &str) {
        let serial = self.serial(role, digest);
        self.simulator.with(|cloud| {
            cloud.mailbox(ADDRESS).expect("a mailbox").change(serial, &mut Vec::new(), |letter| {
                (letter.is_read, letter.flag) = (true, "flagged".to_owned());
            });
        });
    }

    fn remove(&self, role: &str, digest: &str) {
        let serial = self.serial(role, digest);
        self.simulator.with(|cloud| cloud.mailbox(ADDRESS).expect("a mailbox").remove(serial, &mut Vec::new()));
    }
}

impl Way for Exchange {
    fn program(&self) -> Program {
        Program::start(Backing::Disk)
    }

    fn connect(&self, program: &Program) -> String {
        let id = Mailbox::connect(self, program);
        program.fetch(&id);
        id
    }

    fn people(&self) -> [String; 3] {
        ["anna", "bram", "cees"].map(|name| format!("{name}@voorbeeld.test"))
    }

    fn arrived(&self, address: &str) -> Vec<Vec<u8>> {
        self.letters(address, "inbox").into_iter().map(|letter| letter.raw.to_vec()).collect()
    }

    fn copies(&self) -> Option<Vec<Vec<u8>>> {
        Some(self.letters(ADDRESS, "sent").into_iter().map(|letter| letter.raw.to_vec()).collect())
    }

    fn lose_the_next_answer(&self) {
        self.goes_wrong(Kind::DoneThenCut);
    }

    fn put_off_the_next(&self) {
        self.goes_wrong(Kind::Throttled);
    }
}
