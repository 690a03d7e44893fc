//! Stories of mail: one file of `testdata/mail` each.

use super::*;
use crate::message::Origin;

macro_rules! story {
    ($name:literal) => {
        include_bytes!(concat!("../../../../testdata/mail/", $name, ".eml")).as_slice()
    };
}

/// The parts of a message that a reader sees first.
fn names(message: &Message) -> Vec<&str> {
    message.attachments.iter().map(|attachment| attachment.name.as_str()).collect()
}

#[test]
fn an_invoice_is_read_whole() {
    let raw = story!("invoice_with_pdf");
    let message = parse(raw);
    assert_eq!(message.subject, "Factuur 2026-0412 € 1.250,00");
    assert_eq!(message.from[0].to_string(), "René van Installatie Noord <facturen@installatie-noord.nl>");
    assert_eq!(
        message.to.iter().map(Address::to_string).collect::<Vec<_>>(),
        ["Jansen, Sanne <sanne@voorbeeld.nl>", "Administratie <administratie@voorbeeld.nl>"]
    );
    assert_eq!(message.date, Some(1_793_693_518_000));
    assert_eq!(
        message.message_id.as_ref().map(crate::MessageId::as_str),
        Some("20261103.091158.factuur@installatie-noord.nl")
    );
    assert_eq!(
        message.authentication_results,
        ["mx.voorbeeld.nl; dkim=pass header.d=installatie-noord.nl; spf=pass smtp.mailfrom=installatie-noord.nl"]
    );
    assert!(message.text.as_deref().is_some_and(|text| text.contains("binnen 14 dagen € 1.250,00.\n")));
    assert_eq!(names(&message), ["Factuur 2026-0412 €.pdf"]);
    let file = attachment(raw, 0).expect("the invoice");
    assert_eq!((file.content_type.as_str(), file.bytes.len() as u64), ("application/pdf", message.attachments[0].size));
    assert!(file.bytes.starts_with(b"%PDF-1.4"));
    assert_eq!(attachment(raw, 1), None);
    assert!(message.defects.is_empty() && message.origin == Origin::Person);
    let digested = digest(raw);
    assert_eq!(
        digested.preview,
        "Hierbij de factuur voor het onderhoud van de warmtepomp. Graag betalen binnen 14 dagen € 1.250,00. Met vriendelijke groet, René"
    );
    assert_eq!(digested.search.from, "rene van installatie noord facturen installatie noord nl");
    assert_eq!(digested.search.to, "jansen sanne sanne voorbeeld nl administratie administratie voorbeeld nl");
    assert_eq!(digested.search.attachments, "factuur 2026 0412 pdf");
}

#[test]
fn the_digest_says_what_the_whole_reading_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/mail");
    let stories = std::fs::read_dir(folder).expect("the stories are in the tree");
    for story in stories {
        let raw = std::fs::read(story.expect("a file").path()).expect("a story");
        let whole = parse(&raw);
        assert_eq!(digest(&raw).message, Message { text: None, html: None, ..whole.clone() });
        for known in &whole.attachments {
            let file = attachment(&raw, known.n).expect("every listed attachment is there");
            assert_eq!((&file.name, file.bytes.len() as u64), (&known.name, known.size));
        }
    }
}

#[test]
fn character_sets_are_read_as_meant() {
    let text = |raw| parse(raw).text.unwrap_or_default();
    assert_eq!(text(story!("latin1_in_quoted_printable")).trim(), "Het café is geïnteresseerd in één pallet.");
    assert_eq!(parse(story!("latin1_in_quoted_printable")).subject, "Gecoördineerde levering café");
    assert_eq!(text(story!("windows_text_called_utf8")).trim(), "De prijs is € 12,50 – inclusief café.");
    let raw = parse(story!("raw_bytes_in_header"));
    assert_eq!(
        (raw.subject.as_str(), raw.from[0].name.as_deref(), raw.to[0].name.as_deref()),
        ("Offerte café € 5", Some("René"), Some("Zoë"))
    );
}

#[test]
fn no_control_character_gets_through() {
    let message = parse(story!("nul_and_controls"));
    assert_eq!(message.subject, "Met een nul");
    assert_eq!(message.text.as_deref(), Some("Voorna en [31mrood.\n"));
}

