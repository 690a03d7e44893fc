//! Secrets: a password that was typed in is nowhere to be read afterwards.

use crate::post_office::{PostOffice, letter, send, when};
use crate::program::Program;
use crate::program::{Backing, account, imap, on_every_backing, smtp, wait_until};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use std::path::Path;
use testkit::Postgres;

on_every_backing!(a_password_is_nowhere_to_be_read);

/// What a leak could look like: as it is, in base64 at each of three offsets, and in hexadecimal.
pub(crate) fn shapes(secret: &str) -> Vec<String> {
    let mut shapes = vec![secret.to_owned()];
    for shift in 0..3 {
        let padded = [&b"\0\0\0"[..shift], secret.as_bytes()].concat();
        let encoded = STANDARD.encode(padded);
        // The first and last characters also depend on what stands beside the secret.
        shapes.push(encoded[4..encoded.len() - 6].to_owned());
    }
    shapes.push(secret.bytes().map(|byte| format!("{byte:02x}")).collect());
    shapes
}

/// Every shape is plain ASCII, so that reading the rest as text loses nothing.
pub(crate) fn has(hay: &[u8], shapes: &[String]) -> bool {
    let text = String::from_utf8_lossy(hay);
    shapes.iter().any(|shape| text.contains(shape.as_str()))
}

pub(crate) fn search(path: &Path, shapes: &[String], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            search(&entry.path(), shapes, found);
        } else if let Ok(bytes) = std::fs::read(entry.path())
            && has(&bytes, shapes)
        {
            found.push(entry.path().display().to_string());
        }
    }
}

mod stories {
    use super::*;

    pub(super) fn a_password_is_nowhere_to_be_read(backing: Backing) {
        const RIGHT: &str = "kanarie-Grijs-4711-vogel";
        const WRONG: &str = "kanarie-Zwart-8822-vogel";
        let office = PostOffice::with(|dovecot, _| {
            dovecot.users =
                vec![("info@example.test".into(), RIGHT.into()), ("anna@example.test".into(), "geheim-1".into())];
        });
        let address = "info@example.test";
        let halves = |secret: &str| {
            (imap(office.dovecot.imap_port, address, secret), smtp(office.postfix.submission_port, address, secret))
        };
        let mut program = Program::start_with(backing, &[("POSTKAMER_LOG", "trace")]);
        let (incoming, outgoing) = halves(WRONG);
        let mut answers: Vec<Vec<u8>> = Vec::new();
        let made = program.api.call("POST", "/accounts", Some(&account(address, incoming, outgoing)), &[]);
        assert_eq!(made.status, 201, "{}", made.text());
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        answers.push(made.body);
        let path = format!("/accounts/{id}");
        wait_until("the wrong one was refused", || {
            (program.api.get(&path)["health"]["code"] == "wrong_password").then_some(())
        });
        answers.push(program.api.call("POST", &format!("{path}/test"), Some(&json!({})), &[]).body);
        answers.push(program.api.bytes(&path));
        let (incoming, outgoing) = halves(RIGHT);
        let saved = program.api.call("PATCH", &path, Some(&json!({ "incoming": incoming, "outgoing": outgoing })), &[]);
        assert_eq!(saved.status, 200, "{}", saved.text());
        answers.push(saved.body);
        program.fetch(&id);
        when(&program.api, &send(&program.api, &letter(&id, &["anna@example.test"], "Ja")), "accepted");
        answers.push(program.api.call("POST", &format!("{path}/test"), Some(&json!({})), &[]).body);
        for path in ["/accounts", "/changes", "/outbox", "/openapi.json"] {
            answers.push(program.api.bytes(path));
        }
        let broken = json!({ "incoming": { "kind": "imap", "secret": [RIGHT] } });
        answers.push(program.api.call("PATCH", &path, Some(&broken), &[]).body);
        assert!(program.stop().success());

        let shapes: Vec<String> = [RIGHT, WRONG].iter().flat_map(|secret| shapes(secret)).collect();
        for body in &answers {
            assert!(!has(body, &shapes), "in an answer: {}", String::from_utf8_lossy(body));
        }
        let mut found = Vec::new();
        search(&program.installation.data, &shapes, &mut found);
        assert_eq!(found, Vec::<String>::new(), "in the data folder");
        let log = program.log();
        let lines: Vec<&str> = log.lines().filter(|line| has(line.as_bytes(), &shapes)).collect();
        assert_eq!(lines, Vec::<&str>::new(), "in the log");
        if backing == Backing::Postgres {
            let url = &program
                .installation
                .variables
                .iter()
                .find(|(name, _)| name == "POSTKAMER_DATABASE")
                .expect("its URL")
                .1;
            let database = url.rsplit('/').next().unwrap_or_default();
            let sql = "select string_agg(t::text, '') from accounts t";
            let rows = Postgres::shared().psql(database, sql).expect("psql answers");
            assert!(!has(rows.as_bytes(), &shapes), "in a row");
        }
        // The token is only known to who was given it.
        let mut found = Vec::new();
        search(&program.installation.data, &[program.api.token().to_owned()], &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}
