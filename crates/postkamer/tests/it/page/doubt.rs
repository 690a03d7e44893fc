//! Mail from somebody who is not who they seem: the page says why above it, and says nothing above the others.

use super::{at_mail, gallery, nothing_went_wrong};
use serde_json::{Value, json};
use testkit::Append;

fn letter(from: &str, subject: &str, more: &str) -> Append {
    let head = format!("{more}From: {from}\r\nTo: info@example.test\r\nSubject: {subject}\r\n");
    let raw = format!("{head}Date: Sun, 22 Nov 2026 10:00:00 +0100\r\n\r\nGraag vandaag betalen.\r\n");
    Append { raw: raw.into_bytes(), ..Append::default() }
}

#[test]
fn who_is_not_who_they_seem_is_told_above_their_mail() {
    let result = "Authentication-Results: mx.example.test; dmarc=fail (p=reject) header.from=";
    let (office, program, mut browser) = at_mail(&[
        letter("Jan <jan@exarnple.test>", "Rekening een", ""),
        letter("Directie <directie@example.test>", "Rekening twee", &format!("{result}example.test\r\n")),
        letter("Bank <info@bank.test>", "Rekening drie", &format!("{result}bank.test\r\n")),
        letter("Cees de Boer <cees.deboer@elders.test>", "Rekening vier", ""),
        letter("Smit <smit@leverancier.test>", "Rekening vijf", "Message-ID: <vijf@leverancier.test>\r\n"),
    ]);
    program.api.post("/users", &json!({ "email": "cees@example.test", "name": "Cees de Boer", "role": "member" }));
    for (subject, words) in [
        ("Rekening een", Some("exarnple.test lijkt op example.test, maar is het niet.")),
        ("Rekening twee", Some("zegt van example.test te komen, een domein van uzelf")),
        ("Rekening drie", Some("kon niet bevestigen dat dit bericht van bank.test komt")),
        ("Rekening vier", Some("heet als uw collega Cees de Boer, maar schrijft vanaf cees.deboer@elders.test")),
        ("Rekening vijf", None),
    ] {
        browser.follow(subject);
        let opened = "await page.locator('#reading').getByRole('heading', { name: given }).waitFor()";
        browser.run(opened, json!(subject));
        match words {
            Some(words) => browser.sees(words),
            None => {
                let warned = browser.run("return page.locator('#reading').getByText('Let op').count()", Value::Null);
                assert_eq!(warned, json!(0), "{subject}");
            }
        }
        if subject == "Rekening een" {
            browser.judge(&gallery(), "mail-doubt");
        }
    }
    // Somebody else goes on in the supplier's conversation.
    let answer = "References: <vijf@leverancier.test>\r\nIn-Reply-To: <vijf@leverancier.test>\r\n";
    office.client("info").append("INBOX", &[letter("Smit <smit@1everancier.test>", "Re: Rekening vijf", answer)]);
    browser.follow("Re: Rekening vijf");
    browser.sees("1everancier.test lijkt op leverancier.test, maar is het niet.");
    nothing_went_wrong(&mut browser, &[]);
}
