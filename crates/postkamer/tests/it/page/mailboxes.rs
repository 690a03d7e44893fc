//! The mailbox manager: from an address to its mail, with its troubles and their ways out.

use super::{gallery, nothing_went_wrong, sign_in};
use crate::fetch::trusting;
use crate::post_office::{PASSWORD, PostOffice};
use crate::program::{Backing, Program, account, imap, none, wait_until};
use serde_json::{Value, json};
use testkit::{Append, Browser, Ca, Dovecot, DovecotOptions};

const ADDRESS: &str = "info@example.test";

/// A post office whose servers show certificates, and a program that believes them.
fn in_town() -> (PostOffice, Program) {
    let ca = Ca::new();
    let names = ["127.0.0.1"];
    let office = PostOffice::with(|dovecot, postfix| {
        dovecot.tls = Some(ca.issue(&names));
        postfix.tls = Some(ca.issue(&names));
    });
    let letters: Vec<Append> = (0..40).map(letter).collect();
    office.client("info").append("INBOX", &letters);
    let program = trusting(&ca, Backing::Disk);
    (office, program)
}

pub(super) fn letter(number: usize) -> Append {
    let raw = format!(
        "From: Jan Jansen <jan@elders.test>\r\nTo: {ADDRESS}\r\nSubject: Brief {number}\r\n\
         Date: Mon, 2 Mar 2026 10:00:00 +0100\r\nMessage-ID: <brief-{number}@elders.test>\r\n\r\nGoedemorgen.\r\n"
    );
    Append { raw: raw.into_bytes(), ..Append::default() }
}

/// Signed in, at the list of mailboxes.
fn at_mailboxes(program: &Program) -> Browser {
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");
    browser.go(&format!("{}/mailboxes", program.url()));
    browser
}

/// Types into the field of that name.
fn fill(browser: &mut Browser, field: &str, text: &str) {
    browser.run("await page.locator(`#${given[0]}`).fill(given[1])", json!([field, text]));
}

/// Fills in both servers.
fn fill_servers(browser: &mut Browser, office: &PostOffice) {
    fill(browser, "incoming_host", "127.0.0.1");
    fill(browser, "incoming_port", &office.dovecot.imaps_port.to_string());
    fill(browser, "outgoing_host", "127.0.0.1");
    fill(browser, "outgoing_port", &office.postfix.submissions_port.to_string());
}

