//! Accounts: the test that sends a real mail round, what goes wrong in plain words, and never locking anybody out.

use crate::client::Client;
use crate::fetch::{text, trusting};
use crate::post_office::{PASSWORD, PostOffice};
use crate::program::{Backing, Program, account, imap, none, set_up, smtp, wait_until};
use serde_json::{Value, json};
use testkit::{Ca, Dovecot, DovecotOptions, ImapClient, Sink};

pub(crate) fn steps(report: &Value) -> Vec<(String, String, bool)> {
    let steps = report["steps"].as_array().cloned().unwrap_or_default();
    steps.iter().map(|step| (text(&step["direction"]), text(&step["name"]), step["ok"] == json!(true))).collect()
}

pub(crate) fn failed(report: &Value) -> Value {
    let steps = report["steps"].as_array().cloned().unwrap_or_default();
    steps.into_iter().find(|step| step["ok"] == json!(false)).unwrap_or_else(|| panic!("nothing failed: {report}"))
}

#[test]
fn a_green_test_means_that_a_real_mail_went_round() {
    let office = PostOffice::open();
    let (program, id) = office.tenant(Backing::Disk);
    let report = program.api.post(&format!("/accounts/{id}/test"), &json!({}));
    assert_eq!(report["ok"], json!(true), "{report}");
    let names: Vec<String> =
        steps(&report).into_iter().map(|(direction, name, _)| format!("{direction} {name}")).collect();
    for step in [
        "incoming connect",
        "incoming sign_in",
        "incoming folders",
        "outgoing sign_in",
        "outgoing send",
        "incoming receive",
    ] {
        assert!(names.iter().any(|name| name == step), "{step}: {names:?}");
    }
    assert!(office.postfix.mail_log().contains("to=<info@example.test>"), "a mail went through Postfix");
    // The test leaves nothing behind that a person would wonder about.
    program.fetch(&id);
    assert_eq!(program.api.list(&format!("/messages?account={id}&role=inbox")).len(), 0);
}

#[test]
fn a_wrong_password_is_tried_at_most_three_times_told_in_both_languages_and_healed_by_the_right_one() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let program = Program::start(Backing::Disk);
    let id = program.connect(&account("anna@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-fout"), none()));
    let path = format!("/accounts/{id}");
    let health = wait_until("it is told", || {
        Some(program.api.get(&path)["health"].clone()).filter(|health| health["code"] == "wrong_password")
    });
    let dutch = program.api.call("GET", &path, None, &[("Accept-Language", "nl")]).json()["health"].clone();
    for words in ["cause", "fix"] {
        assert!(!text(&health[words]).is_empty() && !text(&dutch[words]).is_empty(), "{health} {dutch}");
        assert_ne!(health[words], dutch[words]);
    }
    assert!(text(&health["server_said"]).contains("Authentication failed"), "{health}");

    // Whoever presses the button again and again locks nobody out either.
    let is_red = || program.api.get(&path)["health"]["colour"] == "red";
    for _ in 0..6 {
        program.api.call("POST", &format!("{path}/fetch"), Some(&json!({})), &[]);
        let test = program.api.post(&format!("{path}/test"), &json!({}));
        assert_eq!(test["ok"], json!(false));
    }
    wait_until("it is red and stops", || is_red().then_some(()));
    let tries = dovecot.process.log().matches("auth failed").count();
    assert!((1..=3).contains(&tries), "{tries} tries: {}", dovecot.process.log());
    assert_eq!(program.api.get(&path)["health"]["next_try_at"], Value::Null);

    program.api.patch(&path, &json!({ "incoming": { "secret": "geheim-1" } }));
    program.fetch(&id);
    let health = program.api.get(&path)["health"].clone();
    assert_eq!((health["colour"].clone(), health["code"].clone()), (json!("green"), Value::Null));
}

