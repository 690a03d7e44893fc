//! The interface does what its own description says, asked by a program that knows only the description.

use crate::program::{Backing, Program, account, none, wait_until};
use serde_json::json;
use std::process::Command;

#[test]
fn the_api_answers_as_its_description_says() {
    let program = Program::start(Backing::Disk);
    let id = program.connect(&account("info@voorbeeld.test", none(), none()));
    let contact = program.api.post("/contacts", &json!({ "name": "Klant", "addresses": ["klant@elders.test"] }));
    program.api.post("/dossiers", &json!({ "name": "Dakgoot", "contacts": [contact["id"]] }));
    let folders = || program.api.list(&format!("/accounts/{id}/folders"));
    wait_until("the folders of a mailbox that only sends are there", || (folders().len() == 6).then_some(()));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/api-check.sh");
    let output = Command::new("bash")
        .arg(script)
        .arg(program.url())
        .env("POSTKAMER_TOKEN", program.api.token())
        .output()
        .expect("bash starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
