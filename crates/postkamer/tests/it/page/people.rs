//! Contacts and dossiers: made by hand or from a file, with all their mail, and linked by hand where a rule can't know.

use super::{at_mail, gallery, nothing_went_wrong, sign_in};
use crate::program::{Backing, Program};
use serde_json::{Value, json};
use testkit::{Append, Browser};

/// Contacts in a file that takes its time.
const MANY: usize = 8_000;

#[test]
fn a_contact_gathers_its_mail_and_a_dossier_that_of_its_contacts() {
    let (_office, program, mut browser) = at_mail(&[
        letter("Jan Jansen <jan@elders.test>", "Offerte dakgoot"),
        letter("Els de Vries <els@zaal.test>", "Is de zaal vrij?"),
    ]);
    browser.go(&format!("{}/contacts", program.url()));
    browser.sees("Nog geen contacten");
    browser.judge(&gallery(), "contacts-empty");
    browser.follow("Nieuw contact");
    browser.fill("Naam", "Jan Jansen");
    browser.fill("E-mailadressen", "jan@elders.test\ngeen adres");
    browser.fill("Soort", "aannemer");
    browser.press("Contact maken");
    browser.sees("geen adres: Dit is geen e-mailadres.");
    browser.judge(&gallery(), "contact-wrong");
    browser.fill("E-mailadressen", "jan@elders.test");
    browser.press("Contact maken");
    browser.sees("Offerte dakgoot");
    browser.sees("het adres staat erin");
    browser.judge(&gallery(), "contact");
    browser.follow("Nieuw dossier met dit contact");
    browser.fill("Naam", "Verbouwing Dorpsstraat 3");
    browser.press("Dossier maken");
    browser.sees("via Jan Jansen");
    browser.follow("Dossiers");
    browser.sees("1 contact");
    program.api.post("/contacts", &json!({ "name": "Els de Vries", "addresses": ["els@zaal.test"] }));
    browser.follow("Verbouwing Dorpsstraat 3");
    browser.run("await page.getByText('Contact toevoegen').click()", Value::Null);
    browser.fill("Naam of adres", "els");
    browser.press("Els de Vries toevoegen");
    browser.sees("Is de zaal vrij?");
    browser.judge(&gallery(), "dossier");
    browser.press("Els de Vries weghalen");
    browser.sees("Mail die er alleen door dit contact was");
    browser.run("await page.getByText('Is de zaal vrij?').waitFor({ state: 'detached' })", Value::Null);
    browser.follow("Offerte dakgoot");
    browser.sees("Kunt u hier eens naar kijken?");
    nothing_went_wrong(&mut browser, &["status of 422"]);
}

#[test]
fn a_mail_is_linked_and_unlinked_from_its_card_and_a_stranger_becomes_a_contact() {
    let (_office, program, mut browser) = at_mail(&[letter("Jan Jansen <jan@elders.test>", "Offerte dakgoot")]);
    let dossier = json!({ "name": "Verbouwing", "kind": "project", "contacts": [] });
    let dossier = program.api.post("/dossiers", &dossier)["id"].as_str().expect("an id").to_owned();
    browser.follow("Offerte dakgoot");
    browser.run("await page.getByText('Hoort nog nergens bij').click()", Value::Null);
    browser.press("Contact maken van Jan Jansen <jan@elders.test>");
    browser.sees("het adres staat erin");
    browser.fill("Zoek een contact of dossier", "verb");
    browser.press("Koppelen aan Verbouwing");
    browser.run("await page.locator('.members').getByText(/^door .*, /).waitFor()", Value::Null);
    browser.judge(&gallery(), "mail-card");
    browser.press("Loskoppelen van Verbouwing");
    browser.sees("Losgekoppeld van Verbouwing");
    browser.judge(&gallery(), "mail-unlinked");
    assert_eq!(program.api.list(&format!("/messages?dossier={dossier}")).len(), 0);
    browser.press("Ongedaan maken");
    browser.run("await page.getByText('Losgekoppeld van').waitFor({ state: 'detached' })", Value::Null);
    assert_eq!(program.api.list(&format!("/messages?dossier={dossier}")).len(), 1);
    nothing_went_wrong(&mut browser, &[]);
}