#[test]
fn a_mailbox_is_connected_from_its_address_and_a_wrong_password_is_mended_on_the_way() {
    let (office, program) = in_town();
    office.client("info").create("Post van de zaak");
    let mut browser = at_mailboxes(&program);
    browser.sees("Nog geen mailbox");
    browser.judge(&gallery(), "mailboxes-empty");
    browser.follow("Mailbox verbinden");
    browser.sees("De instellingen zoeken we op");
    browser.judge(&gallery(), "mailboxes-new");
    browser.fill("E-mailadres van de mailbox", "geen adres");
    browser.run("await page.locator('form.card').evaluate((form) => { form.noValidate = true; })", Value::Null);
    browser.press("Instellingen zoeken");
    browser.sees("Dit is geen e-mailadres");
    browser.go(&format!("{}/mailboxes/new?address=iemand@gmail.com", program.url()));
    browser.sees("(uit onze lijst van providers)");
    browser.sees("imap.gmail.com");
    browser.judge(&gallery(), "mailboxes-found");
    browser.follow("Ander adres");
    browser.fill("E-mailadres van de mailbox", ADDRESS);
    browser.press("Instellingen zoeken");
    browser.sees("Niets gevonden");
    fill_servers(&mut browser, &office);
    browser.fill("Weergavenaam", "Dorpshuis De Linde");
    fill(&mut browser, "incoming_secret", "verkeerd^");
    browser.key("Tab");
    browser.sees("teken");
    browser.judge(&gallery(), "mailboxes-by-hand");
    browser.press("Verbinden en testen");
    browser.sees("Het lukt nog niet");
    browser.sees("er staan tekens in die onderweg vaak verloren gaan");
    browser.sees("De server zei:");
    browser.judge(&gallery(), "mailboxes-test-failed");
    browser.go(&format!("{}/mailboxes", program.url()));
    browser.sees("Het verbinden is nog niet afgemaakt");
    browser.judge(&gallery(), "mailboxes-unfinished");
    browser.follow("Afmaken");
    fill(&mut browser, "incoming_secret", PASSWORD);
    browser.press("Opslaan en opnieuw testen");
    browser.sees("Alles werkt");
    browser.sees("Wat wilt u ophalen?");
    browser.judge(&gallery(), "mailboxes-test-well");
    // A browser without a field for dates sends whatever was typed.
    let typed = "await page.getByLabel('Alleen mail vanaf', { exact: true }).check();
        await page.locator('[name=since]').evaluate((field) => { field.type = 'text'; field.value = 'vorig jaar'; })";
    browser.run(typed, Value::Null);
    let chosen = "await page.getByLabel('Verzenden: ').uncheck();
        await page.getByText('Waar de mappen voor zijn').click();
        await page.getByLabel('Waarvoor Post van de zaak is').selectOption('archive')";
    browser.run(chosen, Value::Null);
    browser.press("Beginnen met ophalen");
    browser.sees("Dit is geen dag.");
    // What else was answered stands as it was.
    let kept = "return [await page.getByLabel('Verzenden: ').isChecked(),
        await page.getByLabel('Waarvoor Post van de zaak is').inputValue()]";
    assert_eq!(browser.run(kept, Value::Null), json!([false, "archive"]));
    // A mailbox that nobody looks after is refused as well.
    let nobody = "await page.getByLabel('Alle mail, de nieuwste eerst').check();
        for (const box of await page.locator('.ticks input').all()) await box.uncheck()";
    browser.run(nobody, Value::Null);
    browser.press("Beginnen met ophalen");
    browser.sees("Minstens een eigenaar moet de mailbox kunnen beheren.");
    browser.judge(&gallery(), "mailboxes-nobody-manages");
    browser.run("for (const right of ['Lezen: ', 'Beheren: ']) await page.getByLabel(right).check()", Value::Null);
    browser.press("Beginnen met ophalen");
    browser.arrives("/progress");
    browser.judge(&gallery(), "mailboxes-progress");
    browser.sees("Alle mail is opgehaald");
    browser.judge(&gallery(), "mailboxes-fetched");
    browser.go(&format!("{}/mailboxes", program.url()));
    browser.sees("Werkt");
    browser.judge(&gallery(), "mailboxes");
    assert_eq!(program.api.list("/messages").len(), 40, "the mail of the test was cleared away");
    nothing_went_wrong(&mut browser, &["status of 422"]);
}

#[test]
fn a_mailbox_is_connected_without_script() {
    let (office, program) = in_town();
    let mut browser = at_mailboxes(&program);
    let off = "globalThis.session = await context.newCDPSession(page);
        await globalThis.session.send('Emulation.setScriptExecutionDisabled', { value: true })";
    browser.run(off, Value::Null);
    browser.go(&format!("{}/mailboxes/new?address={ADDRESS}", program.url()));
    fill_servers(&mut browser, &office);
    fill(&mut browser, "incoming_secret", PASSWORD);
    browser.press("Verbinden en testen");
    browser.sees("Wat wilt u ophalen?");
    browser.press("Beginnen met ophalen");
    browser.sees("Alle mail is opgehaald");
    browser.go(&format!("{}/mailboxes", program.url()));
    browser.run("await page.getByRole('button', { name: 'ophalen' }).first().click()", Value::Null);
    browser.arrives("/mailboxes");
    let held = program.api.list("/messages").len();
    assert_eq!(held, 40);
}