#[test]
fn plain_text_is_refused_until_an_administrator_allows_it_for_that_account() {
    let mut program = Program::start(Backing::Disk);
    let mut wanted = account("anna@voorbeeld.test", imap(143, "anna", "geheim-1"), none());
    wanted["allow_plaintext"] = json!(false);
    let answer = program.api.call("POST", "/accounts", Some(&wanted), &[]);
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(answer.wrong(), [("incoming.encryption".to_owned(), "plaintext_refused".to_owned())]);

    let (_, manager) = program.colleague("beheer2@voorbeeld.test", "mailbox_manager", "write");
    wanted["allow_plaintext"] = json!(true);
    assert_eq!(manager.call("POST", "/accounts", Some(&wanted), &[]).status, 403);
    let made = program.api.post("/accounts", &wanted);
    assert!(made["warnings"].to_string().contains("plaintext"), "{made}");
}

#[test]
fn a_certificate_nobody_vouches_for_is_refused_unless_it_is_the_pinned_one() {
    let (ca, other) = (Ca::new(), Ca::new());
    let tls = Some(ca.issue(&["localhost"]));
    let dovecot = Dovecot::start(DovecotOptions { tls, ..DovecotOptions::default() });
    let program = Program::start(Backing::Disk);
    let incoming = json!({ "kind": "imap", "host": "localhost", "port": dovecot.imaps_port, "encryption": "tls",
        "username": "anna", "secret": "geheim-1" });
    let wanted = json!({ "address": "anna@voorbeeld.test", "incoming": incoming, "outgoing": none() });
    let id = program.connect(&wanted);
    let path = format!("/accounts/{id}");
    let report = program.api.post(&format!("{path}/test"), &json!({}));
    let step = failed(&report);
    assert_eq!(
        (step["name"].clone(), step["code"].clone()),
        (json!("tls"), json!("certificate_untrusted")),
        "{report}"
    );
    assert!(!dovecot.process.log().contains("user=<anna>"), "no password went over an untrusted line");

    // The fingerprint is shown, so that it can be compared and pinned.
    let shown = text(&step["server_said"]);
    let pin = fingerprint(&shown).unwrap_or_else(|| panic!("no fingerprint in {shown}"));
    program.api.patch(&path, &json!({ "pinned_certificate": pin }));
    program.fetch(&id);
    assert_eq!(program.api.get(&path)["health"]["colour"], "green");

    // Another certificate under the same name: nothing is sent there.
    let tls = Some(other.issue(&["localhost"]));
    let impostor = Dovecot::start(DovecotOptions { tls, ..DovecotOptions::default() });
    program.api.patch(&path, &json!({ "incoming": { "port": impostor.imaps_port } }));
    wait_until("it is red", || {
        let health = program.api.get(&path)["health"].clone();
        (health["code"] == "certificate_changed" && health["colour"] == "red").then_some(())
    });
    assert!(!impostor.process.log().contains("user=<anna>"));
}

/// The 64 hexadecimal digits in these words.
fn fingerprint(words: &str) -> Option<String> {
    let plain: String = words.chars().filter(|c| *c != ':').collect();
    let parts = plain.split(|c: char| !c.is_ascii_hexdigit());
    parts.map(str::to_owned).find(|part| part.len() == 64)
}

#[test]
fn an_expired_certificate_and_a_wrong_name_are_told_apart() {
    let ca = Ca::new();
    let cases = [
        ("certificate_expired", ca.issue_expired(&["localhost"])),
        ("certificate_wrong_host", ca.issue(&["elders.test"])),
    ];
    for (code, identity) in cases {
        let dovecot = Dovecot::start(DovecotOptions { tls: Some(identity), ..DovecotOptions::default() });
        let program = trusting(&ca, Backing::Disk);
        let incoming = json!({ "kind": "imap", "host": "localhost", "port": dovecot.imaps_port, "encryption": "tls",
            "username": "anna", "secret": "geheim-1" });
        let id =
            program.connect(&json!({ "address": "anna@voorbeeld.test", "incoming": incoming, "outgoing": none() }));
        let step = failed(&program.api.post(&format!("/accounts/{id}/test"), &json!({})));
        assert_eq!(step["code"], code, "{step}");
    }
}

