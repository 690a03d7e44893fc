//! Mail that others bring by SMTP to addresses of ours: kept once, whatever dies when, and for nobody who does not live here.

use crate::fetch::text;
use crate::program::{Backing, Program, account, none, on_every_backing, wait_until};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use testkit::free_port;

/// The domain of our own addresses.
pub(crate) const DOMAIN: &str = "post.example";
const LETTER: &str = "From: Jan Smit <jan@elders.test>\nTo: info@voorbeeld.test\nSubject: Offerte\nMessage-ID: <een@elders.test>\nDate: Sun, 22 Nov 2026 10:00:00 +0100\n\nGraag een offerte.\n";

/// A program that takes mail in, and the port of its door.
pub(crate) fn with_door(backing: Backing, more: &[(&str, &str)]) -> (Program, u16) {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let own = [("POSTKAMER_SMTP", address.as_str()), ("POSTKAMER_BASE_DOMAIN", DOMAIN)];
    (Program::start_with(backing, &[&own[..], more].concat()), port)
}

/// Brings this letter; whether it was taken, and what was said.
pub(crate) fn bring(port: u16, to: &[&str], letter: &str) -> (bool, String) {
    let mut command = Command::new("swaks");
    command.args(["--server", &format!("127.0.0.1:{port}"), "--from", "jan@elders.test", "--helo", "mail.elders.test"]);
    command.args(["--to", &to.join(","), "--data", letter]);
    let output = command.stdin(Stdio::null()).output().expect("swaks is installed");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn forwarded(address: &str) -> Value {
    account(address, json!({ "kind": "relay" }), none())
}

mod stories {
    use super::*;

    pub(super) fn a_forwarded_mailbox_gets_an_address_of_ours_and_each_letter_once(backing: Backing) {
        let (program, port) = with_door(backing, &[]);
        let made = program.api.post("/accounts", &forwarded("info@voorbeeld.test"));
        assert_eq!(made["warnings"], Value::Null, "{made}");
        let (id, address) = (text(&made["id"]), text(&made["incoming"]["relay_address"]));
        let (local, domain) = address.split_once('@').expect("an address");
        assert!(domain == DOMAIN && local.starts_with("info-") && local.len() == 13, "{address}");
        assert_eq!(program.api.get(&format!("/accounts/{id}"))["incoming"]["relay_address"], json!(address));

        // Taken in whatever case it is written, told as new once, with what is known of its sender.
        let (taken, said) = bring(port, &[&address.to_uppercase()], LETTER);
        assert!(taken, "{said}");
        let [letter] = &program.api.list("/messages")[..] else { panic!("one letter is there") };
        assert_eq!(
            (&letter["subject"], &letter["seen"], &letter["role"]),
            (&json!("Offerte"), &json!(false), &json!("inbox"))
        );
        let whole = program.api.get(&format!("/messages/{}", text(&letter["id"])));
        let results = whole["authentication"].to_string();
        assert!(results.contains("post.example") && results.contains("spf="), "{whole}");
        let raw = program.api.bytes(&format!("/messages/{}/raw", text(&letter["id"])));
        let raw = String::from_utf8_lossy(&raw);
        assert!(raw.starts_with("Return-Path: <jan@elders.test>\r\n"), "{raw}");
        assert!(raw.trim_end().ends_with("\r\n\r\nGraag een offerte."), "{raw}");

        // Its server did not hear us and brings it again, also after somebody has put it elsewhere.
        assert!(bring(port, &[&address], LETTER).0);
        let folders = program.api.list(&format!("/accounts/{id}/folders"));
        if let Some(archive) = folders.iter().find(|folder| folder["role"] == "archive") {
            program.api.patch(&format!("/messages/{}", text(&letter["id"])), &json!({ "folder": archive["id"] }));
            program.fetch(&id);
            assert!(bring(port, &[&address], LETTER).0);
        }
        assert_eq!(program.api.list("/messages").len(), 1);
        let changes = program.api.list("/changes");
        let received = changes
            .iter()
            .filter(|change| change["kind"] == "message.received" || change["type"] == "message.received");
        assert_eq!(received.count(), 1, "{changes:?}");

        // One letter to two mailboxes of ours is one letter in each.
        let other = program.api.post("/accounts", &forwarded("anna@voorbeeld.test"));
        let both = [address.as_str(), other["incoming"]["relay_address"].as_str().expect("an address")];
        assert!(bring(port, &both, &LETTER.replace("Offerte", "Aan beiden")).0);
        let of_both = |mailbox: &Value| program.api.list(&format!("/messages?account={}", text(&mailbox["id"])));
        assert_eq!((of_both(&made).len(), of_both(&other).len()), (2, 1));

        for (to, reply) in [
            ("niemand@post.example", "550 5.1.1"),
            ("jan@elders.test", "550 5.7.1"),
            ("jan%elders.test@post.example", "550 5.7.1"),
            ("info@voorbeeld.test", "550 5.7.1"),
        ] {
            let (taken, said) = bring(port, &[to], LETTER);
            assert!(!taken && said.contains(reply), "{to}: {said}");
        }
        // Switched off, it takes nothing; mail that is here already can't become that of a server.
        let path = format!("/accounts/{id}");
        program.fetch(&id);
        program.api.patch(&path, &json!({ "active": false }));
        assert!(bring(port, &[&address], LETTER).1.contains("550 5.2.1"));
        program.api.patch(&path, &json!({ "active": true }));
        let imap = json!({ "incoming": crate::program::imap(143, "info", "geheim-1") });
        let refused = program.api.call("PATCH", &path, Some(&imap), &[]);
        assert_eq!((refused.status, refused.wrong()), (409, vec![("incoming.kind".into(), "kind_fixed".into())]));
        let metrics = reqwest_text(&program, "/metrics");
        assert!(
            metrics.contains("postkamer_smtp_messages_total 4") || metrics.contains("postkamer_smtp_messages_total 3"),
            "{metrics}"
        );
    }
}

on_every_backing!(a_forwarded_mailbox_gets_an_address_of_ours_and_each_letter_once);

fn reqwest_text(program: &Program, path: &str) -> String {
    let output =
        Command::new("curl").args(["-s", &format!("{}{path}", program.url())]).output().expect("curl is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_letter_that_was_taken_is_there_once_whenever_the_program_is_killed() {
    for point in [
        "reception.before_keep",
        "receive.before_blob",
        "receive.after_blob",
        "receive.before_commit",
        "receive.in_commit",
        "receive.after_commit",
        "reception.kept",
    ] {
        let (mut program, port) = with_door(Backing::Disk, &[]);
        let made = program.api.post("/accounts", &forwarded("info@voorbeeld.test"));
        let address = text(&made["incoming"]["relay_address"]);
        // Its folders are made, so that the first that is stored later is the letter.
        program.fetch(&text(&made["id"]));
        assert!(program.stop().success());
        program.serve_until(point);
        let (taken, said) = bring(port, &[&address], LETTER);
        assert!(!taken && !said.contains("250 2.0.0 Kept"), "{point}: {said}");
        program.killed();
        program.serve_again();
        // Its server asks again, as it has to.
        let (taken, said) = bring(port, &[&address], LETTER);
        assert!(taken, "{point}: {said}");
        assert_eq!(program.api.list("/messages").len(), 1, "{point}");
    }
}

#[test]
fn the_temporary_mailbox_and_the_postmaster_are_reached_from_outside() {
    let (mut program, port) = with_door(Backing::Disk, &[]);
    assert!(!bring(port, &["postmaster@post.example"], LETTER).0, "nobody is there to read it");
    assert!(program.stop().success());
    let password = program.beside("wachtwoord");
    std::fs::write(&password, "zonnig-dorp-aan-de-zee-42\n").expect("our own file");
    let mut setup = program.installation.command("setup");
    setup.args(["--organisation", "Postmaster", "--admin", "baas@buren.test", "--password-file"]).arg(&password);
    assert!(setup.status().is_ok_and(|status| status.success()));
    program.serve_again();
    let token = program.token("baas@buren.test", "admin");
    program.api = program.api.speaking_for(&token);
    // That name is the mail server's own.
    let temporary = program.api.list("/accounts").pop().expect("a mailbox");
    assert_eq!(temporary["incoming"]["relay_address"], json!("postmaster-2@post.example"));
    for (to, subject) in [("postmaster-2@post.example", "Aan ons"), ("Postmaster@POST.example", "Aan de beheerder")] {
        let (taken, said) = bring(port, &[to], &LETTER.replace("Offerte", subject));
        assert!(taken, "{said}");
        assert!(program.api.list("/messages").iter().any(|letter| letter["subject"] == subject));
    }
    // Names of the mail server can't be had, nor an address that somebody has.
    for (address, status, code) in
        [("abuse@post.example", 409, "reserved_address"), ("postmaster-2@post.example", 409, "address_taken")]
    {
        let refused = program.api.call("POST", "/accounts", Some(&forwarded(address)), &[]);
        assert_eq!((refused.status, refused.wrong()), (status, vec![("address".into(), code.into())]), "{address}");
    }
    let own = program.api.post("/accounts", &forwarded("verkoop@post.example"));
    assert_eq!(own["incoming"]["relay_address"], json!("verkoop@post.example"));
    assert!(bring(port, &["verkoop@post.example"], LETTER).0);
    // With a note of its sender's behind the name it is the same mailbox; a name that nobody has stays unknown.
    assert!(bring(port, &["verkoop+najaar@post.example"], &LETTER.replace("Offerte", "Najaar")).0);
    assert!(bring(port, &["b+1234@post.example"], LETTER).1.contains("550 5.1.1"));
    assert_eq!(program.api.list(&format!("/messages?account={}", text(&own["id"]))).len(), 2);
}

#[test]
fn a_test_sends_a_real_mail_over_the_server_that_forwards_to_us() {
    let (program, port) = with_door(Backing::Disk, &[]);
    let made = program.api.post("/accounts", &forwarded("info@example.test"));
    let (id, address) = (text(&made["id"]), text(&made["incoming"]["relay_address"]));
    let postfix = testkit::Postfix::start(testkit::PostfixOptions {
        recipients: vec!["info".into()],
        relay_to: Some(port),
        extra: format!(
            "mynetworks = 127.0.0.0/8\nsmtp_tls_security_level = may\nvirtual_alias_maps = inline:{{ {{info@example.test = {address}}} }}"
        ),
        ..testkit::PostfixOptions::default()
    });
    let path = format!("/accounts/{id}");
    let outgoing =
        json!({ "kind": "smtp", "host": "127.0.0.1", "port": postfix.smtp_port, "encryption": "none", "username": "" });
    program.api.patch(&path, &json!({ "outgoing": outgoing }));
    let report = program.api.post(&format!("{path}/test"), &json!({}));
    assert_eq!(report["ok"], json!(true), "{report}\n{}", postfix.mail_log());
    let steps = report["steps"].as_array().expect("steps");
    let named =
        |name: &str, direction: &str| steps.iter().any(|step| step["name"] == name && step["direction"] == direction);
    assert!(named("connect", "incoming") && named("receive", "incoming"), "{report}");
    wait_until("the test's letter to be gone", || program.api.list("/messages").is_empty().then_some(()));
}

#[test]
fn mail_that_a_person_forwards_is_put_with_who_wrote_it() {
    let (program, port) = with_door(Backing::Disk, &[]);
    let contact = program.api.post("/contacts", &json!({ "name": "Jan Smit", "addresses": ["jan@elders.test"] }));
    let made = program.api.post("/accounts", &forwarded("dossier@voorbeeld.test"));
    let address = text(&made["incoming"]["relay_address"]);
    let letter = "From: Anna <anna@voorbeeld.test>\nTo: dossier@voorbeeld.test\nSubject: Fwd: Offerte\n\nVoor het dossier.\n\n---------- Forwarded message ---------\nVan: Jan Smit <jan@elders.test>\nDatum: zo 22 nov 2026\nOnderwerp: Offerte\nAan: anna@voorbeeld.test\n\nGraag een offerte.\n";
    assert!(bring(port, &[&address], letter).0);
    let id = text(&program.api.list("/messages")[0]["id"]);
    let whole = program.api.get(&format!("/messages/{id}"));
    assert_eq!(
        (&whole["from"]["address"], &whole["original"]["address"]),
        (&json!("anna@voorbeeld.test"), &json!("jan@elders.test"))
    );
    assert_eq!(whole["contacts"], json!([contact["id"]]), "{whole}");
}

#[test]
fn without_a_door_a_forwarded_mailbox_says_so() {
    let program = Program::start(Backing::Disk);
    let made = program.api.post("/accounts", &forwarded("info@voorbeeld.test"));
    assert_eq!(made["warnings"][0]["code"], json!("no_listener"), "{made}");
    let report = program.api.post(&format!("/accounts/{}/test", text(&made["id"])), &json!({}));
    assert_eq!((&report["ok"], &report["steps"][0]["code"]), (&json!(false), &json!("no_listener")), "{report}");
}
