//! Writing: from the first letter to the other side's inbox, and back when one thinks better of it.

use super::{gallery, nothing_went_wrong, sign_in};
use crate::fetch::text;
use crate::post_office::{PostOffice, header, send, when};
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use testkit::{Append, Browser};

/// A letter's own style does not show in the editor, where our policy holds; it goes out unharmed.
const QUOTED_STYLE: &str = "Applying inline style violates";

fn begin(office: &PostOffice) -> (Program, String, Browser) {
    let (program, account) = office.tenant(Backing::Disk);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.sees("Postvak in");
    (program, account, browser)
}

/// Types into the editor.
fn write(browser: &mut Browser, words: &str) {
    browser.run("await page.getByRole('textbox', { name: 'Bericht' }).pressSequentially(given)", json!(words));
}

fn body(raw: &[u8]) -> String {
    let read = mail::parse::parse(raw);
    format!("{}\n{}", read.text.unwrap_or_default(), read.html.unwrap_or_default())
}

fn question(subject: &str) -> Append {
    let raw = format!(
        "From: Anna Bakker <anna@example.test>\r\nTo: info@example.test, cees@example.test\r\nCc: bram@example.test\r\n\
         Reply-To: kopie@example.test\r\nSubject: {subject}\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n\
         Message-ID: <vraag-1@elders.test>\r\n\r\nWat kost een dakgoot?\r\n\r\nGroet,\r\nAnna\r\n"
    );
    Append { raw: raw.into_bytes(), ..Append::default() }
}

/// The id of the only message.
fn only(program: &Program) -> String {
    text(&program.api.get("/messages")["items"][0]["id"])
}

#[test]
fn what_is_written_here_arrives_at_the_other_side() {
    let office = PostOffice::open();
    let (program, _, mut browser) = begin(&office);
    program.api.call(
        "POST",
        "/contacts",
        Some(&json!({"name": "Anna Bakker", "addresses": ["anna@example.test"]})),
        &[],
    );
    browser.go(&format!("{}/compose", program.url()));
    browser.run("await page.getByLabel('Aan', { exact: true }).pressSequentially('anna')", Value::Null);
    browser.run("await page.locator('li[role=option], div[role=option]').first().click()", Value::Null);
    browser.fill("Onderwerp", "De offerte");
    browser.run("await page.getByRole('textbox', { name: 'Bericht' }).click()", Value::Null);
    browser.press("Vet");
    write(&mut browser, "Beste Anna");
    browser.press("Vet");
    write(&mut browser, ", zie de bijlage.");
    browser.sees("Concept bewaard");
    browser.judge(&gallery(), "compose");
    browser.press("Verzenden");
    browser.sees("Bijlage vergeten?");
    browser.judge(&gallery(), "compose-forgotten");
    let file = "await page.locator('#files').setInputFiles({ name: 'offerte.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 proef') });
                await page.getByRole('link', { name: 'offerte.pdf' }).waitFor()";
    browser.run(file, Value::Null);
    browser.judge(&gallery(), "compose-file");
    browser.press("Verzenden");
    browser.sees("Ongedaan maken");
    browser.judge(&gallery(), "compose-sent");
    let letters = office.delivered("anna", 1);
    let read = mail::parse::parse(&letters[0]);
    assert_eq!((read.subject.as_str(), read.attachments.len()), ("De offerte", 1));
    assert_eq!(read.to[0].name.as_deref(), Some("Anna Bakker"));
    assert!(read.html.unwrap_or_default().contains("<b>Beste Anna</b>"), "{}", body(&letters[0]));
    assert!(read.text.unwrap_or_default().contains("Beste Anna, zie de bijlage."));
    assert_eq!(mail::parse::attachment(&letters[0], 0).expect("a file").bytes, b"%PDF-1.4 proef");
    browser.go(&format!("{}/outbox", program.url()));
    browser.sees("De offerte");
    browser.judge(&gallery(), "outbox");
    nothing_went_wrong(&mut browser, &["status of 422", QUOTED_STYLE]);
}

#[test]
fn an_answer_to_all_goes_to_the_right_people_and_says_what_it_answers() {
    let office = PostOffice::open();
    office.client("info").append("INBOX", &[question("Vraag over de dakgoot")]);
    let (program, _, mut browser) = begin(&office);
    browser.go(&format!("{}/compose?reply={}&all=1", program.url(), only(&program)));
    let lines = browser
        .run("return [await page.locator('#to').inputValue(), await page.locator('#cc').inputValue()]", Value::Null);
    assert_eq!(lines, json!(["kopie@example.test, cees@example.test", "bram@example.test"]));
    write(&mut browser, "Honderd euro.");
    browser.judge(&gallery(), "compose-reply");
    browser.press("Verzenden");
    browser.sees("Ongedaan maken");
    for who in ["kopie", "cees", "bram"] {
        let letters = office.delivered(who, 1);
        assert_eq!(header(&letters[0], "In-Reply-To").as_deref(), Some("<vraag-1@elders.test>"));
        let words = body(&letters[0]);
        assert!(words.contains("Honderd euro.") && words.contains("Wat kost een dakgoot?"), "{words}");
        assert_eq!(mail::parse::parse(&letters[0]).subject, "Re: Vraag over de dakgoot");
    }
    nothing_went_wrong(&mut browser, &[QUOTED_STYLE]);
}

