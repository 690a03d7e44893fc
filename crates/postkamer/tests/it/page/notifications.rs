//! What one hears of without looking: a letter when a colleague calls, a notice of the browser when mail comes.

use super::{gallery, nothing_went_wrong, sign_in};
use crate::client::Client;
use crate::fetch::text;
use crate::post_office::{PostOffice, header, letter, send};
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use testkit::{Append, Browser};

/// Stands in for the person who answers the browser's question, and writes down what the browser shows.
const WATCHED: &str = "await context.grantPermissions(['notifications'], { origin: given });
    await context.addInitScript(() => {
      const real = globalThis.Notification;
      globalThis.shown = [];
      globalThis.Notification = class extends real {
        constructor(title, options) { super(title, options); shown.push(`${title}: ${options.body}`); }
        static get permission() { return localStorage.getItem('allowed') ? real.permission : 'default'; }
        static requestPermission() { localStorage.setItem('allowed', 'yes'); return real.requestPermission(); }
      };
    })";

fn mail(id: &str, subject: &str) -> Append {
    let raw = format!(
        "From: Jan Jansen <jan@elders.test>\r\nTo: info@example.test\r\nSubject: {subject}\r\n\
         Message-ID: <{id}@elders.test>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nDag.\r\n"
    );
    Append { raw: raw.into_bytes(), ..Append::default() }
}

/// The office's info@, where Anna manages and the administrator reads along.
fn house() -> (PostOffice, Program, String, Client, String) {
    let office = PostOffice::open();
    let (mut program, account) = office.tenant(Backing::Disk);
    let (anna, client) = program.colleague("anna@example.test", "member", "write");
    program.api.patch(&format!("/users/{anna}"), &json!({ "name": "Anna de Boer" }));
    let me = program.api.get("/me")["user"]["id"].clone();
    let owners = json!([
        { "user": me, "rights": ["read", "send"] },
        { "user": anna, "rights": ["read", "send", "manage"] },
    ]);
    program.api.put(&format!("/accounts/{account}/owners"), &owners);
    (office, program, account, client, anna)
}

/// The conversation of the mail with this subject, as soon as this client sees it.
fn arrived(api: &Client, subject: &str) -> String {
    wait_until(&format!("{subject} is here"), || {
        let found = api.list("/conversations").into_iter().find(|line| line["subject"] == json!(subject));
        found.map(|line| text(&line["id"]))
    })
}

#[test]
fn a_colleague_who_is_not_looking_hears_by_mail_that_they_are_called() {
    let (office, program, account, _, anna) = house();
    office.client("info").append("INBOX", &[mail("een", "Offerte dakgoot")]);
    let id = arrived(&program.api, "Offerte dakgoot");
    program.api.post(&format!("/conversations/{id}/notes"), &json!({ "text": "@Anna de Boer bel jij hem?" }));
    let raw = office.delivered("anna", 1).remove(0);
    assert_eq!(header(&raw, "From").as_deref(), Some("Proefpost <info@example.test>"));
    assert_eq!(header(&raw, "Auto-Submitted").as_deref(), Some("auto-generated"));
    let body = String::from_utf8_lossy(&raw).replace("=\r\n", "");
    assert!(body.contains("Offerte dakgoot") && body.contains(&format!("/mail/{id}")), "{body}");
    assert!(!body.contains("bel jij"), "what the note says stays inside: {body}");

    // A second letter about it waits for an hour; what comes after it shows that there is none.
    program.api.patch(&format!("/conversations/{id}"), &json!({ "assignee": anna }));
    send(&program.api, &letter(&account, &["bram@example.test"], "Gewone brief"));
    let sent = wait_until("the ordinary letter has its copy", || {
        let sent = office.client("info").bodies("Verzonden");
        let there = |raw: &Vec<u8>| header(raw, "Subject").as_deref() == Some("Gewone brief");
        sent.iter().any(there).then_some(sent)
    });
    assert_eq!(sent.len(), 1, "what the installation writes to one person is not kept where others read");
    assert_eq!(office.client("anna").folder("INBOX").messages.len(), 1, "one letter an hour");
}

#[test]
fn a_browser_that_was_asked_tells_of_new_mail_and_of_calls_but_not_of_what_is_private() {
    let (office, program, account, anna, _) = house();
    let mut browser = Browser::open();
    browser.run(WATCHED, json!(program.url()));
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.sees("Postvak in");
    browser.go(&format!("{}/me/notifications", program.url()));
    browser.sees("Deze browser vraagt eerst of het mag.");
    browser.judge(&gallery(), "me-notifications");
    browser.press("Meldingen toestaan in deze browser");
    browser.sees("Deze browser toont meldingen.");
    browser.run("await page.getByLabel('info@example.test').check()", Value::Null);
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    assert_eq!(program.api.get("/me/notifications")["notice_accounts"], json!([account]));

    // On any page, once it listens.
    let listening = "const answered = page.waitForResponse((it) => it.url().includes('/mail/live?notices'));
        await page.goto(given); await answered";
    browser.run(listening, json!(format!("{}/contacts", program.url())));
    office.client("info").append("INBOX", &[mail("een", "Vertrouwelijk: ontslag")]);
    arrived(&anna, "Vertrouwelijk: ontslag");
    office.client("info").append("INBOX", &[mail("twee", "Offerte dakgoot")]);
    let shown = |browser: &mut Browser, wanted: &str| {
        let wait =
            "await page.waitForFunction((wanted) => shown.includes(wanted), given); return page.evaluate(() => shown)";
        browser.run(wait, json!(wanted))
    };
    let all = shown(&mut browser, "Jan Jansen: Offerte dakgoot");
    assert_eq!(all, json!(["Jan Jansen: Offerte dakgoot"]), "what is private is not told to who may not see it");

    let id = arrived(&anna, "Offerte dakgoot");
    let me = program.api.get("/me")["user"]["id"].clone();
    anna.post(&format!("/conversations/{id}/notes"), &json!({ "text": "Bel jij?", "mentions": [me] }));
    shown(&mut browser, "Anna de Boer noemt u: Offerte dakgoot");

    // Who manages the mailbox sees what is private; the notice says only that it is there.
    let owners = json!([{ "user": me, "rights": ["read", "send", "manage"] }]);
    program.api.put(&format!("/accounts/{account}/owners"), &owners);
    office.client("info").append("INBOX", &[mail("drie", "Vertrouwelijk: salaris")]);
    let all = shown(&mut browser, "info@example.test: Vertrouwelijk bericht");
    assert!(!all.to_string().contains("salaris"), "{all}");
    nothing_went_wrong(&mut browser, &[]);
}
