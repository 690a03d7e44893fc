//! People, subjects and sentences of a small firm and its customers, in Dutch and English.

use crate::Chance;

pub(super) const PEOPLE: [(&str, &str); 20] = [
    ("Anna de Vries", "anna@voorbeeld.test"),
    ("Bram Jansen", "bram@voorbeeld.test"),
    ("Chaïma El Idrissi", "chaima@voorbeeld.test"),
    ("Daan van den Berg", "daan@bouwbedrijf-berg.test"),
    ("Eefje Smits", "eefje.smits@schilders.test"),
    ("Jürgen Groß", "j.gross@werkzeug.test"),
    ("Zoë Peeters", "zoe@peeters-notarissen.test"),
    ("Łukasz Wiśniewski", "lukasz@transport.test"),
    ("O'Brien, Maeve", "maeve@obrien.test"),
    ("Renée Coëlho", "renee.coelho@atelier.test"),
    ("山田 太郎", "taro@yamada.test"),
    ("Олена Коваль", "olena@koval.test"),
    ("Gemeente Lelystad", "noreply@lelystad.test"),
    ("Facturatie", "facturen@leverancier.test"),
    ("Søren Kjær", "soren@kjaer.test"),
    ("Ahmet Yılmaz", "ahmet@yilmaz.test"),
    ("Klaas", "klaas+werk@elders.test"),
    ("Helpdesk \"De Haven\"", "helpdesk@haven.test"),
    ("José Álvarez", "jose@alvarez.test"),
    ("", "kaal@adres.test"),
];

pub(super) const SUBJECTS: [&str; 20] = [
    "Offerte dakgoot",
    "Factuur 2026-0415",
    "Afspraak verplaatst naar dinsdag",
    "Vraag over levering",
    "Quote for the garden fence",
    "Herinnering: openstaande post",
    "Bestelling 88213 bevestigd",
    "Sleutels kwijtgeraakt",
    "Question about your invoice",
    "Café-menu én prijslijst",
    "Klacht: lekkage in de keuken",
    "Uitnodiging zomerborrel ☀",
    "Re-design of the office – first sketches",
    "Contract ter ondertekening",
    "Vertrouwelijk: personeelsdossier",
    "Änderung der Lieferadresse",
    "見積もりのお願い",
    "Betaling ontvangen, dank u",
    "Your parcel is on its way",
    "Notulen overleg 3 maart",
];

const SENTENCES: [&str; 28] = [
    "Hartelijk dank voor uw bericht van gisteren.",
    "De goot aan de achterkant lekt weer bij harde regen.",
    "Kunt u mij laten weten wanneer de monteur langskomt?",
    "We hebben de offerte bekeken en gaan akkoord met het bedrag van € 1.250,00.",
    "In de bijlage vindt u de factuur; de betaaltermijn is veertien dagen.",
    "Het pakket is op 5 maart aangekomen, maar één doos was beschadigd.",
    "Zou het ook op donderdagmiddag kunnen, na half drie?",
    "Graag ontvang ik een bevestiging met het dossiernummer.",
    "De sleutel ligt bij de buren op nummer 12.",
    "Ik heb hierover vorige week al gebeld met uw collega.",
    "Met de nieuwe leverancier zijn we zeer tevreden.",
    "Wilt u het adres wijzigen in Kerkstraat 7, 1234 AB Amersfoort?",
    "Coördinatie van de werkzaamheden ligt vanaf nu bij Zoë.",
    "De naïeve aanname was dat het vóór vrijdag klaar zou zijn.",
    "Thank you for getting back to me so quickly.",
    "Please find the signed contract attached.",
    "Could we move the meeting to next Tuesday at ten?",
    "The delivery was two boxes short; see the photographs.",
    "I would like to cancel order 88213 before it ships.",
    "We agreed on a discount of ten per cent last month.",
    "Let me know if anything is unclear.",
    "The façade needs paint before the winter.",
    "Our accountant asks for a copy of the invoice of February.",
    "Nobody answered the phone this morning.",
    "Die Lieferung erfolgt nächste Woche über Köln.",
    "Wij zijn gesloten van 24 december tot en met 2 januari.",
    "From the first of June the rent goes up.",
    "Groeten vanaf een zonnig terras 🌞, tot maandag!",
];

/// A few paragraphs.
pub(super) fn text(chance: &mut Chance, paragraphs: usize) -> String {
    let mut text =
        String::from(chance.pick(&["Goedemorgen,\r\n\r\n", "Beste Anna,\r\n\r\n", "Hello,\r\n\r\n", "L.S.\r\n\r\n"]));
    for _ in 0..paragraphs {
        for _ in 0..=chance.below(4) {
            text.push_str(chance.pick(&SENTENCES));
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
    }
    text.push_str(chance.pick(&["Met vriendelijke groet,\r\n", "Kind regards,\r\n", "Groet,\r\n"]));
    text.push_str("-- \r\nVoorbeeld BV\r\nKerkstraat 7\r\n");
    text
}

/// The same in HTML, with what real mail has around it.
pub(super) fn html(chance: &mut Chance, paragraphs: usize) -> String {
    let mut html = String::from("<html><head><style>p { margin: 0 }</style></head><body>\r\n");
    for line in text(chance, paragraphs).lines() {
        html.push_str(&format!("<p>{}</p>\r\n", line.replace('&', "&amp;").replace('<', "&lt;")));
    }
    html.push_str("<table><tr><td>Bedrag</td><td>&euro; 1.250,00</td></tr></table>\r\n");
    html.push_str("<img src=\"http://beeld.voorbeeld.test/pixel.gif\" width=\"1\" height=\"1\">\r\n</body></html>\r\n");
    html
}
