//! Reading mail: what came is in the list, shows itself without a reload, is read safely, searched, marked and moved.

use super::{at_mail, gallery, nothing_went_wrong};
use crate::program::wait_until;
use serde_json::{Value, json};
use testkit::{Append, Browser};

#[test]
fn mail_is_read_searched_and_put_away_in_the_page_and_on_the_server() {
    let (office, program, mut browser) = at_mail(&[
        plain(
            "Jan Jansen",
            "Offerte dakgoot",
            "Goedemorgen,\n\nKunt u hier eens naar kijken? https://elders.test/goot\n\nJan",
        ),
        plain("Els de Vries", "Vraag over de zaal", "Is de zaal zaterdag vrij?\n\nEls"),
        with_file("Aannemersbedrijf Westerhuizen-Oosterkamp", "Bouwvergunningsaanvraagformulier"),
    ]);
    browser.sees("Offerte dakgoot");
    browser.judge(&gallery(), "mail");
    browser.follow("Offerte dakgoot");
    browser.arrives("/mail/cnv_*");
    browser
        .run("await page.locator('#reading .text').getByText('Kunt u hier eens naar kijken?').waitFor()", Value::Null);
    browser.judge(&gallery(), "mail-reading");
    let seen = || {
        office.client("info").folder("INBOX").messages.iter().filter(|it| it.flags.contains(&"\\Seen".into())).count()
    };
    wait_until("the server knows that it was read", || (seen() == 1).then_some(()));

    browser.follow("Bouwvergunning");
    browser.sees("tekening.pdf");
    browser.judge(&gallery(), "mail-file");

    browser.run("await page.getByRole('searchbox').fill('zaal zaterdag')", Value::Null);
    browser.run("await page.getByText('Offerte dakgoot').waitFor({ state: 'detached' })", Value::Null);
    browser.sees("Vraag over de zaal");
    browser.run("await page.getByRole('searchbox').fill('onvindbaar')", Value::Null);
    browser.sees("Niets gevonden");

    browser.go(&format!("{}/mail", program.url()));
    browser.follow("Vraag over de zaal");
    browser.run("await page.locator('.deeds summary').click()", Value::Null);
    browser.judge(&gallery(), "mail-deeds");
    browser.press("Weggooien");
    wait_until("it lies in the trash on the server", || {
        (office.client("info").folder("Prullenbak").messages.len() == 1).then_some(())
    });
    nothing_went_wrong(&mut browser, &[]);
}

#[test]
fn mail_that_comes_in_shows_without_a_reload() {
    let (office, _program, mut browser) = at_mail(&[plain("Jan Jansen", "Offerte dakgoot", "Dag")]);
    browser.sees("Offerte dakgoot");
    browser.run("globalThis.mark = 1; await page.evaluate(() => { globalThis.untouched = true })", Value::Null);
    office.client("info").append("INBOX", &[plain("Els de Vries", "Dakraam lekt", "Haast!")]);
    browser.sees("Dakraam lekt");
    assert_eq!(browser.run("return page.evaluate(() => globalThis.untouched === true)", Value::Null), json!(true));
}

#[test]
fn the_keys_of_other_mail_programs_work() {
    let (_office, _program, mut browser) =
        at_mail(&[plain("Jan Jansen", "Eerste", "Een"), plain("Els de Vries", "Tweede", "Twee")]);
    browser.sees("Tweede");
    // Both came within one second, so either may be the second.
    let second = browser.run("return page.locator('#lines .subject').nth(1).innerText()", Value::Null);
    browser.key("j");
    browser.key("j");
    browser.key("Enter");
    browser.arrives("/mail/cnv_*");
    browser.run("await page.locator('#reading').getByRole('heading', { name: given }).waitFor()", second);
    browser.run("await page.waitForFunction(() => document.activeElement.matches('#reading h1'))", Value::Null);
    browser.key("e");
    browser.run("await page.getByRole('button', { name: 'Heropenen' }).waitFor()", Value::Null);
    browser.key("?");
    browser.sees("volgend gesprek");
    browser.judge(&gallery(), "mail-keys");
    browser.key("Escape");
    browser.key("/");
    assert_eq!(browser.run("return page.evaluate(() => document.activeElement.id)", Value::Null), json!("q"));
    browser.key("Escape");
    browser.key("g");
    browser.key("i");
    browser.arrives("/mail?folder=fld_*");
    nothing_went_wrong(&mut browser, &[]);
}

