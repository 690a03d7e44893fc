//! Messages that bend the rules in ways that occur.

use super::mime::{Part, Wire, attachment, encoded_words, multipart, text_part};
use super::{Letter, words};
use crate::Chance;

/// Makes one out of its Message-ID field and a text.
type Kind = fn(&str, &str, &mut Chance) -> Vec<u8>;

/// One of them; each kind comes by in turn over a corpus.
pub(super) fn message(chance: &mut Chance, letter: &Letter) -> Vec<u8> {
    let id = format!("Message-ID: <{}>\r\n", letter.id);
    let text = words::text(chance, 1);
    let kinds: [Kind; 16] = [
        nothing_but_a_subject,
        no_date_and_no_sender,
        raw_eight_bit_header,
        unknown_charset,
        boundary_never_closed,
        boundary_never_used,
        broken_base64,
        broken_encoded_words,
        very_deep,
        very_long_line,
        many_recipients,
        delivery_report,
        two_of_each_header,
        group_address,
        latin_text_called_ascii,
        parameter_in_pieces,
    ];
    chance.pick(&kinds)(&id, &text, chance)
}

fn with_head(head: &str, part: &Part) -> Vec<u8> {
    [head.as_bytes(), &part.bytes()].concat()
}

fn nothing_but_a_subject(id: &str, _: &str, _: &mut Chance) -> Vec<u8> {
    format!("From: <kort@elders.test>\r\n{id}Subject: (alleen dit)\r\n\r\n").into_bytes()
}

fn no_date_and_no_sender(id: &str, text: &str, _: &mut Chance) -> Vec<u8> {
    format!("{id}To: undisclosed-recipients:;\r\n\r\n{text}").into_bytes()
}

fn raw_eight_bit_header(id: &str, text: &str, _: &mut Chance) -> Vec<u8> {
    let mut raw = Vec::from(&b"From: Ren\xe9e <renee@elders.test>\r\nSubject: Caf\xe9 gesloten\r\n"[..]);
    raw.extend_from_slice(format!("{id}\r\n{text}").as_bytes());
    raw
}

fn unknown_charset(id: &str, text: &str, _: &mut Chance) -> Vec<u8> {
    let head =
        format!("From: x@elders.test\r\n{id}Subject: tekens\r\nContent-Type: text/plain; charset=x-onbekend-7\r\n");
    format!("{head}\r\n{text}").into_bytes()
}

fn boundary_never_closed(id: &str, text: &str, chance: &mut Chance) -> Vec<u8> {
    let parts =
        [text_part("plain", text, Wire::Plain8Bit), attachment("application/pdf", "half.pdf", &chance.bytes(500))];
    let whole =
        with_head(&format!("From: x@elders.test\r\n{id}Subject: afgebroken\r\n"), &multipart("mixed", "grens", &parts));
    let end = whole.len() - b"--grens--\r\n".len() - 60;
    let mut cut = whole[..end].to_vec();
    while cut.last().is_some_and(|byte| *byte == b'\r' || *byte == b'\n') {
        cut.pop();
    }
    cut.extend_from_slice(b"\r\n");
    cut
}

fn boundary_never_used(id: &str, text: &str, _: &mut Chance) -> Vec<u8> {
    let head = format!("From: x@elders.test\r\n{id}Content-Type: multipart/mixed; boundary=\"nergens\"\r\n");
    format!("{head}\r\n{text}").into_bytes()
}

fn broken_base64(id: &str, _: &str, chance: &mut Chance) -> Vec<u8> {
    let head = format!("From: x@elders.test\r\n{id}Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n");
    format!("{head}\r\nSGFsbG8=*!?\r\n%%%{:x}=\r\nQQ\r\n", chance.number()).into_bytes()
}

fn broken_encoded_words(id: &str, text: &str, _: &mut Chance) -> Vec<u8> {
    let head = format!(
        "From: =?utf-8?Q?Ren=C3?= <r@elders.test>\r\n{id}Subject: =?utf-8?B?Q2Fm*?= =?x?Q?=zz?= =?utf-8?Q?=E2=82?=\r\n"
    );
    format!("{head}\r\n{text}").into_bytes()
}

