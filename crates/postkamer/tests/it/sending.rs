//! Sending: what is handed over arrives as it was written, once, and its state says what happened.

use crate::fetch::{text, trusting};
use crate::post_office::{PASSWORD, PostOffice, file, header, letter, recipient, send, when};
use crate::program::{Backing, Program, account, imap, none, on_every_backing, smtp, wait_longer, wait_until};
use serde_json::json;
use std::time::Duration;
use testkit::{Ca, Exim, EximOptions, Sink, SmtpClient};

on_every_backing!(a_mail_leaves_once_and_arrives_as_it_was_written);
on_every_backing!(an_answer_joins_the_conversation_on_both_sides);

mod stories {
    use super::*;

    pub(super) fn a_mail_leaves_once_and_arrives_as_it_was_written(backing: Backing) {
        let office = PostOffice::open();
        let (program, id) = office.tenant(backing);
        let api = &program.api;
        api.patch(&format!("/accounts/{id}"), &json!({ "bcc": "kopie@example.test", "display_name": "Zoë van Info" }));
        let quote: Vec<u8> = (0..9_000_u32).map(|n| (n * 7 % 251) as u8).collect();
        let mail = json!({
            "account": id,
            "to": [{ "name": "Anna Coëlho", "address": "anna@example.test" }],
            "cc": [{ "address": "bram@example.test" }],
            "bcc": [{ "address": "cees@example.test" }],
            "subject": "Offerte dakgoot – café één",
            "text": "Beste Anna,\n\n.een regel met een punt\nFrom hier af: één euro (€ 1).\n",
            "attachments": [file("offerte café.pdf", "application/pdf", &quote)],
        });
        let submission = when(api, &send(api, &mail), "accepted");
        for address in ["anna", "bram", "cees", "kopie"] {
            let (state, said) = recipient(&submission, &format!("{address}@example.test"));
            assert_eq!(state, "accepted", "{submission}");
            assert!(said.starts_with("250"), "{said}");
        }

        let arrived = office.delivered("anna", 1).remove(0);
        for name in ["bram", "cees", "kopie"] {
            assert_eq!(office.delivered(name, 1).len(), 1);
        }
        assert_eq!(header(&arrived, "bcc"), None);
        assert!(
            !String::from_utf8_lossy(&arrived).contains("cees@")
                && !String::from_utf8_lossy(&arrived).contains("kopie@")
        );
        assert_eq!(header(&arrived, "message-id"), Some(format!("<{}>", text(&submission["message_id"]))));

        let sent = wait_until("the sent copy is there", || {
            let folder = office.client("info").folder("Verzonden");
            (!folder.messages.is_empty()).then_some(folder)
        });
        assert!(sent.messages[0].flags.iter().any(|flag| flag == "\\Seen"), "{sent:?}");
        let copy = office.client("info").bodies("Verzonden").remove(0);
        let after_fields =
            |raw: &[u8]| String::from_utf8_lossy(raw).split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        assert_eq!(after_fields(&arrived), after_fields(&copy), "the same bytes on both sides");

        // Anna's side, read by the same program: what the parser makes of it is what was written.
        let anna = program.connect(&office.account("anna"));
        program.fetch(&anna);
        let line = api.list(&format!("/messages?account={anna}")).remove(0);
        let message = api.get(&format!("/messages/{}", text(&line["id"])));
        assert_eq!(message["subject"], "Offerte dakgoot – café één");
        assert_eq!(message["from"], json!({ "name": "Zoë van Info", "address": "info@example.test" }));
        assert_eq!(message["to"], json!([{ "name": "Anna Coëlho", "address": "anna@example.test" }]));
        let body = text(&message["text"]).replace("\r\n", "\n");
        assert!(body.contains(".een regel met een punt\nFrom hier af: één euro (€ 1)."), "{body}");
        assert_eq!(message["attachments"][0]["name"], "offerte café.pdf");
        let n = &message["attachments"][0]["n"];
        assert_eq!(api.bytes(&format!("/messages/{}/attachments/{n}", text(&line["id"]))), quote);

        // However often we look, it is there once.
        program.fetch(&id);
        assert_eq!(office.client("info").folder("Verzonden").messages.len(), 1);
        assert_eq!(api.list(&format!("/messages?account={id}&role=sent")).len(), 1);
        assert_eq!(office.client("anna").folder("INBOX").messages.len(), 1);
    }

