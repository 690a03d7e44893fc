//! POP3 mailboxes (features M2, M21): everything comes once, what people do with it is theirs alone, and nothing leaves the
//! server before it is safe here.

use crate::accounts::{failed, steps};
use crate::fetch::text;
use crate::post_office::{PASSWORD, PostOffice, letter, send, when};
use crate::program::{Backing, Program, account, imap, none, on_every_backing, smtp, wait_until};
use serde_json::{Value, json};
use testkit::{Append, Dovecot, DovecotOptions, ImapClient, ModelPop3, PopClient, corpus, digest};

on_every_backing!(a_mailbox_is_fetched_by_pop3_once_and_works_as_any_other);
on_every_backing!(mail_leaves_the_server_when_it_is_safe_and_stays_here);

/// The incoming half of a POP3 account on this machine.
fn pop3(port: u16, user: &str, password: &str) -> Value {
    let mut half = imap(port, user, password);
    half["kind"] = json!("pop3");
    half
}

fn connect(program: &Program, port: u16) -> String {
    program.connect(&account("anna@voorbeeld.test", pop3(port, "anna", "geheim-1"), none()))
}

fn health(program: &Program, id: &str) -> Value {
    program.api.get(&format!("/accounts/{id}"))["health"].clone()
}

/// The digests of the messages here, sorted.
fn held(program: &Program, query: &str) -> Vec<String> {
    let lines = program.api.list(&format!("/messages?{query}"));
    let raw = |line: &Value| program.api.bytes(&format!("/messages/{}/raw", text(&line["id"])));
    let mut all: Vec<String> = lines.iter().map(|line| digest(&raw(line))).collect();
    all.sort();
    all
}

/// The digests of the messages there, as another program fetches them.
fn there(client: &PopClient) -> Vec<String> {
    let mut all: Vec<String> = client.fetch(&[]).into_iter().map(|message| message.digest).collect();
    all.sort();
    all
}

fn filled(count: usize) -> (Dovecot, PopClient) {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let letters = corpus::messages(3, count).into_iter().map(|raw| Append { raw, ..Append::default() });
    ImapClient::new(dovecot.imap_port, "anna", "geheim-1").append("INBOX", &letters.collect::<Vec<_>>());
    let client = PopClient::new(dovecot.pop3_port, "anna", "geheim-1");
    (dovecot, client)
}

fn one(subject: &str) -> Append {
    let raw =
        format!("From: jan@elders.test\r\nMessage-ID: <{subject}@elders.test>\r\nSubject: {subject}\r\n\r\nDag\r\n");
    Append { raw: raw.into_bytes(), ..Append::default() }
}

mod stories {
    use super::*;

    pub(super) fn a_mailbox_is_fetched_by_pop3_once_and_works_as_any_other(backing: Backing) {
        let (dovecot, client) = filled(120);
        let program = Program::start(backing);
        let id = connect(&program, dovecot.pop3_port);
        program.fetch(&id);
        assert!(held(&program, "role=inbox") == there(&client), "they differ");
        let folders = program.api.list(&format!("/accounts/{id}/folders"));
        let roles: Vec<String> = folders.iter().map(|folder| text(&folder["role"])).collect();
        for role in ["inbox", "sent", "drafts", "archive", "junk", "trash"] {
            assert!(roles.iter().any(|known| known == role), "{roles:?}");
        }

        // What is done here stays here, and comes back from nowhere.
        let lines = program.api.list("/messages?role=inbox");
        let path = |at: usize| format!("/messages/{}", text(&lines[at]["id"]));
        let of = |role: &str| folders.iter().find(|folder| folder["role"] == role).expect("a folder")["id"].clone();
        program.api.patch(&path(0), &json!({ "seen": true, "flagged": true }));
        program.api.patch(&path(1), &json!({ "folder": of("archive") }));
        program.api.patch(&path(2), &json!({ "folder": of("trash") }));
        let gone: Vec<String> = client.fetch(&[])[..5].iter().map(|message| message.uidl.clone()).collect();
        client.fetch(&gone);
        ImapClient::new(dovecot.imap_port, "anna", "geheim-1").append("INBOX", &[one("later")]);
        let fetched = program.fetch(&id);
        assert_eq!((&fetched["fetched"], &fetched["removed"]), (&json!(1), &json!(0)), "{fetched}");
        assert_eq!(program.api.list("/messages").len(), 121, "what left the server stays here");
        let first = program.api.get(&path(0));
        assert_eq!((&first["seen"], &first["flagged"]), (&json!(true), &json!(true)));
        assert_eq!(program.api.get(&path(1))["role"], json!("archive"));
        assert_eq!(program.api.list("/messages?role=inbox").len(), 119);
        assert_eq!(there(&client).len(), 116, "and nothing was done there");

        let ledger = program.api.list(&format!("/accounts/{id}/ledger"));
        let inbox = ledger.into_iter().find(|row| row["name"] == json!("INBOX")).expect("a row for the inbox");
        assert_eq!(inbox["missing"], json!(0), "{inbox}");
        assert_eq!(health(&program, &id)["colour"], json!("green"));
    }