fn very_deep(id: &str, text: &str, chance: &mut Chance) -> Vec<u8> {
    let mut part = text_part("plain", text, Wire::QuotedPrintable);
    for level in 0..20 + chance.below(60) {
        part = multipart("mixed", &format!("laag{level}"), &[part]);
    }
    with_head(&format!("From: x@elders.test\r\n{id}Subject: diep\r\n"), &part)
}

fn very_long_line(id: &str, _: &str, chance: &mut Chance) -> Vec<u8> {
    let line = "lang ".repeat(400 + chance.below(3_000));
    format!("From: x@elders.test\r\n{id}Subject: {}\r\n\r\n{line}\r\n", &line[..900]).into_bytes()
}

fn many_recipients(id: &str, text: &str, _: &mut Chance) -> Vec<u8> {
    let people: Vec<String> = (0..300).map(|number| format!("Persoon {number} <p{number}@lijst.test>")).collect();
    format!("From: lijst@elders.test\r\n{id}To: {}\r\nSubject: allen\r\n\r\n{text}", people.join(",\r\n\t"))
        .into_bytes()
}

fn delivery_report(id: &str, text: &str, _: &mut Chance) -> Vec<u8> {
    let status = "Reporting-MTA: dns; mx.elders.test\r\n\r\nFinal-Recipient: rfc822; weg@elders.test\r\n\
        Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 nobody of that name here\r\n";
    let status = Part { head: "Content-Type: message/delivery-status\r\n".into(), body: status.into() };
    let original = Part {
        head: "Content-Type: text/rfc822-headers\r\n".into(),
        body: b"From: anna@voorbeeld.test\r\nMessage-ID: <weg-1@voorbeeld.test>\r\n".to_vec(),
    };
    let parts = [text_part("plain", text, Wire::Plain8Bit), status, original];
    let mut report = multipart("report", "verslag", &parts);
    report.head = report.head.replace("multipart/report;", "multipart/report; report-type=delivery-status;");
    with_head(&format!("From: MAILER-DAEMON@elders.test\r\n{id}Subject: Undelivered Mail\r\n"), &report)
}

fn two_of_each_header(id: &str, text: &str, _: &mut Chance) -> Vec<u8> {
    let head = format!("From: een@elders.test\r\nFrom: twee@elders.test\r\nSubject: een\r\nSubject: twee\r\n{id}");
    format!("{head}Date: geen datum\r\nDate: Thu, 5 Mar 2026 09:30:00 +0100\r\n\r\n{text}").into_bytes()
}

fn group_address(id: &str, text: &str, _: &mut Chance) -> Vec<u8> {
    let head =
        "From: \"x@bank.test\" <iemand@elders.test>\r\nTo: Bestuur: a@b.test, \"C, D\" <c@d.test>;, los@e.test\r\n";
    format!("{head}{id}Subject: =?utf-8?Q?groep?=\r\n\r\n{text}").into_bytes()
}

fn latin_text_called_ascii(id: &str, _: &str, _: &mut Chance) -> Vec<u8> {
    let mut raw = format!("From: x@elders.test\r\n{id}Content-Type: text/plain; charset=us-ascii\r\n\r\n").into_bytes();
    raw.extend_from_slice(b"Gr\xfc\xdfe aus K\xf6ln, 100 \x80\r\n");
    raw
}

fn parameter_in_pieces(id: &str, text: &str, chance: &mut Chance) -> Vec<u8> {
    let mut part = attachment("application/pdf", "x.pdf", &chance.bytes(200));
    part.head = part.head.replace(
        "filename=\"x.pdf\"",
        "filename*0*=utf-8''offerte%20caf%C3%A9;\r\n filename*1=\" deel twee\";\r\n filename*2*=%2Epdf",
    );
    let subject = encoded_words("bijlage met een naam in stukken – één", chance.happens(1, 2));
    let parts = [text_part("plain", text, Wire::Latin1), part];
    with_head(&format!("From: x@elders.test\r\n{id}Subject: {subject}\r\n"), &multipart("mixed", "stuk", &parts))
}
