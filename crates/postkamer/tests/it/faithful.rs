//! What is handed over arrives as it was written, however odd, by a server of this century and one of the last
//! (reliability case 42).

use crate::client::Client;
use crate::fetch::text;
use crate::post_office::{PostOffice, file, letter, send, when};
use crate::program::{Backing, Program, account, none, smtp};
use serde_json::json;
use testkit::Sink;

/// Lines that end the message for a server that is easily fooled, and lines that no server takes as they are.
fn odd_text() -> String {
    let long = "een lange regel zonder einde ".repeat(120);
    format!(
        ".\n..\n...punt punt punt\n.\nMAIL FROM:<dief@elders.test>\nFrom hier af\n\n\n{long}\n{}\ntab\there, spaces at the end   \n\
         €uro’s, Zoë, Łódź, 日本語, 🦆\n-- \nGroet",
        "€".repeat(700)
    )
}

/// Every line ends in CR LF and in nothing else, none is longer than 998 octets, and all is ASCII.
fn is_clean(raw: &[u8]) {
    assert!(raw.is_ascii(), "no eight bits");
    let lines: Vec<&[u8]> = raw.split(|byte| *byte == b'\n').collect();
    let (last, lines) = lines.split_last().expect("a line");
    assert!(last.is_empty(), "the last line ends");
    for line in lines {
        let line = line.strip_suffix(b"\r").unwrap_or_else(|| panic!("{:?} has no CR", String::from_utf8_lossy(line)));
        assert!(!line.contains(&b'\r') && line.len() <= 998, "{:?}", String::from_utf8_lossy(line));
    }
}

/// All 256 values in every neighbourhood: line ends alone, dots alone on a line, NUL.
fn odd_bytes() -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..=255_u8).flat_map(|one| [one, b'\r', b'\n', b'.', b'\n', one, 0]).collect();
    bytes.extend(b"\r\n.\r\n.\n\n.\r\n..\r\n");
    bytes
}

fn is_as_written(api: &Client, id: &str) {
    let message = api.get(&format!("/messages/{id}"));
    let body = text(&message["text"]).replace("\r\n", "\n");
    assert_eq!(body.trim_end_matches('\n'), odd_text(), "{message}");
    let attachments = message["attachments"].as_array().cloned().unwrap_or_default();
    assert_eq!(attachments.len(), 2, "{message}");
    for (attachment, wanted) in attachments.iter().zip([odd_bytes(), odd_text().into_bytes()]) {
        let n = &attachment["n"];
        assert!(api.bytes(&format!("/messages/{id}/attachments/{n}")) == wanted, "{attachment}");
    }
}

fn odd_letter(account: &str) -> serde_json::Value {
    let mut mail = letter(account, &["anna@example.test"], "Ongewoon, één keer");
    mail["text"] = json!(odd_text());
    mail["attachments"] = json!([
        file("alles.bin", "application/octet-stream", &odd_bytes()),
        file("tekst.txt", "text/plain", odd_text().as_bytes()),
    ]);
    mail
}

#[test]
fn what_is_odd_in_a_body_arrives_as_it_was_written() {
    let office = PostOffice::open();
    let (program, id) = office.tenant(Backing::Disk);
    when(&program.api, &send(&program.api, &odd_letter(&id)), "accepted");
    assert_eq!(office.delivered("anna", 1).len(), 1, "one message and no second one out of its lines");
    let anna = program.connect(&office.account("anna"));
    program.fetch(&anna);
    let line = program.api.list(&format!("/messages?account={anna}")).remove(0);
    is_as_written(&program.api, &text(&line["id"]));
}

#[test]
fn a_server_that_knows_nothing_newer_gets_lines_that_it_can_take() {
    for extensions in [&[][..], &["8BITMIME", "CHUNKING", "PIPELINING"]] {
        let sink = Sink::with_extensions(extensions);
        let program = Program::start(Backing::Disk);
        let id = program.connect(&account("info@voorbeeld.test", none(), smtp(sink.port, "", "")));
        let sent = send(&program.api, &odd_letter(&id));
        when(&program.api, &sent, "accepted");
        let mut received = sink.received();
        assert_eq!(received.len(), 1);
        is_clean(&received.remove(0).raw);
    }
}
