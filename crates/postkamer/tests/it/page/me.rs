//! One's own page: details, password, second factor, devices and tokens.

use super::{gallery, nothing_went_wrong, sent_by_reloading, sign_in, without_script};
use crate::program::{Backing, Program};
use serde_json::{Value, json};
use testkit::Browser;

const NEXT: &str = "een heel nieuwe zin over fietsen";

/// What an authenticator shows for this key, so many steps from now (RFC 6238): by another program than ours.
const AUTHENTICATOR: &str = "
    const { createHmac } = await import('node:crypto');
    const bits = [...given.key].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'));
    const key = Buffer.from(bits.join('').match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const count = Buffer.alloc(8);
    count.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + given.later));
    const digest = createHmac('sha1', key).update(count).digest();
    const word = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff;
    return String(word % 1000000).padStart(6, '0')";

pub(super) fn code(browser: &mut Browser, key: &Value, later: i64) -> String {
    let shown = browser.run(AUTHENTICATOR, json!({ "key": key, "later": later }));
    shown.as_str().unwrap_or_default().to_owned()
}

/// Takes a second factor on its page, up to the recovery codes. Answers the key.
pub(super) fn take_second_factor(browser: &mut Browser) -> Value {
    browser.press("Tweede factor instellen");
    browser.sees("Scan deze code met uw app");
    let key = browser.run("return await page.locator('#secret').inputValue()", Value::Null);
    let right = code(browser, &key, 0);
    browser.fill("Code", &right);
    browser.press("Bevestigen");
    browser.sees("Uw herstelcodes");
    key
}

#[test]
fn somebody_keeps_their_own_details_and_password() {
    let program = Program::start(Backing::Disk);
    let installation = &program.installation;
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &installation.admin, &installation.password);
    browser.arrives("/mail");
    browser.go(&format!("{}/me", program.url()));
    browser.judge(&gallery(), "me");
    browser.fill("Naam", "");
    browser.run("await page.locator('form.card').evaluate((form) => { form.noValidate = true; })", Value::Null);
    browser.press("Bewaren");
    browser.sees("Vul dit veld in.");
    browser.fill("Naam", "Sanne de Wit");
    browser.run("await page.getByLabel('Taal').selectOption('en')", Value::Null);
    browser.run("await page.getByLabel('Mail that I send').or(page.getByLabel('Mail die ik')).check()", Value::Null);
    browser.press("Bewaren");
    browser.sees("Saved.");
    let me = program.api.get("/me");
    assert_eq!((&me["user"]["name"], &me["user"]["language"]), (&json!("Sanne de Wit"), &json!("en")));
    assert_eq!(me["user"]["private_outgoing"], json!(true));
    browser.run("await page.getByLabel('Language').selectOption('nl')", Value::Null);
    browser.press("Save");
    browser.sees("Bewaard.");

    browser.follow("Wachtwoord");
    browser.fill("Huidig wachtwoord", "iets anders dan dat");
    browser.fill("Nieuw wachtwoord", NEXT);
    browser.fill("Nog een keer", NEXT);
    browser.press("Wachtwoord wijzigen");
    browser.sees("Het huidige wachtwoord klopt niet.");
    browser.fill("Huidig wachtwoord", &installation.password);
    browser.fill("Nieuw wachtwoord", "kort");
    browser.fill("Nog een keer", "kort");
    browser.press("Wachtwoord wijzigen");
    browser.sees("Kies een wachtwoord van minstens 15 tekens");
    browser.judge(&gallery(), "me-password-wrong");
    browser.fill("Huidig wachtwoord", &installation.password);
    browser.fill("Nieuw wachtwoord", NEXT);
    browser.fill("Nog een keer", NEXT);
    browser.press("Wachtwoord wijzigen");
    browser.sees("Het nieuwe wachtwoord geldt vanaf nu.");
    browser.press("Afmelden");
    sign_in(&mut browser, program.url(), &installation.admin, &installation.password);
    browser.sees("horen niet bij elkaar");
    sign_in(&mut browser, program.url(), &installation.admin, NEXT);
    browser.arrives("/mail");
    nothing_went_wrong(&mut browser, &["status of 422"]);
}

#[test]
fn a_second_factor_is_taken_used_and_laid_down() {
    let program = Program::start(Backing::Disk);
    let (admin, password) = (program.installation.admin.clone(), program.installation.password.clone());
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &admin, &password);
    browser.arrives("/mail");
    browser.go(&format!("{}/me/second-factor", program.url()));
    browser.judge(&gallery(), "me-factor");
    browser.press("Tweede factor instellen");
    browser.sees("Scan deze code met uw app");
    browser.judge(&gallery(), "me-factor-begun");
    browser.fill("Code", "12 34 56");
    browser.press("Bevestigen");
    browser.sees("Deze code klopt niet");
    browser.press("Opnieuw beginnen");
    browser.sees("Scan deze code met uw app");
    let key = browser.run("return await page.locator('#secret').inputValue()", Value::Null);
    let right = code(&mut browser, &key, 0);
    browser.fill("Code", &right);
    browser.press("Bevestigen");
    browser.sees("Uw herstelcodes");
    browser.judge(&gallery(), "me-codes");
    let spare = browser.run("return await page.locator('.codes li').first().innerText()", Value::Null);
    browser.follow("Ik heb ze bewaard");
    browser.sees("De tweede factor staat aan");
    browser.judge(&gallery(), "me-factor-on");
    browser.press("Afmelden");

    sign_in(&mut browser, program.url(), &admin, &password);
    browser.sees("Nog een code");
    browser.judge(&gallery(), "sign-in-code");
    let next = code(&mut browser, &key, 1);
    browser.fill("Code", &next);
    browser.press("Verder");
    browser.arrives("/mail");
    browser.press("Afmelden");
    for (expected, text) in [(true, "/mail"), (false, "Deze code klopt niet")] {
        sign_in(&mut browser, program.url(), &admin, &password);
        browser.sees("Nog een code");
        browser.fill("Code", spare.as_str().unwrap_or_default());
        browser.press("Verder");
        if expected {
            browser.arrives(text);
            browser.press("Afmelden");
        } else {
            browser.sees(text);
        }
    }
    nothing_went_wrong(&mut browser, &["status of 422"]);
}

