//! Working together on a conversation: whose it is, until when it waits, what colleagues tell each other, who is there.

use super::{gallery, nothing_went_wrong, sign_in};
use crate::client::Client;
use crate::fetch::text;
use crate::post_office::PostOffice;
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use testkit::{Append, Browser};

/// Who measures the page leaves empty styles behind, which the policy stops when a part of the page is replaced.
const MEASURED: &str = "Applying inline style violates";

struct House {
    office: PostOffice,
    program: Program,
    browser: Browser,
    kees: Client,
    kees_id: String,
}

/// An office whose info@ holds these letters; Kees reads along, and the browser is the administrator's.
fn house(letters: &[Append]) -> House {
    let office = PostOffice::open();
    office.client("info").append("INBOX", letters);
    let (mut program, account) = office.tenant(Backing::Disk);
    let (kees_id, kees) = program.colleague("kees@ons.test", "member", "write");
    program.api.patch(&format!("/users/{kees_id}"), &json!({ "name": "Kees de Boer" }));
    let me =
        program.api.list("/users").into_iter().find(|user| user["id"] != json!(kees_id)).expect("the administrator");
    let all = json!(["read", "send", "manage"]);
    let owners = json!([
        { "user": me["id"], "rights": all },
        { "user": kees_id, "rights": ["read", "send"] },
    ]);
    program.api.put(&format!("/accounts/{account}/owners"), &owners);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.sees("Postvak in");
    House { office, program, browser, kees, kees_id }
}

fn letter(id: &str, subject: &str, answers: &str) -> Append {
    let raw = format!(
        "From: Jan Jansen <jan@elders.test>\r\nTo: info@example.test\r\nSubject: {subject}\r\nMessage-ID: <{id}@elders.test>\r\n\
         {answers}Date: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nKunt u hier eens naar kijken?\r\n"
    );
    Append { raw: raw.into_bytes(), ..Append::default() }
}

/// To where a conversation is merged or split.
fn shape(browser: &mut Browser) {
    browser.run("await page.locator('.bar summary', { hasText: 'Meer' }).click()", Value::Null);
    browser.follow("Samenvoegen of splitsen");
}

/// The id of the conversation that has this subject.
fn conversation(api: &Client, subject: &str) -> String {
    let lines = api.list("/conversations");
    let line = lines.iter().find(|line| line["subject"] == json!(subject));
    text(&line.unwrap_or_else(|| panic!("no {subject} in {lines:?}"))["id"])
}

#[test]
fn a_conversation_is_taken_on_put_off_spoken_about_and_closed() {
    let mut house = house(&[letter("een", "Offerte dakgoot", "")]);
    let (browser, api) = (&mut house.browser, &house.program.api);
    browser.follow("Offerte dakgoot");
    let path = format!("/conversations/{}", conversation(api, "Offerte dakgoot"));
    browser.run("await page.locator('summary', { hasText: 'Toewijzen' }).click()", Value::Null);
    browser.press("Kees de Boer");
    browser.sees("Toegewezen aan Kees de Boer");
    nothing_went_wrong(browser, &[]);
    browser.run("await page.locator('summary', { hasText: 'Toewijzen' }).click()", Value::Null);
    browser.judge(&gallery(), "team-assign");
    browser.run("await page.locator('summary', { hasText: 'Toewijzen' }).click()", Value::Null);
    assert_eq!(api.get(&path)["assignee"], json!(house.kees_id));
    browser.run("await page.locator('summary', { hasText: 'Toewijzen' }).click()", Value::Null);
    browser.press("Aan mij");
    browser.sees("nam het op zich");

    browser.run("await page.getByLabel(/Notitie voor/).pressSequentially('Vraag eerst @kee')", Value::Null);
    browser.run("await page.getByRole('option', { name: 'Kees de Boer' }).waitFor()", Value::Null);
    browser.key("Enter");
    browser.run("await page.keyboard.type('even')", Value::Null);
    browser.judge(&gallery(), "team-note");
    browser.press("Notitie bewaren");
    browser.run("await page.locator('.note').getByText('Vraag eerst @Kees de Boer even').waitFor()", Value::Null);
    assert_eq!(
        house.kees.get("/me/mentions?unread=true")["items"][0]["note"]["text"],
        json!("Vraag eerst @Kees de Boer even")
    );
    browser.press("Notitie bewaren");
    browser.run("await page.locator('#reading [role=alert]').waitFor()", Value::Null);

    browser.run("await page.locator('summary', { hasText: 'Uitstellen' }).click()", Value::Null);
    browser.judge(&gallery(), "team-snooze");
    browser.press("Tot morgen 8:00");
    browser.sees("Uitgesteld tot 08:00");
    assert!(api.get(&path)["snoozed_until"].is_string());
    browser.go(&format!("{}/mail", house.program.url()));
    browser.sees("Hier is nog niets");
    browser.follow("Uitgesteld");
    browser.follow("Offerte dakgoot");
    browser.run("await page.locator('summary', { hasText: 'Uitstellen' }).click()", Value::Null);
    browser.press("Nu terughalen");
    browser.sees("haalde het terug");
    browser.press("Sluiten");
    browser.sees("sloot het");
    assert_eq!(api.get(&path)["state"], json!("closed"));
    browser.judge(&gallery(), "team-story");
    nothing_went_wrong(browser, &["status of 422", MEASURED]);
}

