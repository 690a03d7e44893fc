//! Authorising on another device, by the interface and the command line, over a restart.

use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use simulator::{CLIENT_ID, CLIENT_SECRET, Cloud, Simulator};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use tokio::runtime::Runtime;

const ADDRESS: &str = "info@voorbeeld.test";

fn simulator() -> (Runtime, Simulator) {
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    simulator.with(|cloud| cloud.device_seconds = 1);
    (runtime, simulator)
}

fn connected(simulator: &Simulator) -> (Program, String) {
    let program = Program::start_with(Backing::Disk, &[("POSTKAMER_SIMULATOR", &simulator.url)]);
    let app = json!({ "tenant": "voorbeeld.test", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    program.api.put("/organisation/apps/microsoft", &app);
    let half = json!({ "kind": "microsoft365" });
    let id = program.connect(&json!({ "address": ADDRESS, "incoming": half, "outgoing": half }));
    (program, id)
}

fn user_code(shown: &Value) -> String {
    shown["user_code"].as_str().expect("a code").to_owned()
}

#[test]
fn a_code_that_was_asked_for_before_a_restart_opens_the_mailbox_after_it() {
    let (_runtime, simulator) = simulator();
    let (mut program, id) = connected(&simulator);
    let path = format!("/accounts/{id}/authorise");
    assert_eq!(program.api.call("GET", &path, None, &[]).status, 404, "nobody asked for one");
    let asked = program.api.post(&path, &Value::Null);
    assert_eq!((&asked["state"], &asked["code"]), (&json!("waiting"), &Value::Null), "{asked}");
    assert!(program.stop().success());
    assert!(simulator.with(|cloud| cloud.decide_device(&user_code(&asked), ADDRESS)));
    program.serve_again();
    let shown = wait_until("the mailbox to be open", || {
        Some(program.api.get(&path)).filter(|shown| shown["state"] != json!("waiting"))
    });
    assert_eq!(shown["state"], json!("done"), "{shown}");
    // A letter to its managers, that it could not be opened before, may have left by it meanwhile.
    program.fetch(&id);

    // What is refused is told in words, and the mailbox stays open by what was there.
    let asked = program.api.post(&path, &Value::Null);
    assert!(simulator.with(|cloud| cloud.decide_device(&user_code(&asked), "anna@voorbeeld.test")));
    let shown = wait_until("it to be refused", || {
        Some(program.api.get(&path)).filter(|shown| shown["state"] != json!("waiting"))
    });
    assert_eq!((&shown["state"], &shown["code"]), (&json!("refused"), &json!("grant_other_mailbox")), "{shown}");
    let message = shown["message"].as_str().expect("words");
    assert!(message.contains("anna@voorbeeld.test") && message.contains(ADDRESS), "{message}");
    program.fetch(&id);
}

#[test]
fn the_command_line_shows_the_code_and_waits_until_the_mailbox_is_open() {
    let (_runtime, simulator) = simulator();
    let (mut program, id) = connected(&simulator);
    assert!(program.stop().success());
    for (who, succeeds) in [("", false), (ADDRESS, true)] {
        let mut command = program.installation.command("authorise");
        command.args(["--account", ADDRESS, "--json"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its answer"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("a line");
        let shown: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        assert_eq!((&shown["account"], &shown["state"]), (&json!(id), &json!("waiting")));
        assert!(simulator.with(|cloud| cloud.decide_device(&user_code(&shown), who)));
        let mut rest = String::new();
        lines.read_to_string(&mut rest).expect("its answer");
        let answer: Value = serde_json::from_str(&rest).unwrap_or_else(|_| panic!("{rest}"));
        assert_eq!(child.wait().expect("our own child").success(), succeeds, "{answer}");
        match succeeds {
            true => assert_eq!(answer, json!({ "account": id, "address": ADDRESS, "state": "done" })),
            false => assert_eq!(answer["error"]["code"], json!("grant_cancelled"), "{answer}"),
        }
    }
    program.serve_again();
    program.fetch(&id);
}