#[test]
fn a_forgotten_device_is_signed_out_and_a_token_is_shown_once() {
    let program = Program::start(Backing::Disk);
    let (admin, password) = (program.installation.admin.clone(), program.installation.password.clone());
    let mut elsewhere = Browser::open();
    sign_in(&mut elsewhere, program.url(), &admin, &password);
    elsewhere.arrives("/mail");
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &admin, &password);
    browser.arrives("/mail");
    browser.go(&format!("{}/me/sessions", program.url()));
    browser.sees("dit apparaat");
    browser.judge(&gallery(), "me-sessions");
    browser.run("await page.getByRole('button', { name: /^Afmelden: / }).click()", Value::Null);
    browser.sees("Daar bent u afgemeld.");
    elsewhere.go(&format!("{}/me", program.url()));
    assert_eq!(elsewhere.path(), "/sign-in?to=/me");

    browser.follow("API-tokens");
    let way_out = "return await page.locator('main').getByRole('button', { name: 'Afmelden', exact: true }).count()";
    assert_eq!(browser.run(way_out, Value::Null), json!(1), "as on the other tabs");
    browser.fill("Waarvoor is het?", "boekhouding");
    browser.run("await page.getByLabel('Alleen lezen').check()", Value::Null);
    browser.press("Token maken");
    browser.sees("we tonen het maar één keer");
    browser.judge(&gallery(), "me-token-made");
    let token = browser.run("return await page.locator('#token').inputValue()", Value::Null);
    let bookkeeping = program.api.speaking_for(token.as_str().unwrap_or_default());
    assert_eq!(bookkeeping.get("/me")["token"]["scope"], json!("read"));
    assert_eq!(bookkeeping.call("POST", "/contacts", Some(&json!({ "name": "Jan" })), &[]).status, 403);
    browser.follow("Ik heb het bewaard");
    browser.sees("boekhouding");
    browser.judge(&gallery(), "me-tokens");
    browser.run("await page.getByRole('button', { name: 'Intrekken: boekhouding' }).click()", Value::Null);
    browser.sees("Het token werkt niet meer.");
    assert_eq!(bookkeeping.call("GET", "/me", None, &[]).status, 401);
    nothing_went_wrong(&mut browser, &[]);
}

#[test]
fn one_s_own_page_works_without_script() {
    let program = Program::start(Backing::Disk);
    let (admin, password) = (program.installation.admin.clone(), program.installation.password.clone());
    let mut elsewhere = Browser::open();
    sign_in(&mut elsewhere, program.url(), &admin, &password);
    elsewhere.arrives("/mail");
    let mut browser = Browser::open();
    without_script(&mut browser);
    sign_in(&mut browser, program.url(), &admin, &password);
    browser.arrives("/mail");
    browser.go(&format!("{}/me", program.url()));
    browser.fill("Naam", "Sanne de Wit");
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    assert_eq!(sent_by_reloading(&mut browser), 0);
    browser.follow("Meldingen");
    browser.run("await page.getByLabel('Iemand wijst mij een gesprek toe').uncheck()", Value::Null);
    let offered = "return await page.getByRole('button', { name: 'Meldingen toestaan in deze browser' }).count()";
    assert_eq!(browser.run(offered, Value::Null), json!(0), "without script there is nothing to allow");
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    assert_eq!(program.api.get("/me/notifications")["letter_when_assigned"], json!(false));
    assert_eq!(program.api.get("/me")["user"]["name"], json!("Sanne de Wit"));

    browser.follow("Apparaten");
    browser.press("Alle andere afmelden");
    browser.sees("Daar bent u afgemeld.");
    elsewhere.go(&format!("{}/me", program.url()));
    assert_eq!(elsewhere.path(), "/sign-in?to=/me");

    browser.follow("API-tokens");
    browser.fill("Waarvoor is het?", "boekhouding");
    browser.run("await page.getByLabel('Alleen lezen').check()", Value::Null);
    browser.press("Token maken");
    browser.sees("we tonen het maar één keer");
    browser.judge(&gallery(), "me-token-made-without-script");
    let token = browser.run("return await page.locator('#token').inputValue()", Value::Null);
    let bookkeeping = program.api.speaking_for(token.as_str().unwrap_or_default());
    assert_eq!(bookkeeping.get("/me")["token"]["scope"], json!("read"));
    browser.follow("Ik heb het bewaard");
    browser.run("await page.getByRole('button', { name: 'Intrekken: boekhouding' }).click()", Value::Null);
    browser.sees("Het token werkt niet meer.");

    browser.follow("Tweede factor");
    take_second_factor(&mut browser);
    browser.follow("Ik heb ze bewaard");
    browser.sees("De tweede factor staat aan");
    browser.follow("Wachtwoord");
    browser.fill("Huidig wachtwoord", &password);
    browser.fill("Nieuw wachtwoord", NEXT);
    browser.fill("Nog een keer", NEXT);
    browser.press("Wachtwoord wijzigen");
    browser.sees("Het nieuwe wachtwoord geldt vanaf nu.");
    assert_eq!(sent_by_reloading(&mut browser), 0);
    nothing_went_wrong(&mut browser, &["ERR_FAILED"]);
}
