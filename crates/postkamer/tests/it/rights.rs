//! Rights: what one may not see is not there, on every road to it.

use crate::client::Client;
use crate::fetch::text;
use crate::program::{Backing, Program, account, imap, none, on_every_backing, wait_until};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Append, Dovecot, DovecotOptions, ImapClient};

on_every_backing!(private_mail_is_not_there_for_a_colleague_on_any_road);

fn letter(subject: &str, number: u32) -> Append {
    let raw = format!(
        "From: klant@elders.test\r\nTo: info@voorbeeld.test\r\nSubject: {subject}\r\nMessage-ID: <{number}@elders.test>\r\n\
         Date: Thu, 5 Mar 2026 09:30:0{number} +0100\r\n\r\nOver de kwestie{number}.\r\n"
    );
    Append { raw: raw.into_bytes(), ..Append::default() }
}

fn subjects(lines: &[Value]) -> Vec<String> {
    lines.iter().map(|line| text(&line["subject"])).collect()
}

fn status(api: &Client, method: &str, path: &str, body: Option<&Value>) -> u16 {
    api.call(method, path, body, &[]).status
}

mod stories {
    use super::*;

    pub(super) fn private_mail_is_not_there_for_a_colleague_on_any_road(backing: Backing) {
        let dovecot = Dovecot::start(DovecotOptions::default());
        let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
        client.append("INBOX", &[letter("Gewone vraag", 1), letter("Vertrouwelijk: salaris", 2)]);
        let mut program = Program::start(backing);
        let (user, colleague) = program.colleague("collega@voorbeeld.test", "member", "write");
        let mut wanted = account("info@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none());
        let me = text(&program.api.get("/me")["user"]["id"]);
        let all = json!(["read", "send", "manage"]);
        wanted["owners"] = json!([{ "user": me, "rights": all }, { "user": user, "rights": ["read", "send"] }]);
        let told = colleague.events();
        let id = program.connect(&wanted);
        program.fetch(&id);
        let both = program.api.list("/messages");
        assert_eq!(both.len(), 2);
        let secret = both.iter().find(|line| text(&line["subject"]).starts_with("Vertrouwelijk")).expect("it is there");
        assert_eq!(secret["private"], json!(true));
        let key = text(&secret["id"]);

        assert_eq!(subjects(&colleague.list("/messages")), ["Gewone vraag"]);
        assert_eq!(subjects(&colleague.search("kwestie2")), Vec::<String>::new());
        assert_eq!(subjects(&colleague.search("kwestie1")), ["Gewone vraag"]);
        for path in
            [format!("/messages/{key}"), format!("/messages/{key}/raw"), format!("/messages/{key}/attachments/0")]
        {
            assert_eq!(status(&colleague, "GET", &path, None), 404, "{path}");
        }
        let changed = json!({ "seen": true, "private": false });
        assert_eq!(status(&colleague, "PATCH", &format!("/messages/{key}"), Some(&changed)), 404);
        let conversation = format!("/conversations/{}", text(&secret["conversation"]));
        assert_eq!(status(&colleague, "GET", &conversation, None), 404);
        let reply = json!({ "account": id, "to": [{ "address": "a@b.test" }], "text": "x", "reply_to_message": key });
        assert!([403, 404, 409, 422].contains(&status(&colleague, "POST", "/outbox", Some(&reply))));
        let about = |changes: &[Value]| changes.iter().any(|change| change.to_string().contains(&key));
        assert!(!about(&colleague.list("/changes")) && about(&program.api.list("/changes")));
        // What is told after it was told before it, were it told at all.
        client.append("INBOX", &[letter("Het slot", 3)]);
        program.fetch(&id);
        let last = program.api.search("subject:slot").remove(0)["id"].clone();
        let mut heard = Vec::new();
        while heard.last().is_none_or(|facts: &Value| facts["message"] != last) {
            heard.push(told.recv_timeout(Duration::from_secs(60)).expect("the last letter is told").facts);
        }
        assert!(!about(&heard), "{heard:?}");
        let counts = |api: &Client| api.get(&format!("/accounts/{id}"))["counts"]["messages"].clone();
        assert_eq!(counts(&program.api), json!(3));

        // Made public by who manages the account, it is there for everybody who reads it.
        program.api.patch(&format!("/messages/{key}"), &json!({ "private": false }));
        assert_eq!(subjects(&colleague.search("kwestie2")), ["Vertrouwelijk: salaris"]);
    }
}

#[test]
fn somebody_else_s_mail_is_404_on_every_route() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    client.append("INBOX", &[letter("Van Anna", 1)]);
    let mut program = Program::start(Backing::Disk);
    let (_, other) = program.colleague("ander@voorbeeld.test", "member", "write");
    let id = program.connect(&account("info@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none()));
    program.fetch(&id);
    let line = program.api.list("/messages").remove(0);
    let (message, conversation) = (text(&line["id"]), text(&line["conversation"]));
    let folder = text(&line["folder"]);

    assert_eq!(other.list("/messages").len() + other.list("/accounts").len() + other.list("/conversations").len(), 0);
    assert_eq!(other.list(&format!("/messages?folder={folder}")).len(), 0);
    assert_eq!(other.list(&format!("/messages?account={id}")).len(), 0);
    assert!(!other.list("/changes").iter().any(|change| change.to_string().contains(&message)));
    let body = json!({});
    let calls: Vec<(&str, String)> = vec![
        ("GET", format!("/messages/{message}")),
        ("GET", format!("/messages/{message}/raw")),
        ("GET", format!("/messages/{message}/attachments/0")),
        ("PATCH", format!("/messages/{message}")),
        ("PUT", format!("/messages/{message}/contacts/cnt_01k8w2m4q7r9t")),
        ("DELETE", format!("/messages/{message}/dossiers/dos_01k8w2m4q7r9t")),
        ("GET", format!("/conversations/{conversation}")),
        ("PATCH", format!("/conversations/{conversation}")),
        ("DELETE", format!("/conversations/{conversation}/presence")),
        ("GET", format!("/accounts/{id}")),
        ("PATCH", format!("/accounts/{id}")),
        ("DELETE", format!("/accounts/{id}")),
        ("POST", format!("/accounts/{id}/test")),
        ("POST", format!("/accounts/{id}/fetch")),
        ("GET", format!("/accounts/{id}/folders")),
        ("GET", format!("/accounts/{id}/ledger")),
    ];
    for (method, path) in &calls {
        let answer = other.call(method, path, (*method != "GET" && *method != "DELETE").then_some(&body), &[]);
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        assert_eq!(answer.content_type, "application/problem+json");
    }
    let mail = json!({ "account": id, "to": [{ "address": "a@b.test" }], "text": "x" });
    assert!([403, 404].contains(&status(&other, "POST", "/outbox", Some(&mail))));

    // With the right to read, the same colleague sees it, and no more than that.
    let users = program.api.list("/users");
    let of = |email: &str| users.iter().find(|user| user["email"] == json!(email)).map(|user| user["id"].clone());
    let owners = json!([
        { "user": text(&program.api.get("/me")["user"]["id"]), "rights": ["read", "send", "manage"] },
        { "user": of("ander@voorbeeld.test"), "rights": ["read"] },
    ]);
    program.api.put(&format!("/accounts/{id}/owners"), &owners);
    assert_eq!(status(&other, "GET", &format!("/messages/{message}"), None), 200);
    assert_eq!(status(&other, "POST", "/outbox", Some(&mail)), 403);
    assert_eq!(status(&other, "PATCH", &format!("/accounts/{id}"), Some(&json!({ "active": false }))), 403);
}

#[test]
fn another_organisation_does_not_exist() {
    let mut program = Program::start(Backing::Disk);
    let contact = program.api.post("/contacts", &json!({ "name": "Klant", "addresses": ["klant@elders.test"] }));
    let id = program.connect(&account("info@voorbeeld.test", none(), none()));
    assert!(program.stop().success());
    let password = program.beside("wachtwoord");
    std::fs::write(&password, "zonnig-dorp-aan-de-zee-42\n").expect("our own file");
    let mut setup = program.installation.command("setup");
    setup
        .args(["--without-mailbox", "--organisation", "Buren", "--admin", "baas@buren.test", "--password-file"])
        .arg(&password);
    assert!(setup.status().is_ok_and(|status| status.success()));
    program.serve_again();
    let token = program.token("baas@buren.test", "admin");
    let neighbour = program.api.speaking_for(&token);
    assert_eq!(
        neighbour.list("/contacts").len() + neighbour.list("/accounts").len() + neighbour.list("/changes").len(),
        0
    );
    assert_eq!(neighbour.list("/users").len(), 1);
    for path in [format!("/contacts/{}", text(&contact["id"])), format!("/accounts/{id}")] {
        assert_eq!(status(&neighbour, "GET", &path, None), 404, "{path}");
        assert_eq!(status(&neighbour, "PATCH", &path, Some(&json!({}))), 404, "{path}");
    }
}

#[test]
fn a_token_for_reading_changes_nothing_and_one_that_was_withdrawn_does_nothing() {
    let mut program = Program::start(Backing::Disk);
    let id = program.connect(&account("info@voorbeeld.test", none(), none()));
    let admin = program.installation.admin.clone();
    let token = program.token(&admin, "read");
    let reader = program.api.speaking_for(&token);
    assert_eq!(reader.list("/accounts").len(), 1);
    let wanted = account("nieuw@voorbeeld.test", none(), none());
    let calls: [(&str, String, Value); 5] = [
        ("POST", "/accounts".into(), wanted),
        ("PATCH", format!("/accounts/{id}"), json!({ "active": false })),
        ("DELETE", format!("/accounts/{id}"), json!({})),
        ("POST", "/contacts".into(), json!({ "name": "x", "addresses": [] })),
        ("POST", "/outbox".into(), json!({ "account": id, "to": [{ "address": "a@b.test" }], "text": "x" })),
    ];
    for (method, path, body) in &calls {
        assert_eq!(status(&reader, method, path, Some(body)), 403, "{method} {path}");
    }
    assert_eq!(program.api.list("/accounts").len(), 1);

    let nobody = program.api.speaking_for("pk_dit_is_geen_token");
    assert_eq!(status(&nobody, "GET", "/accounts", None), 401);
    let (user, member) = program.colleague("weg@voorbeeld.test", "member", "write");
    assert_eq!(status(&member, "GET", "/me", None), 200);
    program.api.patch(&format!("/users/{user}"), &json!({ "active": false }));
    wait_until("it works no longer", || (status(&member, "GET", "/me", None) == 401).then_some(()));
}