    pub(super) fn mail_leaves_the_server_when_it_is_safe_and_stays_here(backing: Backing) {
        let (dovecot, client) = filled(40);
        let before = there(&client);
        let program = Program::start(backing);
        let id = connect(&program, dovecot.pop3_port);
        program.fetch(&id);
        assert!(there(&client) == before, "to leave it there is the rule");
        let path = format!("/accounts/{id}");
        let days = json!({ "incoming": { "after_fetch": { "kind": "delete_after", "days": 2 } } });
        let saved = program.api.patch(&path, &days);
        assert_eq!(saved["incoming"]["after_fetch"], json!({ "kind": "delete_after", "days": 2 }));
        assert!(saved["warnings"].to_string().contains("several_devices"), "{saved}");
        program.fetch(&id);
        assert!(there(&client) == before, "two days are not over");
        program.api.patch(&path, &json!({ "incoming": { "after_fetch": { "kind": "delete" } } }));
        program.fetch(&id);
        wait_until("nothing is there", || client.fetch(&[]).is_empty().then_some(()));
        program.fetch(&id);
        assert!(held(&program, "role=inbox") == before, "all of it is here");
    }
}

#[test]
fn a_green_test_by_pop3_means_that_a_real_mail_went_round_and_sent_mail_is_kept_here() {
    let office = PostOffice::open();
    let program = Program::start(Backing::Disk);
    let address = "info@example.test";
    let outgoing = smtp(office.postfix.submission_port, address, PASSWORD);
    let id = program.connect(&account(address, pop3(office.dovecot.pop3_port, address, PASSWORD), outgoing));
    program.fetch(&id);
    let report = program.api.post(&format!("/accounts/{id}/test"), &json!({}));
    assert_eq!(report["ok"], json!(true), "{report}");
    let names = steps(&report);
    for step in ["connect", "sign_in", "folders", "receive"] {
        assert!(names.iter().any(|(direction, name, _)| direction == "incoming" && name == step), "{step}: {names:?}");
    }
    let client = PopClient::new(office.dovecot.pop3_port, address, PASSWORD);
    assert!(client.fetch(&[]).is_empty(), "the test message was taken away again");

    let sent = send(&program.api, &letter(&id, &["anna@example.test"], "Een offerte"));
    when(&program.api, &sent, "accepted");
    let copy = wait_until("the copy is here", || program.api.list("/messages?role=sent").pop());
    assert_eq!(copy["subject"], json!("Een offerte"));
    office.client("info").append("INBOX", &[one("antwoord")]);
    program.fetch(&id);
    assert_eq!(program.api.list("/messages?role=inbox").len(), 1);
}

#[test]
fn another_device_in_the_mailbox_is_told_and_waited_for() {
    let model = ModelPop3::start();
    model.add("a", &one("brief").raw);
    model.state().in_use = true;
    let program = Program::start(Backing::Disk);
    let id = connect(&program, model.port);
    let told = wait_until("it is told", || Some(health(&program, &id)).filter(|health| health["code"] == "in_use"));
    assert_eq!(told["colour"], json!("amber"), "{told}");
    assert!(text(&told["server_said"]).contains("somebody else"), "{told}");
    model.state().in_use = false;
    assert_eq!(program.fetch(&id)["fetched"], json!(1));
    assert_eq!(health(&program, &id)["colour"], json!("green"));
}

#[test]
fn a_server_without_unique_ids_is_refused_in_plain_words() {
    let model = ModelPop3::start();
    model.add("a", &one("brief").raw);
    model.state().without_names = true;
    let program = Program::start(Backing::Disk);
    let id = connect(&program, model.port);
    let step = failed(&program.api.post(&format!("/accounts/{id}/test"), &json!({})));
    assert_eq!((&step["name"], &step["code"]), (&json!("folders"), &json!("no_unique_ids")), "{step}");
    wait_until("the account says so", || (health(&program, &id)["code"] == "no_unique_ids").then_some(()));
    assert!(program.api.list("/messages").is_empty());
    assert_eq!(model.state().heard("RETR"), 0);
}

#[test]
fn a_wrong_password_by_pop3_is_tried_at_most_three_times() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let program = Program::start(Backing::Disk);
    let wanted = account("anna@voorbeeld.test", pop3(dovecot.pop3_port, "anna", "geheim-fout"), none());
    let id = program.connect(&wanted);
    let told =
        wait_until("it is told", || Some(health(&program, &id)).filter(|health| health["code"] == "wrong_password"));
    assert!(text(&told["server_said"]).contains("Authentication failed"), "{told}");
    for _ in 0..5 {
        program.api.call("POST", &format!("/accounts/{id}/fetch"), Some(&json!({})), &[]);
        program.api.post(&format!("/accounts/{id}/test"), &json!({}));
    }
    let tries = dovecot.process.log().matches("auth failed").count();
    assert!((1..=3).contains(&tries), "{tries} tries: {}", dovecot.process.log());
    program.api.patch(&format!("/accounts/{id}"), &json!({ "incoming": { "secret": "geheim-1" } }));
    program.fetch(&id);
    assert_eq!(health(&program, &id)["colour"], json!("green"));
}

