//! Finding mail again, by words and by the people and dossiers it belongs to.

use crate::client::Client;
use crate::fetch::text;
use crate::program::{Backing, Program, account, imap, none, on_every_backing, wait_until};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::{Append, Dovecot, DovecotOptions, ImapClient};

on_every_backing!(every_way_of_asking_finds_what_it_says_and_nothing_else);
on_every_backing!(contacts_and_dossiers_gather_their_mail_also_when_they_come_later);

fn put(client: &ImapClient, folder: &str, from: &str, subject: &str, day: u32, flags: &[&str], body: &str) {
    let raw = format!(
        "From: {from}\r\nTo: info@voorbeeld.test\r\nSubject: {subject}\r\nDate: {day} Mar 2026 09:30:00 +0100\r\n\
         Message-ID: <{day}.{}@elders.test>\r\nMIME-Version: 1.0\r\n{body}",
        subject.len()
    );
    let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
    client.append(
        folder,
        &[Append { raw: raw.into_bytes(), flags, date: Some(format!("{day:02}-Mar-2026 09:30:00 +0100")) }],
    );
}

fn plain(words: &str) -> String {
    format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{words}\r\n")
}

fn with_file(name: &str) -> String {
    format!(
        "Content-Type: multipart/mixed; boundary=grens\r\n\r\n--grens\r\nContent-Type: text/plain\r\n\r\nZie bijlage.\r\n\
         --grens\r\nContent-Type: application/pdf; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nSGFsbG8=\r\n--grens--\r\n"
    )
}

fn subjects(api: &Client, query: &str) -> Vec<String> {
    let mut found: Vec<String> = api.search(query).iter().map(|line| text(&line["subject"])).collect();
    found.sort();
    found
}

