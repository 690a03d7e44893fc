//! A mailbox's signature and font: set on its tab, put below letters, and left out of nobody's sight.

use super::{gallery, nothing_went_wrong, sign_in};
use crate::fetch::text;
use crate::post_office::PostOffice;
use crate::program::{Backing, Program};
use serde_json::{Value, json};
use testkit::{Append, Browser};

/// Reading HTML by DOMParser tells of the styles in it; they are set by script afterwards.
const READ_STYLE: &str = "Applying inline style violates";

fn begin(office: &PostOffice) -> (Program, String, Browser) {
    let (program, account) = office.tenant(Backing::Disk);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.sees("Postvak in");
    (program, account, browser)
}

fn sign(program: &Program, account: &str, html: &str) {
    let answer = program.api.call(
        "PATCH",
        &format!("/accounts/{account}"),
        Some(&json!({"signature_html": html, "font": "verdana", "font_size": 10})),
        &[],
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// What stands in the editor.
fn written(browser: &mut Browser) -> String {
    text(&browser.run("return page.getByRole('textbox', { name: 'Bericht' }).innerText()", Value::Null))
}

#[test]
fn a_signature_set_on_the_tab_leaves_once_below_each_letter_in_the_chosen_font() {
    let office = PostOffice::open();
    let (program, account, mut browser) = begin(&office);
    browser.go(&format!("{}/mailboxes/{account}/sending", program.url()));
    let choose = "await page.getByLabel('Lettertype').selectOption('Georgia');
        await page.getByLabel('Lettergrootte').selectOption('11 punten');
        const editor = page.getByRole('textbox', { name: 'Handtekening' });
        await editor.click();
        await page.getByRole('button', { name: 'Vet' }).click();
        await editor.pressSequentially('Dorpshuis De Linde');
        await page.getByRole('button', { name: 'Vet' }).click();
        await page.keyboard.press('Enter');
        await editor.pressSequentially('Open op werkdagen; zie ook de bijlage');";
    browser.run(choose, Value::Null);
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    browser.judge(&gallery(), "mailboxes-signature");
    let kept = program.api.get(&format!("/accounts/{account}"));
    assert_eq!((&kept["font"], &kept["font_size"]), (&json!("georgia"), &json!(11)));

    browser.go(&format!("{}/compose?to=anna@example.test", program.url()));
    browser.fill("Onderwerp", "Ondertekend");
    let editor = "const editor = page.getByRole('textbox', { name: 'Bericht' });
        await editor.pressSequentially('Dag Anna');
        return [await editor.innerText(), await editor.evaluate((it) => getComputedStyle(it).fontFamily)]";
    let shown = browser.run(editor, Value::Null);
    assert!(text(&shown[0]).starts_with("Dag Anna\n") && text(&shown[0]).contains("Dorpshuis De Linde"), "{shown}");
    assert_eq!(shown[1], json!("Georgia, serif"));
    browser.judge(&gallery(), "compose-signature");
    // The signature speaks of an attachment; the letter does not.
    browser.press("Verzenden");
    browser.sees("Ongedaan maken");
    let letters = office.delivered("anna", 1);
    let read = mail::parse::parse(&letters[0]);
    let html = read.html.unwrap_or_default();
    assert!(html.starts_with("<div style=\"font-family: Georgia, serif; font-size: 11pt\">"), "{html}");
    assert_eq!(html.matches("<b>Dorpshuis De Linde</b>").count(), 1, "{html}");
    let words = read.text.unwrap_or_default().replace('\r', "");
    assert_eq!(words, "Dag Anna\n\n-- \nDorpshuis De Linde\nOpen op werkdagen; zie ook de bijlage\n");
    nothing_went_wrong(&mut browser, &[READ_STYLE]);
}

#[test]
fn another_sender_signs_otherwise_unless_the_signature_was_changed_by_hand() {
    let office = PostOffice::open();
    let (program, first, mut browser) = begin(&office);
    let second = program.connect(&office.account("bram"));
    sign(&program, &first, "<div>Groet van het loket</div>");
    sign(&program, &second, "<div><span style=\"color: #336699\">Groet van Bram</span></div>");
    let choose = "await page.getByLabel('Van', { exact: true }).selectOption(given);
        await page.waitForFunction((id) => document.querySelector('[name=signed]').value === id, given)";
    // The script comes when somebody is typing already: what they typed stays, and the rest follows it.
    let early = "await page.route('**/assets/part-*.js', async (route) => {
            await page.waitForFunction(() => document.querySelector('[data-plain]')?.value.startsWith('Dag'));
            await route.continue();
        });
        await page.goto(given, { waitUntil: 'commit' });
        await page.locator('textarea[data-plain]').focus();
        await page.keyboard.type('Dag');
        await page.locator('form.lively').waitFor();
        await page.keyboard.type(' Anna');
        await page.unroute('**/assets/part-*.js')";
    browser.run(early, json!(format!("{}/compose?to=anna@example.test&account={first}", program.url())));
    browser.run(choose, json!(second));
    let words = written(&mut browser);
    assert!(words.contains("Dag Anna") && words.contains("Groet van Bram") && !words.contains("loket"), "{words}");
    browser.run(choose, json!(first));
    assert!(written(&mut browser).contains("Groet van het loket"));
    browser.run(choose, json!(second));
    browser.fill("Onderwerp", "Van Bram");
    browser.press("Verzenden");
    browser.sees("Ongedaan maken");
    let html = mail::parse::parse(&office.delivered("anna", 1)[0]).html.unwrap_or_default();
    assert!(html.contains("style=\"color: #336699\"") || html.contains("rgb(51, 102, 153)"), "its looks stay: {html}");
    assert_eq!((html.matches("Groet van Bram").count(), html.matches("loket").count()), (1, 0), "{html}");

    browser.go(&format!("{}/compose?to=anna@example.test&account={first}", program.url()));
    let change = "const editor = page.getByRole('textbox', { name: 'Bericht' });
        await editor.press('Control+End');
        await editor.pressSequentially(' en van Els')";
    browser.run(change, Value::Null);
    browser.run(choose, json!(second));
    let words = written(&mut browser);
    assert!(words.contains("Groet van het loket en van Els") && !words.contains("Bram"), "{words}");
    nothing_went_wrong(&mut browser, &[READ_STYLE]);
}