#[test]
fn everything_with_contacts_goes_without_script() {
    let (_office, program, mut browser) = at_mail(&[letter("Jan Jansen <jan@elders.test>", "Offerte dakgoot")]);
    let off = "globalThis.session = await context.newCDPSession(page);
        await globalThis.session.send('Emulation.setScriptExecutionDisabled', { value: true })";
    browser.run(off, Value::Null);
    let message = program.api.search("dakgoot")[0]["id"].as_str().expect("an id").to_owned();
    browser.go(&format!("{}/mail/messages/{message}/links", program.url()));
    browser.press("Contact maken van Jan Jansen <jan@elders.test>");
    browser.sees("het adres staat erin");
    browser.fill("Zoek een contact of dossier", "Verbouwing");
    browser.press("Zoeken");
    browser.sees("Niets anders gevonden.");
    browser.follow("Nieuw dossier");
    browser.press("Dossier maken");
    browser.press("Koppelen aan Verbouwing");
    browser.press("Loskoppelen van Verbouwing");
    browser.press("Ongedaan maken");
    browser.run("await page.locator('.members').getByText(/^door .*, /).waitFor()", Value::Null);
    browser.follow("Verbouwing");
    browser.sees("Offerte dakgoot");
    browser.fill("Zoek in deze mail", "onvindbaar");
    browser.key("Enter");
    browser.sees("Niets gevonden");
    browser.go(&format!("{}/contacts?q=jans", program.url()));
    browser.follow("Jan Jansen");
    browser.sees("Offerte dakgoot");
}

#[test]
fn an_address_that_is_tried_says_whose_it_is_and_which_line_leaves_it_out() {
    let (_office, program, mut browser) = at_mail(&[letter("Jan Jansen <jan@elders.test>", "Offerte dakgoot")]);
    let accounts = program.api.list("/accounts");
    let account = accounts.iter().find(|account| account["address"] == "info@example.test").expect("our own mailbox");
    let account = account["id"].as_str().expect("an id").to_owned();
    program.api.patch(&format!("/accounts/{account}"), &json!({ "never_link": ["intern.test"] }));
    program
        .api
        .post("/contacts", &json!({ "name": "Jan Jansen", "addresses": ["jan@elders.test", "jan@intern.test"] }));
    browser.go(&format!("{}/contacts", program.url()));
    browser.follow("Adres proberen");
    browser.fill("E-mailadres", "Jan@Elders.test");
    browser.press("Proberen");
    browser.sees("Dit contact heeft Jan@Elders.test:");
    browser.sees("wordt gekoppeld");
    browser.fill("E-mailadres", "jan@intern.test");
    browser.press("Proberen");
    browser.sees("de regel intern.test sluit het uit");
    browser.judge(&gallery(), "contacts-try");
    browser.follow("Jan Jansen");
    browser.sees("Mail van jan@intern.test wordt in");
    browser.go(&format!("{}/contacts/try?address=niets", program.url()));
    browser.sees("Dit is geen e-mailadres.");
    browser.go(&format!("{}/contacts/try?address=piet@nieuw.test", program.url()));
    browser.follow("Contact maken met dit adres");
    browser.sees("piet@nieuw.test");
}

#[test]
fn a_large_file_shows_how_far_it_is_and_is_found_again() {
    let program = Program::start(Backing::Disk);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");
    browser.go(&format!("{}/contacts/import", program.url()));
    let file = "const rows = Array.from({ length: given }, (_, n) => `Buurt ${n};buurt${n}@wijk.test;R-${n}`);
        const buffer = Buffer.from(['Naam;E-mailadres;Relatienummer', ...rows].join('\\n'));
        await page.locator('#file').setInputFiles({ name: 'relaties.csv', mimeType: 'text/csv', buffer })";
    browser.run(file, json!(MANY));
    browser.press("Nu importeren");
    browser.sees("Contacten worden geïmporteerd");
    browser.run("await page.getByText(/per seconde, nog ongeveer/).waitFor()", Value::Null);
    // Whoever leaves finds it again.
    browser.go(&format!("{}/mail", program.url()));
    browser.go(&format!("{}/contacts/import", program.url()));
    assert_eq!(browser.path(), "/contacts/import/progress");
    browser.judge(&gallery(), "contacts-importing");
    // On a machine that is busy with other tests it takes its time.
    let done = "await page.getByText(given).filter({ visible: true }).first().waitFor({ timeout: 240_000 })";
    browser.run(done, json!(format!("{}.000 contacten gemaakt", MANY / 1000)));
    browser.sees("Klaar met importeren");
    browser.go(&format!("{}/contacts/import", program.url()));
    browser.follow("Wat de vorige import bracht");
    browser.sees(&format!("{}.000 contacten gemaakt", MANY / 1000));
    assert_eq!(program.api.list("/contacts").len(), MANY);
    nothing_went_wrong(&mut browser, &[]);
}

