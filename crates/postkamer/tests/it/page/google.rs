//! A mailbox at Google, from the app's registration to mail that goes both ways, with a simulator in Google's place.

use super::{gallery, nothing_went_wrong, office::mail_of, sign_in};
use crate::fetch::text;
use crate::post_office::{letter, send, when};
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use simulator::{Cloud, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, KeptSubscription, Simulator};
use testkit::{Browser, corpus};
use tokio::runtime::Runtime;

const ADDRESS: &str = "info@werkplaats.test";
const BRAM: &str = "bram@werkplaats.test";

/// Goes to Google from the mailbox, and presses a button there.
fn authorise(browser: &mut Browser, link: &str, button: &str) {
    browser.follow(link);
    browser.press(button);
}

fn count(simulator: &Simulator, address: &str, label: &str) -> usize {
    simulator.with(|cloud| cloud.google.mailbox(address).expect("a mailbox").with_labels(&[label], true).len())
}

#[test]
fn a_mailbox_is_opened_at_google_and_a_withdrawn_grant_is_given_again() {
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    simulator.with(|cloud| {
        let mailbox = cloud.google.mailbox(ADDRESS).expect("a mailbox");
        let label = mailbox.make_label("Klanten/Jansen").expect("a label");
        for (n, raw) in corpus::messages(11, 40).into_iter().enumerate() {
            let labels: &[&str] = match n % 4 {
                0 => &["INBOX", "UNREAD", &label],
                1 => &["INBOX"],
                2 => &[&label],
                _ => &[],
            };
            mailbox.put(labels, raw, "2026-11-20T10:00:00Z".parse().expect("a moment"));
        }
    });
    let program = Program::start_with(Backing::Disk, &[("POSTKAMER_SIMULATOR", &simulator.url)]);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");

    // An administrator registers the app once.
    browser.go(&format!("{}/settings/microsoft", program.url()));
    browser.follow("Google");
    browser.arrives("/settings/google");
    browser.judge(&gallery(), "settings-google-empty");
    let shown = browser.run("return await page.locator('#redirect_uri').inputValue()", Value::Null);
    assert_eq!(shown, json!(format!("{}/mailboxes/authorised", program.url())));
    browser.fill("Client-ID", GOOGLE_CLIENT_ID);
    browser.fill("Clientgeheim", "geplakt van de verkeerde regel");
    browser.press("Bewaren");
    browser.sees("Bewaard. Verbind nu een mailbox");
    browser.judge(&gallery(), "settings-google");

    // Google can tell of new mail; without, it is seen at the interval.
    browser.follow("Nieuwe mail meteen zien, met meldingen van Gmail");
    browser.fill("Onderwerp (topic)", "postkamer");
    browser.fill("Serviceaccount", "meldingen@werkplaats.iam.gserviceaccount.com");
    browser.press("Bewaren");
    browser.sees("Dit is geen onderwerp van Pub/Sub");
    browser.fill("Onderwerp (topic)", "projects/werkplaats/topics/postkamer");
    browser.press("Bewaren");
    browser.sees("Bewaard. De mailboxen van Google vragen nu om meldingen.");
    browser.sees("Er kwam nog geen melding.");
    browser.judge(&gallery(), "settings-google-notifications");
    // A server that Google does not reach fetches them itself, once it was tried.
    let file = simulator.with(|cloud| {
        let file = cloud.google.service_account(&simulator.url, &[]);
        let reader = cloud.google.service_accounts.last().expect("the one that was made").email.clone();
        let (name, topic) = ("projects/werkplaats/subscriptions/postkamer", "projects/werkplaats/topics/postkamer");
        cloud.google.kept.push(KeptSubscription::new(name, topic, &reader));
        file
    });
    browser.run("await page.getByText('Google bereikt deze server niet').click()", Value::Null);
    browser.fill("Abonnement (subscription)", "projects/werkplaats/subscriptions/verkeerd");
    browser.fill("Sleutelbestand van het serviceaccount (JSON)", &file);
    browser.press("Bewaren");
    browser.sees("Google kent dit abonnement niet.");
    browser.judge(&gallery(), "settings-google-notifications-refused");
    browser.fill("Abonnement (subscription)", "projects/werkplaats/subscriptions/postkamer");
    browser.fill("Sleutelbestand van het serviceaccount (JSON)", &file);
    browser.press("Bewaren");
    browser.sees("Bewaard. De mailboxen van Google vragen nu om meldingen.");
    browser.sees("Er is een sleutel bewaard.");
    browser.judge(&gallery(), "settings-google-notifications-fetched");
    browser.press("Zonder meldingen verder");
    browser.sees("Google meldt niets meer.");

    // The wizard asks for no server.
    browser.go(&format!("{}/mailboxes/new?address={ADDRESS}", program.url()));
    browser.press("Verbinden met Google");
    browser.sees("U gaat naar Google.");
    browser.judge(&gallery(), "mailbox-authorise-google");
    let mailbox = browser.path();
    let id = mailbox.split('/').nth(2).expect("an account").to_owned();

    // A secret that Google does not take is told as that, and mended.
    authorise(&mut browser, "Autoriseren", "Info Werkplaats (info@werkplaats.test)");
    browser.sees("Google neemt het clientgeheim van de app niet aan.");
    browser.go(&format!("{}/settings/google", program.url()));
    browser.fill("Clientgeheim", GOOGLE_CLIENT_SECRET);
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    browser.go(&format!("{}{mailbox}", program.url()));

    // The wrong mailbox, no mailbox, and too few rights open nothing.
    authorise(&mut browser, "Autoriseren", "Bram Bakker (bram@werkplaats.test)");
    browser.sees("toestemming gegeven voor bram@werkplaats.test, maar deze mailbox is info@werkplaats.test");
    browser.follow("Terug naar de mailbox");
    authorise(&mut browser, "Autoriseren", "Annuleren / Cancel");
    browser.sees("U hebt het autoriseren bij Google afgebroken.");
    browser.follow("Terug naar de mailbox");
    simulator.with(|cloud| cloud.google.grants_only = Some("https://www.googleapis.com/auth/gmail.send".to_owned()));
    authorise(&mut browser, "Autoriseren", "Info Werkplaats (info@werkplaats.test)");
    browser.sees("Google gaf minder rechten dan nodig is (https://mail.google.com/).");
    browser.judge(&gallery(), "mailbox-not-authorised-google");
    browser.follow("Terug naar de mailbox");
    simulator.with(|cloud| cloud.google.grants_only = None);

    // The right one is tried at once with a mail that goes round.
    authorise(&mut browser, "Autoriseren", "Info Werkplaats (info@werkplaats.test)");
    browser.sees("Alles werkt");
    for half in ["Ontvangen van Gmail", "Verzenden via Gmail"] {
        browser.sees(half);
    }
    browser.judge(&gallery(), "mailbox-authorised-google");
    browser.press("Beginnen met ophalen");
    let counts = || program.api.get(&format!("/accounts/{id}"))["counts"]["messages"].clone();
    // Ten of the forty lie in two places.
    wait_until("everything to be here", || (counts() == json!(50)).then_some(()));
    assert_eq!(program.api.list(&format!("/messages?account={id}")).len(), 40, "each letter is kept once");
    assert_eq!(count(&simulator, ADDRESS, "INBOX"), 20, "the test's mail was cleared away");
    assert_eq!(count(&simulator, ADDRESS, "SENT"), 0, "from among what was sent as well");
    let of = |role: &str| program.api.list(&format!("/messages?account={id}&role={role}")).len();
    assert_eq!((of("inbox"), of("archive")), (20, 10));
    browser.go(&format!("{}/mailboxes/{id}/devices", program.url()));
    browser.sees("Kies op het andere apparaat Gmail of Google, en meld u aan bij Google als info@werkplaats.test.");

    // What is read here is read there; what is sent lies there once.
    let unread = program.api.list("/messages?role=inbox").into_iter().find(|line| line["seen"] == json!(false));
    let unread = text(&unread.expect("one that nobody read")["id"]);
    let before = count(&simulator, ADDRESS, "UNREAD");
    program.api.patch(&format!("/messages/{unread}"), &json!({ "seen": true, "flagged": true }));
    wait_until("the flag to be there", || (count(&simulator, ADDRESS, "STARRED") == 1).then_some(()));
    assert_eq!(count(&simulator, ADDRESS, "UNREAD"), before - 1);
    let out = send(&program.api, &letter(&id, &[BRAM], "Offerte"));
    when(&program.api, &out, "accepted");
    assert_eq!(count(&simulator, BRAM, "INBOX"), 1);
    program.fetch(&id);
    assert_eq!(count(&simulator, ADDRESS, "SENT"), 1, "there is no second copy");
    assert_eq!(program.api.list("/messages?role=sent").len(), 1);
    let ledger = program.api.list(&format!("/accounts/{id}/ledger"));
    assert!(ledger.iter().all(|row| row["missing"] == json!(0)), "{ledger:?}");

    // A grant that is withdrawn turns the mailbox red and loses nothing; given again, it goes on.
    let before = mail_of(&program, &id, ADDRESS);
    simulator.with(|cloud| cloud.revoke(ADDRESS));
    let fetch = format!("/accounts/{id}/fetch?wait=true");
    program.api.call("POST", &fetch, Some(&json!({})), &[]);
    let health = || program.api.get(&format!("/accounts/{id}"))["health"].clone();
    wait_until("the mailbox to be red", || (health()["colour"] == "red").then_some(()));
    assert_eq!(health()["code"], json!("google_grant_gone"), "{}", health());
    browser.go(&format!("{}{mailbox}", program.url()));
    browser.sees("Google neemt de toestemming niet meer aan");
    browser.judge(&gallery(), "mailbox-grant-gone-google");
    authorise(&mut browser, "Opnieuw autoriseren", "Info Werkplaats (info@werkplaats.test)");
    browser.sees("Alles werkt");
    wait_until("the mailbox to be green", || (health()["colour"] == "green").then_some(()));
    program.fetch(&id);
    assert_eq!((before.0.len(), before.1), (41, 51));
    wait_until("the same mail to be here", || (mail_of(&program, &id, ADDRESS) == before).then_some(()));
    // The page that plays Google has no icon.
    nothing_went_wrong(&mut browser, &["status of 403", "status of 404", "status of 422"]);
}
