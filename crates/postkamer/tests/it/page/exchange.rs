//! A mailbox at an Exchange server in the house, from the wizard to mail that goes both ways, with a simulator in its place.

use super::{
    gallery, nothing_went_wrong,
    office::{ADDRESS, count, goes_both_ways},
    sign_in,
};
use crate::fetch::text;
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use simulator::{Cloud, EXCHANGE_PASSWORD, Leads, Simulator};
use testkit::{Browser, corpus};
use tokio::runtime::Runtime;

fn type_in(browser: &mut Browser, field: &str, text: &str) {
    browser.run("await page.locator(`#${given[0]}`).fill(given[1])", json!([field, text]));
}

fn choose(browser: &mut Browser, field: &str, value: &str) {
    browser.run("await page.locator(`#${given[0]}`).selectOption(given[1])", json!([field, value]));
}

fn is_shown(browser: &mut Browser, field: &str) -> bool {
    browser.run("return await page.locator(`#${given}`).isVisible()", json!(field)) == json!(true)
}

fn connect(browser: &mut Browser, url: &str, secret: &str) {
    for half in ["incoming", "outgoing"] {
        choose(browser, &format!("{half}_kind"), "ews");
        type_in(browser, &format!("{half}_url"), url);
        type_in(browser, &format!("{half}_username"), "VOORBEELD\\info");
    }
    type_in(browser, "incoming_secret", secret);
    browser.press("Verbinden en testen");
}

#[test]
fn a_mailbox_at_an_exchange_server_is_connected_by_ntlm_and_one_in_the_cloud_is_sent_to_microsoft_365() {
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    simulator.with(|cloud| {
        cloud.exchange.basic = false;
        let mailbox = cloud.mailbox(ADDRESS).expect("a mailbox");
        for raw in corpus::messages(11, 40) {
            mailbox.put("inbox", raw, "2026-11-20T10:00:00Z".parse().expect("a moment"));
        }
    });
    let url = format!("{}/EWS/Exchange.asmx", simulator.url);
    let program = Program::start(Backing::Disk);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");
    browser.go(&format!("{}/mailboxes/new?address={ADDRESS}", program.url()));
    browser.sees("Niets gevonden");
    assert!(is_shown(&mut browser, "incoming_host") && !is_shown(&mut browser, "incoming_url"));
    choose(&mut browser, "incoming_kind", "ews");
    assert!(!is_shown(&mut browser, "incoming_host") && is_shown(&mut browser, "incoming_url"));
    assert!(!is_shown(&mut browser, "incoming_prefix"));
    browser.judge(&gallery(), "mailboxes-exchange");

    // Microsoft's cloud is elsewhere, and a line without encryption needs leave.
    connect(&mut browser, "outlook.office365.com", EXCHANGE_PASSWORD);
    browser.sees("Deze mailbox staat bij Microsoft in de cloud");
    browser.sees("Microsoft 365 instellen");
    browser.judge(&gallery(), "mailboxes-exchange-cloud");
    connect(&mut browser, &url, EXCHANGE_PASSWORD);
    browser.sees("Zonder versleuteling gaat het wachtwoord leesbaar over de lijn");

    // A wrong password is told at the step where it was refused, and tried once for each half.
    browser.run("await page.locator('[name=allow_plaintext]').check()", Value::Null);
    connect(&mut browser, &url, "iets-anders-dan-dat-9");
    browser.sees("Opslaan en opnieuw testen");
    browser.sees("De server weigert de gebruikersnaam of het wachtwoord");
    browser.judge(&gallery(), "mailbox-exchange-refused");
    assert_eq!(simulator.with(|cloud| cloud.exchange.refused), 2);
    let again = |browser: &mut Browser, authentication: &str| {
        for half in ["incoming", "outgoing"] {
            choose(browser, &format!("{half}_authentication"), authentication);
            type_in(browser, &format!("{half}_username"), "VOORBEELD\\info");
        }
        type_in(browser, "incoming_secret", EXCHANGE_PASSWORD);
        browser.press("Opslaan en opnieuw testen");
    };
    again(&mut browser, "basic");
    browser.sees("De server wil op een andere manier worden aangemeld");
    again(&mut browser, "ntlm");
    browser.sees("Alles werkt");
    browser.judge(&gallery(), "mailbox-exchange-tested");
    browser.press("Beginnen met ophalen");
    browser.sees("Alle mail is opgehaald");

    let account = program.api.list("/accounts").pop().expect("the mailbox");
    let id = text(&account["id"]).to_owned();
    assert_eq!(account["incoming"]["url"], json!(url), "{account}");
    assert_eq!((&account["incoming"]["authentication"], &account["push"]), (&json!("ntlm"), &json!(true)));
    let counts = || program.api.get(&format!("/accounts/{id}"))["counts"]["messages"].clone();
    wait_until("everything to be here", || (counts() == json!(40)).then_some(()));
    assert_eq!(count(&simulator, ADDRESS, "inbox"), 40, "the test's mail was cleared away");

    // New mail is told of; what is read here is read there; what is sent lies there once.
    wait_until("somebody to listen", || {
        simulator.with(|cloud| cloud.heard("POST EWS GetStreamingEvents") > 0).then_some(())
    });
    simulator.with(|cloud| {
        let raw = "From: anna@voorbeeld.test\r\nMessage-ID: <nieuw@x.test>\r\nSubject: Zojuist\r\n\r\nDag!\r\n";
        cloud.mailbox(ADDRESS).expect("a mailbox").put("inbox", raw, jiff::Timestamp::now());
    });
    wait_until("the new letter to be here", || (counts() == json!(41)).then_some(()));
    goes_both_ways(&program, &simulator, &id);
    browser.go(&format!("{}/mailboxes", program.url()));
    browser.sees("Exchange · 127.0.0.1");
    for tab in ["connect", "folders", "sending"] {
        browser.go(&format!("{}/mailboxes/{id}/{tab}", program.url()));
        browser.judge(&gallery(), &format!("mailbox-exchange-{tab}"));
    }
    nothing_went_wrong(&mut browser, &["status of 422"]);
}