#[test]
fn a_server_in_a_network_that_is_not_allowed_is_not_connected_to() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut installation = set_up(&folder, Backing::Disk, &[]);
    installation.variables.retain(|(name, _)| name != "POSTKAMER_ALLOW_NETWORK");
    let token = installation.token();
    let serving = installation.serve();
    let api = Client::new(&serving.url, &token);
    let mut incoming = imap(dovecot.imap_port, "anna", "geheim-1");
    incoming["encryption"] = json!("starttls");
    let made =
        api.post("/accounts", &json!({ "address": "anna@voorbeeld.test", "incoming": incoming, "outgoing": none() }));
    let path = format!("/accounts/{}", text(&made["id"]));
    let step = failed(&api.post(&format!("{path}/test"), &json!({})));
    assert_eq!(step["code"], "address_not_allowed", "{step}");
    wait_until("the account says so", || (api.get(&path)["health"]["code"] == "address_not_allowed").then_some(()));
    assert!(!dovecot.process.log().contains("imap-login"), "{}", dovecot.process.log());
}

#[test]
fn a_mailbox_that_holds_mail_stays_what_it_is() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    client.append("INBOX", &[testkit::Append { raw: b"Subject: blijft\r\n\r\nx\r\n".to_vec(), ..Default::default() }]);
    let program = Program::start(Backing::Disk);
    let id = program.connect(&account("anna@voorbeeld.test", imap(dovecot.imap_port, "anna", "geheim-1"), none()));
    program.fetch(&id);
    let path = format!("/accounts/{id}");
    assert_eq!(program.api.call("DELETE", &path, None, &[]).status, 409);
    let answer = program.api.call("PATCH", &path, Some(&json!({ "address": "bram@voorbeeld.test" })), &[]);
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert_eq!(answer.wrong(), [("address".to_owned(), "address_in_use_by_mail".to_owned())]);
    program.api.patch(&path, &json!({ "active": false }));
    assert_eq!(program.api.list(&format!("/messages?account={id}")).len(), 1, "switched off, not emptied");

    let empty = program.connect(&account("leeg@voorbeeld.test", none(), none()));
    program.api.delete(&format!("/accounts/{empty}"));
}

#[test]
fn one_account_sends_the_system_mail_and_it_cannot_go_without_another() {
    let program = Program::start(Backing::Disk);
    let mut first = account("info@voorbeeld.test", none(), smtp(25, "info@voorbeeld.test", PASSWORD));
    first["primary"] = json!(true);
    let first = program.connect(&first);
    let answer = program.api.call("PATCH", &format!("/accounts/{first}"), Some(&json!({ "primary": false })), &[]);
    assert_eq!(answer.status, 409, "{}", answer.text());
    let second =
        program.connect(&account("kantoor@voorbeeld.test", none(), smtp(25, "kantoor@voorbeeld.test", PASSWORD)));
    program.api.patch(&format!("/accounts/{second}"), &json!({ "primary": true }));
    let primary: Vec<Value> =
        program.api.list("/accounts").into_iter().filter(|one| one["primary"] == json!(true)).collect();
    assert_eq!(primary.len(), 1);
    assert_eq!(primary[0]["id"], json!(second));
}

#[test]
fn what_was_typed_is_put_in_order_and_what_is_wrong_is_told_all_at_once() {
    let program = Program::start(Backing::Disk);
    let wrong = json!({ "address": "geen adres", "interval_seconds": 1, "bcc": "ook niet",
        "incoming": { "kind": "imap", "host": "https://imap.voorbeeld.test/mail", "port": 0, "username": "x", "secret": "y" } });
    let answer = program.api.call("POST", "/accounts", Some(&wrong), &[]);
    assert_eq!(answer.status, 422, "{}", answer.text());
    let fields: Vec<String> = answer.wrong().into_iter().map(|(field, _)| field).collect();
    for field in ["address", "interval_seconds", "bcc", "incoming.host", "incoming.port"] {
        assert!(fields.iter().any(|it| it == field), "{field}: {fields:?}");
    }
    let typed = json!({ "address": "  info@voorbeeld.test ", "display_name": " Info ", "outgoing": none(),
        "incoming": { "kind": "imap", "host": " imap.voorbeeld.test ", "username": " info@voorbeeld.test", "secret": " pas~woord " } });
    let made = program.api.post("/accounts", &typed);
    assert_eq!((made["address"].as_str(), made["display_name"].as_str()), (Some("info@voorbeeld.test"), Some("Info")));
    assert_eq!(
        (made["incoming"]["host"].as_str(), made["incoming"]["port"].as_i64()),
        (Some("imap.voorbeeld.test"), Some(993))
    );
    let warnings = made["warnings"].to_string();
    assert!(warnings.contains("secret_blank") && warnings.contains("secret_characters"), "{warnings}");
    assert!(!made.to_string().contains("pas~woord"));
}

