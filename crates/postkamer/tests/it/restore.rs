//! Restoring synchronisation (features M20): what was never received comes after all, once, and says when it came.

use crate::fetch::text;
use crate::program::{Backing, Program, account, imap, none, on_every_backing, wait_until};
use serde_json::{Value, json};
use std::{
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};
use testkit::{Append, Dovecot, DovecotOptions, ImapClient, ModelImap, ModelOptions};

on_every_backing!(mail_that_was_never_received_comes_once_and_says_when);

/// Letters of that day, with a `Date` of their own.
fn letters(day: &str, count: usize) -> Vec<Append> {
    let raw = |number: usize| {
        format!(
            "From: jan@elders.test\r\nDate: {day} 08:00:00 +0000\r\nMessage-ID: <{number}.{}@elders.test>\r\n\
             Subject: Brief {number} van {day}\r\n\r\nDag\r\n",
            day.replace(' ', "-")
        )
    };
    let date = format!("{} 09:30:00 +0000", day.replace(' ', "-"));
    (0..count).map(|n| Append { raw: raw(n).into_bytes(), flags: Vec::new(), date: Some(date.clone()) }).collect()
}

fn inbox_ledger(program: &Program, id: &str) -> Value {
    let rows = program.api.list(&format!("/accounts/{id}/ledger"));
    rows.into_iter().find(|row| row["name"] == json!("INBOX")).expect("a row for the inbox")
}

mod stories {
    use super::*;

