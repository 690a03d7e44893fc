//! A page that is open shows what came, whenever it came.

use super::{at_mail, nothing_went_wrong};
use crate::program::wait_until;
use serde_json::Value;
use testkit::Append;

fn letter(subject: &str) -> Append {
    let raw = format!("From: Jan <jan@elders.test>\r\nTo: info@example.test\r\nSubject: {subject}\r\n\r\nDag\r\n");
    Append { raw: raw.into_bytes(), ..Append::default() }
}

#[test]
fn mail_that_came_while_the_page_was_on_its_way_shows_without_a_reload() {
    let (office, program, mut browser) = at_mail(&[letter("Eerste")]);
    let hold = "const gate = new Promise((open) => { globalThis.openGate = open; });
        await page.route('**/mail/live*', async (route) => { await gate; await route.continue(); })";
    browser.run(hold, Value::Null);
    browser.go(&format!("{}/mail", program.url()));
    browser.sees("Eerste");
    office.client("info").append("INBOX", &[letter("Tweede")]);
    wait_until("it arrived", || (program.api.list("/messages").len() > 1).then_some(()));
    assert_eq!(browser.run("return page.getByText('Tweede').count()", Value::Null), 0, "nobody told the page yet");
    browser.run("globalThis.openGate()", Value::Null);
    browser.sees("Tweede");
    nothing_went_wrong(&mut browser, &[]);
}
