//! A server that numbers a whole folder anew: the same mail under other numbers (reliability case 11, pains P4).

use crate::client::Client;
use crate::fetch::text;
use crate::program::{Backing, Program, account, imap, none};
use serde_json::json;
use std::collections::BTreeMap;
use testkit::{ModelImap, ModelOptions};

const LETTERS: usize = 5_000;

fn letter(n: usize) -> String {
    format!(
        "From: Klant <klant{}@elders.test>\r\nTo: anna@voorbeeld.test\r\nSubject: Brief {n}.\r\n\
         Message-ID: <brief.{n}@elders.test>\r\nDate: Thu, 05 Mar 2026 09:30:00 +0100\r\n\r\nGroet {n}\r\n",
        n % 50
    )
}

#[test]
fn five_thousand_letters_that_are_numbered_anew_are_the_same_five_thousand() {
    let model = ModelImap::start(ModelOptions::default());
    for n in 0..LETTERS {
        model.append("INBOX", letter(n).as_bytes(), if n % 3 == 0 { &["\\Seen"] } else { &[] });
    }
    let mut program = Program::start(Backing::Disk);
    let api = &program.api;
    let contact = api.post("/contacts", &json!({ "name": "Klant", "addresses": ["klant7@elders.test"] }));
    let id = program.connect(&account("anna@voorbeeld.test", imap(model.port, "anna", "geheim-1"), none()));
    program.fetch(&id);
    let state = |api: &Client| {
        let lines = api.list("/messages");
        let facts = |line: &serde_json::Value| (text(&line["subject"]), line["seen"] == json!(true));
        lines.iter().map(|line| (text(&line["id"]), facts(line))).collect::<BTreeMap<_, _>>()
    };
    let linked = |api: &Client| api.list(&format!("/messages?contact={}", text(&contact["id"]))).len();
    let before = state(api);
    assert_eq!(before.len(), LETTERS);
    assert_eq!(before.values().filter(|(_, seen)| *seen).count(), LETTERS.div_ceil(3));
    assert_eq!(linked(api), LETTERS / 50);
    let latest = text(&api.list("/changes").last().expect("there are some")["cursor"]);

    // While it is away: a connection that has the folder open is thrown out when that happens.
    assert!(program.stop().success());
    model.renumber("INBOX", 40_000);
    program.serve_again();
    program.fetch(&id);
    let api = &program.api;
    assert!(state(api) == before, "the same rows with the same flags");
    assert_eq!(linked(api), LETTERS / 50);
    let told = api.list(&format!("/changes?since={latest}"));
    let kinds: Vec<String> = told.iter().map(|change| text(&change["kind"])).collect();
    assert!(!kinds.iter().any(|kind| kind.starts_with("message.")), "{} of {kinds:?}", kinds.len());
    let ledger = api.list(&format!("/accounts/{id}/ledger"));
    let inbox = ledger.iter().find(|row| row["name"] == "INBOX").expect("the inbox is in the ledger");
    assert_eq!((&inbox["on_server"], &inbox["missing"]), (&json!(LETTERS), &json!(0)), "{inbox}");
}
