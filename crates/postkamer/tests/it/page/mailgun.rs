//! A mailbox by a domain at Mailgun, from the domain under settings to mail that goes both ways, with a simulator in
//! Mailgun's place that really posts.

use super::{gallery, nothing_went_wrong, sign_in};
use crate::fetch::text;
use crate::post_office::{letter, send, when};
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use simulator::{Cloud, MAILGUN_KEY, MAILGUN_SIGNING_KEY, Simulator};
use testkit::Browser;
use tokio::runtime::Runtime;

const DOMAIN: &str = "mg.voorbeeld.test";
const ADDRESS: &str = "info@mg.voorbeeld.test";

/// A simulator, and a program that finds Mailgun there.
pub(crate) fn at_mailgun(backing: Backing) -> (Runtime, Simulator, Program) {
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    let variables = [("POSTKAMER_SIMULATOR", simulator.url.as_str()), ("POSTKAMER_ALLOW_NETWORK", "127.0.0.0/8")];
    let program = Program::start_with(backing, &variables);
    (runtime, simulator, program)
}

/// Adds the domain by program, has Mailgun post to us, and makes the mailbox. Gives the domain's key and the mailbox's.
pub(crate) fn connected(program: &Program) -> (String, String) {
    let form = json!({ "domain": DOMAIN, "region": "eu", "api_key": MAILGUN_KEY, "signing_key": MAILGUN_SIGNING_KEY });
    let domain = text(&program.api.post("/mailgun-domains", &form)["id"]);
    program.api.post(&format!("/mailgun-domains/{domain}/tell-us"), &json!({}));
    let half = json!({ "kind": "mailgun", "domain": DOMAIN });
    let account = program.connect(&json!({ "address": ADDRESS, "incoming": half, "outgoing": half }));
    (domain, account)
}

/// A mail comes in at Mailgun for these.
pub(crate) fn receive(runtime: &Runtime, simulator: &Simulator, recipients: &str, raw: &[u8]) {
    let url = format!("{}/simulator/mailgun/receive?recipient={}", simulator.url, recipients.replace('@', "%40"));
    let raw = raw.to_vec();
    runtime.block_on(async move {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client.post(url).body(raw).send().await.expect("an answer");
        assert_eq!(answer.status(), 202);
    });
}

pub(crate) fn subjects(program: &Program) -> Vec<String> {
    program.api.list("/messages?role=inbox").iter().map(|one| text(&one["subject"])).collect()
}

