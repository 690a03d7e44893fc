//! Mail that wants to do harm, and mail that nobody made up: nothing panics, nothing takes long.

use super::*;
use crate::{report, thread};
use proptest::prelude::*;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Everything that is done with a message that comes in.
fn read_everything(raw: &[u8]) -> Message {
    let message = parse(raw);
    let digested = digest(raw);
    assert_eq!(digested.message.attachments, message.attachments);
    assert!(digested.search.body.len() <= INDEX_LIMIT + 100);
    report::read(&message, raw);
    report::is_automatic(&message);
    thread::base_subject(&message.subject);
    crate::compose::strip_bcc(raw);
    header_fields(raw);
    message.html.as_deref().map(display::safe_html);
    display::quote_reply(&message, display::Language::Dutch, 0);
    for known in &message.attachments {
        assert!(!known.name.is_empty() && !known.name.contains(['/', '\\', '\0', '\r', '\n']));
        assert!(attachment(raw, known.n).is_some());
    }
    let clean = |text: &str| !text.contains('\0');
    assert!(
        clean(&message.subject)
            && message.text.as_deref().is_none_or(clean)
            && message.html.as_deref().is_none_or(clean)
    );
    message
}

fn parse_in_time(raw: &[u8]) -> Message {
    let start = Instant::now();
    let message = parse(raw);
    digest(raw);
    // Generous: tests are built without optimisation and share the machine.
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
    message
}

#[test]
fn more_than_the_limits_is_cut_and_said() {
    let nested: String =
        (0..200).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect();
    assert!(parse_in_time(nested.as_bytes()).defects.contains(&Defect::TooComplex));

    let parts = "Content-Type: multipart/mixed; boundary=b\n\n".to_owned() + &"--b\n\nx\n".repeat(100_000);
    let message = parse_in_time(parts.as_bytes());
    assert!(message.defects.contains(&Defect::TooComplex) && message.text.is_some());

    let people = format!("To: {}\n\nx", "a@x.nl,".repeat(5_000));
    let message = parse_in_time(people.as_bytes());
    assert_eq!((message.to.len(), message.defects.contains(&Defect::TooComplex)), (1000, true));

    let field = format!("Subject: {}\nFrom: a@x.nl\n\nx", "woord ".repeat(100_000));
    let message = parse_in_time(field.as_bytes());
    assert!(message.subject.len() <= 64 * 1024 && message.defects.contains(&Defect::TooComplex));
    assert_eq!(message.from.len(), 1);

    let header = format!("{}From: a@x.nl\n\ntekst", "X: y\n".repeat(1_000_000));
    let message = parse_in_time(header.as_bytes());
    assert_eq!((message.text.as_deref(), message.defects.contains(&Defect::TooComplex)), (Some("tekst"), true));
}

#[test]
fn known_tricks_take_no_time() {
    for (start, again, times) in [
        ("Subject: ", "=?utf-8?Q?", 30_000),
        ("Subject: ", "=?=?", 30_000),
        ("To: ", "(", 60_000),
        ("To: ", "<", 60_000),
        ("To: ", "\"", 60_000),
        ("To: ", "a:", 30_000),
        ("References: ", "<", 60_000),
        ("Date: ", "((", 30_000),
        ("Content-Type: text/plain", "; a*0*=x", 8_000),
        ("Content-Type: text/plain", ";\"", 30_000),
        ("Content-Type: multipart/mixed; boundary=a\n\n", "\n--", 1_000_000),
        ("Content-Type: multipart/mixed; boundary=a\n\n", "\n--a-", 300_000),
        ("Content-Type: multipart/mixed\n\n", "\n--abcde", 300_000),
        ("Content-Type: text/html\n\n", "<a \"", 300_000),
        ("Content-Type: text/html\n\n", "<style>", 200_000),
        ("Content-Type: text/html\n\n", "<!--", 200_000),
        ("Content-Type: text/html\n\n", "&", 500_000),
        ("Content-Type: text/plain; format=flowed\n\n", "> \n", 300_000),
        ("Content-Transfer-Encoding: quoted-printable\n\n", "=\n", 500_000),
        ("Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n", "M\n", 300_000),
    ] {
        parse_in_time(format!("{start}{}", again.repeat(times)).as_bytes());
    }
}

/// Files below a folder, in a fixed order.
fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

