//! What we write is read by somebody else's parser: Python's `email`, as an independent witness.

use super::*;
use proptest::prelude::*;
use std::{
    io::Write,
    process::{Command, Stdio},
};

/// Prints what Python reads: subject, people, then each part's type, name, content id and bytes in hexadecimal.
const WITNESS: &str = r#"
import sys, email, email.policy
message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
out = lambda *words: sys.stdout.buffer.write(("|".join(words) + "\n").encode())
out("subject", str(message["subject"]))
for field in ("from", "reply-to", "to", "cc", "bcc"):
    if message[field] is not None:
        for address in message[field].addresses:
            out(field, address.display_name, address.addr_spec)
out("date", str(int(message["date"].datetime.timestamp())))
for field in ("message-id", "in-reply-to", "references", "auto-submitted"):
    if message[field] is not None:
        out(field, " ".join(str(message[field]).split()))
for part in message.walk():
    if part.is_multipart():
        out("multipart", part.get_content_type())
    else:
        content = part.get_payload(decode=True).hex()
        out("part", part.get_content_type(), str(part.get_filename()), str(part["content-id"]), content)
out("defects", str(len(message.defects)))
"#;

/// What the witness says, or `None` where there is no Python.
fn witness(raw: &[u8]) -> Option<String> {
    let python = Command::new("python3").args(["-c", WITNESS]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = python else {
        eprintln!("skipped: there is no python3 to read what we wrote");
        return None;
    };
    python.stdin.take().expect("piped").write_all(raw).expect("python reads its input");
    let output = python.wait_with_output().expect("python ends");
    assert!(output.status.success(), "python could not read:\n{}", String::from_utf8_lossy(raw));
    Some(String::from_utf8(output.stdout).expect("the witness writes UTF-8"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn person(name: &str, address: &str) -> Address {
    Address { name: (!name.is_empty()).then(|| name.to_owned()), address: address.to_owned() }
}

fn draft() -> Draft {
    Draft {
        message_id: Some(MessageId("pk.a.b@voorbeeld.nl".into())),
        date_ms: 1_793_491_200_000,
        from: person("Sanne Jansen", "sanne@voorbeeld.nl"),
        to: vec![person("", "jan@x.nl")],
        subject: "Offerte".into(),
        text: Some("Hallo\n".into()),
        ..Draft::default()
    }
}

fn assert_fit_for_the_wire(raw: &[u8]) {
    assert!(raw.is_ascii());
    let text = String::from_utf8_lossy(raw);
    for line in text.split("\r\n") {
        assert!(!line.contains(['\r', '\n', '\0']) && line.len() <= 998, "{line:?}");
    }
    assert!(text.ends_with("\r\n"));
}

#[test]
fn a_whole_message_survives_another_parser() {
    let text =
        "Beste Jan,\n\n.punt vooraan\nFrom mij\n€ 12,50 = té véél \nlang".to_owned() + &" woord".repeat(300) + "\n.\n";
    let html = "<p>Beste <b>Jan</b> é <img src=\"cid:logo@x\"></p>".to_owned();
    let pdf: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let attached = |name: &str, kind: &str, bytes: &[u8], id: Option<&str>| Attached {
        name: name.into(),
        content_type: kind.into(),
        bytes: bytes.to_vec(),
        content_id: id.map(str::to_owned),
    };
    let nested = write(&draft()).expect("a plain draft");
    let long = format!("{} \"één\"; twee.pdf", "naam ".repeat(30));
    let draft = Draft {
        reply_to: vec![person("Verkoop, afdeling \"dak\"", "verkoop@voorbeeld.nl")],
        to: vec![person("René de Vries-Çelik", "rene@café.nl"), person("J. Smit", "j@x.nl"), person("", "k@x.nl")],
        cc: (0..30).map(|n| person(&format!("Persoon {n}"), &format!("p{n}@voorbeeld.nl"))).collect(),
        bcc: vec![person("", "geheim@voorbeeld.nl")],
        subject: format!("Één offerte voor 東京 😀 {}", "met een lang onderwerp ".repeat(10).trim_end()),
        text: Some(text.clone()),
        html: Some(html.clone()),
        attachments: vec![
            attached("factuur.pdf", "application/pdf", &pdf, None),
            attached(&long, "Application/PDF", b"x", None),
            attached("logo.png", "image/png", &pdf, Some("logo@x")),
            attached("brief.eml", "message/rfc822", &nested, None),
            attached("leeg.txt", "text/plain; onzin", b"", None),
        ],
        in_reply_to: vec![MessageId("b@x.nl".into())],
        references: (0..80).map(|n| MessageId(format!("{n}.lang-genoeg-om-te-vouwen@x.nl"))).collect(),
        auto_submitted: Some(AutoSubmitted::Generated),
        ..draft()
    };
    let raw = write(&draft).expect("a good draft");
    assert_fit_for_the_wire(&raw);
    assert!(!raw.windows(6).any(|bytes| bytes == b"geheim"));
    let own = parse::parse(&raw);
    assert_eq!((own.subject.as_str(), own.cc.len(), own.attachments.len()), (draft.subject.as_str(), 30, 5));
    assert_eq!(own.text.as_deref(), Some(text.as_str()));
    assert!(own.defects.is_empty(), "{:?}", own.defects);
    let Some(said) = witness(&raw) else { return };
    let has = |line: String| assert!(said.lines().any(|said| said == line), "{line}\nnot in\n{said}");
    has(format!("subject|{}", draft.subject));
    has("from|Sanne Jansen|sanne@voorbeeld.nl".into());
    has("reply-to|Verkoop, afdeling \"dak\"|verkoop@voorbeeld.nl".into());
    has("to|René de Vries-Çelik|rene@xn--caf-dma.nl".into());
    has("to|J. Smit|j@x.nl".into());
    has("cc|Persoon 29|p29@voorbeeld.nl".into());
    has("date|1793491200".into());
    has("message-id|<pk.a.b@voorbeeld.nl>".into());
    has("auto-submitted|auto-generated".into());
    has(format!("part|text/plain|None|None|{}", hex(text.replace('\n', "\r\n").as_bytes())));
    has(format!("part|text/html|None|None|{}", hex(format!("{html}\r\n").as_bytes())));
    has(format!("part|application/pdf|factuur.pdf|None|{}", hex(&pdf)));
    has(format!("part|application/pdf|{long}|None|78"));
    has(format!("part|image/png|logo.png|<logo@x>|{}", hex(&pdf)));
    has("part|application/octet-stream|leeg.txt|None|".into());
    has("multipart|message/rfc822".into());
    has("defects|0".into());
}

#[test]
fn a_header_field_is_never_more_than_one() {
    let bad = ["a\r\nBcc: x@y.nl", "a\nb", "a\rb", "a\0b", "a\u{2028}b", "a\u{2029}b", "a\u{85}b", "a\u{1b}b"];
    for text in bad {
        let field = |draft: Draft| write(&draft).expect_err("refused").field;
        let named = || vec![person(text, "a@x.nl")];
        let file = |name: &str, kind: &str, id: &str| Attached {
            name: name.into(),
            content_type: kind.into(),
            content_id: Some(id.into()),
            ..Attached::default()
        };
        assert_eq!(field(Draft { subject: text.into(), ..draft() }), "subject");
        assert_eq!(field(Draft { from: person(text, "a@x.nl"), ..draft() }), "from");
        assert_eq!(field(Draft { from: person("", &format!("{text}@x.nl")), ..draft() }), "from");
        assert_eq!(field(Draft { to: named(), ..draft() }), "to");
        assert_eq!(field(Draft { cc: named(), ..draft() }), "cc");
        assert_eq!(field(Draft { bcc: named(), ..draft() }), "bcc");
        assert_eq!(field(Draft { reply_to: named(), ..draft() }), "reply_to");
        assert_eq!(field(Draft { message_id: Some(MessageId(text.into())), ..draft() }), "message_id");
        assert_eq!(field(Draft { references: vec![MessageId(text.into())], ..draft() }), "references");
        assert_eq!(field(Draft { in_reply_to: vec![MessageId(text.into())], ..draft() }), "in_reply_to");
        assert_eq!(field(Draft { extra: vec![Extra::ListUnsubscribe(text.into())], ..draft() }), "list_unsubscribe");
        for attached in [file(text, "a/b", "c"), file("a", text, "c"), file("a", "a/b", text)] {
            assert_eq!(field(Draft { attachments: vec![attached], html: Some("x".into()), ..draft() }), "attachments");
        }
    }
    for address in ["", "jan", "jan@", "a b@x.nl", "<a@x.nl>", "a@x.nl, b@x.nl", "a@x.nl>", "\"a@x.nl"] {
        assert_eq!(write(&Draft { to: vec![person("", address)], ..draft() }).expect_err("refused").field, "to");
    }
}

#[test]
fn html_alone_gets_its_text() {
    let html = "<p>Dag</p><p>Zie <a href=\"https://x.nl/a\">hier</a></p>";
    let raw = write(&Draft { text: None, html: Some(html.into()), to: vec![], ..draft() }).expect("a good draft");
    let message = parse::parse(&raw);
    assert_eq!(message.text.as_deref(), Some("Dag\n\nZie hier <https://x.nl/a>\n"));
    assert!(String::from_utf8_lossy(&raw).contains("To: undisclosed-recipients:;\r\n"));
}

#[test]
fn the_blind_copy_stays_blind() {
    let raw = b"To: a@x.nl\r\nBcc: b@x.nl,\r\n c@x.nl\r\nbcc : d@x.nl\r\nSubject: x\r\n\r\nBcc: in de tekst\r\n";
    assert_eq!(strip_bcc(raw), b"To: a@x.nl\r\nSubject: x\r\n\r\nBcc: in de tekst\r\n");
}

proptest! {
    #[test]
    fn any_draft_comes_back_as_it_was(
        subject in "[^\\p{C}\u{2028}\u{2029}]{0,150}",
        name in "[^\\p{C}\u{2028}\u{2029}]{1,80}",
        text in "\\PC{0,3}[a-z .=\n]{0,200}\\PC{0,200}",
        file in "[^\\p{C}\u{2028}\u{2029}/\\\\]{1,60}",
        bytes: Vec<u8>,
    ) {
        let draft = Draft {
            subject: subject.clone(),
            to: vec![person(&name, "jan@x.nl")],
            text: Some(text.clone()),
            attachments: vec![Attached { name: file, bytes: bytes.clone(), ..Attached::default() }],
            ..draft()
        };
        let raw = write(&draft).expect("a good draft");
        assert_fit_for_the_wire(&raw);
        let message = parse::parse(&raw);
        prop_assert_eq!(message.subject, parse::word::one_line(&subject));
        prop_assert_eq!(message.to[0].name.clone().unwrap_or_default(), parse::word::one_line(&name));
        let read = message.text.unwrap_or_default();
        prop_assert_eq!(read.trim_end_matches('\n'), text.trim_end_matches('\n'));
        prop_assert_eq!(parse::attachment(&raw, 0).expect("one file").bytes, bytes);
        prop_assert!(message.defects.is_empty());
    }
}