#[test]
fn a_pop3_mailbox_that_holds_mail_stays_one_and_its_mailbox_stays_the_same() {
    let (dovecot, _) = filled(20);
    let elsewhere = Dovecot::start(DovecotOptions::default());
    let others: Vec<Append> = (0..20).map(|n| one(&format!("ander-{n}"))).collect();
    ImapClient::new(elsewhere.imap_port, "anna", "geheim-1").append("INBOX", &others);
    let program = Program::start(Backing::Disk);
    let id = connect(&program, dovecot.pop3_port);
    program.fetch(&id);
    let path = format!("/accounts/{id}");
    let change = json!({ "incoming": imap(dovecot.imap_port, "anna", "geheim-1") });
    let answer = program.api.call("PATCH", &path, Some(&change), &[]);
    assert_eq!((answer.status, answer.wrong()), (409, vec![("incoming.kind".to_owned(), "kind_fixed".to_owned())]));
    let change = json!({ "incoming": { "port": elsewhere.pop3_port } });
    let answer = program.api.call("PATCH", &path, Some(&change), &[]);
    assert_eq!((answer.status, answer.wrong()), (409, vec![("incoming.host".to_owned(), "other_account".to_owned())]));

    // The same mail at another server, which gives it names of its own: nothing comes twice.
    let moved = Dovecot::start(DovecotOptions::default());
    let letters = corpus::messages(3, 20).into_iter().map(|raw| Append { raw, ..Append::default() });
    ImapClient::new(moved.imap_port, "anna", "geheim-1").append("INBOX", &letters.collect::<Vec<_>>());
    program.api.patch(&path, &json!({ "incoming": { "port": moved.pop3_port } }));
    let fetched = program.fetch(&id);
    assert_eq!(fetched["fetched"], json!(0), "{fetched}");
    assert_eq!(program.api.list("/messages").len(), 20);
    assert_eq!(health(&program, &id)["colour"], json!("green"));
}

#[test]
fn only_mail_from_a_day_on_is_fetched_and_the_rest_comes_when_it_is_asked_for() {
    let model = ModelPop3::start();
    for (n, day) in ["1 Feb 2024", "1 Mar 2025", "5 Mar 2026"].into_iter().enumerate() {
        let raw = format!(
            "Received: from a by b; {day} 10:00:00 +0000\r\nFrom: jan@elders.test\r\nSubject: {day}\r\n\
             Message-ID: <{n}@elders.test>\r\n\r\nDag\r\n"
        );
        model.add(&format!("n{n}"), raw.as_bytes());
    }
    let program = Program::start(Backing::Disk);
    let mut wanted = account("anna@voorbeeld.test", pop3(model.port, "anna", "geheim-1"), none());
    wanted["sync_since"] = json!("2026-01-01T00:00:00Z");
    let id = program.connect(&wanted);
    program.fetch(&id);
    program.fetch(&id);
    assert_eq!(program.api.list("/messages").len(), 1);
    let asked = ["TOP", "RETR"].map(|command| model.state().heard(command));
    assert_eq!(asked, [3, 1], "older mail is not fetched");
    let path = format!("/accounts/{id}/restore?wait=true");
    let preview = program.api.post(&path, &json!({ "since": "2025-01-01T00:00:00Z" }));
    assert_eq!(preview["would_fetch"], json!(1), "{preview}");
    let confirmed = json!({ "since": "2025-01-01T00:00:00Z", "confirm": true });
    assert_eq!(program.api.post(&path, &confirmed)["fetched"], json!(1));
    assert_eq!(program.api.list("/messages").len(), 2);
}

#[test]
fn days_that_nobody_said_are_asked_for_and_never_guessed() {
    let program = Program::start(Backing::Disk);
    let id = connect(&program, testkit::free_port());
    let path = format!("/accounts/{id}");
    for (after, code) in [
        (json!({ "kind": "delete_after" }), "required"),
        (json!({ "kind": "delete_after", "days": 0 }), "out_of_range"),
        (json!({ "kind": "delete", "days": 90 }), "no_days_here"),
        (json!({ "kind": "leave", "days": 90 }), "no_days_here"),
    ] {
        let change = json!({ "incoming": { "after_fetch": after } });
        let answer = program.api.call("PATCH", &path, Some(&change), &[]);
        let told = vec![("incoming.after_fetch.days".to_owned(), code.to_owned())];
        assert_eq!((answer.status, answer.wrong()), (422, told), "{change}");
    }
    let kept = program.api.get(&path)["incoming"]["after_fetch"].clone();
    assert_eq!(kept, json!({ "kind": "leave" }), "the mail stays on the server");
    let days = json!({ "incoming": { "after_fetch": { "kind": "delete_after", "days": 90 } } });
    program.api.patch(&path, &days);
    // In a change what is left out stays.
    let saved = program.api.patch(&path, &json!({ "incoming": { "after_fetch": { "kind": "delete_after" } } }));
    assert_eq!(saved["incoming"]["after_fetch"], json!({ "kind": "delete_after", "days": 90 }));
}
