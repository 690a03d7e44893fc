//! Many at a time, what lies behind a mail, paper, pictures from elsewhere, and an answer below what it answers.

use super::{at_mail, gallery, nothing_went_wrong, sent_by_reloading, without_script};
use crate::fetch::text;
use crate::program::wait_until;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use testkit::{Append, Browser};

fn letter(n: usize, rest: &str) -> Append {
    let raw = format!(
        "From: Jan Jansen <jan@elders.test>\nTo: info@example.test\nSubject: Vraag {n}\nMessage-ID: <vraag-{n}@elders.test>\n\
         Date: Mon, 2 Mar 2026 10:00:00 +0100\nMIME-Version: 1.0\nX-Bewijs: hier\u{202e}staat\n{rest}\n"
    );
    Append { raw: raw.replace('\n', "\r\n").into_bytes(), ..Append::default() }
}

const PLAIN: &str = "Content-Type: text/plain; charset=utf-8\n\nKunt u hier eens naar kijken?";

#[test]
fn many_are_chosen_and_put_away_at_once_and_brought_back() {
    let letters: Vec<Append> = (1..=5).map(|n| letter(n, PLAIN)).collect();
    let (office, program, mut browser) = at_mail(&letters);
    let browser = &mut browser;
    let chosen = "return page.locator('#lines .pick input:checked').count()";
    browser.run("const boxes = page.locator('#lines .pick input'); await boxes.nth(0).click(); await boxes.nth(2).click({ modifiers: ['Shift'] })", Value::Null);
    assert_eq!(browser.run(chosen, Value::Null), json!(3), "a range with shift");
    browser.judge(&gallery(), "mail-many");
    browser.run("await page.locator('#lines li > a').nth(3).focus(); await page.keyboard.press('x')", Value::Null);
    assert_eq!(browser.run(chosen, Value::Null), json!(4), "one with x");
    browser.press("Weggooien");
    browser.sees("4 gesprekken weggegooid.");
    browser.judge(&gallery(), "mail-many-undo");
    let trash = || office.client("info").folder("Prullenbak").messages.len();
    wait_until("four lie in the trash", || (trash() == 4).then_some(()));
    browser.press("Ongedaan maken");
    browser.run("await page.locator('#undo').waitFor({ state: 'detached' })", Value::Null);
    wait_until("the trash is empty again", || (trash() == 0).then_some(()));

    browser.run("await page.getByLabel('Alles hier').check()", Value::Null);
    assert_eq!(browser.run(chosen, Value::Null), json!(5));
    // The list is read anew before the answer comes, which must not cost the notice and the way back.
    let late = "await page.route('**/mail/bulk', async (route) => {
            const answer = await route.fetch();
            await page.locator('#lines .label', { hasText: 'gesloten' }).first().waitFor();
            await route.fulfill({ response: answer });
        })";
    browser.run(late, Value::Null);
    browser.press("Sluiten");
    browser.sees("5 gesprekken gesloten.");
    browser.run("await page.unroute('**/mail/bulk')", Value::Null);
    let open = || program.api.list("/conversations?state=open").len();
    assert_eq!(open(), 0);
    // The notice goes by itself, and with it the way back.
    browser.run("await page.locator('#undo').waitFor({ state: 'detached', timeout: 25000 })", Value::Null);
    nothing_went_wrong(browser, &["Applying inline style violates"]);
}

#[test]
fn one_is_put_away_and_brought_back() {
    let (office, program, mut browser) = at_mail(&[letter(1, PLAIN)]);
    let browser = &mut browser;
    let head = || program.api.list("/conversations").remove(0);
    let back = |browser: &mut Browser| {
        browser.press("Ongedaan maken");
        browser.run("await page.locator('#undo').waitFor({ state: 'detached' })", Value::Null);
    };
    browser.follow("Vraag 1");
    browser.arrives("/mail/cnv_*");
    browser.press("Sluiten");
    browser.sees("1 gesprek gesloten.");
    assert_eq!(head()["state"], json!("closed"));
    browser.judge(&gallery(), "mail-one-undo");
    back(browser);
    assert_eq!(head()["state"], json!("open"));
    browser.run(
        "await page.locator('#reading').getByRole('button', { name: 'Sluiten', exact: true }).waitFor()",
        Value::Null,
    );

    browser.run("await page.locator('#reading summary', { hasText: 'Uitstellen' }).click()", Value::Null);
    browser.press("Tot morgen 8:00");
    browser.run("await page.locator('#undo').getByText(/Uitgesteld tot /).waitFor()", Value::Null);
    assert_ne!(head()["snoozed_until"], Value::Null);
    back(browser);
    assert_eq!(head()["snoozed_until"], Value::Null);

    let folder = |name: &str| office.client("info").folder(name).messages.len();
    browser.run("await page.locator('.deeds summary').click()", Value::Null);
    browser.press("Weggooien");
    browser.sees("Bericht weggegooid.");
    assert_eq!(browser.path(), "/mail");
    wait_until("it lies in the trash on the server", || (folder("Prullenbak") == 1).then_some(()));
    back(browser);
    wait_until("it lies where it lay", || (folder("INBOX") == 1 && folder("Prullenbak") == 0).then_some(()));
    nothing_went_wrong(browser, &["Applying inline style violates"]);
}

