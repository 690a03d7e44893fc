//! A POP3 mailbox on the page: chosen by hand, told what becomes of the mail on the server, and warned of other devices.

use super::{gallery, mailboxes::letter, nothing_went_wrong, sign_in};
use crate::fetch::trusting;
use crate::post_office::{PASSWORD, PostOffice};
use crate::program::{Backing, Program};
use serde_json::json;
use testkit::{Append, Browser, Ca, PopClient, Tls};

const ADDRESS: &str = "info@example.test";

fn type_in(browser: &mut Browser, field: &str, text: &str) {
    browser.run("await page.locator(`#${given[0]}`).fill(given[1])", json!([field, text]));
}

fn choose(browser: &mut Browser, field: &str, value: &str) {
    browser.run("await page.locator(`#${given[0]}`).selectOption(given[1])", json!([field, value]));
}

fn is_shown(browser: &mut Browser, field: &str) -> bool {
    browser.run("return await page.locator(`#${given}`).isVisible()", json!(field)) == json!(true)
}

fn in_the_wizard(program: &Program) -> Browser {
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");
    browser.go(&format!("{}/mailboxes/new?address={ADDRESS}", program.url()));
    browser.sees("Niets gevonden");
    browser
}

#[test]
fn a_pop3_mailbox_is_connected_with_what_becomes_of_its_mail_on_the_server() {
    let ca = Ca::new();
    let office = PostOffice::with(|dovecot, postfix| {
        dovecot.tls = Some(ca.issue(&["127.0.0.1", "localhost"]));
        postfix.tls = Some(ca.issue(&["127.0.0.1"]));
    });
    let letters: Vec<Append> = (0..5).map(letter).collect();
    office.client("info").append("INBOX", &letters);
    let program = trusting(&ca, Backing::Disk);
    let mut browser = in_the_wizard(&program);
    assert!(is_shown(&mut browser, "incoming_prefix") && !is_shown(&mut browser, "incoming_after"));
    choose(&mut browser, "incoming_kind", "pop3");
    assert!(!is_shown(&mut browser, "incoming_prefix") && is_shown(&mut browser, "incoming_after"));
    browser.sees("Een POP3-server kent één postvak en geen mappen of markeringen");
    browser.sees("Halen meer apparaten deze mailbox met POP3 op");
    browser.judge(&gallery(), "mailboxes-pop3");
    assert!(!is_shown(&mut browser, "incoming_days"));
    choose(&mut browser, "incoming_after", "delete_after");
    type_in(&mut browser, "incoming_days", "nooit");
    type_in(&mut browser, "incoming_host", "127.0.0.1");
    type_in(&mut browser, "incoming_port", &office.dovecot.pop3s_port.to_string());
    type_in(&mut browser, "outgoing_host", "127.0.0.1");
    type_in(&mut browser, "outgoing_port", &office.postfix.submissions_port.to_string());
    type_in(&mut browser, "incoming_secret", PASSWORD);
    browser.press("Verbinden en testen");
    browser.sees("Deze waarde ligt buiten wat mogelijk is");
    type_in(&mut browser, "incoming_days", "30");
    type_in(&mut browser, "incoming_secret", PASSWORD);
    browser.press("Verbinden en testen");
    browser.sees("Alles werkt");
    browser.press("Beginnen met ophalen");
    browser.sees("Alle mail is opgehaald");

    let account = program.api.list("/accounts").pop().expect("the mailbox");
    assert_eq!(account["incoming"]["after_fetch"], json!({ "kind": "delete_after", "days": 30 }), "{account}");
    let id = account["id"].as_str().expect("an id");
    assert_eq!(program.api.list("/messages").len(), 5, "the mail of the test was cleared away");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, &ca.pem).expect("our own file");
    let tls = Tls::Implicit(authority);
    let client = PopClient { tls, ..PopClient::new(office.dovecot.pop3s_port, ADDRESS, PASSWORD) };
    assert_eq!(client.fetch(&[]).len(), 5, "and the rest stays there for its days");

    for (tab, words) in [
        ("", "Alleen met de knop Ophalen"),
        ("/connect", "Er wordt nooit iets van de server verwijderd voordat het hier veilig is opgeslagen"),
        ("/folders", "De mappen van deze mailbox liggen in Postkamer"),
        ("/sending", "de kopie staat alleen hier"),
        ("/devices", "Halen meer apparaten deze mailbox met POP3 op"),
    ] {
        browser.go(&format!("{}/mailboxes/{id}{tab}", program.url()));
        browser.sees(words);
        browser.judge(&gallery(), &format!("mailbox-pop3-{}", tab.trim_start_matches('/')));
    }
    browser.go(&format!("{}/mailboxes/{id}/connect", program.url()));
    assert!(is_shown(&mut browser, "incoming_days"));
    choose(&mut browser, "incoming_after", "leave");
    browser.press("Opslaan en opnieuw testen");
    browser.sees("Alles werkt");
    let saved = program.api.get(&format!("/accounts/{id}"));
    assert_eq!(saved["incoming"]["after_fetch"], json!({ "kind": "leave" }));
    nothing_went_wrong(&mut browser, &["status of 422"]);
}
