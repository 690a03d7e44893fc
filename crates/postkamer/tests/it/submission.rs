//! Handing over: what is refused and why, what is repeated, and what can be taken back.

use crate::client::Client;
use crate::fetch::text;
use crate::post_office::{file, letter, send, when};
use crate::program::{Backing, Program, account, none, on_every_backing, smtp, wait_until};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::Sink;

on_every_backing!(the_same_key_hands_over_once_whatever_happens_in_between);

/// The program with an account that sends to a sink.
fn sender(backing: Backing) -> (Sink, Program, String) {
    let sink = Sink::start();
    let program = Program::start(backing);
    let outgoing = smtp(sink.port, "info@voorbeeld.test", "geheim");
    let id = program.connect(&account("info@voorbeeld.test", none(), outgoing));
    (sink, program, id)
}

fn post(api: &Client, body: &Value, key: &str) -> (u16, Value) {
    let answer = api.call("POST", "/outbox", Some(body), &[("Idempotency-Key", key)]);
    (answer.status, answer.json())
}

mod stories {
    use super::*;

    pub(super) fn the_same_key_hands_over_once_whatever_happens_in_between(backing: Backing) {
        let (sink, mut program, id) = sender(backing);
        let mail = letter(&id, &["klant@elders.test"], "Factuur 1");
        let first = post(&program.api, &mail, "factuur-1");
        assert_eq!(first.0, 202);
        assert_eq!(post(&program.api, &mail, "factuur-1"), first);
        when(&program.api, &text(&first.1["id"]), "accepted");
        assert!(program.stop().success());
        program.serve_again();
        assert_eq!(post(&program.api, &mail, "factuur-1").1["id"], first.1["id"]);

        let other = letter(&id, &["klant@elders.test"], "Factuur 2");
        let (status, problem) = post(&program.api, &other, "factuur-1");
        assert_eq!(status, 422, "{problem}");
        assert_eq!(program.api.list("/outbox").len(), 1);
        assert_eq!(sink.received().len(), 1);
    }
}

#[test]
fn another_sender_is_refused_and_nothing_is_kept() {
    let (_sink, program, id) = sender(Backing::Disk);
    let mut mail = letter(&id, &["klant@elders.test"], "Namens de baas");
    mail["from"] = json!({ "address": "baas@voorbeeld.test" });
    let answer = program.api.call("POST", "/outbox", Some(&mail), &[]);
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_eq!(answer.wrong(), [("from".to_owned(), "sender_refused".to_owned())]);
    assert_eq!(program.api.list("/outbox").len(), 0);

    mail["from"] = json!({ "name": "De Baas", "address": "Info@Voorbeeld.test" });
    when(&program.api, &send(&program.api, &mail), "accepted");
}

#[test]
fn a_line_break_in_a_header_is_refused_and_the_field_is_named() {
    let (sink, program, id) = sender(Backing::Disk);
    let mail = letter(&id, &["klant@elders.test"], "Gewoon");
    let evil = "x\r\nBcc: dief@elders.test";
    let with = |change: &dyn Fn(&mut Value)| {
        let mut mail = mail.clone();
        change(&mut mail);
        mail
    };
    let cases: [(&str, Value); 6] = [
        ("subject", with(&|mail| mail["subject"] = json!(evil))),
        ("subject", with(&|mail| mail["subject"] = json!("x\u{2028}y"))),
        ("to.0.name", with(&|mail| mail["to"][0]["name"] = json!(evil))),
        ("to.0.address", with(&|mail| mail["to"][0]["address"] = json!("a@b.test\r\nRCPT TO:<c@d.test>"))),
        ("from.name", with(&|mail| mail["from"] = json!({ "name": evil, "address": "info@voorbeeld.test" }))),
        ("attachments.0.name", with(&|mail| mail["attachments"] = json!([file(evil, "text/plain", b"x")]))),
    ];
    for (field, mail) in cases {
        let answer = program.api.call("POST", "/outbox", Some(&mail), &[]);
        assert_eq!(answer.status, 422, "{field}: {}", answer.text());
        assert_eq!(answer.content_type, "application/problem+json");
        assert!(answer.wrong().contains(&(field.to_owned(), "line_break".to_owned())), "{field}: {}", answer.text());
    }
    when(&program.api, &send(&program.api, &mail), "accepted");
    assert_eq!(sink.received().len(), 1);
}

