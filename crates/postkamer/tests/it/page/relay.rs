//! A mailbox whose mail is forwarded to us, on the page: from the address to forward to, to the mail that came.

use super::{gallery, nothing_went_wrong, sign_in};
use crate::program::{Backing, Program};
use crate::relay::{bring, with_door};
use serde_json::{Value, json};
use testkit::Browser;

const LETTER: &str = "From: Jan Smit <jan@elders.test>\nTo: info@voorbeeld.test\nSubject: Offerte\nDate: Sun, 22 Nov 2026 10:00:00 +0100\n\nGraag een offerte.\n";

#[test]
fn a_mailbox_is_forwarded_to_an_address_that_the_wizard_shows() {
    let (program, port) = with_door(Backing::Disk, &[]);
    let mut browser = at(&program, "/mailboxes/new?address=info@voorbeeld.test");
    browser.sees("Doorsturen naar Postkamer");
    browser.judge(&gallery(), "mailbox-by-forwarding");
    browser.press("Laten doorsturen");
    browser.sees("Laat de mail van info@voorbeeld.test doorsturen naar dit adres");
    browser.judge(&gallery(), "mailbox-forwarding");
    let address = browser.run("return await page.locator('#relay_address').inputValue()", Value::Null);
    let address = address.as_str().expect("an address").to_owned();
    assert!(address.starts_with("info-") && address.ends_with("@post.example"), "{address}");
    // Mail is taken already, so that a provider can ask whether we want it.
    let (taken, said) = bring(port, &[&address], LETTER);
    assert!(taken, "{said}");
    browser.press("Nu testen");
    browser.sees("Mail van buiten wordt aangenomen");
    browser.press("Mailbox in gebruik nemen");
    browser.sees("Alle mail is opgehaald");
    browser.go(&format!("{}/mail", program.url()));
    browser.sees("Offerte");

    // Nothing is fetched for it, and what it holds lies here.
    let account = program.api.list("/accounts").pop().expect("the mailbox");
    let id = account["id"].as_str().expect("an id");
    for (tab, words) in [
        ("/folders", "De mappen van deze mailbox liggen in Postkamer"),
        ("/devices", "een ander mailprogramma kan er niet bij"),
        ("", "Deze mailbox is in gebruik"),
    ] {
        browser.go(&format!("{}/mailboxes/{id}{tab}", program.url()));
        browser.sees(words);
        browser.judge(&gallery(), &format!("mailbox-forwarded{}", tab.replace('/', "-")));
    }
    let is_shown = browser.run("return await page.locator('#interval').isVisible()", Value::Null);
    assert_eq!(is_shown, json!(false));
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    assert_eq!(program.api.get(&format!("/accounts/{id}"))["push"], account["push"]);

    browser.go(&format!("{}/settings/addresses", program.url()));
    browser.sees(&address);
    browser.sees("Aan: 127.0.0.1:");
    browser.judge(&gallery(), "settings-addresses");
    // By hand the same can be chosen beside a server for sending.
    browser.go(&format!("{}/mailboxes/new?address=anna@voorbeeld.test", program.url()));
    browser.run("await page.locator('#incoming_kind').selectOption('relay')", Value::Null);
    let is_shown = browser.run("return await page.locator('#incoming_host').isVisible()", Value::Null);
    assert_eq!(is_shown, json!(false));
    nothing_went_wrong(&mut browser, &[]);
}

#[test]
fn without_a_door_the_page_says_what_to_do() {
    let program = Program::start(Backing::Disk);
    let mut browser = at(&program, "/settings/addresses");
    browser.sees("Uit: mail van buiten komt niet aan");
    browser.sees("Dit is alleen een naam voor deze machine");
    browser.judge(&gallery(), "settings-addresses-off");
    browser.go(&format!("{}/mailboxes/new?address=info@voorbeeld.test", program.url()));
    browser.press("Laten doorsturen");
    browser.sees("Deze Postkamer neemt nu geen mail van buiten aan");
}

fn at(program: &Program, path: &str) -> Browser {
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");
    browser.go(&format!("{}{path}", program.url()));
    browser
}