#[test]
fn a_server_that_nobody_filled_in_is_found_and_one_of_another_domain_gets_no_password_unasked() {
    let runtime = Runtime::new().expect("a runtime");
    let start = |address: &str| {
        let address = address.parse().expect("an address");
        runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator")
    };
    let (own, other) = (start("127.0.0.1:0"), start("127.0.0.2:0"));
    let program = Program::start_with(
        Backing::Disk,
        &[("POSTKAMER_SIMULATOR", own.url.as_str()), ("POSTKAMER_ALLOW_NETWORK", "127.0.0.0/8")],
    );
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");
    browser.go(&format!("{}/mailboxes/new?address={ADDRESS}", program.url()));
    browser.run("await page.locator('[name=allow_plaintext]').check()", Value::Null);

    // What is wrong is told at its field, and the password was tried once.
    connect(&mut browser, "", "iets-anders-dan-dat-9");
    browser.sees("De server weigert de gebruikersnaam of het wachtwoord");
    browser.judge(&gallery(), "mailboxes-exchange-not-found");
    assert_eq!(own.with(|cloud| cloud.exchange.refused), 1);

    // Somebody leads to a server of another domain: it hears nothing before the person agrees.
    let leads = Leads::Moved(format!("{}/autodiscover/autodiscover.xml", other.url));
    own.with(|cloud| cloud.exchange.autodiscover.leads = Some(leads));
    connect(&mut browser, "", EXCHANGE_PASSWORD);
    browser.sees("127.0.0.2 mag het wachtwoord krijgen");
    browser.judge(&gallery(), "mailboxes-exchange-elsewhere");
    assert_eq!(other.with(|cloud| cloud.heard.len()), 0);
    browser.run("await page.locator('[name=agreed]').check()", Value::Null);
    connect(&mut browser, "", EXCHANGE_PASSWORD);
    browser.sees("De Exchange-server is zelf gevonden");
    browser.sees("Alles werkt");
    browser.judge(&gallery(), "mailbox-exchange-found");
    let account = program.api.list("/accounts").pop().expect("the mailbox");
    assert_eq!(account["incoming"]["url"], json!(format!("{}/EWS/Exchange.asmx", other.url)));
    assert_eq!(
        (&account["incoming"]["authentication"], &account["outgoing"]["url"]),
        (&json!("ntlm"), &account["incoming"]["url"])
    );
    browser.go(&format!("{}/mailboxes/{}/devices", program.url(), account["id"].as_str().expect("an id")));
    browser.sees("Kies op het andere apparaat Exchange, met info@voorbeeld.test en de server 127.0.0.2.");
    browser.judge(&gallery(), "mailbox-exchange-devices");

    // The same by program.
    let form = json!({ "address": ADDRESS, "secret": EXCHANGE_PASSWORD });
    let told = program.api.post("/discover/exchange", &form);
    assert_eq!((&told["found"], &told["elsewhere"]["host"]), (&Value::Null, &json!("127.0.0.2")), "{told}");
    own.with(|cloud| cloud.exchange.autodiscover.leads = None);
    let told = program.api.post("/discover/exchange", &form);
    assert_eq!(told["found"]["url"], json!(format!("{}/EWS/Exchange.asmx", own.url)), "{told}");
    let nobody = json!({ "address": "niemand@voorbeeld.test", "username": ADDRESS, "secret": EXCHANGE_PASSWORD });
    let told = program.api.call("POST", "/discover/exchange", Some(&nobody), &[]).json();
    assert_eq!((&told["errors"][0]["field"], &told["errors"][0]["code"]), (&json!("url"), &json!("no_exchange_found")));
    nothing_went_wrong(&mut browser, &["status of 422"]);
}