#[test]
fn colleagues_see_each_other_look_and_answer_and_call_each_other() {
    let mut house = house(&[letter("een", "Offerte dakgoot", "")]);
    let (browser, api) = (&mut house.browser, &house.program.api);
    let id = conversation(api, "Offerte dakgoot");
    let there = |doing: &str| house.kees.put(&format!("/conversations/{id}/presence"), &json!({ "doing": doing }));
    there("looking");
    browser.go(&format!("{}/mail", house.program.url()));
    browser.run("await page.locator('#lines .initials.looking').waitFor()", Value::Null);
    browser.follow("Offerte dakgoot");
    browser.sees("Kees de Boer kijkt ook");
    browser.judge(&gallery(), "team-looking");
    let others = || house.kees.get(&format!("/conversations/{id}"))["present"].clone();
    wait_until("Kees sees that somebody looks", || (others()[0]["doing"] == json!("looking")).then_some(()));
    there("replying");
    browser.sees("Kees de Boer schrijft een antwoord");
    browser.judge(&gallery(), "team-replying");

    let note = json!({ "text": "@Beheerder bel jij?", "mentions": [api.get("/me")["user"]["id"]] });
    house.kees.post(&format!("/conversations/{id}/notes"), &note);
    browser.go(&format!("{}/mail/mentions", house.program.url()));
    browser.sees("bel jij?");
    browser.judge(&gallery(), "team-mentions");
    browser.follow("Offerte dakgoot");
    browser.sees("noemt u");
    wait_until("the note was read", || api.get("/me/mentions?unread=true")["items"][0].is_null().then_some(()));

    browser.run("await page.getByRole('link', { name: 'Beantwoorden', exact: true }).click()", Value::Null);
    wait_until("Kees sees that somebody answers", || (others()[0]["doing"] == json!("replying")).then_some(()));
    browser.go(&format!("{}/mail/mentions", house.program.url()));
    wait_until("Kees sees nobody any more", || others()[0].is_null().then_some(()));
}

#[test]
fn a_page_that_is_only_fetched_leaves_mail_unread() {
    let mut house = house(&[letter("een", "Offerte dakgoot", "")]);
    let (browser, api) = (&mut house.browser, &house.program.api);
    let id = conversation(api, "Offerte dakgoot");
    let unread = || api.get("/conversations")["items"][0]["unread_count"].clone();
    // As a browser fetches ahead: with the cookie, but nobody looks.
    let fetched = "return page.evaluate(async (path) => (await fetch(path, { headers: { 'sec-purpose': 'prefetch' } })).status, given)";
    assert_eq!(browser.run(fetched, json!(format!("/mail/{id}"))), json!(200));
    assert_eq!(unread(), json!(1), "fetching made it read");
    browser.follow("Offerte dakgoot");
    wait_until("looking made it read", || (unread() == json!(0)).then_some(()));
    wait_until("the server knows", || {
        let seen = |it: &testkit::MessageSnapshot| it.flags.contains(&"\\Seen".to_owned());
        house.office.client("info").folder("INBOX").messages.iter().all(seen).then_some(())
    });
}

#[test]
fn conversations_are_put_together_and_taken_apart() {
    let answer = "In-Reply-To: <een@elders.test>\r\nReferences: <een@elders.test>\r\n";
    let mut house = house(&[
        letter("een", "Offerte dakgoot", ""),
        letter("twee", "Re: Offerte dakgoot", answer),
        letter("drie", "Dakraam", ""),
    ]);
    let (browser, api) = (&mut house.browser, &house.program.api);
    let id = conversation(api, "Offerte dakgoot");
    browser.go(&format!("{}/mail/{id}", house.program.url()));
    shape(browser);
    browser.sees("Dakraam");
    browser.judge(&gallery(), "team-shape");
    browser.run("await page.getByRole('button', { name: /Samenvoegen.*Dakraam/ }).click()", Value::Null);
    browser.sees("voegde er een gesprek bij");
    assert_eq!(api.get(&format!("/conversations/{id}"))["messages"].as_array().map(Vec::len), Some(3));

    shape(browser);
    browser.press("Splitsen");
    browser.run("await page.locator('[role=alert]').waitFor()", Value::Null);
    browser.run("await page.getByRole('checkbox', { name: /Dakraam/ }).check()", Value::Null);
    browser.press("Splitsen");
    browser.sees("splitste het gesprek");
    assert_eq!(api.get(&format!("/conversations/{id}"))["messages"].as_array().map(Vec::len), Some(2));
    nothing_went_wrong(browser, &["status of 422"]);
}