#[test]
fn a_file_brings_contacts_and_a_shielded_contact_hides_its_mail() {
    let (_office, program, mut browser) = at_mail(&[letter("Jan Jansen <jan@elders.test>", "Offerte dakgoot")]);
    browser.go(&format!("{}/contacts/import", program.url()));
    browser.press("Nu importeren");
    browser.sees("Kies een bestand met contacten.");
    let mut table = "Naam;E-mailadres;Relatienummer\r\n".to_owned();
    for number in 0..120 {
        table.push_str(&format!("Buurt {number:03};buurt{number}@wijk.test;{number}\r\n"));
    }
    table.push_str("שרה בן־דוד;sara@elders.test;\r\nمحمد الفاسي;mo@elders.test;\r\n");
    table.push_str("Aannemersbedrijf en Installatietechniek Westerhuizen-Oosterkamp & Zonen (voorheen Gebroeders Van der Boogaard-Terpstra) BV;\
        administratie.en.inkoop.afdeling.noordwest@westerhuizen-oosterkamp.test, planning@westerhuizen-oosterkamp.test, w@w.test;W-1\r\n");
    table.push_str("Jan Jansen;jan@elders.test;\r\nKapot;geen adres;\r\n");
    let file = "await page.locator('#file').setInputFiles({ name: 'relaties.csv', mimeType: 'text/csv', buffer: Buffer.from(given) })";
    browser.run(file, json!(table));
    browser.press("Nu importeren");
    browser.sees("contacten gemaakt");
    assert_eq!((browser.path().as_str(), super::sent_by_reloading(&mut browser)), ("/contacts/import/progress", 0));
    browser.judge(&gallery(), "contacts-import");
    browser.follow("Naar de contacten");
    browser.sees("Aannemersbedrijf");
    browser.judge(&gallery(), "contacts");
    browser.follow("Volgende contacten");
    browser.sees("Buurt 060");
    browser.run("await page.getByRole('searchbox').fill('westerh')", Value::Null);
    browser.run("await page.getByText('Buurt 060').waitFor({ state: 'detached' })", Value::Null);
    browser.follow("Aannemersbedrijf");
    browser.arrives("/contacts/cnt_*");
    browser.judge(&gallery(), "contact-long");
    browser.go(&format!("{}/contacts?q=jan%20jan", program.url()));
    browser.follow("Jan Jansen");
    browser.follow("Wijzigen");
    browser.run("await page.getByLabel('Alle mail met dit contact afschermen').check()", Value::Null);
    browser.judge(&gallery(), "contact-change");
    browser.press("Opslaan");
    browser.sees("De mail met dit contact is afgeschermd");
    browser.judge(&gallery(), "contact-shielded");
    browser.follow("Offerte dakgoot");
    browser.sees("de mail met dit contact is afgeschermd.");
    browser.judge(&gallery(), "mail-private");
    nothing_went_wrong(&mut browser, &["status of 422"]);
}

fn letter(from: &str, subject: &str) -> Append {
    let id = subject.len();
    let raw = format!(
        "From: {from}\r\nTo: info@example.test\r\nSubject: {subject}\r\nMessage-ID: <{id}@elders.test>\r\n\
         Date: Mon, 2 Mar 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         Goedemorgen,\r\n\r\nKunt u hier eens naar kijken?\r\n"
    );
    Append { raw: raw.into_bytes(), ..Append::default() }
}