#[test]
fn an_answer_goes_without_script_too() {
    let office = PostOffice::open();
    office.client("info").append("INBOX", &[question("Zonder script")]);
    let (program, _, mut browser) = begin(&office);
    let address = format!("{}/compose?reply={}", program.url(), only(&program));
    let script = "const still = await context.newPage();
        const session = await context.newCDPSession(still);
        await session.send('Emulation.setScriptExecutionDisabled', { value: true });
        await still.goto(given);
        await still.getByLabel('Bericht', { exact: true }).fill('Ja, dat kan.\\n\\nGroet');
        await still.locator('#files').setInputFiles({ name: 'prijs.txt', mimeType: 'text/plain', buffer: Buffer.from('100') });
        await still.getByRole('button', { name: 'Toevoegen', exact: true }).click();
        await still.getByRole('link', { name: 'prijs.txt' }).waitFor();
        await still.getByRole('button', { name: 'Verzenden', exact: true }).click();
        await still.getByRole('button', { name: 'Ongedaan maken' }).waitFor();
        await still.close();";
    browser.run(script, json!(address));
    let letters = office.delivered("kopie", 1);
    let read = mail::parse::parse(&letters[0]);
    let words = read.text.unwrap_or_default();
    assert!(words.starts_with("Ja, dat kan.\n\nGroet") && words.contains("> Wat kost een dakgoot?"), "{words}");
    assert_eq!(read.attachments[0].name, "prijs.txt");
}

#[test]
fn what_is_taken_back_in_time_is_a_draft_again_and_nobody_gets_it() {
    let office = PostOffice::open();
    let (program, _, mut browser) = begin(&office);
    browser.go(&format!("{}/compose?to=anna@example.test", program.url()));
    browser.fill("Onderwerp", "Spijt");
    write(&mut browser, "Te snel");
    browser.press("Verzenden");
    browser.press("Ongedaan maken");
    browser.sees("er is niets verzonden");
    let words = browser.run("return page.getByRole('textbox', { name: 'Bericht' }).innerText()", Value::Null);
    assert_eq!(words, json!("Te snel"));
    let api = &program.api;
    assert_eq!(api.get("/outbox")["items"][0]["state"], json!("cancelled"));
    assert_eq!(api.get("/drafts")["items"][0]["subject"], json!("Spijt"));
    browser.press("Verzenden");
    browser.sees("Ongedaan maken");
    assert_eq!(office.delivered("anna", 1).len(), 1);
    nothing_went_wrong(&mut browser, &[QUOTED_STYLE]);
}

#[test]
fn a_draft_is_found_in_another_browser_and_not_overwritten_unseen() {
    let office = PostOffice::open();
    let (program, _, mut browser) = begin(&office);
    browser.go(&format!("{}/compose", program.url()));
    browser.fill("Onderwerp", "Half af");
    write(&mut browser, "Eerste gedachte");
    wait_until("the draft is kept", || {
        program.api.get("/drafts")["items"][0]["html"]
            .as_str()
            .is_some_and(|html| html.contains("Eerste gedachte"))
            .then_some(())
    });
    let mut other = Browser::open();
    sign_in(&mut other, program.url(), &program.installation.admin, &program.installation.password);
    other.sees("Postvak in");
    other.go(&format!("{}/outbox", program.url()));
    other.follow("Half af");
    other.sees("Eerste gedachte");
    write(&mut other, "Beter: ");
    wait_until("the other browser has kept it", || {
        program.api.get("/drafts")["items"][0]["html"]
            .as_str()
            .is_some_and(|html| html.contains("Beter:"))
            .then_some(())
    });
    write(&mut browser, "Anders: ");
    browser.sees("intussen ergens anders bewaard");
    browser.judge(&gallery(), "compose-changed");
    browser.press("Mijn versie als nieuw concept bewaren");
    browser.sees("Concept bewaard");
    assert_eq!(program.api.get("/drafts")["items"].as_array().map(Vec::len), Some(2));
    nothing_went_wrong(&mut browser, &["status of 409", QUOTED_STYLE]);
}

