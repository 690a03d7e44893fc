//! Mail to test with: varied, the same for the same seed, and all of it ours.
//!
//! Every message has lines that end in CRLF, no NUL, and a colon in each header line, so that each IMAP server takes
//! it and gives back the same bytes.

mod mime;
mod odd;
mod words;

use crate::{Append, Chance};
use mime::{Part, WIRES, attachment, base64_lines, enclosed, encoded_words, multipart, text_part};
use std::collections::BTreeMap;

/// `count` different messages: Dutch and English, many charsets, answers to one another, attachments, reports,
/// invitations, and one in twelve that bends the rules.
pub fn messages(seed: u64, count: usize) -> Vec<Vec<u8>> {
    let mut chance = Chance::new(seed);
    let mut letters: Vec<Letter> = Vec::new();
    (0..count)
        .map(|index| {
            let letter = Letter::new(&mut chance, seed, index, &letters);
            let raw =
                if chance.happens(1, 12) { odd::message(&mut chance, &letter) } else { ordinary(&mut chance, &letter) };
            letters.push(letter);
            raw
        })
        .collect()
}

/// The same messages with flags and dates, spread over the folders of a busy person. The first of each list is oldest.
pub fn mailbox(seed: u64, count: usize) -> BTreeMap<String, Vec<Append>> {
    const FOLDERS: [&str; 6] = ["INBOX", "INBOX", "Archief", "Verzonden", "Klanten", "Caf&AOk- &- bar"];
    const FLAGS: [&[&str]; 7] = [
        &["\\Seen"],
        &["\\Seen"],
        &[],
        &["\\Seen", "\\Answered"],
        &["\\Flagged"],
        &["\\Draft"],
        &["\\Seen", "$Klaar", "Belangrijk"],
    ];
    let mut chance = Chance::new(seed ^ 0x6d61_696c);
    let mut folders: BTreeMap<String, Vec<Append>> = BTreeMap::new();
    for (index, raw) in messages(seed, count).into_iter().enumerate() {
        let flags = chance.pick(&FLAGS).iter().map(|flag| (*flag).to_owned()).collect();
        let append = Append { raw, flags, date: Some(imap_date(index)) };
        folders.entry(chance.pick(&FOLDERS).to_owned()).or_default().push(append);
    }
    folders
}

/// What a message has in its header, remembered so that others can answer it.
#[derive(Debug, Clone)]
struct Letter {
    index: usize,
    id: String,
    from: (&'static str, &'static str),
    to: Vec<(&'static str, &'static str)>,
    subject: String,
    references: Vec<String>,
}

impl Letter {
    fn new(chance: &mut Chance, seed: u64, index: usize, before: &[Letter]) -> Letter {
        let id = format!("{index}.{seed:x}.{:x}@corpus.test", chance.number());
        let from = chance.pick(&words::PEOPLE);
        let to = (0..=chance.below(3)).map(|_| chance.pick(&words::PEOPLE)).collect();
        let mut subject = chance.pick(&words::SUBJECTS).to_owned();
        let mut references = Vec::new();
        if let Some(parent) = before.len().checked_sub(1 + chance.below(40)).and_then(|place| before.get(place))
            && chance.happens(1, 3)
        {
            references = parent.references.clone();
            references.push(parent.id.clone());
            let plain = parent.subject.trim_start_matches("Re: ").trim_start_matches("Antw: ");
            subject = format!("{} {plain}", chance.pick(&["Re:", "Antw:"]));
        }
        Letter { index, id, from, to, subject, references }
    }

    /// The header without anything about the body.
    fn head(&self, chance: &mut Chance) -> String {
        let q = chance.happens(1, 2);
        let people: Vec<String> = self.to.iter().map(|person| address(*person, q)).collect();
        let mut head = format!("Return-Path: <{}>\r\n", self.from.1);
        for hop in 0..chance.below(4) {
            head.push_str(&format!(
                "Received: from mx{hop}.elders.test (mx{hop}.elders.test [192.0.2.{hop}])\r\n\tby mail.voorbeeld.test with \
                 ESMTPS id {:x}\r\n\tfor <anna@voorbeeld.test>; {}\r\n",
                chance.number(),
                header_date(self.index)
            ));
        }
        head.push_str(&format!("Date: {}\r\nFrom: {}\r\n", header_date(self.index), address(self.from, q)));
        head.push_str(&format!("To: {}\r\n", people.join(",\r\n ")));
        head.push_str(&format!("Subject: {}\r\nMessage-ID: <{}>\r\n", encoded_words(&self.subject, !q), self.id));
        if let Some(parent) = self.references.last() {
            let all: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            head.push_str(&format!("In-Reply-To: <{parent}>\r\nReferences: {}\r\n", all.join("\r\n ")));
        }
        if chance.happens(1, 10) {
            head.push_str(
                "List-Id: Nieuws <nieuws.voorbeeld.test>\r\nList-Unsubscribe: <mailto:af@voorbeeld.test>\r\n",
            );
        }
        if chance.happens(1, 30) {
            head.push_str(&format!("X-Lange-Regel: {}\r\n", "woord ".repeat(150).trim_end()));
        }
        head.push_str("MIME-Version: 1.0\r\n");
        head
    }
}

