//! What the stories of a mailbox in Microsoft's cloud and of one at an Exchange server in the house share: the same letters
//! lie behind both.

use super::gallery;
use crate::fetch::text;
use crate::post_office::{letter, send, when};
use crate::program::{Program, wait_until};
use serde_json::json;
use simulator::Simulator;
use std::collections::BTreeSet;
use testkit::Browser;

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

/// Goes to Microsoft from the mailbox, and presses a button there.
pub(super) fn authorise(browser: &mut Browser, link: &str, button: &str) {
    browser.follow(link);
    browser.press(button);
}

/// The mail of the mailbox and in how many places it lies, but for the letter that tells that it is red: that leaves from
/// this very mailbox, once it is open again, and lies among what was sent.
pub(super) fn mail_of(program: &Program, id: &str, address: &str) -> (BTreeSet<String>, i64) {
    let told = json!(format!("Mailbox {address} werkt niet"));
    let lines = program.api.list(&format!("/messages?account={id}"));
    let (told, mail): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line["subject"] == told);
    let places = program.api.get(&format!("/accounts/{id}"))["counts"]["messages"].as_i64().expect("a number");
    (mail.iter().map(|line| text(&line["id"])).collect(), places - told.len() as i64)
}

/// A grant that is withdrawn turns the mailbox at this path red and loses nothing; given again, it goes on.
pub(super) fn is_withdrawn_and_given_again(
    program: &Program,
    simulator: &Simulator,
    browser: &mut Browser,
    mailbox: &str,
    picture: &str,
) {
    let id = mailbox.split('/').nth(2).expect("an account");
    let before = mail_of(program, id, ADDRESS);
    simulator.with(|cloud| cloud.revoke(ADDRESS));
    program.api.call("POST", &format!("/accounts/{id}/fetch?wait=true"), Some(&json!({})), &[]);
    let shown = || program.api.get(&format!("/accounts/{id}"));
    wait_until("the mailbox to be red", || (shown()["health"]["colour"] == "red").then_some(()));
    assert_eq!(shown()["health"]["code"], json!("ms_password_changed"));
    browser.go(&format!("{}{mailbox}", program.url()));
    browser.sees("of de toestemming is daar ingetrokken");
    browser.judge(&gallery(), picture);
    authorise(browser, "Opnieuw autoriseren", "Info Voorbeeld (info@voorbeeld.test)");
    browser.sees("Alles werkt");
    wait_until("the mailbox to be green", || (shown()["health"]["colour"] == "green").then_some(()));
    program.fetch(id);
    assert_eq!((before.0.len(), before.1), (41, 41));
    wait_until("the same mail to be here", || (mail_of(program, id, ADDRESS) == before).then_some(()));
}