    pub(super) fn mail_that_was_never_received_comes_once_and_says_when(backing: Backing) {
        let dovecot = Dovecot::start(DovecotOptions::default());
        let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
        client.append("INBOX", &letters("01 Feb 2024", 90));
        client.append("INBOX", &letters("01 Mar 2025", 12));
        client.append("INBOX", &letters("05 Mar 2026", 3));
        let mut program = Program::start(backing);
        let mut wanted = account("anna@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none());
        wanted["sync_since"] = json!("2026-01-01T00:00:00Z");
        let id = program.connect(&wanted);
        program.fetch(&id);
        assert_eq!(program.api.list("/messages").len(), 3);
        let row = inbox_ledger(&program, &id);
        assert_eq!((&row["on_server"], &row["stored"]), (&json!(105), &json!(3)), "{row}");
        assert_eq!((&row["excluded"], &row["missing"]), (&json!(102), &json!(0)), "{row}");

        let path = format!("/accounts/{id}/restore?wait=true");
        let since = json!({ "since": "2025-01-01T00:00:00Z" });
        let preview = program.api.post(&path, &since);
        assert_eq!((&preview["would_fetch"], &preview["confirmed"]), (&json!(12), &json!(false)), "{preview}");
        assert_eq!((&preview["folders"][0]["name"], &preview["folders"][0]["messages"]), (&json!("INBOX"), &json!(12)));
        assert_eq!(program.api.list("/messages").len(), 3, "nothing came yet");

        let confirmed = json!({ "since": "2025-01-01T00:00:00Z", "confirm": true });
        assert_eq!(program.api.post(&path, &confirmed)["fetched"], json!(12));
        assert_eq!(program.api.post(&path, &confirmed)["fetched"], json!(0), "twice pressed is once");
        assert_eq!(program.api.post(&path, &since)["would_fetch"], json!(0));
        let lines = program.api.list("/messages");
        assert_eq!(lines.len(), 15);
        let restored = lines.iter().find(|line| text(&line["subject"]).contains("2025")).expect("a restored letter");
        let whole = program.api.get(&format!("/messages/{}", text(&restored["id"])));
        assert_eq!(whole["received_at"], whole["fetched_at"], "{whole}");
        assert_eq!(restored["received_at"], whole["received_at"]);
        assert_eq!(whole["sent_at"], json!("2025-03-01T08:00:00.000Z"));
        assert_eq!(whole["server_received_at"], json!("2025-03-01T09:30:00.000Z"));
        let ordinary = lines.iter().find(|line| text(&line["subject"]).contains("2026")).expect("an ordinary letter");
        assert_eq!(ordinary["received_at"], json!("2026-03-05T09:30:00.000Z"));
        let row = inbox_ledger(&program, &id);
        assert_eq!((&row["stored"], &row["excluded"], &row["missing"]), (&json!(15), &json!(90), &json!(0)), "{row}");

        client.append("INBOX", &letters("10 Mar 2026", 1));
        let later = wait_until("the next letter is there", || {
            program.api.list("/messages").into_iter().find(|line| text(&line["subject"]).contains("10 Mar 2026"))
        });
        assert_eq!(later["received_at"], json!("2026-03-10T09:30:00.000Z"), "restoring is over");

        assert!(program.stop().success());
        let asked = ["--account", "anna@voorbeeld.test", "--since", "2024-01-01T00:00:00Z", "--json"];
        let said = |more: &[&str]| {
            let output = program.installation.run("restore", &[&asked[..], more].concat());
            serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
        };
        assert_eq!(said(&[])["would_fetch"], json!(90));
        assert_eq!(said(&["--confirm"])["fetched"], json!(90));
        assert_eq!(said(&[])["would_fetch"], json!(0));
    }
}

/// A server behind a door that is shut until it is opened.
pub(crate) fn door(behind: u16) -> (u16, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, is_open) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
    let opened = is_open.clone();
    thread::spawn(move || {
        for guest in listener.incoming().flatten().filter(|_| opened.load(Ordering::SeqCst)) {
            let server = TcpStream::connect(("127.0.0.1", behind)).unwrap();
            for (mut from, mut to) in [(guest.try_clone().unwrap(), server.try_clone().unwrap()), (server, guest)] {
                thread::spawn(move || {
                    // Either side may hang up; the other then learns of it.
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    (port, is_open)
}

#[test]
fn who_waits_for_restoring_is_told_what_it_brought_even_when_no_task_ran() {
    let model = ModelImap::start(ModelOptions::default());
    for letter in letters("05 Mar 2026", 7) {
        model.append("INBOX", &letter.raw, &[]);
    }
    let (port, is_open) = door(model.port);
    let program = Program::start(Backing::Disk);
    let id = program.connect(&account("anna@voorbeeld.test", imap(port, "anna", "geheim-1"), none()));
    wait_until("the account rests", || {
        let health = program.api.get(&format!("/accounts/{id}"))["health"].clone();
        (!health["next_try_at"].is_null()).then_some(())
    });
    let path = format!("/accounts/{id}/restore");
    let since = json!({ "since": "2025-01-01T00:00:00Z" });
    let failed = program.api.call("POST", &path, Some(&since), &[]);
    assert_eq!(failed.status, 424, "the mail server failed, not we: {}", failed.text());
    assert_eq!(failed.json()["type"], json!("/api/docs#mail_server"), "{}", failed.text());

    is_open.store(true, Ordering::SeqCst);
    let confirmed = json!({ "since": "2025-01-01T00:00:00Z", "confirm": true });
    assert_eq!(program.api.post(&format!("{path}?wait=true"), &confirmed)["fetched"], json!(7));
    assert_eq!(program.api.list("/messages").len(), 7);
}

#[test]
fn a_restoration_that_can_not_be_meant_is_refused() {
    let program = Program::start(Backing::Disk);
    let id = program.connect(&account("info@voorbeeld.test", none(), none()));
    let path = format!("/accounts/{id}/restore");
    let answer = |body: Value| program.api.call("POST", &path, Some(&body), &[]);
    assert_eq!(answer(json!({ "since": "2025-01-01T00:00:00Z" })).status, 409, "it can't receive");
    assert_eq!(answer(json!({ "confirm": true })).status, 422);
    assert_eq!(answer(json!({ "since": "2025-01-01" })).status, 422);
}