/// A mailbox with five letters, fetched.
fn five_letters(backing: Backing) -> (Dovecot, Program, String) {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    let (zoe, daan) = ("=?utf-8?q?Zo=C3=AB?= Peeters <zoe@peeters.test>", "Daan Berg <daan@berg.test>");
    put(&client, "INBOX", zoe, "Offerte dakgoot", 1, &["\\Seen"], &plain("De crème brûlée staat koud."));
    put(&client, "INBOX", zoe, "Factuur maart", 2, &[], &with_file("factuur-2026.pdf"));
    put(&client, "INBOX", daan, "Lekkage keuken", 3, &[], &plain("Het water staat tot de enkels."));
    put(&client, "Archief", daan, "Oude offerte", 4, &["\\Seen", "\\Flagged"], &plain("De dakgoot en de regenpijp."));
    put(&client, "Verzonden", "info@voorbeeld.test", "Antwoord", 5, &["\\Seen"], &plain("Wij komen dinsdag langs."));
    let program = Program::start(backing);
    let id = program.connect(&account("info@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none()));
    program.fetch(&id);
    (dovecot, program, id)
}

mod stories {
    use super::*;

    pub(super) fn every_way_of_asking_finds_what_it_says_and_nothing_else(backing: Backing) {
        let (dovecot, program, id) = five_letters(backing);
        let api = &program.api;
        let asked: [(&str, &[&str]); 22] = [
            ("dakgoot", &["Offerte dakgoot", "Oude offerte"]),
            ("DAKGOOT offerte", &["Offerte dakgoot", "Oude offerte"]),
            ("creme brulee", &["Offerte dakgoot"]),
            ("brûlée", &["Offerte dakgoot"]),
            ("\"water staat\"", &["Lekkage keuken"]),
            ("\"staat water\"", &[]),
            ("from:zoe", &["Factuur maart", "Offerte dakgoot"]),
            ("from:zoë", &["Factuur maart", "Offerte dakgoot"]),
            ("from:zoe@peeters.test", &["Factuur maart", "Offerte dakgoot"]),
            ("from:berg dakgoot", &["Oude offerte"]),
            ("subject:offerte", &["Offerte dakgoot", "Oude offerte"]),
            ("subject:dakgoot", &["Offerte dakgoot"]),
            ("has:attachment", &["Factuur maart"]),
            ("factuur-2026.pdf", &["Factuur maart"]),
            ("before:2026-03-02", &["Offerte dakgoot"]),
            ("after:2026-03-04", &["Antwoord", "Oude offerte"]),
            ("in:archief", &["Oude offerte"]),
            ("in:sent", &["Antwoord"]),
            ("is:unread", &["Factuur maart", "Lekkage keuken"]),
            ("is:flagged", &["Oude offerte"]),
            ("offerte -dakgoot", &[]),
            ("daksgoot", &[]),
        ];
        for (query, expected) in asked {
            assert_eq!(subjects(api, query), expected, "{query}");
        }
        assert_eq!(subjects(api, "account:info@voorbeeld.test from:daan"), ["Lekkage keuken", "Oude offerte"]);
        assert_eq!(api.list(&format!("/messages?account={id}")).len(), 5);
        assert_eq!(api.list("/messages?unread=true").len(), 2);
        // Half a question and odd signs find something or nothing, and never break.
        for query in
            ["\"", "from:", "(", "AND", "*", "is:niets", "before:gisteren", "a OR", "%", "'", "\\", "NEAR(", "-", ":"]
        {
            let answer = api.call("GET", &format!("/messages?q={}", crate::client::escaped(query)), None, &[]);
            assert!([200, 422].contains(&answer.status), "{query}: {}", answer.text());
        }

        // What arrives is found within a second. What else runs on the machine delays some; what is slow by design, all.
        let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
        let mut delays: Vec<Duration> = Vec::new();
        for number in 0..5 {
            put(&client, "INBOX", "x@y.test", "Vers", 10 + number, &[], &plain(&format!("zoekwoord{number}")));
            let begin = Instant::now();
            wait_until("the word is found", || (subjects(api, &format!("zoekwoord{number}")).len() == 1).then_some(()));
            delays.push(begin.elapsed());
        }
        delays.sort();
        assert!(delays[1] < Duration::from_secs(1), "{delays:?}");
    }

    pub(super) fn contacts_and_dossiers_gather_their_mail_also_when_they_come_later(backing: Backing) {
        let (dovecot, program, _) = five_letters(backing);
        let api = &program.api;
        let told = api.get("/changes?limit=200")["latest"].clone();
        let put = |path: &str, body: &Value| api.put(path, body);
        let zoe =
            put("/contacts/by-external/crm/1042", &json!({ "name": "Zoë Peeters", "addresses": ["Zoe@Peeters.test"] }));
        let zoe = text(&zoe["id"]);
        let dossier = put(
            "/dossiers/by-external/crm/7",
            &json!({ "name": "Dakgoot 2026", "kind": "opdracht", "contacts": [zoe] }),
        );
        let dossier = text(&dossier["id"]);
        let of = |what: &str, id: &str| {
            let mut found: Vec<String> =
                api.list(&format!("/messages?{what}={id}")).iter().map(|line| text(&line["subject"])).collect();
            found.sort();
            found
        };
        wait_until("old mail is linked", || (of("contact", &zoe).len() == 2).then_some(()));
        assert_eq!(of("contact", &zoe), ["Factuur maart", "Offerte dakgoot"]);
        wait_until("and is in the dossier", || (of("dossier", &dossier).len() == 2).then_some(()));
        assert_eq!(subjects(api, &format!("contact:{zoe} is:unread")), ["Factuur maart"]);
        assert_eq!(subjects(api, &format!("dossier:{dossier}")), ["Factuur maart", "Offerte dakgoot"]);
        let kinds: Vec<String> =
            api.list(&format!("/changes?since={}", text(&told))).iter().map(|change| text(&change["kind"])).collect();
        assert!(kinds.iter().any(|kind| kind == "message.linked"), "{kinds:?}");

        // The same outside id is the same contact.
        let again = put(
            "/contacts/by-external/crm/1042",
            &json!({ "name": "Zoë P.", "addresses": ["zoe@peeters.test", "zoe@thuis.test"] }),
        );
        assert_eq!(again["id"], json!(zoe));
        assert_eq!(api.list("/contacts").len(), 1);

        // New mail from the second address comes to the contact and the dossier by itself.
        let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
        super::put(&client, "INBOX", "zoe@thuis.test", "Van thuis", 9, &[], &plain("Dag."));
        wait_until("the new mail is linked", || {
            of("dossier", &dossier).contains(&"Van thuis".to_owned()).then_some(())
        });

        // What a person unlinks stays unlinked, whatever is saved afterwards.
        let home = api.search("subject:thuis").remove(0);
        let path = format!("/messages/{}", text(&home["id"]));
        api.delete(&format!("{path}/contacts/{zoe}"));
        api.delete(&format!("{path}/dossiers/{dossier}"));
        put(
            "/contacts/by-external/crm/1042",
            &json!({ "name": "Zoë", "addresses": ["zoe@thuis.test", "zoe@peeters.test"] }),
        );
        put("/dossiers/by-external/crm/7", &json!({ "name": "Dakgoot 2026", "contacts": [zoe] }));
        assert_eq!(of("contact", &zoe), ["Factuur maart", "Offerte dakgoot"]);
        assert_eq!(of("dossier", &dossier), ["Factuur maart", "Offerte dakgoot"]);

        // And by hand it can be put anywhere.
        let other = api.search("subject:lekkage").remove(0);
        api.put(&format!("/messages/{}/dossiers/{dossier}", text(&other["id"])), &json!({}));
        assert!(of("dossier", &dossier).contains(&"Lekkage keuken".to_owned()));
        let whole = api.get(&format!("/messages/{}", text(&other["id"])));
        assert_eq!(whole["dossiers"], json!([dossier]));
    }
}

#[test]
fn addresses_and_domains_on_the_list_are_never_linked() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    put(&client, "INBOX", "collega@voorbeeld.test", "Intern", 1, &[], &plain("x"));
    put(&client, "INBOX", "klant@elders.test", "Extern", 2, &[], &plain("x"));
    let program = Program::start(Backing::Disk);
    for (name, address) in [("Collega", "collega@voorbeeld.test"), ("Klant", "klant@elders.test")] {
        program.api.post("/contacts", &json!({ "name": name, "addresses": [address] }));
    }
    let mut wanted = account("info@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none());
    wanted["never_link"] = json!(["voorbeeld.test"]);
    let id = program.connect(&wanted);
    program.fetch(&id);
    let linked = |subject: &str| {
        let line = program.api.search(&format!("subject:{subject}")).remove(0);
        program.api.get(&format!("/messages/{}", text(&line["id"])))["contacts"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((linked("Intern"), linked("Extern")), (0, 1));
}