#[test]
fn a_mail_for_later_can_be_taken_back_and_one_that_is_gone_cannot() {
    let (sink, program, id) = sender(Backing::Disk);
    let mut later = letter(&id, &["klant@elders.test"], "Morgen");
    later["send_at"] = json!("2100-01-01T09:00:00Z");
    let taken = send(&program.api, &later);
    let waiting = program.api.get(&format!("/outbox/{taken}"));
    assert_eq!((&waiting["state"], &waiting["not_before"]), (&json!("waiting"), &json!("2100-01-01T09:00:00.000Z")));
    program.api.delete(&format!("/outbox/{taken}"));
    assert_eq!(program.api.get(&format!("/outbox/{taken}"))["state"], "cancelled");

    let gone = send(&program.api, &letter(&id, &["klant@elders.test"], "Nu"));
    when(&program.api, &gone, "accepted");
    let answer = program.api.call("DELETE", &format!("/outbox/{gone}"), None, &[]);
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert_eq!(sink.received().len(), 1);
}

#[test]
fn a_mail_whose_moment_comes_leaves_by_itself() {
    let (sink, program, id) = sender(Backing::Disk);
    let mut soon = letter(&id, &["klant@elders.test"], "Straks");
    let moment = jiff::Timestamp::now() + Duration::from_secs(4);
    soon["send_at"] = json!(moment.to_string());
    let taken = send(&program.api, &soon);
    let (state, arrived) = (program.api.get(&format!("/outbox/{taken}"))["state"].clone(), sink.received().len());
    // On a machine that is too busy its moment has come before we look.
    assert!(jiff::Timestamp::now() >= moment || (state == "waiting" && arrived == 0), "{state}, {arrived} arrived");
    when(&program.api, &taken, "accepted");
    assert!(jiff::Timestamp::now() >= moment);
}

#[test]
fn a_template_is_filled_in_and_a_missing_value_is_named() {
    let (sink, program, id) = sender(Backing::Disk);
    let template = json!({ "name": "herinnering", "subject": "Factuur {{nummer}}", "text": "Beste {{naam}}," });
    program.api.post("/templates", &template);
    let mut mail = json!({ "account": id, "to": [{ "address": "klant@elders.test" }], "template": "herinnering",
        "values": { "nummer": "2026-1" } });
    let answer = program.api.call("POST", "/outbox", Some(&mail), &[]);
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(
        answer.wrong().iter().any(|(field, code)| field.contains("naam") && code == "value_missing"),
        "{}",
        answer.text()
    );
    mail["values"]["naam"] = json!("Zoë");
    when(&program.api, &send(&program.api, &mail), "accepted");
    let raw = sink.received().remove(0).raw;
    assert!(String::from_utf8_lossy(&raw).contains("Factuur 2026-1"));
}

#[test]
fn a_mail_to_nobody_and_one_by_an_account_that_only_receives_are_refused() {
    let (_sink, program, id) = sender(Backing::Disk);
    let answer = program.api.call("POST", "/outbox", Some(&letter(&id, &[], "Leeg")), &[]);
    assert_eq!((answer.status, answer.wrong()), (422, vec![("to".to_owned(), "no_recipient".to_owned())]));

    let reading = program.connect(&account("lezer@voorbeeld.test", none(), none()));
    let answer = program.api.call("POST", "/outbox", Some(&letter(&reading, &["a@b.test"], "Nee")), &[]);
    assert_eq!(answer.status, 409, "{}", answer.text());
    let inactive = program.api.patch(&format!("/accounts/{id}"), &json!({ "active": false }));
    assert_eq!(inactive["active"], json!(false));
    let answer = program.api.call("POST", "/outbox", Some(&letter(&id, &["a@b.test"], "Nee")), &[]);
    assert_eq!(answer.status, 409, "{}", answer.text());
}

#[test]
fn a_reply_that_is_lost_after_the_mail_was_taken_leaves_it_uncertain_and_never_sends_it_again_by_itself() {
    let (sink, program, id) = sender(Backing::Disk);
    sink.fail(testkit::sink::Stage::Taken, testkit::sink::Fault::Close, 1);
    let taken = send(&program.api, &letter(&id, &["klant@elders.test"], "Onzeker"));
    when(&program.api, &taken, "uncertain");
    assert_eq!(sink.received().len(), 1);
    let answer = program.api.post(&format!("/outbox/{taken}/resolve"), &json!({ "action": "resend" }));
    assert_ne!(answer["state"], "uncertain");
    when(&program.api, &taken, "accepted");
    let both = wait_until("it came again", || Some(sink.received()).filter(|all| all.len() == 2));
    let id_of = |raw: &[u8]| crate::post_office::header(raw, "message-id");
    assert_eq!(id_of(&both[0].raw), id_of(&both[1].raw), "the same message, so that the other side can see it is one");
}