#[test]
fn a_second_sender_is_seen() {
    let message = parse(story!("two_senders"));
    assert!(message.defects.contains(&Defect::SeveralSenders));
    assert_eq!(message.from[0].address, "directeur@voorbeeld.nl");
    let named = parse(story!("name_that_is_an_address"));
    assert_eq!(named.from[0].name.as_deref(), Some("directeur@voorbeeld.nl"));
    assert_eq!((named.from[0].address.as_str(), named.to.len()), ("dief@kwaad.example", 0));
    assert_eq!(named.subject, "Nieuw rekeningnummer");
}

#[test]
fn a_message_in_a_message_is_an_attachment_whose_words_are_found() {
    let raw = story!("message_in_message");
    let message = parse(raw);
    assert_eq!(names(&message), ["Klacht over de dakgoot _ lekkage.eml"]);
    assert_eq!(message.text.as_deref().map(str::trim), Some("Zie het bericht in de bijlage."));
    let words = digest(raw).search.body;
    assert!(words.contains("klacht over de dakgoot") && words.contains("lekt al drie weken"), "{words}");
    let inner = parse(&attachment(raw, 0).expect("the message").bytes);
    assert_eq!(inner.text.as_deref().map(str::trim), Some("De dakgoot lekt al drie weken."));
}

#[test]
fn flowed_lines_become_paragraphs() {
    let text = parse(story!("flowed_text")).text.unwrap_or_default();
    let expected = "Deze zin is over twee regels verdeeld door het programma.\n\n> Dit ook, maar dan aangehaald.\nFrom mij.\n-- \nKees\n";
    assert_eq!(text, expected);
}

#[test]
fn broken_structures_lose_nothing() {
    let scan = parse(story!("boundary_never_closed"));
    assert_eq!((names(&scan), scan.defects.contains(&Defect::Truncated)), (vec!["scan.jpg"], true));
    assert_eq!(scan.attachments[0].size, 13);
    let form = parse(story!("boundary_not_said"));
    assert_eq!((form.text.as_deref().map(str::trim), names(&form)), (Some("Graag een offerte."), vec!["gegevens.csv"]));
    let bare = parse(story!("no_header"));
    assert!(bare.defects.contains(&Defect::NoHeader) && bare.defects.contains(&Defect::NoSender));
    assert!(bare.text.is_some_and(|text| text.starts_with("Dit is geen kop")));
    assert_eq!(names(&parse(story!("outlook_winmail"))), ["winmail.dat"]);
    assert_eq!(parse(b"").defects, [Defect::NoHeader, Defect::NoSender, Defect::NoDate]);
}

#[test]
fn an_invitation_comes_with_its_calendar() {
    let message = parse(story!("calendar_invite"));
    assert_eq!((names(&message), message.attachments[0].content_type.as_str()), (vec!["invite.ics"], "text/calendar"));
    assert_eq!(message.text.as_deref().map(str::trim), Some("Bouwoverleg, donderdag 10:00."));
    assert!(message.html.is_some_and(|html| html.contains("<b>donderdag")));
}

#[test]
fn only_pictures_that_the_html_shows_are_inline() {
    let message = parse(story!("inline_picture"));
    assert_eq!(message.attachments.iter().map(|picture| picture.inline).collect::<Vec<_>>(), [true, false]);
    let safe = display::safe_html(&message.html.unwrap_or_default());
    assert!(safe.contains("cid:logo@winkel.nl") && !safe.contains("spion") && !safe.contains("alert"), "{safe}");
}

#[test]
fn a_footer_stays_outside_of_an_open_tag() {
    let message = parse(story!("list_with_footer"));
    assert_eq!((message.list_id.as_deref(), message.origin), (Some("lijst.club.example"), Origin::Bulk));
    assert_eq!(message.references.len(), 2);
    let text = message.text.unwrap_or_default();
    assert!(text.contains("Ik kom") && text.contains("Afmelden"), "{text}");
    assert!(display::safe_html(&message.html.unwrap_or_default()).contains("Afmelden: lijst-request"));
}

#[test]
fn a_nasty_subject_is_read_as_far_as_it_goes() {
    let message = parse(story!("nasty_subject"));
    assert_eq!(message.subject, "Re: Antw: één 😀xA =?utf-8?Q?open");
    assert_eq!(message.date, Some(1_793_624_400_000));
}

#[test]
fn the_kind_of_sender_is_known() {
    assert_eq!(parse(story!("vacation_reply")).origin, Origin::AutoReply);
    assert_eq!(parse(story!("dsn_postfix")).origin, Origin::Report);
    assert_eq!(parse(story!("dsn_exim_prose")).origin, Origin::Report);
}