#[test]
fn a_domain_is_added_and_a_mailbox_sends_and_receives_by_it() {
    let (runtime, simulator, program) = at_mailgun(Backing::Disk);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");

    // A domain is asked for at Mailgun before it is kept; what is wrong is told at its field.
    browser.go(&format!("{}/settings/mailgun", program.url()));
    browser.sees("Nog geen domeinen");
    browser.judge(&gallery(), "settings-mailgun-empty");
    browser.follow("Domein toevoegen");
    browser.fill("Domein", "mg.voorbeeld.test/x");
    browser.fill("API-sleutel", "een-ander");
    browser.press("Domein toevoegen");
    browser.sees("Dit is geen domein");
    browser.fill("Domein", "nieuw.voorbeeld.test");
    browser.fill("API-sleutel", "een-ander");
    browser.press("Domein toevoegen");
    browser.sees("Mailgun neemt deze API-sleutel niet aan");
    browser.judge(&gallery(), "settings-mailgun-refused");
    browser.fill("API-sleutel", MAILGUN_KEY);
    browser.press("Domein toevoegen");
    browser.sees("Het domein is toegevoegd.");
    browser.sees("Mailboxen kunnen dit domein pas kiezen");
    browser.judge(&gallery(), "settings-mailgun-unverified");

    // An unverified one can't be chosen; once Mailgun sees its records it can.
    let half = json!({ "kind": "mailgun", "domain": "nieuw.voorbeeld.test" });
    let account = json!({ "address": "info@nieuw.voorbeeld.test", "outgoing": half, "incoming": { "kind": "none" } });
    let refused = program.api.call("POST", "/accounts", Some(&account), &[]);
    assert_eq!(refused.json()["errors"][0]["code"], json!("domain_not_verified"), "{}", refused.json());
    simulator.with(|cloud| cloud.mailgun.domain("nieuw.voorbeeld.test").expect("a domain").is_published = true);
    browser.press("Opnieuw controleren");
    browser.sees("Mailboxen kunnen dit domein kiezen.");

    // A key of another account does not know it: that is told at the key, and what was chosen besides is not lost.
    let choose = "await page.getByLabel('Regio').selectOption(given)";
    let region = |browser: &mut Browser| browser.run("return await page.getByLabel('Regio').inputValue()", Value::Null);
    browser.run(choose, json!("us"));
    browser.fill("API-sleutel", MAILGUN_KEY);
    browser.press("Bewaren");
    browser.sees("Dit domein staat bij Mailgun in de andere regio.");
    assert_eq!(region(&mut browser), json!("us"));
    let rename = |from: &str, to: &str| {
        simulator.with(|cloud| cloud.mailgun.domain(from).expect("a domain").name = to.to_owned());
    };
    rename("nieuw.voorbeeld.test", "elders.voorbeeld.test");
    browser.fill("API-sleutel", MAILGUN_KEY);
    browser.press("Bewaren");
    browser.sees("Mailgun kent dit domein niet onder deze sleutel.");
    assert_eq!(region(&mut browser), json!("us"));
    browser.judge(&gallery(), "settings-mailgun-key-of-another");
    let id = browser.path().rsplit('/').next().expect("a domain").to_owned();
    let key = json!({ "api_key": MAILGUN_KEY });
    let refused = program.api.call("PATCH", &format!("/mailgun-domains/{id}"), Some(&key), &[]);
    assert_eq!(refused.wrong(), [("api_key".to_owned(), "mailgun_unknown".to_owned())]);
    rename("elders.voorbeeld.test", "nieuw.voorbeeld.test");

    // The domain by which mail comes in; one button has Mailgun post to us.
    browser.go(&format!("{}/settings/mailgun/new", program.url()));
    browser.fill("Domein", DOMAIN);
    browser.fill("API-sleutel", MAILGUN_KEY);
    browser.fill("Ondertekensleutel", MAILGUN_SIGNING_KEY);
    browser.press("Domein toevoegen");
    browser.sees("Het domein is toegevoegd.");
    let shown = browser.run("return await page.locator('#hook-mail').inputValue()", Value::Null);
    assert!(text(&shown).starts_with(program.url()) && text(&shown).ends_with("/mime"), "{shown}");
    browser.press("Aanleveren instellen");
    browser.sees("Mailgun levert vanaf nu hier af.");
    assert_eq!(simulator.with(|cloud| cloud.mailgun.routes.len()), 1);
    browser.judge(&gallery(), "settings-mailgun-domain");
    browser.go(&format!("{}/settings/mailgun", program.url()));
    browser.judge(&gallery(), "settings-mailgun");

    // The wizard asks for no server; the test's mail goes round by a post.
    browser.go(&format!("{}/mailboxes/new?address={ADDRESS}", program.url()));
    browser.judge(&gallery(), "mailbox-new-mailgun");
    browser.press("Verbinden via Mailgun");
    browser.sees("Alles werkt");
    browser.judge(&gallery(), "mailbox-mailgun-tested");
    let id = browser.path().split('/').nth(2).expect("an account").to_owned();
    browser.press("Beginnen met ophalen");
    assert!(subjects(&program).is_empty(), "the test's mail was cleared away");

    // What comes in is there at once; what is sent is told of, recipient by recipient.
    receive(&runtime, &simulator, ADDRESS, b"Message-ID: <een@klant.test>\r\nFrom: els@klant.test\r\nTo: info@mg.voorbeeld.test\r\nSubject: Vraag over dinsdag\r\n\r\nHoe laat?\r\n");
    assert_eq!(subjects(&program), ["Vraag over dinsdag"]);
    let out = send(&program.api, &letter(&id, &["klaagt@klant.test", "weg@klant.test"], "Offerte"));
    wait_until("both to be told of", || {
        let states = recipients(&program, &out);
        (states == ["delivered", "bounced"]).then_some(())
    });
    wait_until("the copy to be here", || (program.api.list("/messages?role=sent").len() == 1).then_some(()));
    browser.go(&format!("{}/outbox/{out}", program.url()));
    browser.sees("5.1.1");
    wait_until("the complaint is heard", || {
        let shown = program.api.get(&format!("/outbox/{out}"));
        shown["recipients"][0]["complained_at"].is_string().then_some(())
    });
    browser.go(&format!("{}/outbox/{out}", program.url()));
    browser.sees("Gemeld als ongewenst");
    browser.judge(&gallery(), "outbox-complained");

    // Who gets no mail any more is shown at the next mail to them and in a list, and taken off that.
    let next = send(&program.api, &letter(&id, &["weg@klant.test"], "Nog een offerte"));
    wait_until("Mailgun to hold it back", || (recipients(&program, &next) == ["bounced"]).then_some(()));
    browser.go(&format!("{}/outbox/{next}", program.url()));
    browser.sees("Mailgun houdt mail tegen");
    browser.judge(&gallery(), "outbox-held-back");
    browser.follow("Naar de lijst");
    browser.sees("Mail kwam terug");
    browser.sees("Noemde mail ongewenst");
    browser.judge(&gallery(), "settings-mailgun-suppressions");
    browser.press("weg@klant.test van de lijst halen");
    browser.sees("Het adres is van de lijst.");
    browser.press("klaagt@klant.test van de lijst halen");
    browser.sees("Er staat niemand op een lijst");
    browser.judge(&gallery(), "settings-mailgun-suppressions-none");

    // A key that is withdrawn stops the mailbox in words; another one sets it going, and nothing was lost.
    simulator.with(|cloud| cloud.mailgun.key = "key-nieuw".to_owned());
    program.api.call("POST", &format!("/accounts/{id}/fetch?wait=true"), Some(&json!({})), &[]);
    let health = || program.api.get(&format!("/accounts/{id}"))["health"].clone();
    wait_until("the mailbox to be red", || (health()["colour"] == "red").then_some(()));
    assert_eq!(health()["code"], json!("key_refused"), "{}", health());
    let waits = send(&program.api, &letter(&id, &["els@klant.test"], "Later"));
    browser.go(&format!("{}/mailboxes", program.url()));
    browser.sees("Mailgun neemt de API-sleutel van dit domein niet aan");
    browser.judge(&gallery(), "mailbox-mailgun-red");
    browser.go(&format!("{}/settings/mailgun", program.url()));
    browser.follow(DOMAIN);
    browser.fill("API-sleutel", "key-nieuw");
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    when(&program.api, &waits, "delivered");
    wait_until("the mailbox to be green", || (health()["colour"] == "green").then_some(()));

    // A domain that a mailbox goes by stays.
    browser.press("Domein verwijderen");
    browser.sees("Er gaan nog mailboxen via dit domein.");
    nothing_went_wrong(&mut browser, &["status of 409", "status of 422"]);
}

fn recipients(program: &Program, out: &str) -> Vec<String> {
    let shown = program.api.get(&format!("/outbox/{out}"));
    let recipients = shown["recipients"].as_array().expect("recipients").iter();
    recipients.map(|one| text(&one["state"])).collect()
}
