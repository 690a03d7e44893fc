//! A full disk, seen from the page: everybody is told, and reads on (reliability case 4).

use super::{gallery, nothing_went_wrong, sign_in};
use crate::{
    post_office::PostOffice,
    program::{Program, wait_until},
};
use serde_json::{Value, json};
use store::{Db, db::Place};
use testkit::{Append, Browser};

#[test]
fn a_full_disk_is_told_on_every_page_and_everything_can_be_read() {
    let office = PostOffice::open();
    let letter = |subject: &str| {
        let raw = format!("From: Jan <jan@elders.test>\r\nSubject: {subject}\r\n\r\nZie {subject} van gisteren.\r\n");
        Append { raw: raw.into_bytes(), flags: Vec::new(), date: None }
    };
    office.client("info").append("INBOX", &[letter("Offerte"), letter("Factuur")]);
    let (mut program, disk) = Program::start_on_small_disk(40);
    let account = program.connect(&office.account("info"));
    program.fetch(&account);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.sees("Offerte");
    // What is noted of a session once a minute is due again.
    program.stop();
    age_sessions(&program);
    program.serve_again();

    disk.fill();
    let url = program.url().to_owned();
    office.client("info").append("INBOX", &[letter("Te veel")]);
    wait_until("the new letter could not be kept", || program.log().contains("fetching stopped").then_some(()));
    for (path, seen) in [
        ("/mail", "Factuur"),
        ("/contacts", "Contacten"),
        ("/dossiers", "Dossiers"),
        ("/outbox", "Postvak uit"),
        ("/mailboxes", "info@"),
        (&format!("/mailboxes/{account}"), "info@"),
        ("/settings", "Instellingen"),
        ("/me", "beheer@voorbeeld.test"),
    ] {
        browser.go(&format!("{url}{path}"));
        browser.sees("De schijf van de server is vol.");
        browser.sees(seen);
    }
    browser.go(&format!("{url}/mail"));
    browser.judge(&gallery(), "full-disk");
    browser.follow("Offerte");
    browser.arrives("/mail/cnv_*");
    browser.sees("Zie Offerte van gisteren.");
    browser.judge(&gallery(), "full-disk-reading");
    browser.run("await page.getByRole('searchbox').fill('factuur')", Value::Null);
    browser
        .run("await page.locator('#lines .subject').getByText('Offerte').waitFor({ state: 'detached' })", Value::Null);
    browser.sees("Factuur");
    // What is done is not kept, which is said; and nothing that was there is gone.
    browser.go(&format!("{url}/mail"));
    browser.follow("Factuur");
    browser.arrives("/mail/cnv_*");
    browser.press("Sluiten");
    browser.sees("Er is niets bewaard.");
    browser.judge(&gallery(), "full-disk-deed");
    browser.go(&format!("{url}/mail"));
    browser.sees("Factuur");
    // The page of before the start listened on while nothing served.
    nothing_went_wrong(&mut browser, &["507", "ERR_CONNECTION_REFUSED"]);

    disk.free();
    wait_until("it goes on by itself", || {
        let page = program.api.get(&format!("/messages?account={account}&limit=50"));
        (page["items"].as_array().map_or(0, Vec::len) == 3).then_some(())
    });
    wait_until("nothing is said of it any more", || {
        browser.go(&format!("{url}/mail"));
        let told = browser.run("return page.getByText('De schijf van de server is vol.').count()", Value::Null);
        (told == json!(0)).then_some(())
    });
    browser.sees("Te veel");
}

/// As if everybody had last been seen long ago.
fn age_sessions(program: &Program) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let place = Place::Sqlite(program.installation.data.join("postkamer.db"));
        let db = Db::open(&place).await.expect("the database opens");
        let sql = "UPDATE sessions SET seen_at = seen_at - 600000";
        let no_values: &[store::Val<'_>] = &[];
        let write = db.write(move |tx| Box::pin(async move { tx.execute(sql, no_values).await }));
        assert_eq!(write.await.expect("it is written"), 1);
    });
}