#[test]
fn every_field_can_be_looked_at() {
    let fields = header_fields(story!("invoice_with_pdf"));
    assert_eq!(fields[0], ("Return-Path".into(), "<facturen@installatie-noord.nl>".into()));
    assert!(fields.contains(&("Subject".into(), "Factuur 2026-0412 € 1.250,00".into())));
}

#[test]
fn a_message_arrived_when_the_last_server_took_it() {
    let head = b"Received: from a (b; c) by mx.test\r\n\tid 1; Thu, 1 Jan 2026 12:00:00 +0100\r\n\
        Received: from z by a; Wed, 31 Dec 2025 00:00:00 +0000\r\n\
        Message-ID: <one@shop>\r\nDate: Mon, 1 Dec 2025 00:00:00 +0000\r\n\r\nDate: never\r\n";
    let found = arrival(head);
    assert_eq!(found.message_id.unwrap().as_str(), "one@shop");
    assert_eq!(found.at, Some(1_767_265_200_000));
    assert_eq!(arrival(b"Date: Mon, 1 Dec 2025 00:00:00 +0000\r\n\r\n").at, Some(1_764_547_200_000));
    assert_eq!(arrival(b"Received: nobody knows when\r\n\r\n").at, None);
}

#[test]
fn who_wrote_what_somebody_passes_on_is_found_in_the_text_and_in_what_is_attached() {
    let head =
        "From: Anna <anna@voorbeeld.nl>\r\nTo: dossier@post.example\r\nDate: Sun, 22 Nov 2026 10:00:00 +0100\r\n";
    let quoted = format!(
        "{head}Subject: Fwd: Offerte\r\n\r\nZie onder.\r\n\r\n---------- Forwarded message ---------\r\nVan: Jan Smit <jan@elders.nl>\r\n\
         Datum: zo 22 nov\r\nOnderwerp: Offerte\r\nAan: anna@voorbeeld.nl\r\n\r\nGraag.\r\n"
    );
    let attached = format!(
        "{head}Subject: Kijk eens\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nBijgaand.\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nFrom: Jan Smit <jan@elders.nl>\r\nSubject: Offerte\r\n\r\nGraag.\r\n--b--\r\n"
    );
    for raw in [&quoted, &attached] {
        for message in [parse(raw.as_bytes()), digest(raw.as_bytes()).message] {
            assert_eq!(message.original.as_ref().map(ToString::to_string).as_deref(), Some("Jan Smit <jan@elders.nl>"));
            assert!(message.people().any(|one| one.address == "jan@elders.nl"));
        }
    }
    // A machine's report holds a message too, and nobody passes that on; an answer only quotes.
    let report = attached.replace("Subject: Kijk", "Auto-Submitted: auto-replied\r\nSubject: Kijk");
    assert_eq!(parse(report.as_bytes()).original, None);
    assert_eq!(parse(quoted.replace("Fwd: Offerte", "Re: Offerte").as_bytes()).original, None);
}

#[test]
fn an_address_in_a_result_that_looks_encoded_stays_as_it_was_written() {
    let field = "mx.nl; spf=pass smtp.mailfrom=\"=?utf-8?q?=22=3Bdmarc=3Dpass=3B=22?=@evil.example\"";
    let message = parse(format!("Authentication-Results: {field}\r\nFrom: a@b.nl\r\n\r\n").as_bytes());
    assert_eq!(message.authentication_results, [field]);
}

#[test]
fn the_author_is_whom_a_reader_sees_below_fields_of_our_own() {
    for raw in [
        "From: a@b.nl\r\nSubject: x\r\n\r\nFrom: c@d.nl\r\n",
        "From: <a@b\u{1}.nl>\r\nx y: z\r\nFrom: c@d.nl\r\n\r\n",
        " From: c@d.nl\r\n\tx\r\nFrom: a@b.nl\r\n\r\n",
        "From c@d.nl Sun Nov 22 10:00:00 2026\r\nFrom: a@b.nl\r\n\r\n",
        "--x: y\r\nFrom: a@b.nl\r\nFrom : c@d.nl\r\n\r\n",
        "\r\nFrom: c@d.nl\r\n\r\n",
        " x",
        "",
    ] {
        let ours = "Received: from x\r\n";
        let whole = format!("{ours}{raw}");
        let (author, shown) = (author(raw.as_bytes()), parse(whole.as_bytes()));
        assert_eq!(author.addresses, shown.from.iter().map(Address::folded).collect::<Vec<_>>(), "{raw:?}");
        let (_, body) = field_ranges(whole.as_bytes());
        assert_eq!(author.body + ours.len(), body, "{raw:?}");
    }
}
