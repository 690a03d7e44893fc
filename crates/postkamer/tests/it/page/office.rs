//! What the stories of a mailbox in Microsoft's cloud and of one at an Exchange server in the house share: the same letters
//! lie behind both.

use crate::fetch::text;
use crate::post_office::{letter, send, when};
use crate::program::{Program, wait_until};
use serde_json::json;
use simulator::Simulator;

/// Whose mailbox the stories connect.
pub(super) const ADDRESS: &str = "info@voorbeeld.test";
/// A colleague of theirs.
pub(super) const ANNA: &str = "anna@voorbeeld.test";

/// How many letters lie in the folder there.
pub(super) fn count(simulator: &Simulator, address: &str, folder: &str) -> usize {
    simulator.with(|cloud| {
        let mailbox = cloud.mailbox(address).expect("a mailbox");
        let id = mailbox.folder(folder).expect("a folder").id.clone();
        mailbox.letters_in(&id).len()
    })
}

/// What is read here is read there; what is sent lies there once; and nothing is missing.
pub(super) fn goes_both_ways(program: &Program, simulator: &Simulator, id: &str) {
    let first = program.api.list("/messages?role=inbox")[0].clone();
    program.api.patch(&format!("/messages/{}", text(&first["id"])), &json!({ "seen": true, "flagged": true }));
    wait_until("the flag to be there", || {
        let marked = simulator.with(|cloud| {
            let mailbox = cloud.mailbox(ADDRESS).expect("a mailbox");
            mailbox.letters.values().any(|letter| letter.is_read && letter.flag == "flagged")
        });
        marked.then_some(())
    });
    let out = send(&program.api, &letter(id, &[ANNA], "Offerte"));
    when(&program.api, &out, "accepted");
    assert_eq!(count(simulator, ANNA, "inbox"), 1);
    program.fetch(id);
    assert_eq!(count(simulator, ADDRESS, "sentitems"), 1, "there is no second copy");
    assert_eq!(program.api.list("/messages?role=sent").len(), 1);
    let ledger = program.api.get(&format!("/accounts/{id}/ledger"));
    let missing = ledger["items"].as_array().or(ledger.as_array()).expect("rows").iter();
    assert!(missing.map(|row| &row["missing"]).all(|missing| *missing == json!(0)), "{ledger}");
}
