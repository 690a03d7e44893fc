//! A mailbox that Postkamer delivers itself, on the page: from the wizard to the records of its domain.

use super::{gallery, nothing_went_wrong, sign_in, without_script};
use crate::program::{Backing, Program, none, wait_until};
use serde_json::{Value, json};
use testkit::{Browser, Exim, EximOptions, Internet, Zone, inside_internet};

const NAME: &str = "page::sender::a_mailbox_that_postkamer_delivers_itself_is_made_in_the_wizard_and_shown_to_be_ours";

#[test]
fn a_mailbox_that_postkamer_delivers_itself_is_made_in_the_wizard_and_shown_to_be_ours() {
    if !inside_internet(NAME) {
        return;
    }
    let records = "@ IN MX 10 mx\nmx IN A 127.0.0.25\npost IN A 127.0.0.30\nterug IN MX 10 post\n_dmarc IN TXT \"v=DMARC1; p=quarantine\"\n\
                   @ IN TXT \"v=spf1 include:_spf.aanbieder.test -all\"";
    let internet = Internet::start(&[
        Zone::plain("ons.test", records),
        Zone::plain("weg.test", "@ IN MX 10 mx\nmx IN A 127.0.0.27"),
    ]);
    let exim = Exim::start(EximOptions {
        domain: "ons.test".into(),
        address: Some("127.0.0.25".into()),
        ..EximOptions::default()
    });
    let settings = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(settings.path(), "base_url = \"https://post.ons.test\"\n").expect("our own file");
    let named = settings.path().display().to_string();
    let program = Program::start_with(
        Backing::Disk,
        &[
            ("POSTKAMER_CONFIG", &named),
            ("POSTKAMER_SMTP", "127.0.0.30:25"),
            ("POSTKAMER_BASE_DOMAIN", "terug.ons.test"),
        ],
    );
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");
    // A letter that nobody takes is told with what to do, without script too.
    let account = json!({ "address": "info@weg.test", "incoming": none(), "outgoing": { "kind": "builtin" } });
    let other = program.connect(&account);
    without_script(&mut browser);
    browser.go(&format!("{}/mailboxes/{other}/sender", program.url()));
    browser.press("Code mailen");
    browser.sees("De brief met de code kon niet worden bezorgd.");
    browser.sees("Vraag de provider van deze server om poort 25 naar buiten open te zetten");
    browser.judge(&gallery(), "mailbox-sender-not-sent");
    // Nothing is on its way, and what nobody got takes no turn away.
    for _ in 0..3 {
        let shown = browser.run("return [await page.content(), await page.locator('#code').count()]", Value::Null);
        let told = shown[0].as_str().expect("a page");
        assert!(!told.contains("De code is onderweg") && shown[1] == json!(0), "{told}");
        browser.press("Code mailen");
        browser.sees("De brief met de code kon niet worden bezorgd.");
    }
    browser.run("await page.unroute('**/assets/*.js')", Value::Null);

    browser.go(&format!("{}/mailboxes/new?address=info@ons.test", program.url()));
    let choose = |browser: &mut Browser, field: &str, value: &str| {
        browser.run("await page.locator(`#${given[0]}`).selectOption(given[1])", json!([field, value]));
    };
    choose(&mut browser, "incoming_kind", "none");
    choose(&mut browser, "outgoing_kind", "builtin");
    let hidden = browser.run("return await page.locator('#outgoing_host').isVisible()", Value::Null);
    assert_eq!(hidden, json!(false), "there is no server to fill in");
    browser.judge(&gallery(), "mailboxes-builtin");
    browser.press("Verbinden en testen");
    browser.sees("Er gaat nog niets de deur uit");
    browser.judge(&gallery(), "mailbox-sender-unproven");

    // The code comes by mail; a wrong one is told.
    browser.press("Code mailen");
    browser.sees("De code is onderweg naar info@ons.test");
    browser.judge(&gallery(), "mailbox-sender-code");
    browser.fill("Code", "AAAA-2222");
    browser.press("Bevestigen");
    browser.sees("Deze code klopt niet.");
    let arrived = String::from_utf8_lossy(&exim.arrived(1)[0]).into_owned();
    let code = arrived.lines().find_map(|line| line.strip_prefix("    ")).expect("a line with the code");
    browser.fill("Code", code.trim());
    browser.press("Bevestigen");
    browser.sees("Het adres is bevestigd met een code");
    browser.press("Nu controleren");
    browser.sees("Zojuist gekeken.");
    browser.sees("Er mag maar een SPF-record zijn: vervang het bestaande door dit.");
    browser.sees("Waar meldingen terugkomen");
    browser.judge(&gallery(), "mailbox-sender");
    browser.sees("Er ondertekent nog geen sleutel");
    let accounts = program.api.get("/accounts")["items"].as_array().cloned().unwrap_or_default();
    let ours = accounts.iter().find(|account| account["address"] == json!("info@ons.test")).expect("the mailbox");
    let path = format!("/accounts/{}/sender", ours["id"].as_str().expect("an id"));
    let sender = program.api.get(&path);
    for record in sender["records"].as_array().into_iter().flatten().filter(|record| record["key"] == json!("waits")) {
        let of = |name: &str| record[name].as_str().expect("a text");
        let pieces: Vec<String> =
            of("value").as_bytes().chunks(200).map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece))).collect();
        internet.publish(of("name"), "TXT", &pieces.join(" "));
    }
    // That a name does not exist is remembered for a second.
    wait_until("the DNS shows the keys", || {
        let sender = program.api.post(&format!("{path}/check"), &Value::Null);
        let mut keys = sender["records"].as_array().into_iter().flatten().filter(|record| record["key"].is_string());
        keys.all(|record| record["seen"] == json!("right")).then_some(())
    });
    browser.press("Nu controleren");
    browser.sees("Goed tot");
    // What is no age is told, and must not pass for "never".
    let spoil = "await page.locator('#renew_after_days').evaluate(one => { one.selectedOptions[0].value = 'altijd' })";
    browser.run(spoil, Value::Null);
    browser.press("Opslaan");
    browser.sees("Kies een aantal dagen");
    choose(&mut browser, "renew_after_days", "365");
    browser.press("Opslaan");
    browser.sees("Opgeslagen.");
    let chosen = browser.run("return await page.locator('#renew_after_days').inputValue()", Value::Null);
    assert_eq!(chosen, json!("365"));
    browser.press("Nieuwe sleutels maken");
    browser.sees("Er staan nieuwe sleutels klaar.");
    browser.judge(&gallery(), "mailbox-sender-keys");
    browser.follow("Verder: testen");
    browser.press("Nu testen");
    browser.sees("Alles werkt");
    browser.press("Beginnen met ophalen");
    browser.arrives("/progress");
    nothing_went_wrong(&mut browser, &["status of 422", "ERR_FAILED"]);
}
