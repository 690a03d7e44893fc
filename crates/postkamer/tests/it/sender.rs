//! A mailbox that Postkamer delivers itself (features S8), in an internet of the test's own: nothing leaves before the
//! address is shown, then mail goes to every domain, signed, and each recipient has an answer of their own.

use crate::fetch::text;
use crate::post_office::{letter, recipient, send, when};
use crate::program::{Backing, Program, none, wait_until};
use serde_json::{Value, json};
use testkit::{Exim, EximOptions, Internet, Postfix, PostfixOptions, Zone, inside_internet};

const NAME: &str = "sender::an_address_is_shown_by_a_code_and_its_domain_by_the_dns_and_only_then_mail_leaves_signed";

/// A text as a zone takes it: in pieces of at most 255 bytes.
fn quoted(text: &str) -> String {
    let pieces: Vec<String> =
        text.as_bytes().chunks(200).map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece))).collect();
    pieces.join(" ")
}

/// The records of a kind that are not seen yet, put into the DNS, and the sender as soon as they are seen.
fn published(program: &Program, internet: &Internet, id: &str, purpose: &str) -> Value {
    let path = format!("/accounts/{id}/sender");
    let of = |sender: &Value| -> Vec<Value> {
        let all = sender["records"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|record| record["purpose"] == json!(purpose)).collect()
    };
    for record in of(&program.api.post(&format!("{path}/check"), &Value::Null)) {
        if record["seen"] == json!("missing") {
            internet.publish(&text(&record["name"]), "TXT", &quoted(&text(&record["value"])));
        }
    }
    wait_until(&format!("{purpose} is seen"), || {
        let sender = program.api.post(&format!("{path}/check"), &Value::Null);
        of(&sender).iter().all(|record| record["seen"] == json!("right")).then_some(sender)
    })
}