#[test]
fn many_are_put_away_without_script() {
    let letters: Vec<Append> = (1..=3).map(|n| letter(n, PLAIN)).collect();
    let (_office, program, mut browser) = at_mail(&letters);
    let plain = "const state = await context.storageState();
        const other = await context.browser()?.newContext?.({ javaScriptEnabled: false, storageState: state });
        const without = await (other ?? context).newPage();
        if (!other) await without.route('**/assets/*.js', (route) => route.abort());
        await without.goto(given);
        await without.locator('#lines .pick input').nth(0).check();
        await without.locator('#lines .pick input').nth(1).check();
        await without.getByRole('button', { name: 'Gelezen', exact: true }).click();
        await without.getByText('2 gesprekken gelezen.').waitFor();
        await without.getByRole('button', { name: 'Ongedaan maken' }).click();
        await without.waitForURL('**/mail');
        await without.close()";
    browser.run(plain, json!(format!("{}/mail", program.url())));
    let unread = program.api.list("/conversations?unread=true").len();
    assert_eq!(unread, 3, "reading was not taken back");
}

#[test]
fn a_page_that_is_loaded_again_after_a_deed_does_not_do_it_twice() {
    let (_office, program, mut browser) = at_mail(&[letter(1, PLAIN), letter(2, PLAIN)]);
    let browser = &mut browser;
    without_script(browser);
    browser.go(&format!("{}/mail", program.url()));
    browser.follow("Vraag 2");
    browser.sees("Kunt u hier eens naar kijken?");
    let read_at = browser.path();
    let id = read_at.rsplit('/').next().unwrap_or_default().to_owned();
    let state = || program.api.get(&format!("/conversations/{id}"))["state"].clone();
    browser.press("Sluiten");
    browser.sees("1 gesprek gesloten.");
    assert_eq!((browser.path(), state()), (read_at.clone(), json!("closed")));
    browser.press("Ongedaan maken");
    browser.sees("heropende het");
    assert_eq!(state(), json!("open"));
    browser.press("Sluiten");
    browser.sees("1 gesprek gesloten.");
    assert_eq!(sent_by_reloading(browser), 0);
    let told = "return await page.locator('#notices').innerText()";
    assert_eq!(browser.run(told, Value::Null), json!(""), "it was told once");

    browser.run("await page.locator('.deeds summary').click()", Value::Null);
    browser.press("Weggooien");
    browser.sees("Bericht weggegooid.");
    assert_eq!(browser.path(), "/mail");
    assert_eq!(sent_by_reloading(browser), 0);
    nothing_went_wrong(browser, &["ERR_FAILED"]);
}

#[test]
fn what_lies_behind_a_mail_is_one_click_away() {
    let (_office, program, mut browser) = at_mail(&[letter(1, PLAIN)]);
    let browser = &mut browser;
    browser.sees("Kies een standaardmailbox");
    browser.follow("Vraag 1");
    browser.run("await page.locator('#reading').getByRole('link', { name: 'Wie ziet dit?' }).click()", Value::Null);
    browser.sees("eigenaar van de mailbox");
    browser.sees("X-Bewijs");
    browser.sees("hier\u{fffd}staat");
    browser.judge(&gallery(), "mail-behind");
    let id = text(&program.api.list("/messages")[0]["id"]);
    browser.go(&format!("{}/mail/messages/{id}/print", program.url()));
    browser.sees("Kunt u hier eens naar kijken?");
    browser.run("await page.screenshot({ path: given })", json!(gallery().join("mail-print.png")));
    let source = "const answer = await page.request.get(given); return [answer.headers()['content-disposition'], (await answer.body()).length]";
    let source = browser.run(source, json!(format!("{}/mail/messages/{id}/source", program.url())));
    assert!(source[0].as_str().unwrap_or_default().starts_with("attachment"), "{source}");
    assert!(source[1].as_u64().unwrap_or_default() > 200, "{source}");
    nothing_went_wrong(browser, &["Applying inline style violates"]);
}