    pub(super) fn an_answer_joins_the_conversation_on_both_sides(backing: Backing) {
        let office = PostOffice::open();
        let (program, id) = office.tenant(backing);
        let api = &program.api;
        let post = SmtpClient { port: office.postfix.smtp_port, ..SmtpClient::default() };
        let question = b"From: Anna <anna@example.test>\r\nTo: info@example.test\r\nSubject: Vraag over levering\r\n\
            Message-ID: <vraag@anna.test>\r\nReferences: <eerder@anna.test>\r\n\r\nWanneer komt het?\r\n";
        assert_eq!(post.send("anna@example.test", &["info@example.test"], question), Ok(json!({})));
        let asked = wait_until("the question is here", || api.search("subject:levering").into_iter().next());
        let mut answer = letter(&id, &["anna@example.test"], "Re: Vraag over levering");
        answer["reply_to_message"] = asked["id"].clone();
        let submission = when(api, &send(api, &answer), "accepted");
        assert_eq!(submission["conversation"], asked["conversation"]);
        let arrived = office.delivered("anna", 1).remove(0);
        assert_eq!(header(&arrived, "in-reply-to").as_deref(), Some("<vraag@anna.test>"));
        assert_eq!(header(&arrived, "references").as_deref(), Some("<eerder@anna.test> <vraag@anna.test>"));

        // Anna answers the answer, and her program writes another subject.
        let again = format!(
            "From: Anna <anna@example.test>\r\nTo: info@example.test\r\nSubject: AW: iets anders\r\n\
             Message-ID: <weer@anna.test>\r\nIn-Reply-To: <{}>\r\n\r\nDank je.\r\n",
            text(&submission["message_id"])
        );
        assert_eq!(post.send("anna@example.test", &["info@example.test"], again.as_bytes()), Ok(json!({})));
        let conversation = text(&asked["conversation"]);
        let all = wait_until("question, answer and thanks are one conversation", || {
            let all = api.list(&format!("/messages?conversation={conversation}"));
            (all.len() == 3).then_some(all)
        });
        let sent = all.iter().find(|line| line["role"] == "sent").expect("the sent copy is among them");
        assert_eq!(sent["outgoing"], json!(true));
        let question = api.get(&format!("/messages/{}", text(&asked["id"])));
        assert_eq!(question["answered"], json!(true), "the answered mail shows that it is");
        wait_until("another client sees that too", || {
            let messages = office.client("info").folder("INBOX").messages;
            messages[0].flags.iter().any(|flag| flag == "\\Answered").then_some(())
        });
    }
}

#[test]
fn a_mail_leaves_over_tls_and_over_starttls() {
    let ca = Ca::new();
    let office = PostOffice::with(|dovecot, postfix| {
        dovecot.tls = Some(ca.issue(&["localhost"]));
        postfix.tls = Some(ca.issue(&["localhost"]));
    });
    let program = trusting(&ca, Backing::Disk);
    let ways = [("info", "tls", office.postfix.submissions_port), ("bram", "starttls", office.postfix.submission_port)];
    for (count, (name, encryption, port)) in ways.into_iter().enumerate() {
        let address = format!("{name}@example.test");
        let outgoing = json!({ "kind": "smtp", "host": "localhost", "port": port, "encryption": encryption,
            "username": address, "secret": PASSWORD });
        let id = program.connect(&account(&address, none(), outgoing));
        let sent = send(&program.api, &letter(&id, &["anna@example.test"], encryption));
        when(&program.api, &sent, "accepted");
        let arrived = office.delivered("anna", count + 1);
        let one = arrived.iter().find(|raw| header(raw, "subject").as_deref() == Some(encryption)).expect("it arrived");
        assert!(String::from_utf8_lossy(one).contains("SMTPSA"), "Postfix saw a sign-in over TLS");
    }
}

#[test]
fn of_three_recipients_the_one_that_is_refused_keeps_nobody_from_the_mail() {
    let office = PostOffice::open();
    let (program, id) = office.tenant(Backing::Disk);
    let to = ["anna@example.test", "gone@example.test", "bram@example.test"];
    let sent = send(&program.api, &letter(&id, &to, "Drie"));
    let submission = wait_until("all three have an end", || {
        let now = program.api.get(&format!("/outbox/{sent}"));
        let ended = |to: &&str| ["accepted", "failed"].contains(&recipient(&now, to).0.as_str());
        to.iter().all(ended).then_some(now)
    });
    assert_eq!(recipient(&submission, "anna@example.test").0, "accepted");
    assert_eq!(recipient(&submission, "bram@example.test").0, "accepted");
    let (state, said) = recipient(&submission, "gone@example.test");
    assert_eq!(state, "failed");
    assert!(said.contains("nobody of that name here"), "{said}");
    assert_eq!((office.delivered("anna", 1).len(), office.delivered("bram", 1).len()), (1, 1));
}