#[test]
fn an_answer_without_script_is_signed_above_what_it_quotes_by_whoever_sends_it() {
    let office = PostOffice::open();
    let raw = "From: Anna Bakker <anna@example.test>\r\nTo: info@example.test\r\nSubject: Dakgoot\r\n\
         Date: Mon, 2 Mar 2026 10:00:00 +0100\r\nMessage-ID: <goot-1@elders.test>\r\n\r\nWat kost een dakgoot?\r\n";
    office.client("info").append("INBOX", &[Append { raw: raw.into(), ..Append::default() }]);
    let (program, first, mut browser) = begin(&office);
    let second = program.connect(&office.account("bram"));
    sign(&program, &first, "<p>Groet van het loket</p>");
    sign(&program, &second, "<p>Groet van Bram</p>");
    let message = text(&program.api.get("/messages")["items"][0]["id"]);
    let script = "const still = await context.newPage();
        const session = await context.newCDPSession(still);
        await session.send('Emulation.setScriptExecutionDisabled', { value: true });
        await still.goto(given[0]);
        const field = still.getByLabel('Bericht', { exact: true });
        const first = await field.inputValue();
        await field.fill('Honderd euro.' + first);
        await still.getByLabel('Van', { exact: true }).selectOption(given[1]);
        await still.getByRole('button', { name: 'Verzenden', exact: true }).click();
        await still.getByRole('button', { name: 'Ongedaan maken' }).waitFor();
        await still.close();
        return first";
    let address = format!("{}/compose?reply={message}", program.url());
    let begun = browser.run(script, json!([address, second]));
    assert_eq!(begun, json!("\n\nGroet van het loket"));
    let words = mail::parse::parse(&office.delivered("anna", 1)[0]).text.unwrap_or_default().replace('\r', "");
    assert!(words.starts_with("Honderd euro.\n\nGroet van Bram\n\nOp 2 maart 2026"), "{words}");
    assert!(words.contains("> Wat kost een dakgoot?") && !words.contains("loket"), "{words}");
    // What a program hands in is left as it is.
    let plain = json!({"account": first, "to": [{"address": "cees@example.test"}], "subject": "Kaal", "text": "Kaal"});
    crate::post_office::send(&program.api, &plain);
    let read = mail::parse::parse(&office.delivered("cees", 1)[0]);
    assert_eq!((read.text.as_deref().map(str::trim), read.html), (Some("Kaal"), None));
}