#[test]
fn folders_get_their_roles_and_every_tab_shows_its_part_of_a_mailbox() {
    let office = PostOffice::open();
    office.client("info").create("Post van de zaak");
    office.client("info").append("INBOX", &[letter(1), letter(2)]);
    let (program, id) = office.tenant(Backing::Disk);
    let mut browser = at_mailboxes(&program);
    browser.go(&format!("{}/mailboxes/{id}/folders", program.url()));
    browser.judge(&gallery(), "mailbox-folders");
    browser.run("await page.getByLabel('Waarvoor Post van de zaak is').selectOption('sent')", Value::Null);
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    let folders = program.api.list(&format!("/accounts/{id}/folders"));
    let chosen = folders.iter().find(|folder| folder["name"] == "Post van de zaak").expect("the folder");
    assert_eq!((&chosen["role"], &chosen["chosen"]), (&json!("sent"), &json!(true)));
    for tab in ["", "/connect", "/owners", "/sending", "/linking", "/devices", "/history"] {
        browser.go(&format!("{}/mailboxes/{id}{tab}", program.url()));
        browser.judge(&gallery(), &format!("mailbox-{}", tab.trim_start_matches('/')));
    }
    browser.sees("koos waar de mappen voor zijn");
    browser.go(&format!("{}/mailboxes/{id}/linking", program.url()));
    browser.fill("Nooit koppelen", "example.test\nbaas@elders.test");
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    browser.fill("Adres om te proberen", "Jan@example.test");
    browser.press("Proberen");
    browser.sees("wordt niet gekoppeld, vanwege de regel example.test");
    browser.go(&format!("{}/mailboxes/{id}/sending", program.url()));
    browser.fill("Berichten per minuut", "veel");
    browser.press("Bewaren");
    browser.sees("Kies een getal van 1 af");
    browser.fill("Berichten per minuut", "20");
    browser.fill("Verbindingen tegelijk", "5000");
    browser.press("Bewaren");
    browser.sees("hoogstens 1000 verbindingen");
    browser.fill("Verbindingen tegelijk", "");
    browser.fill("Kopie van alles (BCC)", "kopie@example.test");
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    let saved = program.api.get(&format!("/accounts/{id}"));
    assert_eq!((&saved["limits"]["per_minute"], &saved["bcc"]), (&json!(20), &json!("kopie@example.test")));
    assert_eq!(saved["never_link"], json!(["example.test", "baas@elders.test"]));
    browser.go(&format!("{}/mailboxes/{id}", program.url()));
    browser.fill("Weergavenaam", "Balie");
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    let saved = program.api.get(&format!("/accounts/{id}"));
    assert_eq!(
        (&saved["display_name"], &saved["push"], &saved["active"]),
        (&json!("Balie"), &json!(true), &json!(true))
    );
    nothing_went_wrong(&mut browser, &["status of 422"]);
}

#[test]
fn forty_mailboxes_are_one_calm_list_with_what_wants_attention_on_top() {
    let name = |number: usize| format!("afdeling{number:02}@example.test");
    let users = (0..40).map(|number| (name(number), PASSWORD.to_owned())).collect();
    let dovecot = Dovecot::start(DovecotOptions { users, ..DovecotOptions::default() });
    let program = Program::start(Backing::Disk);
    for number in 0..40 {
        let password = if number == 7 { "verkeerd" } else { PASSWORD };
        let mut made = account(&name(number), imap(dovecot.imap_port, &name(number), password), none());
        made["display_name"] = json!(format!("Afdeling burgerzaken en vergunningverlening {number}"));
        made["active"] = json!(number % 10 != 9);
        program.connect(&made);
    }
    wait_until("all are tried", || {
        let accounts = program.api.list("/accounts");
        let tried = |account: &&Value| account["active"] == json!(true) && account["health"]["code"] != "not_tried";
        (accounts.iter().filter(tried).count() == 36).then_some(())
    });
    let mut browser = at_mailboxes(&program);
    let rows = browser.run("return await page.locator('.boxes tbody tr').count()", Value::Null);
    assert_eq!(rows, json!(40));
    browser.judge(&gallery(), "mailboxes-forty");
    browser.run(
        "await page.screenshot({ path: given, fullPage: true })",
        json!(gallery().join("mailboxes-forty-all.png")),
    );
    nothing_went_wrong(&mut browser, &[]);
}
