//! A mailbox that holds mail can't be turned into another one (features M14), but it may move house.

use crate::fetch::text;
use crate::program::{Backing, Program, account, imap, none, on_every_backing, wait_until};
use crate::restore::door;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use testkit::{Append, Dovecot, DovecotOptions, ImapClient};

on_every_backing!(a_server_that_answers_with_another_mailbox_is_refused_and_a_moved_mailbox_is_not);

fn letters(of: &str, count: usize) -> Vec<Append> {
    let raw = |n: usize| {
        format!("From: jan@elders.test\r\nMessage-ID: <{n}.{of}@elders.test>\r\nSubject: {of} {n}\r\n\r\n{of} {n}\r\n")
    };
    (0..count).map(|n| Append { raw: raw(n).into_bytes(), ..Append::default() }).collect()
}

fn subjects(program: &Program) -> Vec<String> {
    let mut subjects: Vec<String> = program.api.list("/messages").iter().map(|line| text(&line["subject"])).collect();
    subjects.sort();
    subjects
}

mod stories {
    use super::*;

    pub(super) fn a_server_that_answers_with_another_mailbox_is_refused_and_a_moved_mailbox_is_not(backing: Backing) {
        let [here, elsewhere, moved] = [(); 3].map(|()| Dovecot::start(DovecotOptions::default()));
        let client = |dovecot: &Dovecot| ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
        client(&here).append("INBOX", &letters("ons", 20));
        // The same name at another server, with some mail that both got.
        client(&elsewhere).append("INBOX", &letters("hun", 20));
        client(&elsewhere).append("INBOX", &letters("ons", 2));
        // The same mail, numbered anew and partly put elsewhere.
        client(&moved).append("INBOX", &letters("vreemd", 3));
        client(&moved).append("INBOX", &letters("ons", 20));
        // UIDVALIDITY is often the second in which a folder was made, or 1: two servers may well agree on it by chance.
        for dovecot in [&here, &elsewhere, &moved] {
            dovecot.set_uidvalidity("anna", "INBOX", 1);
        }

        let program = Program::start(backing);
        let id = program.connect(&account("anna@voorbeeld.test", imap(here.imap_port, "anna", "geheim-1"), none()));
        program.fetch(&id);
        let ours = subjects(&program);
        assert_eq!(ours.len(), 20);

        let path = format!("/accounts/{id}");
        let point_at = |port: u16| {
            let incoming = imap(port, "anna", "geheim-1");
            program.api.call("PATCH", &path, Some(&json!({ "incoming": incoming })), &[])
        };
        let refused = point_at(elsewhere.imap_port);
        assert_eq!(refused.status, 409, "{}", refused.text());
        let error = &refused.json()["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!("incoming.host"), &json!("other_account")), "{error}");
        assert_eq!(program.api.get(&path)["incoming"]["port"], json!(here.imap_port), "nothing was saved");

        // A server that is not there when the settings are saved shows its mailbox later.
        let (port, is_open) = door(elsewhere.imap_port);
        assert_eq!(point_at(port).status, 200);
        is_open.store(true, Ordering::SeqCst);
        let tested = program.api.post(&format!("{path}/test"), &json!({}));
        let steps = tested["steps"].as_array().expect("steps");
        let failed = steps.iter().find(|step| step["ok"] == json!(false)).expect("a step that failed");
        assert_eq!((&failed["name"], &failed["code"]), (&json!("folders"), &json!("other_account")), "{tested}");
        assert_eq!(point_at(port).status, 200, "saved again it connects at once");
        let health = wait_until("the other mailbox is refused", || {
            let health = program.api.get(&format!("/accounts/{id}"))["health"].clone();
            (health["code"] == json!("other_account")).then_some(health)
        });
        assert_eq!(health["colour"], json!("red"), "{health}");
        let metrics = program.api.call("GET", "/../../metrics", None, &[]).text();
        assert!(metrics.contains(&format!("postkamer_account_health{{account=\"{id}\"}} 2\n")), "{metrics}");
        assert!(metrics.contains("postkamer_sync_messages_fetched_total 20\n"), "{metrics}");
        assert!(!metrics.contains("postkamer_sync_passes_failed_total 0\n"), "{metrics}");
        assert!(text(&health["cause"]).len() > 20 && text(&health["fix"]).len() > 20, "{health}");
        assert_eq!(subjects(&program), ours, "nothing of ours was touched, and nothing of theirs came in");

        assert_eq!(point_at(moved.imap_port).status, 200);
        let fetched: Value = program.fetch(&id);
        assert_eq!(fetched["removed"], json!(0), "{fetched}");
        let now = subjects(&program);
        assert_eq!(now.len(), 23, "{now:?}");
        assert_eq!(now.iter().filter(|subject| subject.starts_with("ons")).count(), 20, "each of ours once");
        assert_eq!(program.api.get(&format!("/accounts/{id}"))["health"]["colour"], json!("green"));
    }
}