fn selectors(sender: &Value) -> Vec<String> {
    let all = sender["records"].as_array().cloned().unwrap_or_default();
    let keys = all.into_iter().filter(|record| record["purpose"] == json!("dkim"));
    keys.map(|record| text(&record["name"]).split('.').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn an_address_is_shown_by_a_code_and_its_domain_by_the_dns_and_only_then_mail_leaves_signed() {
    if !inside_internet(NAME) {
        return;
    }
    let internet = Internet::start(&[
        Zone::plain("ons.test", "@ IN MX 10 mx\nmx IN A 127.0.0.25\npost IN A 127.0.0.30\n@ IN TXT \"v=spf1 mx -all\""),
        Zone::plain("klant.test", "@ IN MX 10 mx.ons.test."),
        Zone::plain("even.test", "@ IN MX 10 mx\nmx IN A 127.0.0.28"),
        Zone::plain("good.test", "@ IN MX 10 weg\n@ IN MX 20 mx\nweg IN A 127.0.0.27\nmx IN A 127.0.0.26"),
    ]);
    let exim = Exim::start(EximOptions {
        domain: "ons.test : klant.test".into(),
        address: Some("127.0.0.25".into()),
        ..EximOptions::default()
    });
    let _postfix = Postfix::start(PostfixOptions {
        domain: "good.test".into(),
        listens_at: Some("127.0.0.26:25".into()),
        ..PostfixOptions::default()
    });
    let settings = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(settings.path(), "base_url = \"https://post.ons.test\"\n").expect("our own file");
    let named = settings.path().display().to_string();
    let program = Program::start_with(Backing::Disk, &[("POSTKAMER_CONFIG", &named)]);
    let account = |address: &str| json!({ "address": address, "incoming": none(), "outgoing": { "kind": "builtin" } });
    let id = program.connect(&account("info@ons.test"));
    let state = |id: &str| program.api.get(&format!("/accounts/{id}"))["outgoing"]["verification"]["state"].clone();
    assert_eq!(state(&id), json!("unverified"));

    // Nothing leaves yet, whoever asks.
    let refused = program.api.call("POST", "/outbox", Some(&letter(&id, &["els@klant.test"], "Te vroeg")), &[]);
    assert_eq!((refused.status, refused.wrong()[0].1.as_str()), (409, "sender_unproven"), "{}", refused.text());
    let tested = program.api.post(&format!("/accounts/{id}/test"), &Value::Null);
    assert_eq!(tested["steps"][0]["code"], json!("sender_unproven"), "{tested}");

    // A letter that does not leave takes nothing from a code that did arrive.
    let short = Exim::start(EximOptions {
        domain: "even.test".into(),
        address: Some("127.0.0.28".into()),
        ..EximOptions::default()
    });
    let even = program.connect(&account("info@even.test"));
    let path_of_even = format!("/accounts/{even}/sender");
    program.api.post(&format!("{path_of_even}/code"), &Value::Null);
    let arrived = String::from_utf8_lossy(&short.arrived(1)[0]).into_owned();
    let line = arrived.lines().find(|line| line.starts_with("    ")).expect("a line with the code");
    drop(short);
    for _ in 0..4 {
        let refused = program.api.call("POST", &format!("{path_of_even}/code"), Some(&Value::Null), &[]);
        let told = refused.wrong();
        assert_eq!((refused.status, told[0].1.as_str()), (409, "code_not_sent"), "{}", refused.text());
    }
    assert_eq!(program.api.get(&path_of_even)["state"], json!("code_sent"));
    let shown = program.api.put(&format!("{path_of_even}/code"), &json!({ "code": line.trim() }));
    assert_eq!(shown["state"], json!("verified"), "{shown}");

    // The code comes to the address itself; a guess is none.
    let path = format!("/accounts/{id}/sender");
    let sent = program.api.post(&format!("{path}/code"), &Value::Null);
    assert_eq!(sent["state"], json!("code_sent"), "{sent}");
    let guess = program.api.call("PUT", &format!("{path}/code"), Some(&json!({ "code": "AAAA-AAAA" })), &[]);
    assert_eq!(guess.wrong(), [("code".to_owned(), "sender_code_wrong".to_owned())]);
    let arrived = String::from_utf8_lossy(&exim.arrived(1)[0]).into_owned();
    let line = arrived.lines().find(|line| line.starts_with("    ")).expect("a line with the code");
    let shown = program.api.put(&format!("{path}/code"), &json!({ "code": line.trim().to_lowercase() }));
    assert_eq!((&shown["state"], &shown["by"]), (&json!("verified"), &json!("code")));
    assert_eq!(state(&id), json!("verified"));
    let again = program.api.call("PUT", &format!("{path}/code"), Some(&json!({ "code": line.trim() })), &[]);
    assert_eq!(again.wrong(), [("code".to_owned(), "code_ended".to_owned())], "a code works once");

    // Each recipient has an answer of their own, and what one domain puts off keeps no other waiting.
    let all = ["els@klant.test", "later@klant.test", "anna@good.test", "gone@good.test", "iemand@bestaat-niet.test"];
    let out = send(&program.api, &letter(&id, &all, "Ongetekend"));
    let stood = wait_until("four of five are settled", || {
        let now = program.api.get(&format!("/outbox/{out}"));
        let settled = all.iter().filter(|address| recipient(&now, address).0 != "waiting").count();
        (settled == 4).then_some(now)
    });
    let states: Vec<String> = all.iter().map(|address| recipient(&stood, address).0).collect();
    assert_eq!(states, ["accepted", "waiting", "accepted", "failed", "failed"], "{stood}");
    assert!(recipient(&stood, "later@klant.test").1.starts_with("451"), "{stood}");
    assert!(recipient(&stood, "iemand@bestaat-niet.test").1.contains("does not exist"), "{stood}");
    let unsigned = String::from_utf8_lossy(&exim.arrived(2)[1]).into_owned();
    assert!(!exim.arrived(2).iter().any(|raw| String::from_utf8_lossy(raw).contains("DKIM-Signature")), "{unsigned}");

    // Keys sign as soon as the DNS shows them.
    let first = selectors(&published(&program, &internet, &id, "dkim"));
    assert_eq!(first.len(), 2);
    let out = send(&program.api, &letter(&id, &["els@klant.test"], "Getekend"));
    when(&program.api, &out, "accepted");
    let signed_by = |count: usize, subject: &str, selectors: &[String]| {
        let arrived = exim.arrived(count);
        let all: Vec<String> = arrived.iter().map(|raw| String::from_utf8_lossy(raw).into_owned()).collect();
        let one = all.iter().find(|text| text.contains(&format!("Subject: {subject}"))).expect("the letter");
        for selector in selectors {
            assert!(one.lines().any(|line| line.contains(selector) && line.contains(" pass")), "{selector}: {one}");
        }
        assert_eq!(one.matches("DKIM-Signature:").count(), 2, "{one}");
    };
    signed_by(3, "Getekend", &first);

    // New ones take over without a gap.
    let keys = program.api.get(&path)["keys"].clone();
    assert_eq!((&keys["state"], &keys["renew_after_days"]), (&json!("fresh"), &json!(180)), "{keys}");
    let wrong = program.api.call("PUT", &format!("{path}/keys"), Some(&json!({ "renew_after_days": 7 })), &[]);
    assert_eq!(wrong.wrong(), [("renew_after_days".to_owned(), "not_an_age_of_keys".to_owned())]);
    let yearly = program.api.put(&format!("{path}/keys"), &json!({ "renew_after_days": 365 }));
    assert!(text(&yearly["keys"]["due_at"]) > text(&keys["due_at"]), "{yearly}");
    let renewed = program.api.post(&format!("{path}/keys"), &Value::Null);
    assert_eq!(selectors(&renewed).len(), 4);
    assert_eq!(renewed["keys"]["state"], json!("ready"), "{renewed}");
    let out = send(&program.api, &letter(&id, &["els@klant.test"], "Nog oud"));
    when(&program.api, &out, "accepted");
    signed_by(4, "Nog oud", &first);
    let newer: Vec<String> = selectors(&published(&program, &internet, &id, "dkim"));
    let newer: Vec<String> = newer.into_iter().filter(|one| !first.contains(one)).collect();
    let out = send(&program.api, &letter(&id, &["els@klant.test"], "Nu nieuw"));
    when(&program.api, &out, "accepted");
    signed_by(5, "Nu nieuw", &newer);
    let told = program.api.get(&path)["records"].as_array().cloned().unwrap_or_default();
    let key_state = |selector: &String| {
        let its = |record: &&Value| text(&record["name"]).starts_with(selector);
        told.iter().find(its).map(|record| text(&record["key"]))
    };
    assert!(first.iter().all(|one| key_state(one).as_deref() == Some("retired")), "{told:?}");
    assert!(newer.iter().all(|one| key_state(one).as_deref() == Some("signs")), "{told:?}");

    // What else the domain should say is there, ready to copy.
    let checked = program.api.post(&format!("{path}/check"), &Value::Null);
    let record = |purpose: &str| {
        let all = checked["records"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|record| record["purpose"] == json!(purpose)).expect("a record")
    };
    assert_eq!(record("spf")["seen"], json!("other"));
    assert_eq!(record("spf")["value"], json!("v=spf1 mx a:post.ons.test -all"));
    assert_eq!(record("dmarc")["seen"], json!("missing"));

    // The domain itself: every mailbox of it may send.
    let other = program.connect(&account("verkoop@ons.test"));
    assert_eq!(state(&other), json!("unverified"));
    let by_domain = published(&program, &internet, &other, "ownership");
    assert_eq!((&by_domain["state"], &by_domain["by"]), (&json!("verified"), &json!("domain")));
    let out = send(&program.api, &letter(&other, &["els@klant.test"], "Ook deze"));
    when(&program.api, &out, "accepted");
    signed_by(6, "Ook deze", &newer);
}