/// The collections of odd mail that lie on machines where Rust or Python is installed.
fn collections() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))).unwrap_or_default();
    for registry in std::fs::read_dir(cargo.join("registry/src")).into_iter().flatten().flatten() {
        let crates = std::fs::read_dir(registry.path()).into_iter().flatten().flatten();
        for folder in crates.filter(|folder| folder.file_name().to_string_lossy().starts_with("mail-parser-")) {
            files_below(&folder.path().join("resources/eml"), &mut found);
        }
    }
    found.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    let script = "import test.test_email, os; print(os.path.dirname(test.test_email.__file__))";
    if let Ok(output) = std::process::Command::new("python3").args(["-c", script]).output() {
        files_below(&Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("data"), &mut found);
    }
    found
}

#[test]
fn collections_of_odd_mail_are_read() {
    let found = collections();
    if found.is_empty() {
        eprintln!("skipped: neither mail-parser's nor Python's collection of mail is on this machine");
    }
    for path in found {
        let raw = std::fs::read(&path).expect("a file of the collection");
        read_everything(&raw);
        // Cut at odd places, it is odder still.
        for part in 1..8 {
            parse(&raw[..raw.len() * part / 8]);
        }
    }
}

/// Where both find one, ours and mail-parser's reading of subject and sender are the same.
#[test]
fn another_parser_agrees_about_ordinary_mail() {
    let (mut same, mut other) = (0, 0);
    for path in collections() {
        let raw = std::fs::read(&path).expect("a file of the collection");
        let ours = parse(&raw);
        let Some(theirs) = mail_parser::MessageParser::default().parse(&raw) else { continue };
        let subject = word::one_line(theirs.subject().unwrap_or_default());
        let sender = theirs.from().and_then(|from| from.first()).and_then(|from| from.address()).unwrap_or_default();
        let our_sender = ours.from.first().map_or("", |from| from.address.as_str());
        if subject == ours.subject && sender == our_sender {
            same += 1;
        } else {
            other += 1;
            eprintln!("{}: {subject:?} {sender:?} or {:?} {our_sender:?}", path.display(), ours.subject);
        }
    }
    assert!(other * 10 <= same, "{same} the same, {other} not");
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "Content-Type: multipart/mixed; boundary=a\n",
        "Content-Type: multipart/alternative; boundary=\"b\"\n",
        "\n--a\n",
        "\n--a--\n",
        "\n--b\n",
        "\n--b--\n",
        "\n",
        "\r\n",
        "Content-Type: text/html\n",
        "Content-Type: message/rfc822\n",
        "Content-Transfer-Encoding: base64\n",
        "Content-Transfer-Encoding: quoted-printable\n",
        "Content-Disposition: attachment; filename*0*=utf-8''%C3; filename*1*=%A9\n",
        "Subject: =?utf-8?B?w6k=?=\n =?utf-8?Q?=C3?=\n",
        "From: \"a, <b>\" (c) <d@e.f>, g: h@i;\n",
        "Date: Mon, 2 Nov 2026 14:00:00 +0100\n",
        "<p>a<b>c</p><img src=cid:x><!-- -->&amp;&#128512;",
        "aGFsbG8=",
        "=C3=A9=\n",
        "\u{e9}\u{1F600}",
        "\0",
        "Content-ID: <x>\n",
        "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b.c\n",
        "Content-Type: text/plain; charset=utf-16; format=flowed\n",
    ]);
    prop::collection::vec(
        prop_oneof![piece.prop_map(|text| text.as_bytes().to_vec()), prop::collection::vec(any::<u8>(), 0..12)],
        0..40,
    )
    .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn random_bytes_are_a_message(raw: Vec<u8>) {
        read_everything(&raw);
    }

    #[test]
    fn random_pieces_of_mail_are_a_message(raw in pieces()) {
        read_everything(&raw);
    }

    #[test]
    fn a_damaged_message_is_a_message(
        at in 0usize..4000,
        bytes in prop::collection::vec(any::<u8>(), 1..20),
        cut in 0usize..4000,
    ) {
        for story in ["inline_picture", "dsn_postfix", "invoice_with_pdf", "message_in_message"] {
            let path = format!("{}/../../testdata/mail/{story}.eml", env!("CARGO_MANIFEST_DIR"));
            let mut raw = std::fs::read(path).expect("a story");
            let at = at % raw.len();
            let end = (at + bytes.len()).min(raw.len());
            raw.splice(at..end, bytes.iter().copied());
            raw.truncate(raw.len().saturating_sub(cut % 1000));
            read_everything(&raw);
        }
    }
}