#[test]
fn what_is_refused_for_now_is_tried_again_and_what_was_accepted_is_not_sent_twice() {
    let office = PostOffice::open();
    let (program, id) = office.tenant(Backing::Disk);
    let full = send(&program.api, &letter(&id, &["anna@example.test", "full@example.test"], "Vol"));
    // Of the same domain: each has its turn, however often the other is put off.
    let cut = send(&program.api, &letter(&id, &["hangup@example.test"], "Afgebroken"));
    for (id, address) in [(&full, "full@example.test"), (&cut, "hangup@example.test")] {
        // A minute before the second try, and half a minute for each rest of the domain.
        let submission = wait_longer(Duration::from_secs(240), "there was a second try", || {
            let now = program.api.get(&format!("/outbox/{id}"));
            let second = now["attempts"].as_array().and_then(|attempts| attempts.get(1).cloned());
            second.is_some_and(|second| !second["ended_at"].is_null() && now["state"] == "waiting").then_some(now)
        });
        assert_eq!(recipient(&submission, address).0, "waiting", "{submission}");
        assert_eq!(submission["waits_for"], "retry");
    }
    assert_eq!(office.client("anna").folder("INBOX").messages.len(), 1);
}

#[test]
fn exim_takes_twenty_mails_a_connection_and_gets_all_forty_five() {
    let exim = Exim::start(EximOptions::default());
    let program = Program::start(Backing::Disk);
    let contact = program.api.post("/contacts", &json!({ "name": "Klant", "addresses": ["klant@example.test"] }));
    let id = program.connect(&account("anna@example.test", none(), smtp(exim.smtp_port, "anna", PASSWORD)));
    let sent: Vec<String> =
        (0..45).map(|n| send(&program.api, &letter(&id, &["klant@example.test"], &format!("Factuur {n}")))).collect();
    for one in &sent {
        when(&program.api, one, "accepted");
    }
    let delivered = wait_until("all are delivered", || Some(exim.delivered()).filter(|all| all.len() >= 45));
    let mut subjects: Vec<_> = delivered.iter().filter_map(|raw| header(raw, "subject")).collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!((delivered.len(), subjects.len()), (45, 45));
    // No server keeps what a mailbox that only sends has sent: it lies here, with whom it was for.
    let path = format!("/messages?role=sent&contact={}", text(&contact["id"]));
    let mut kept: Vec<String> = wait_until("all lie among what was sent", || {
        let kept = program.api.list(&path);
        (kept.len() >= 45).then(|| kept.iter().map(|one| text(&one["subject"])).collect())
    });
    kept.sort();
    assert_eq!(kept, subjects);
}

#[test]
fn a_report_from_afar_turns_the_mail_into_bounced() {
    let world = Sink::start();
    world.refuse("weg@elders.test", "550 5.1.1 nobody of that name here");
    let office = PostOffice::with(|_, postfix| postfix.relay_to = Some(world.port));
    let (program, id) = office.tenant(Backing::Disk);
    let sent = send(&program.api, &letter(&id, &["weg@elders.test"], "Naar niemand"));
    let submission = when(&program.api, &sent, "bounced");
    let (state, said) = recipient(&submission, "weg@elders.test");
    assert_eq!(state, "bounced");
    assert!(said.contains("5.1.1"), "{said}");
    let kinds: Vec<String> = program.api.list("/changes").iter().map(|change| text(&change["kind"])).collect();
    assert!(kinds.iter().any(|kind| kind == "outbox.bounced"), "{kinds:?}");
}

#[test]
fn a_wrong_password_pauses_the_account_and_its_mail_leaves_when_it_is_put_right() {
    let office = PostOffice::open();
    let program = Program::start(Backing::Disk);
    let address = "info@example.test";
    let incoming = imap(office.dovecot.imap_port, address, PASSWORD);
    let outgoing = smtp(office.postfix.submission_port, address, "geheim-fout");
    let id = program.connect(&account(address, incoming, outgoing));
    let sent: Vec<String> =
        (0..5).map(|n| send(&program.api, &letter(&id, &["anna@example.test"], &format!("Nummer {n}")))).collect();
    wait_until("the account says why", || {
        let health = program.api.get(&format!("/accounts/{id}"))["health"].clone();
        (health["code"] == "sending_wrong_password").then_some(())
    });
    let refused = || office.postfix.mail_log().matches("authentication failed").count();
    for one in &sent {
        // The health is told a moment before the mail that met the refusal is put back.
        when(&program.api, one, "waiting");
    }
    assert!((1..=3).contains(&refused()), "{}", office.postfix.mail_log());

    program.api.patch(&format!("/accounts/{id}"), &json!({ "outgoing": { "secret": PASSWORD } }));
    for one in &sent {
        when(&program.api, one, "accepted");
    }
    assert_eq!(office.delivered("anna", 5).len(), 5);
}