fn ordinary(chance: &mut Chance, letter: &Letter) -> Vec<u8> {
    let most = if chance.happens(1, 20) { 120 } else { 6 };
    let paragraphs = 1 + chance.below(most);
    let wire = chance.pick(&WIRES);
    let plain = text_part("plain", &words::text(chance, paragraphs), wire);
    let boundary = format!("=_{:x}", chance.number());
    let body = match chance.below(12) {
        0..=3 => plain,
        4 | 5 => {
            let html = text_part("html", &words::html(chance, paragraphs), chance.pick(&WIRES));
            multipart("alternative", &boundary, &[plain, html])
        }
        6..=8 => {
            let mut parts = vec![plain];
            for _ in 0..=chance.below(3) {
                parts.push(some_attachment(chance));
            }
            multipart("mixed", &boundary, &parts)
        }
        9 => {
            let mut picture = attachment("image/png", "logo.png", &chance.bytes(900));
            picture.head.push_str("Content-ID: <logo@corpus.test>\r\n");
            let html = text_part("html", "<p>Zie <img src=\"cid:logo@corpus.test\"></p>\r\n", chance.pick(&WIRES));
            let related = multipart("related", &format!("{boundary}.r"), &[html, picture]);
            multipart("alternative", &boundary, &[plain, related])
        }
        10 => {
            let inner = Letter::new(chance, 1, letter.index, &[]);
            let forwarded = [inner.head(chance).into_bytes(), plain.bytes()].concat();
            let note = text_part("plain", "Ter info.\r\n", chance.pick(&WIRES));
            multipart("mixed", &boundary, &[note, enclosed(&forwarded)])
        }
        _ => invitation(plain, &boundary, letter),
    };
    [letter.head(chance).into_bytes(), body.bytes()].concat()
}

fn some_attachment(chance: &mut Chance) -> Part {
    const NAMES: [(&str, &str); 6] = [
        ("application/pdf", "factuur.pdf"),
        ("application/pdf", "offerte café – concept.pdf"),
        ("image/jpeg", "foto 1.jpg"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "uren.xlsx"),
        ("application/zip", "tekeningen.zip"),
        ("text/csv; charset=utf-8", "лист.csv"),
    ];
    let (kind, name) = chance.pick(&NAMES);
    // Most are small, a few are large: the sizes of real mail have a long tail.
    let size = match chance.below(60) {
        0 => 100_000 + chance.below(900_000),
        1..=10 => 10_000 + chance.below(60_000),
        _ => chance.below(4_000),
    };
    attachment(kind, name, &chance.bytes(size))
}

fn invitation(plain: Part, boundary: &str, letter: &Letter) -> Part {
    let calendar = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//voorbeeld//corpus//NL\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n\
         UID:{}\r\nDTSTAMP:20260301T090000Z\r\nDTSTART:20260305T093000Z\r\nDTEND:20260305T103000Z\r\n\
         SUMMARY:Overleg\r\nORGANIZER:mailto:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        letter.id, letter.from.1
    );
    let part = Part {
        head: "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\nContent-Transfer-Encoding: base64\r\n"
            .into(),
        body: base64_lines(calendar.as_bytes()),
    };
    multipart("alternative", boundary, &[plain, part])
}

fn address((name, mail): (&str, &str), q: bool) -> String {
    match name {
        "" => mail.to_owned(),
        name if !name.is_ascii() => format!("{} <{mail}>", encoded_words(name, q)),
        name if name.contains([',', '"', '\'', '.']) => format!("\"{}\" <{mail}>", name.replace('"', "\\\"")),
        name => format!("{name} <{mail}>"),
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Later for a higher index; summer time and the odd zone included.
fn moment(index: usize) -> (usize, &'static str, usize, String, &'static str) {
    let (day, month) = (1 + index / 7 % 28, index / 196 % 12);
    let year = 2024 + index / (196 * 12);
    let time = format!("{:02}:{:02}:{:02}", 8 + index % 7, index * 13 % 60, index * 29 % 60);
    let zone = if (3..10).contains(&month) { "+0200" } else { "+0100" };
    (day, MONTHS[month], year, time, zone)
}

fn header_date(index: usize) -> String {
    let (day, month, year, time, zone) = moment(index);
    format!("{day} {month} {year} {time} {zone}")
}

fn imap_date(index: usize) -> String {
    let (day, month, year, time, zone) = moment(index);
    format!("{day:02}-{month}-{year} {time} {zone}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn two_thousand_messages_are_all_different_and_safe_on_every_server() {
        let all = messages(1, 2_000);
        let different: BTreeSet<&Vec<u8>> = all.iter().collect();
        assert_eq!(different.len(), 2_000);
        for raw in &all {
            assert!(!raw.contains(&0), "a NUL");
            let bare = raw.iter().enumerate().any(|(at, byte)| match byte {
                b'\n' => at == 0 || raw[at - 1] != b'\r',
                b'\r' => raw.get(at + 1) != Some(&b'\n'),
                _ => false,
            });
            assert!(!bare, "a bare CR or LF in {}", String::from_utf8_lossy(raw));
            let head = raw.split(|byte| *byte == b'\n').take_while(|line| *line != b"\r");
            for line in head {
                assert!(line.contains(&b':') || line.starts_with(b" ") || line.starts_with(b"\t"), "{line:?}");
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_mail() {
        assert_eq!(messages(5, 50), messages(5, 50));
        assert_ne!(messages(5, 50), messages(6, 50));
    }

    #[test]
    fn a_third_of_the_mail_answers_other_mail_and_sizes_vary() {
        let all = messages(2, 500);
        let answers = all.iter().filter(|raw| String::from_utf8_lossy(raw).contains("In-Reply-To:")).count();
        assert!((100..250).contains(&answers), "{answers}");
        let largest = all.iter().map(Vec::len).max().unwrap_or(0);
        assert!(largest > 100_000 && all.iter().any(|raw| raw.len() < 600), "{largest}");
    }
}
