//! A mailbox at an Exchange server in the house that takes Microsoft's tokens, from the wizard to a grant that is withdrawn and
//! given again, with a simulator in the place of both.

use super::{
    gallery, nothing_went_wrong,
    office::{ADDRESS, authorise, goes_both_ways, is_withdrawn_and_given_again},
    sign_in,
};
use crate::fetch::text;
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use simulator::{CLIENT_ID, CLIENT_SECRET, Cloud, Simulator};
use testkit::{Browser, corpus};
use tokio::runtime::Runtime;

fn simulator(runtime: &Runtime) -> Simulator {
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    simulator.with(|cloud| {
        // Nobody gets in by a password.
        (cloud.exchange.basic, cloud.exchange.ntlm) = (false, false);
        let mailbox = cloud.mailbox(ADDRESS).expect("a mailbox");
        for raw in corpus::messages(11, 40) {
            mailbox.put("inbox", raw, "2026-11-20T10:00:00Z".parse().expect("a moment"));
        }
    });
    simulator
}

fn program(simulator: &Simulator) -> Program {
    let program = Program::start_with(Backing::Disk, &[("POSTKAMER_SIMULATOR", &simulator.url)]);
    let app = json!({ "tenant": "voorbeeld.test", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "acts_alone": true });
    program.api.put("/organisation/apps/microsoft", &app);
    program
}

fn is_shown(browser: &mut Browser, field: &str) -> bool {
    browser.run("return await page.locator(`#${given}`).isVisible()", json!(field)) == json!(true)
}

#[test]
fn a_mailbox_at_an_exchange_server_is_opened_by_a_grant_for_that_server() {
    let runtime = Runtime::new().expect("a runtime");
    let simulator = simulator(&runtime);
    let url = format!("{}/EWS/Exchange.asmx", simulator.url);
    let program = program(&simulator);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");
    browser.go(&format!("{}/mailboxes/new?address={ADDRESS}", program.url()));
    browser.run("await page.locator('[name=allow_plaintext]').check()", Value::Null);
    for half in ["incoming", "outgoing"] {
        let values = json!([half, url]);
        browser.run("await page.locator(`#${given[0]}_kind`).selectOption('ews')", values.clone());
        browser.run("await page.locator(`#${given[0]}_authentication`).selectOption('oauth')", values.clone());
        browser.run("await page.locator(`#${given[0]}_url`).fill(given[1])", values);
        assert!(!is_shown(&mut browser, &format!("{half}_username")), "nobody needs one");
    }
    browser.judge(&gallery(), "mailboxes-exchange-granted");
    browser.press("Verbinden en testen");

    // Nothing is tried before the owner agreed; until then the server can still be mended.
    browser.sees("Exchange, met aanmelding bij Microsoft");
    browser.sees("U gaat naar Microsoft.");
    assert_eq!(simulator.with(|cloud| cloud.exchange.refused), 0);
    browser.judge(&gallery(), "mailbox-exchange-authorise");
    let mailbox = browser.path();
    let id = mailbox.split('/').nth(2).expect("an account").to_owned();
    authorise(&mut browser, "Autoriseren", "Anna de Vries (anna@voorbeeld.test)");
    browser.sees("toestemming gegeven voor anna@voorbeeld.test, maar deze mailbox is info@voorbeeld.test");
    browser.follow("Terug naar de mailbox");
    authorise(&mut browser, "Autoriseren", "Info Voorbeeld (info@voorbeeld.test)");
    browser.sees("Alles werkt");
    browser.judge(&gallery(), "mailbox-exchange-authorised");
    browser.press("Beginnen met ophalen");
    let counts = || program.api.get(&format!("/accounts/{id}"))["counts"]["messages"].clone();
    wait_until("everything to be here", || (counts() == json!(40)).then_some(()));
    goes_both_ways(&program, &simulator, &id);
    let shown = program.api.get(&format!("/accounts/{id}"));
    assert_eq!((&shown["incoming"]["authentication"], &shown["access"]), (&json!("oauth"), &json!("own")), "{shown}");

    is_withdrawn_and_given_again(&program, &simulator, &mut browser, &mailbox, "mailbox-exchange-grant-gone");
    // The page that plays Microsoft has no icon.
    nothing_went_wrong(&mut browser, &["status of 403", "status of 404", "status of 422"]);
}

#[test]
fn a_program_has_it_opened_with_a_code_and_is_told_what_is_wrong_by_field() {
    let runtime = Runtime::new().expect("a runtime");
    let simulator = simulator(&runtime);
    simulator.with(|cloud| cloud.device_seconds = 1);
    let program = program(&simulator);
    let half =
        json!({ "kind": "ews", "authentication": "oauth", "url": format!("{}/EWS/Exchange.asmx", simulator.url) });
    let account = |more: Value| {
        let mut form =
            json!({ "address": ADDRESS, "allow_plaintext": true, "incoming": half, "outgoing": { "kind": "ews" } });
        form.as_object_mut().expect("a form").extend(more.as_object().expect("fields").clone());
        form
    };
    let told = program.api.call("POST", "/accounts", Some(&account(json!({ "access": "app" }))), &[]);
    assert_eq!(told.wrong(), [("access".to_owned(), "own_server_by_owner".to_owned())]);
    let id = program.connect(&account(json!({})));
    let path = format!("/accounts/{id}/authorise");
    let asked = program.api.post(&path, &Value::Null);
    let code = text(&asked["user_code"]);
    assert!(simulator.with(|cloud| cloud.decide_device(&code, ADDRESS)));
    let shown = wait_until("the mailbox to be open", || {
        Some(program.api.get(&path)).filter(|shown| shown["state"] != json!("waiting"))
    });
    assert_eq!(shown["state"], json!("done"), "{shown}");
    program.fetch(&id);
    wait_until("everything to be here", || {
        (program.api.get(&format!("/accounts/{id}"))["counts"]["messages"] == json!(40)).then_some(())
    });
    // An administrator who forgot to name the server in Entra: there is no such thing to ask a token for.
    simulator.with(|cloud| cloud.exchange.names.clear());
    let answer = program.api.call("POST", &path, None, &[]);
    assert!(answer.status == 403 && answer.text().contains("AADSTS500011"), "{} {}", answer.status, answer.text());
}
