//! Accepting into the outbox beside Postfix, and sending beside nodemailer, ten at a time, 4 kB each.

use crate::Bench;
use crate::fetching::post;
use crate::report::{OURS, Report};
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};
use testkit::{Installation, Postfix, PostfixOptions, Sink, home};

const COUNT: usize = 1_000;
const AT_A_TIME: usize = 10;

pub fn measure(bench: &Bench, report: &mut Report) {
    for _ in 0..bench.runs {
        report.note("taken into the outbox, 4 kB, messages/s", "postfix", postfix());
        report.note("sent, 4 kB, messages/s", "nodemailer", nodemailer());
        ours(bench, report);
    }
    report.goal("taken into the outbox, 4 kB, messages/s", "postfix", 2.0);
    report.goal("sent, 4 kB, messages/s", "nodemailer", 2.0);
}

/// Postfix's own load generator against Postfix.
fn postfix() -> f64 {
    let postfix = Postfix::start(PostfixOptions::default());
    let begin = Instant::now();
    let server = format!("127.0.0.1:{}", postfix.smtp_port);
    let [sessions, count, size] = [AT_A_TIME, COUNT, 4_096].map(|number| number.to_string());
    let load =
        ["-s", &sessions, "-m", &count, "-l", &size, "-f", "klant@elders.test", "-t", "anna@example.test", &server];
    let output = Command::new("/usr/sbin/smtp-source").args(load).output().expect("smtp-source comes with Postfix");
    assert!(output.status.success(), "smtp-source: {}", String::from_utf8_lossy(&output.stderr));
    COUNT as f64 / begin.elapsed().as_secs_f64()
}

fn nodemailer() -> f64 {
    let sink = Sink::start();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/node/send.mjs");
    let modules = home::home().join("node");
    let numbers = [usize::from(sink.port), COUNT, AT_A_TIME, 4_096].map(|number| number.to_string());
    let output = Command::new("node").arg(script).arg(modules).args(numbers).output().expect("node starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let seconds: f64 = text
        .trim()
        .parse()
        .unwrap_or_else(|_| panic!("nodemailer said {text}{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(sink.received().len(), COUNT);
    COUNT as f64 / seconds
}

fn ours(bench: &Bench, report: &mut Report) {
    let sink = Sink::start();
    let folder = tempfile::Builder::new().prefix("pk-send-").tempdir_in("/var/tmp").expect("a folder");
    let installation = Installation::set_up(bench.program.clone(), folder.path().join("postkamer"), &[]);
    let token = installation.token();
    let serving = installation.serve();
    let account = post(
        &format!("{}/api/v1/accounts", serving.url),
        &token,
        &json!({
            "display_name": "Anna", "address": "anna@voorbeeld.test", "active": true, "allow_plaintext": true,
            "incoming": { "kind": "none" },
            "outgoing": { "kind": "smtp", "host": "localhost", "port": sink.port, "encryption": "none",
                      "username": "anna", "secret": "geheim-1" },
        }),
    );
    let begin = Instant::now();
    accept_all(&format!("{}/api/v1/outbox", serving.url), &token, &account);
    report.note("taken into the outbox, 4 kB, messages/s", OURS, COUNT as f64 / begin.elapsed().as_secs_f64());
    sink.wait_for(COUNT, Duration::from_secs(300));
    // Both start together; what counts is when the last one has arrived.
    report.note("sent, 4 kB, messages/s", OURS, COUNT as f64 / begin.elapsed().as_secs_f64());
}

/// Ten connections, each with its share of the messages.
fn accept_all(url: &str, token: &str, account: &Value) {
    let text = "Een regel van een bericht dat vier kilobyte lang is.\r\n".repeat(75);
    std::thread::scope(|scope| {
        for worker in 0..AT_A_TIME {
            let text = &text;
            scope.spawn(move || {
                let mut command = Command::new("curl");
                for number in 0..COUNT / AT_A_TIME {
                    if number > 0 {
                        command.arg("--next");
                    }
                    let body = json!({
                        "account": account["id"], "to": [{ "address": format!("klant{number}@elders.test") }],
                        "subject": format!("Bericht {worker}-{number}"), "text": text,
                    });
                    command.args(["-sS", "--fail", "-o", "/dev/null", "-H", "Content-Type: application/json"]);
                    command.arg("-H").arg(format!("Authorization: Bearer {token}"));
                    command.arg("-H").arg(format!("Idempotency-Key: bench-{worker}-{number}"));
                    command.arg("--data-binary").arg(body.to_string()).arg(url);
                }
                let output = command.output().expect("curl starts");
                assert!(output.status.success(), "the outbox: {}", String::from_utf8_lossy(&output.stderr));
            });
        }
    });
}
