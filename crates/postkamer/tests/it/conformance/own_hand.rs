//! The way out without a provider, to a server of the recipients' domain that does as it is told.

use super::Way;
use crate::program::{Backing, Program, account};
use serde_json::{Value, json};
use std::cell::Cell;
use testkit::{
    Internet, Sink, Zone,
    sink::{Fault, Stage},
};

/// A domain with one server, and ours.
pub(super) struct OwnHand {
    sink: Sink,
    _internet: Internet,
    /// The letter with the code is no letter of the story.
    before: Cell<usize>,
}

impl OwnHand {
    pub(super) fn in_an_internet() -> OwnHand {
        let internet = Internet::start(&[
            Zone::plain("ons.test", "@ IN MX 10 mx.klant.test."),
            Zone::plain("klant.test", "@ IN MX 10 mx\nmx IN A 127.0.0.25"),
        ]);
        OwnHand { sink: Sink::at("127.0.0.25:25"), _internet: internet, before: Cell::new(0) }
    }
}

impl Way for OwnHand {
    fn program(&self) -> Program {
        Program::start(Backing::Disk)
    }

    fn connect(&self, program: &Program) -> String {
        let half = json!({ "kind": "builtin" });
        let id = program.connect(&account("info@ons.test", json!({ "kind": "relay" }), half));
        let path = format!("/accounts/{id}/sender/code");
        program.api.post(&path, &Value::Null);
        let letter = self.sink.received().pop().expect("the code came");
        let text = String::from_utf8_lossy(&letter.raw).into_owned();
        let line = text.lines().find(|line| line.starts_with("    ")).expect("a line with the code");
        program.api.put(&path, &json!({ "code": line.trim() }));
        program.fetch(&id);
        self.before.set(self.sink.received().len());
        id
    }

    fn people(&self) -> [String; 3] {
        ["anna@klant.test", "bram@klant.test", "cees@klant.test"].map(str::to_owned)
    }

    fn arrived(&self, address: &str) -> Vec<Vec<u8>> {
        let all = self.sink.received().into_iter().skip(self.before.get());
        all.filter(|it| it.recipients.iter().any(|one| one == address)).map(|it| it.raw).collect()
    }

    fn copies(&self) -> Option<Vec<Vec<u8>>> {
        None
    }

    fn lose_the_next_answer(&self) {
        self.sink.fail(Stage::Taken, Fault::Close, 1);
    }

    // Nobody keeps a copy that could be looked at.
    fn can_settle(&self) -> bool {
        false
    }

    fn put_off_the_next(&self) {
        self.sink.fail(Stage::Mail, Fault::Reply("451 4.7.1 Later".to_owned()), 1);
    }
}
