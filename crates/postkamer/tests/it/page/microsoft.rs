//! A mailbox at Microsoft 365, from the app's registration to mail that goes both ways, with a simulator in Microsoft's place.

use super::{
    gallery, nothing_went_wrong,
    office::{ADDRESS, ANNA, authorise, count, goes_both_ways, is_withdrawn_and_given_again},
    sign_in,
};
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use simulator::{CLIENT_ID, CLIENT_SECRET, Cloud, Simulator};
use testkit::{Browser, corpus};
use tokio::runtime::Runtime;

#[test]
fn a_mailbox_is_opened_at_microsoft_and_a_withdrawn_grant_is_given_again() {
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    simulator.with(|cloud| {
        let mailbox = cloud.mailbox(ADDRESS).expect("a mailbox");
        for raw in corpus::messages(11, 40) {
            mailbox.put("inbox", raw, "2026-11-20T10:00:00Z".parse().expect("a moment"));
        }
    });
    let program = Program::start_with(Backing::Disk, &[("POSTKAMER_SIMULATOR", &simulator.url)]);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");

    // Without a registration nothing is offered; an administrator makes it once.
    browser.go(&format!("{}/settings/microsoft", program.url()));
    browser.judge(&gallery(), "settings-microsoft-empty");
    let shown = browser.run("return await page.locator('#redirect_uri').inputValue()", Value::Null);
    assert_eq!(shown, json!(format!("{}/mailboxes/authorised", program.url())));
    browser.fill("Tenant", "common");
    browser.fill("Client-ID (toepassings-ID)", CLIENT_ID);
    browser.fill("Clientgeheim (de waarde)", CLIENT_SECRET);
    browser.press("Bewaren");
    browser.sees("Vul het tenant-ID of een domein van uw organisatie in");
    browser.fill("Tenant", "voorbeeld.test");
    browser.fill("Clientgeheim (de waarde)", CLIENT_SECRET);
    browser.press("Bewaren");
    browser.sees("Bewaard. Verbind nu een mailbox");
    browser.judge(&gallery(), "settings-microsoft");

    // The wizard asks for no server.
    browser.go(&format!("{}/mailboxes/new?address={ADDRESS}", program.url()));
    browser.press("Verbinden met Microsoft 365");
    browser.sees("U gaat naar Microsoft.");
    browser.judge(&gallery(), "mailbox-authorise");
    let mailbox = browser.path();
    let id = mailbox.split('/').nth(2).expect("an account").to_owned();

    // The wrong mailbox, and no mailbox, open nothing.
    authorise(&mut browser, "Autoriseren", "Anna de Vries (anna@voorbeeld.test)");
    browser.sees("toestemming gegeven voor anna@voorbeeld.test, maar deze mailbox is info@voorbeeld.test");
    browser.judge(&gallery(), "mailbox-not-authorised");
    browser.follow("Terug naar de mailbox");
    authorise(&mut browser, "Autoriseren", "Annuleren / Cancel");
    browser.sees("U hebt het autoriseren bij Microsoft afgebroken.");
    // An answer that nobody waits for.
    browser.go(&format!("{}/mailboxes/authorised?code=x&state=y", program.url()));
    browser.sees("Deze autorisatie is verlopen, al gebruikt, of in een andere browser begonnen.");
    browser.go(&format!("{}{mailbox}", program.url()));

    // The right one is tried at once with a mail that goes round.
    authorise(&mut browser, "Autoriseren", "Info Voorbeeld (info@voorbeeld.test)");
    browser.sees("Alles werkt");
    browser.judge(&gallery(), "mailbox-authorised");
    browser.press("Beginnen met ophalen");
    let counts = || program.api.get(&format!("/accounts/{id}"))["counts"]["messages"].clone();
    wait_until("everything to be here", || (counts() == json!(40)).then_some(()));
    assert_eq!(count(&simulator, ADDRESS, "inbox"), 40, "the test's mail was cleared away");

    // What is read here is read there; what is sent lies there once.
    goes_both_ways(&program, &simulator, &id);

    is_withdrawn_and_given_again(&program, &simulator, &mut browser, &mailbox, "mailbox-grant-gone");
    // The page that plays Microsoft has no icon.
    nothing_went_wrong(&mut browser, &["status of 403", "status of 404", "status of 422"]);
}

#[test]
fn the_owner_of_a_mailbox_agrees_on_another_device_and_the_page_sees_it() {
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    simulator.with(|cloud| cloud.device_seconds = 1);
    let program = Program::start_with(Backing::Disk, &[("POSTKAMER_SIMULATOR", &simulator.url)]);
    let app = json!({ "tenant": "voorbeeld.test", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    program.api.put("/organisation/apps/microsoft", &app);
    let half = json!({ "kind": "microsoft365" });
    let id = program.connect(&json!({ "address": ADDRESS, "incoming": half, "outgoing": half }));
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");

    browser.go(&format!("{}/mailboxes/{id}/connect", program.url()));
    browser.follow("Op een ander apparaat autoriseren");
    browser.sees("Wie zich bij Microsoft aanmeldt als info@voorbeeld.test");
    browser.judge(&gallery(), "mailbox-elsewhere");
    let code = |browser: &mut Browser| {
        let shown = browser.run("return await page.locator('.to-type').innerText()", Value::Null);
        shown.as_str().expect("a code").trim().to_owned()
    };
    // Somebody who signs in there as another mailbox opens nothing.
    browser.press("Code vragen");
    browser.sees("en typ daar deze code:");
    browser.judge(&gallery(), "mailbox-elsewhere-code");
    let wrong = code(&mut browser);
    assert!(simulator.with(|cloud| cloud.decide_device(&wrong, ANNA)));
    browser.sees("toestemming gegeven voor anna@voorbeeld.test, maar deze mailbox is info@voorbeeld.test");
    browser.judge(&gallery(), "mailbox-elsewhere-refused");
    browser.press("Nieuwe code vragen");
    browser.sees("en typ daar deze code:");
    let right = code(&mut browser);
    assert!(simulator.with(|cloud| cloud.decide_device(&right, ADDRESS)));
    browser.sees("Deze mailbox is geautoriseerd bij Microsoft.");
    browser.judge(&gallery(), "mailbox-elsewhere-done");
    browser.press("Nu testen");
    browser.sees("Alles werkt");
    nothing_went_wrong(&mut browser, &[]);
}
