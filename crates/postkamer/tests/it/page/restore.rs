//! Synchronisation is restored from the page: counted first, fetched once it is confirmed.

use super::{at_mail, gallery, nothing_went_wrong};
use serde_json::{Value, json};
use testkit::Append;

fn letter(subject: &str) -> Append {
    let raw = format!("From: Jan <jan@elders.test>\r\nTo: info@example.test\r\nSubject: {subject}\r\n\r\nDag\r\n");
    Append { raw: raw.into_bytes(), ..Append::default() }
}

#[test]
fn what_is_missing_is_counted_and_comes_when_somebody_confirms_it() {
    let (office, program, mut browser) = at_mail(&[letter("Eerste")]);
    browser.sees("Eerste");
    let account = program.api.list("/accounts").into_iter().find(|it| it["address"] == "info@example.test").unwrap();
    let id = account["id"].as_str().unwrap();
    // From now on only the button fetches.
    let by_hand = json!({ "push": false, "interval_seconds": null });
    program.api.patch(&format!("/accounts/{id}"), &by_hand);

    browser.go(&format!("{}/mailboxes/{id}", program.url()));
    browser.follow("Synchronisatie herstellen");
    let since = "await page.getByLabel('Vanaf').fill(given)";
    browser.run(since, json!("2020-01-01T00:00"));
    browser.press("Tel wat ontbreekt");
    browser.sees("Er ontbreekt niets");
    office.client("info").append("INBOX", &[letter("Tweede"), letter("Derde")]);
    browser.press("Tel wat ontbreekt");
    browser.sees("2 berichten ontbreken hier.");
    browser.judge(&gallery(), "mailbox-restore");
    browser.run("await page.getByLabel('Ja, haal deze berichten op').check()", Value::Null);
    browser.press("Verder");
    browser.sees("Het ophalen is begonnen.");
    browser.go(&format!("{}/mail", program.url()));
    browser.sees("Tweede");
    browser.sees("Derde");
    nothing_went_wrong(&mut browser, &[]);
}