/// On a slow line people type before the script is there: it keeps what it finds, though nothing is typed after it.
#[test]
fn what_was_typed_before_the_script_came_is_kept_as_well() {
    let office = PostOffice::open();
    let (program, _, mut browser) = begin(&office);
    let late = "let go;
        const typed = new Promise((resolve) => { go = resolve; });
        await page.route('**/assets/part-*.js', async (route) => { await typed; await route.continue(); });
        await page.goto(given, { waitUntil: 'commit' });
        await page.locator('#subject').fill('Vroeg');
        await page.getByRole('textbox', { name: 'Bericht' }).fill('Al getypt');
        await page.setViewportSize({ width: 360, height: 800 });
        const found = await findings();
        found.push(...await page.locator('form[data-compose]').evaluate((form) => {
          const edge = form.getBoundingClientRect().right;
          const over = [...form.querySelectorAll('*')].filter((it) => it.checkVisibility() && it.getBoundingClientRect().right > edge);
          return over.map((it) => `${it.tagName} ${it.id} stands out`);
        }));
        go();
        await page.locator('form.lively').waitFor();
        return found";
    let found = browser.run(late, json!(format!("{}/compose", program.url())));
    assert_eq!(found, json!([]), "the page before its script");
    browser.sees("Concept bewaard");
    let kept = &program.api.get("/drafts")["items"][0];
    assert_eq!(kept["subject"], "Vroeg");
    assert!(kept["html"].as_str().is_some_and(|html| html.contains("Al getypt")), "{kept}");
}

/// Who is in the middle of a line, or of a name, when the script comes goes on there and is helped with the name.
#[test]
fn who_was_typing_when_the_script_came_goes_on_where_they_were() {
    let office = PostOffice::open();
    let (program, _, mut browser) = begin(&office);
    program.api.post("/contacts", &json!({ "name": "Jan Jansen", "addresses": ["jan@elders.test"] }));
    let late = "let go;
        const typed = new Promise((resolve) => { go = resolve; });
        await page.route('**/assets/part-*.js', async (route) => { await typed; await route.continue(); });
        await page.goto(given.page, { waitUntil: 'commit' });
        await page.locator(given.at).focus();
        await page.keyboard.type(given.before);
        for (let n = 0; n < given.back; n += 1) await page.keyboard.press('ArrowLeft');
        go();
        await page.locator('form.lively').waitFor();
        await page.unroute('**/assets/part-*.js');
        await page.keyboard.type(given.after);";
    let page = format!("{}/compose", program.url());
    let letter = json!({ "page": page, "at": "[data-plain]", "before": "Dag Anna\n\nTot vrijdag\nJan", "back": 11, "after": "snel, " });
    browser.run(late, letter);
    let lines =
        "return page.locator('.editor').evaluate((it) => [...it.children].slice(0, 4).map((line) => line.textContent))";
    assert_eq!(browser.run(lines, Value::Null), json!(["Dag Anna", "", "Tot snel, vrijdag", "Jan"]));
    let name = json!({ "page": page, "at": "#to", "before": "jan", "back": 0, "after": "" });
    browser.run(late, name);
    browser.run("await page.locator('.people-list [role=option]').first().waitFor()", Value::Null);
}

#[test]
fn a_button_pressed_twice_sends_once() {
    let office = PostOffice::open();
    let (program, _, mut browser) = begin(&office);
    browser.go(&format!("{}/compose?to=anna@example.test", program.url()));
    browser.fill("Onderwerp", "Eenmaal");
    write(&mut browser, "Dag");
    browser.sees("Concept bewaard");
    let twice = "const sent = await page.evaluate(async () => {
            const form = document.querySelector('form[data-compose]');
            const post = () => { const data = new FormData(form); data.set('action', 'send'); return fetch('/compose', { method: 'POST', body: data }); };
            const answers = await Promise.all([post(), post(), post()]);
            return answers.map((answer) => new URL(answer.url).pathname);
        });
        return sent";
    let where_to = browser.run(twice, Value::Null);
    assert!(where_to[0].as_str().is_some_and(|path| path.starts_with("/outbox/out_")), "{where_to}");
    assert_eq!(where_to[0], where_to[1]);
    assert_eq!(where_to[0], where_to[2]);
    assert_eq!(program.api.get("/outbox")["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_failed_says_why_and_comes_back_to_be_corrected() {
    let office = PostOffice::open();
    let (program, account, mut browser) = begin(&office);
    let letter = json!({
        "account": account, "to": [{"address": "niemand@example.test"}], "subject": "Verkeerd adres", "text": "Dag",
    });
    let id = send(&program.api, &letter);
    when(&program.api, &id, "failed");
    browser.go(&format!("{}/outbox", program.url()));
    browser.sees("Mislukt");
    browser.judge(&gallery(), "outbox-failed");
    browser.follow("Verkeerd adres");
    browser.sees("Verbeteren en verzenden");
    browser.judge(&gallery(), "outbox-one");
    // The script comes when somebody is typing already: the cursor stays where it is.
    let late = "await page.route('**/assets/part-*.js', async (route) => {
            await page.locator('#to:focus').waitFor();
            await route.continue();
        })";
    browser.run(late, Value::Null);
    browser.press("Verbeteren en verzenden");
    let typing = "await page.locator('#to').focus();
        await page.locator('#to').selectText();
        await page.locator('form.lively').waitFor();
        await page.keyboard.insertText(given)";
    browser.run(typing, json!("anna@example.test"));
    browser.run("await page.unroute('**/assets/part-*.js')", Value::Null);
    browser.press("Verzenden");
    browser.sees("Ongedaan maken");
    assert_eq!(office.delivered("anna", 1).len(), 1);
}