#[test]
fn an_answer_is_written_below_what_it_answers() {
    let (office, program, mut browser) = at_mail(&[letter(1, PLAIN)]);
    let browser = &mut browser;
    program.api.post(
        "/templates",
        &json!({ "name": "Bevestiging", "subject": "Ontvangen", "text": "Wij hebben uw vraag ontvangen." }),
    );
    browser.follow("Vraag 1");
    browser.arrives("/mail/cnv_*");
    browser.key("r");
    browser.run("await page.locator('#answer .editor').waitFor()", Value::Null);
    assert!(browser.path().starts_with("/mail/cnv_"), "{}", browser.path());
    browser.run("await page.getByLabel('Sjabloon').selectOption({ label: 'Bevestiging' })", Value::Null);
    browser.press("Gebruiken");
    browser.run(
        "await page.locator('#answer .editor').getByText('Wij hebben uw vraag ontvangen.').waitFor()",
        Value::Null,
    );
    browser.judge(&gallery(), "mail-answer");
    browser.run("await page.getByLabel('Aan', { exact: true }).fill('anna@example.test')", Value::Null);
    browser.press("Verzenden");
    browser.run("await page.locator('#answer').getByRole('button', { name: 'Ongedaan maken' }).waitFor()", Value::Null);
    assert!(browser.path().starts_with("/mail/cnv_"), "{}", browser.path());
    let sent = office.delivered("anna", 1);
    assert!(String::from_utf8_lossy(&sent[0]).contains("Wij hebben uw vraag ontvangen."));
}

/// A stranger's server with a picture; counts who asked, and keeps what they said.
fn pictures() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (port, asked) = (listener.local_addr().expect("an address").port(), Arc::new(AtomicUsize::new(0)));
    let count = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { break };
            let mut head = [0; 4096];
            let read = stream.read(&mut head).unwrap_or(0);
            let said = String::from_utf8_lossy(&head[..read]).to_lowercase();
            assert!(!said.contains("cookie:") && !said.contains("referer:"), "{said}");
            count.fetch_add(1, Ordering::SeqCst);
            let gif =
                b"GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\0\0\0!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                gif.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), gif].concat());
        }
    });
    (port, asked)
}

#[test]
fn pictures_from_elsewhere_wait_until_the_reader_wants_them() {
    let (port, asked) = pictures();
    let html = format!(
        "Content-Type: text/html\n\n<p>Aanbieding</p><img src=\"http://127.0.0.1:{port}/p.gif\" width=40 height=40 alt=plaatje>"
    );
    let (_office, _program, mut browser) = at_mail(&[letter(1, &html), letter(2, &html)]);
    let browser = &mut browser;
    let shown = "return (await page.frameLocator('iframe.box').locator('img').first().getAttribute('src') ?? '').startsWith('data:image/gif')";
    browser.follow("Vraag 1");
    browser.sees("Plaatjes van elders");
    browser.judge(&gallery(), "mail-pictures");
    assert_eq!(asked.load(Ordering::SeqCst), 0, "it was fetched unasked");
    browser.follow("Toch tonen");
    browser.run("await page.waitForURL('**pictures=**')", Value::Null);
    wait_until("it was fetched by us", || (asked.load(Ordering::SeqCst) == 1).then_some(()));
    assert_eq!(browser.run(shown, Value::Null), json!(true));

    browser.follow("Vraag 2");
    browser.press("Altijd tonen van jan@elders.test");
    wait_until("the sender's picture was fetched", || (asked.load(Ordering::SeqCst) == 2).then_some(()));
    assert_eq!(browser.run(shown, Value::Null), json!(true));
    browser.run("await page.locator('.deeds summary').click()", Value::Null);
    browser.press("Plaatjes van deze afzender weer eerst vragen");
    browser.sees("Plaatjes van elders");
    let own = browser.run("return seen.requests.filter((url) => url.includes('/p.gif'))", Value::Null);
    assert_eq!(own, json!([]), "the browser itself asked");
}