#[test]
fn a_strangers_html_runs_nothing_fetches_nothing_and_stays_in_its_box() {
    let bad = "<script>alert(1)</script><img src=https://kwaad.test/p.gif onerror=alert(2)><svg onload=alert(3)></svg>\
        <style>@import url(https://kwaad.test/s.css);body{background:url(https://kwaad.test/b.png)}</style>\
        <form action=https://kwaad.test/><button>Betaal</button></form><iframe src=https://kwaad.test/></iframe>\
        <p style='position:fixed;top:0;left:0;width:9999px;height:9999px'>Groot</p>\
        <a href=https://kwaad.test/>https://www.bank.test/</a><blockquote>Eerder geschreven</blockquote>";
    let (_office, program, mut browser) = at_mail(&[html("Bank <bank@bank.test>", "Uw rekening", bad)]);
    browser.follow("Uw rekening");
    browser.run("await page.frameLocator('iframe.box').getByText('gaat naar kwaad.test').waitFor()", Value::Null);
    browser.judge(&gallery(), "mail-hostile");
    let sandbox = browser.run("return page.locator('iframe.box').getAttribute('sandbox')", Value::Null);
    assert!(!sandbox.as_str().unwrap_or("allow-scripts").contains("allow-s"), "{sandbox}");
    let asked = browser.run("return [seen.dialogs, seen.requests]", Value::Null);
    assert_eq!(asked[0], json!([]), "a dialog opened");
    let elsewhere = |url: &&Value| {
        !url.as_str().unwrap_or_default().starts_with(program.url()) && !url.to_string().contains("data:")
    };
    let outside: Vec<_> = asked[1].as_array().into_iter().flatten().filter(elsewhere).collect();
    assert!(outside.is_empty(), "asked for {outside:?}");
}

#[test]
fn a_server_that_does_not_answer_is_told_and_what_is_read_stays() {
    let (_office, mut program, mut browser) = at_mail(&[plain("Jan Jansen", "Offerte dakgoot", "Dag allemaal")]);
    browser.follow("Offerte dakgoot");
    browser.arrives("/mail/cnv_*");
    let told = "De server antwoordt niet.";
    let stays = |browser: &mut Browser, answered: &str| {
        browser.sees(told);
        browser.sees("Dag allemaal");
        browser.run("await page.getByRole('button', { name: given, exact: true }).first().waitFor()", json!(answered));
    };
    let is_gone = "await page.locator('#unreachable').waitFor({ state: 'detached' })";

    program.installation.http = program.url().rsplit(':').next().and_then(|port| port.parse().ok());
    program.stop();
    browser.press("Sluiten");
    stays(&mut browser, "Sluiten");
    browser.judge(&gallery(), "mail-unreachable");
    program.serve_again();
    browser.press("Sluiten");
    browser.run("await page.getByRole('button', { name: 'Heropenen' }).waitFor()", Value::Null);
    browser.run(is_gone, Value::Null);

    // A web server in front of it has a page of its own.
    let answer = "{ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }";
    browser.run(&format!("await page.route('**/mail/cnv_*', (route) => route.fulfill({answer}))"), Value::Null);
    browser.press("Heropenen");
    stays(&mut browser, "Heropenen");
    browser.run("await page.unrouteAll()", Value::Null);
    browser.press("Heropenen");
    browser.run("await page.getByRole('button', { name: 'Sluiten' }).waitFor()", Value::Null);
    browser.run(is_gone, Value::Null);
    nothing_went_wrong(&mut browser, &["Failed to load resource", "Failed to fetch"]);
}

fn letter(from: &str, subject: &str, rest: &str) -> Append {
    let id = subject.replace(' ', "-");
    let head = format!("From: {from}\nTo: info@example.test\nSubject: {subject}\nMessage-ID: <{id}@elders.test>\n");
    let raw = format!("{head}Date: Mon, 2 Mar 2026 10:00:00 +0100\nMIME-Version: 1.0\n{rest}\n").replace('\n', "\r\n");
    Append { raw: raw.into_bytes(), ..Append::default() }
}

fn plain(name: &str, subject: &str, text: &str) -> Append {
    letter(
        &format!("{name} <iemand@elders.test>"),
        subject,
        &format!("Content-Type: text/plain; charset=utf-8\n\n{text}"),
    )
}

fn html(from: &str, subject: &str, html: &str) -> Append {
    letter(from, subject, &format!("Content-Type: text/html; charset=utf-8\n\n{html}"))
}

fn with_file(name: &str, subject: &str) -> Append {
    let parts = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nZie de bijlage.\n\
        --b\nContent-Type: application/pdf; name=tekening.pdf\nContent-Disposition: attachment; filename=tekening.pdf\n\n%PDF-1.4\n--b--";
    letter(&format!("{name} <iemand@elders.test>"), subject, parts)
}
