//! A mailbox at a provider that sends by a server of the organisation's own, and by the provider again.

use super::{gallery, nothing_went_wrong, sign_in};
use crate::post_office::{PASSWORD, PostOffice, letter, send, when};
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use simulator::{CLIENT_ID, CLIENT_SECRET, Cloud, Simulator};
use testkit::Browser;
use tokio::runtime::Runtime;

const INFO: &str = "info@voorbeeld.test";

#[test]
fn a_mailbox_at_microsoft_sends_by_a_server_of_ones_own_and_goes_back() {
    let office = PostOffice::open();
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    let mut program = Program::start_with(Backing::Disk, &[("POSTKAMER_SIMULATOR", &simulator.url)]);
    let app = json!({ "tenant": "voorbeeld.test", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "acts_alone": true });
    program.api.put("/organisation/apps/microsoft", &app);
    let half = json!({ "kind": "microsoft365" });
    let id = program.connect(&json!({ "address": INFO, "incoming": half, "outgoing": half, "access": "app" }));
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");

    // Nobody fills in a server for it, but who wants to can.
    let page = format!("{}/mailboxes/{id}/connect", program.url());
    browser.go(&page);
    browser.sees("Niemand hoeft hem te autoriseren.");
    let is_shown = |browser: &mut Browser, field: &str| {
        browser.run("return await page.locator(`#${given}`).isVisible()", json!(field)) == json!(true)
    };
    assert!(!is_shown(&mut browser, "outgoing_kind"), "it is folded");
    let focus = "await page.locator('summary', { hasText: 'Anders ontvangen of verzenden' }).focus()";
    browser.run(focus, Value::Null);
    browser.key("Enter");
    for field in ["incoming_host", "incoming_username", "incoming_prefix", "incoming_secret", "outgoing_secret"] {
        assert!(!is_shown(&mut browser, field), "{field} means nothing at Microsoft");
    }
    browser.judge(&gallery(), "mailbox-another-way");
    browser.run("await page.locator('#outgoing_kind').focus(); await page.keyboard.type('SMTP')", Value::Null);
    assert!(is_shown(&mut browser, "outgoing_host") && is_shown(&mut browser, "outgoing_secret"));
    assert!(!is_shown(&mut browser, "incoming_secret"), "receiving takes no password");
    let fill = |browser: &mut Browser, field: &str, text: &str| {
        browser.run("await page.locator(`#${given[0]}`).fill(given[1])", json!([field, text]));
    };
    fill(&mut browser, "outgoing_host", "127.0.0.1");
    fill(&mut browser, "outgoing_port", &office.postfix.submission_port.to_string());
    browser.run("await page.locator('#outgoing_encryption').selectOption('none')", Value::Null);
    browser.run("await page.locator('[name=allow_plaintext]').check()", Value::Null);
    fill(&mut browser, "outgoing_username", "info@example.test");
    browser.press("Opslaan en opnieuw testen");
    browser.sees("Vul dit veld in.");
    browser.judge(&gallery(), "mailbox-another-way-wrong");
    browser.run("await page.locator('#outgoing_secret').focus(); await page.keyboard.type(given)", json!(PASSWORD));
    browser.key("Enter");
    let saved = || program.api.get(&format!("/accounts/{id}"));
    wait_until("it to be saved", || (saved()["outgoing"]["kind"] == "smtp").then_some(()));
    assert_eq!(saved()["incoming"]["kind"], json!("microsoft365"));
    let out = send(&program.api, &letter(&id, &["anna@example.test"], "Langs een andere weg"));
    when(&program.api, &out, "accepted");
    assert_eq!(office.delivered("anna", 1).len(), 1);
    assert_eq!(
        simulator.with(|cloud| cloud.sent.iter().filter(|sent| sent.recipients == ["anna@example.test"]).count()),
        0
    );
    // Microsoft takes no copy, and is not asked to.
    program.fetch(&id);
    let is_asked = |line: &String| line.starts_with("POST ") && line.contains("/messages");
    assert!(!simulator.with(|cloud| cloud.heard.iter().any(is_asked)));
    browser.go(&format!("{}/mailboxes/{id}/sending", program.url()));
    browser.sees("komt daar niet in Verzonden te staan");
    browser.judge(&gallery(), "mailbox-sending-another-way");
    browser.go(&format!("{}/mailboxes/{id}/devices", program.url()));
    browser.sees("Kies op het andere apparaat Microsoft 365 of Exchange");
    browser.sees("Verzenden (SMTP)");
    browser.judge(&gallery(), "mailbox-another-way-devices");

    // Its server stands there to be mended, and Microsoft to go back to. The test waits for a letter that never comes; who
    // stops the server ends it.
    assert!(program.stop().success());
    let fetched = program.installation.command("fetch").args(["--account", INFO]).status();
    assert!(fetched.is_ok_and(|status| status.success()), "by the command line too");
    program.serve_again();
    program.api.patch("/me", &json!({ "language": "en" }));
    for (tab, words) in [
        ("/connect", "Settings of the server"),
        ("/devices", "Choose Microsoft 365 or Exchange on the other device"),
        ("/sending", "does not get into the sent folder there"),
    ] {
        browser.go(&format!("{}/mailboxes/{id}{tab}", program.url()));
        browser.sees(words);
    }
    program.api.patch("/me", &json!({ "language": "nl" }));
    browser.go(&format!("{}/mailboxes/{id}/connect", program.url()));
    browser.sees("Instellingen van de server");
    browser.sees("Leeg laten: het bewaarde wachtwoord blijft.");
    assert!(is_shown(&mut browser, "outgoing_host"));
    browser.judge(&gallery(), "mailbox-sends-by-server");
    browser.run("await page.locator('#outgoing_kind').selectOption('microsoft365')", Value::Null);
    browser.press("Opslaan en opnieuw testen");
    browser.sees("Alles werkt");
    for half in ["Ontvangen van Microsoft 365", "Verzenden via Microsoft 365"] {
        browser.sees(half);
    }
    browser.judge(&gallery(), "mailbox-another-way-back");
    assert_eq!(program.api.get(&format!("/accounts/{id}"))["outgoing"]["kind"], json!("microsoft365"));
    nothing_went_wrong(&mut browser, &["status of 422"]);
}
