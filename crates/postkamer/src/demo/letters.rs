//! Writes the sample mail: the same at every start, so that a screenshot of today looks like one of tomorrow.

use super::cast::{ANNA, BRAM, FILES, INFO, PEOPLE, Person, TALKS};
use mail::{
    Address, Flags, MessageId,
    compose::{Attached, Draft, write},
};
use mailroom::incoming::Imported;

/// Conversations in the shared mailbox.
const TALKS_IN_INFO: usize = 110;
const HOUR_MS: i64 = 3_600_000;

/// A small dice whose throws are always the same.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

/// All mail of the sample organisation: (address of the mailbox, message).
pub fn all(now: i64) -> Vec<(&'static str, Imported)> {
    let mut dice = Dice(20_260_101);
    let mut letters = Vec::new();
    for number in 0..TALKS_IN_INFO {
        talk(&mut dice, number, now, &INFO, &mut letters);
    }
    for (owner, count) in [(&ANNA, 14), (&BRAM, 12)] {
        for number in 0..count {
            talk(&mut dice, 1000 + number * 7 + owner.address.len(), now, owner, &mut letters);
        }
    }
    letters
}

/// A question, mostly an answer, sometimes a thank-you.
fn talk(dice: &mut Dice, number: usize, now: i64, own: &'static Person, letters: &mut Vec<(&'static str, Imported)>) {
    let person = &PEOPLE[dice.throw(PEOPLE.len())];
    let (subject, question, answer) = TALKS[(number + dice.throw(3)) % TALKS.len()];
    let file = FILES.iter().find(|file| file.people.iter().any(|at| PEOPLE[*at].address == person.address));
    let subject = match file {
        Some(file) if dice.throw(3) == 0 => format!("{subject} ({})", file.name),
        _ => subject.to_owned(),
    };
    // The newest first: an hour ago, then further and further back over two years.
    let age = HOUR_MS * (1 + (number * number) as i64 / 3 + dice.throw(20) as i64);
    let asked_at = now - age;
    let answered = dice.throw(10) < 7 && age > 6 * HOUR_MS;
    let id = |step: usize, domain: &str| MessageId(format!("{}.{number}.{step}@{domain}", own.address.len()));
    let first = id(0, "demo.example");
    let mut draft = draft(person, own, &subject, question, asked_at, dice);
    draft.message_id = Some(first.clone());
    let folder = if dice.throw(25) == 0 { "Archive" } else { "INBOX" };
    let seen = answered || dice.throw(4) > 0;
    let flags = Flags { seen, answered, flagged: dice.throw(12) == 0, ..Flags::default() };
    put(letters, own, folder, &draft, flags);
    if !answered {
        return;
    }
    let writer = if own.address == INFO.address { [&ANNA, &BRAM][dice.throw(2)] } else { own };
    let mut reply = self::draft(own, person, &format!("Re: {subject}"), answer, asked_at + 3 * HOUR_MS, dice);
    reply.text = Some(format!(
        "{answer}\n\nMet vriendelijke groet,\n{}\nEnergiecoöperatie Zonnedorp\n\n> {}\n",
        writer.name,
        question.replace('\n', "\n> ")
    ));
    reply.message_id = Some(id(1, "zonnedorp.example"));
    reply.in_reply_to = vec![first.clone()];
    reply.references = vec![first.clone()];
    put(letters, own, "Sent", &reply, Flags { seen: true, ..Flags::default() });
    if dice.throw(3) == 0 {
        let mut thanks = self::draft(
            person,
            own,
            &format!("Re: {subject}"),
            THANKS[dice.throw(THANKS.len())],
            asked_at + 5 * HOUR_MS,
            dice,
        );
        thanks.attachments.clear();
        thanks.message_id = Some(id(2, "demo.example"));
        thanks.in_reply_to = reply.message_id.clone().into_iter().collect();
        thanks.references = [Some(first), reply.message_id].into_iter().flatten().collect();
        put(letters, own, "INBOX", &thanks, Flags { seen: dice.throw(3) > 0, ..Flags::default() });
    }
}

const THANKS: &[&str] = &[
    "Top, dank jullie wel voor de snelle reactie!",
    "Helder. Dinsdag komt uit, tot dan.",
    "Dank u. Ik overleg het thuis en laat het weten.",
    "Perfect, thanks a lot.",
];

fn draft(from: &Person, to: &Person, subject: &str, text: &str, at: i64, dice: &mut Dice) -> Draft {
    let text = format!("{text}\n\nMet vriendelijke groet,\n{}\n", from.name);
    let html =
        (dice.throw(2) == 0).then(|| format!("<p>{}</p>", text.replace("\n\n", "</p><p>").replace('\n', "<br>")));
    Draft {
        date_ms: at,
        from: address(from),
        to: vec![address(to)],
        cc: if dice.throw(9) == 0 { vec![address(&PEOPLE[dice.throw(PEOPLE.len())])] } else { Vec::new() },
        subject: subject.to_owned(),
        text: Some(text),
        html,
        attachments: if dice.throw(4) == 0 { vec![attachment(dice)] } else { Vec::new() },
        ..Draft::default()
    }
}

fn attachment(dice: &mut Dice) -> Attached {
    let names = [
        "offerte-zonnedak.pdf",
        "Factuur 2026-0417.pdf",
        "plattegrond 2e verdieping.pdf",
        "foto dak.png",
        "ledenlijst.csv",
    ];
    let name = names[dice.throw(names.len())];
    let (content_type, bytes) = match name.rsplit_once('.').map(|split| split.1) {
        Some("png") => ("image/png", PIXEL.to_vec()),
        Some("csv") => ("text/csv", b"lidnummer;naam\r\n2041;El Amrani\r\n1877;van den Berg\r\n".to_vec()),
        _ => ("application/pdf", PAPER.as_bytes().to_vec()),
    };
    Attached { name: name.into(), content_type: content_type.into(), bytes, content_id: None }
}

/// One transparent pixel.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0, 1, 0, 0, 5, 0, 1,
    0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// An empty sheet.
const PAPER: &str = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
    3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

fn put(letters: &mut Vec<(&'static str, Imported)>, own: &'static Person, folder: &str, draft: &Draft, flags: Flags) {
    // Everything above is made to be writable; a mistake shows as a missing letter, not as a broken demo.
    let Ok(raw) = write(draft) else { return };
    let letter = Imported { folder: folder.to_owned(), raw: raw.into(), flags, internal_at: Some(draft.date_ms) };
    letters.push((own.address, letter));
}

fn address(person: &Person) -> Address {
    Address { name: Some(person.name.to_owned()), address: person.address.to_owned() }
}