#[test]
fn a_port_where_nobody_listens_is_told_as_such() {
    let program = Program::start(Backing::Disk);
    let id = program.connect(&account("anna@voorbeeld.test", imap(testkit::free_port(), "anna", "geheim-1"), none()));
    let step = failed(&program.api.post(&format!("/accounts/{id}/test"), &json!({})));
    assert_eq!((step["name"].as_str(), step["code"].as_str()), (Some("connect"), Some("port_closed")), "{step}");
}

#[test]
fn a_kept_password_is_shown_to_no_other_server_in_however_many_steps_the_settings_are_saved() {
    let (own, other) = (Sink::start(), Sink::at("127.0.0.2:0"));
    let sign_ins = |sink: &Sink| sink.commands().iter().filter(|(_, line)| line.starts_with("AUTH")).count();
    let program = Program::start(Backing::Disk);
    let unsigned =
        json!({ "kind": "smtp", "host": "127.0.0.2", "port": other.port, "encryption": "none", "username": "" });
    let by_exchange = json!({ "kind": "ews", "url": "https://127.0.0.1/ews/exchange.asmx", "authentication": "basic" });
    for (n, between) in
        [None, Some(none()), Some(json!({ "kind": "builtin" })), Some(by_exchange)].into_iter().enumerate()
    {
        let address = format!("post{n}@voorbeeld.test");
        let id = program.connect(&account(&address, none(), smtp(own.port, &address, PASSWORD)));
        let path = format!("/accounts/{id}");
        let (before, shown) = (sign_ins(&own), sign_ins(&other));
        program.api.post(&format!("{path}/test"), &json!({}));
        assert!(sign_ins(&own) > before, "the server it was given for is shown it");
        for step in between.into_iter().chain([unsigned.clone()]) {
            program.api.patch(&path, &json!({ "outgoing": step }));
        }
        let named = json!({ "outgoing": { "username": address } });
        let answer = program.api.call("PATCH", &path, Some(&named), &[]);
        let here = other.connections();
        program.api.post(&format!("{path}/test"), &json!({}));
        assert!(other.connections() > here, "it is sent by that server");
        assert_eq!(sign_ins(&other), shown, "whoever did not know the password had it sent to a server of theirs");
        assert_eq!((answer.status, answer.wrong()), (422, vec![("outgoing.secret".to_owned(), "required".to_owned())]));
        assert_eq!(program.api.get(&path)["outgoing"]["secret_set"], json!(false));
        // Who knows it may say so.
        program.api.patch(&path, &json!({ "outgoing": { "username": address, "secret": PASSWORD } }));
        program.api.post(&format!("{path}/test"), &json!({}));
        assert!(sign_ins(&other) > shown, "it goes where it was given for");
    }
}

#[test]
fn what_a_change_leaves_out_stays_and_a_limit_of_nothing_is_refused() {
    let program = Program::start(Backing::Disk);
    let id = program.connect(&account("balie@voorbeeld.test", none(), json!({ "kind": "builtin" })));
    let path = format!("/accounts/{id}");
    let saved = program.api.patch(&path, &json!({ "outgoing": {}, "display_name": "Balie" }));
    assert_eq!(saved["outgoing"]["kind"], "builtin", "{saved}");
    for (limits, field) in [
        (json!({ "per_minute": 0 }), "limits.per_minute"),
        (json!({ "per_day": 500, "connections": 1001 }), "limits.connections"),
    ] {
        let answer = program.api.call("PATCH", &path, Some(&json!({ "limits": limits })), &[]);
        assert_eq!((answer.status, answer.wrong()), (422, vec![(field.to_owned(), "not_a_limit".to_owned())]));
    }
    assert_eq!(program.api.get(&path)["limits"]["per_day"], Value::Null);
}
