//! A grant whose tokens are good for one showing only, and a program that dies while it renews it.

use crate::fetch::text;
use crate::program::{Backing, Program, account, wait_until};
use serde_json::{Value, json};
use simulator::{CLIENT_ID, CLIENT_SECRET, Cloud, Simulator};
use std::os::unix::process::ExitStatusExt;
use tokio::runtime::Runtime;

const ADDRESS: &str = "info@voorbeeld.test";

/// A mailbox at Microsoft whose tokens are as good as over when they are given.
pub(crate) struct Scene {
    pub(crate) simulator: Simulator,
    pub(crate) program: Program,
    pub(crate) id: String,
    _runtime: Runtime,
}

pub(crate) fn scene(backing: Backing, variables: &[(&str, &str)]) -> Scene {
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    simulator.with(|cloud| cloud.token_seconds = 60);
    let (program, id) = connected(&simulator, backing, variables);
    Scene { simulator, program, id, _runtime: runtime }
}

/// A mailbox at Microsoft that has been fetched.
pub(crate) fn connected(simulator: &Simulator, backing: Backing, variables: &[(&str, &str)]) -> (Program, String) {
    let all = [&[("POSTKAMER_SIMULATOR", simulator.url.as_str())], variables].concat();
    let program = Program::start_with(backing, &all);
    let app = json!({ "tenant": "voorbeeld.test", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    program.api.call("PUT", "/organisation/apps/microsoft", Some(&app), &[]);
    let grant = simulator.with(|cloud| cloud.grant_for(ADDRESS));
    let half = json!({ "kind": "microsoft365" });
    let id = program.connect(&account(ADDRESS, json!({ "kind": "microsoft365", "secret": grant }), half));
    program.fetch(&id);
    (program, id)
}

impl Scene {
    /// A letter, of which Microsoft tells whoever asked to be told.
    pub(crate) fn come(&self, subject: &str) {
        let raw =
            format!("From: els@klant.test\r\nMessage-ID: <{subject}@klant.test>\r\nSubject: {subject}\r\n\r\nDag\r\n");
        self.simulator.with(|cloud| {
            cloud.mailbox(ADDRESS).expect("a mailbox").put("inbox", raw.into_bytes(), jiff::Timestamp::now());
        });
        self.simulator.notify();
    }

    pub(crate) fn is_here(&self, subject: &str) -> Option<()> {
        let lines = self.program.api.list(&format!("/messages?account={}", self.id));
        lines.iter().any(|line| text(&line["subject"]) == subject).then_some(())
    }

    pub(crate) fn colour(&self) -> String {
        let account: Value = self.program.api.get(&format!("/accounts/{}", self.id));
        text(&account["health"]["colour"])
    }

    /// It fetches by itself and dies there.
    fn dies_at(&mut self, point: &str) {
        assert!(self.program.stop().success());
        let mut fetch = self.program.installation.command("fetch");
        fetch.args(["--account", ADDRESS]).env("POSTKAMER_KILLPOINT", format!("{point}:1"));
        let died = fetch.output().expect("the program starts").status;
        assert_eq!(died.signal(), Some(9), "at {point}: {died:?}");
    }

    fn goes_on_after(&mut self, point: &str) {
        self.dies_at(point);
        self.come(point);
        self.program.serve_again();
        wait_until("the mail that came meanwhile is here", || self.is_here(point));
        assert_eq!(self.colour(), "green", "after {point}");
        assert_eq!(self.simulator.with(|cloud| cloud.reused), 0, "after {point}");
    }
}

#[test]
fn whoever_dies_in_its_turn_to_renew_a_grant_leaves_it_good() {
    let mut scene = scene(Backing::Disk, &[]);
    for point in ["grant.before_ask", "grant.after_keep"] {
        scene.goes_on_after(point);
    }
}

#[test]
fn a_node_waits_for_the_turn_of_one_that_died_until_it_ends() {
    let mut scene = scene(Backing::Postgres, &[]);
    scene.goes_on_after("grant.before_ask");
}

#[test]
fn a_grant_whose_next_one_died_on_its_way_is_given_anew_and_nothing_is_lost() {
    let mut scene = scene(Backing::Disk, &[]);
    scene.dies_at("grant.after_ask");
    scene.come("onderweg");
    scene.program.serve_again();
    wait_until("its owner is asked for another", || (scene.colour() == "red").then_some(()));
    let grant = scene.simulator.with(|cloud| cloud.grant_for(ADDRESS));
    let change = json!({ "incoming": { "kind": "microsoft365", "secret": grant } });
    scene.program.api.patch(&format!("/accounts/{}", scene.id), &change);
    wait_until("the mail that came meanwhile is here", || scene.is_here("onderweg"));
    wait_until("all is well", || (scene.colour() == "green").then_some(()));
}
