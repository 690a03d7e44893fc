//! The way out by a domain at Mailgun, which tells what became of each letter.

use super::Way;
use crate::page::mailgun::connected;
use crate::program::{Backing, Program};
use simulator::{Cloud, Fault, Kind, Simulator};
use tokio::runtime::Runtime;

/// A domain at the simulator.
pub(super) struct Posted {
    simulator: Simulator,
    _runtime: Runtime,
}

impl Posted {
    pub(super) fn by_mailgun() -> Posted {
        let runtime = Runtime::new().expect("a runtime");
        let address = "127.0.0.1:0".parse().expect("an address");
        let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
        Posted { simulator, _runtime: runtime }
    }

    fn fails(&self, kind: Kind) {
        let fault = Fault::new(kind, "POST messages.mime").seconds(1);
        self.simulator.with(|cloud| cloud.faults.push(fault));
    }
}

impl Way for Posted {
    fn program(&self) -> Program {
        let url = self.simulator.url.as_str();
        let variables = [("POSTKAMER_SIMULATOR", url), ("POSTKAMER_ALLOW_NETWORK", "127.0.0.0/8")];
        Program::start_with(Backing::Disk, &variables)
    }

    fn connect(&self, program: &Program) -> String {
        let id = connected(program).1;
        program.fetch(&id);
        id
    }

    fn people(&self) -> [String; 3] {
        ["anna@klant.test", "bram@klant.test", "cees@elders.test"].map(str::to_owned)
    }

    fn arrived(&self, address: &str) -> Vec<Vec<u8>> {
        self.simulator.with(|cloud| {
            let to = cloud.sent.iter().filter(|sent| sent.recipients.iter().any(|one| one == address));
            to.map(|sent| sent.raw.to_vec()).collect()
        })
    }

    fn copies(&self) -> Option<Vec<Vec<u8>>> {
        None
    }

    fn ends(&self) -> &'static str {
        "delivered"
    }

    fn lose_the_next_answer(&self) {
        self.fails(Kind::DoneThenCut);
    }

    fn put_off_the_next(&self) {
        self.fails(Kind::Unavailable);
    }
}
