//! Mailboxes that nobody signs in for: the organisation's app opens them by itself at Microsoft and at Google, and one that is
//! shared is opened by a colleague. With a simulator in their place.

use super::{gallery, nothing_went_wrong, sign_in, without_script};
use crate::post_office::{letter, send, when};
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use simulator::{CLIENT_ID, CLIENT_SECRET, Cloud, Fault, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, Kind, Simulator};
use testkit::{Browser, corpus};
use tokio::runtime::Runtime;

const INFO: &str = "info@voorbeeld.test";
const ANNA: &str = "anna@voorbeeld.test";
const WORKSHOP: &str = "info@werkplaats.test";

struct Scene {
    program: Program,
    browser: Browser,
    simulator: Simulator,
    _runtime: Runtime,
}

fn scene() -> Scene {
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    let program = Program::start_with(Backing::Disk, &[("POSTKAMER_SIMULATOR", &simulator.url)]);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");
    Scene { program, browser, simulator, _runtime: runtime }
}

impl Scene {
    fn begins_to_fetch(&mut self, wanted: usize) -> String {
        self.browser.sees("Alles werkt");
        let id = self.browser.path().split('/').nth(2).expect("an account").to_owned();
        self.browser.press("Beginnen met ophalen");
        let counts = || self.program.api.get(&format!("/accounts/{id}"))["counts"]["messages"].clone();
        wait_until("everything to be here", || (counts() == json!(wanted)).then_some(()));
        id
    }
}

#[test]
fn an_app_with_a_certificate_opens_the_mailboxes_it_may_and_the_others_are_refused_with_the_way_out() {
    let mut scene = scene();
    let pem = scene.simulator.with(|cloud| {
        cloud.apps[0].may_open = Some(vec![INFO.to_owned()]);
        for raw in corpus::messages(12, 30) {
            cloud.mailbox(INFO).expect("a mailbox").put("inbox", raw, jiff::Timestamp::now());
        }
        cloud.certificate(2040)
    });
    let url = scene.program.url().to_owned();
    let browser = &mut scene.browser;
    browser.go(&format!("{url}/settings/microsoft"));
    browser.fill("Tenant", "voorbeeld.test");
    browser.run("await page.getByLabel('De app opent ze zelf').check()", Value::Null);
    browser.fill("Client-ID (toepassings-ID)", CLIENT_ID);
    browser.run("await page.locator('summary', { hasText: 'Certificaat met sleutel' }).click()", Value::Null);
    let certificate = "Certificaat met sleutel (PEM)";
    browser.fill(certificate, pem.split("-----BEGIN PRIVATE").next().expect("the certificate alone"));
    browser.press("Bewaren");
    browser.sees("Hier staat geen bruikbare RSA-sleutel in.");
    browser.judge(&gallery(), "settings-microsoft-certificate-wrong");
    browser.fill(certificate, &pem);
    browser.press("Bewaren");
    browser.sees("Er is een certificaat ingesteld met vingerafdruk");
    browser.judge(&gallery(), "settings-microsoft-by-app");
    assert_eq!(scene.program.api.get("/organisation/apps/microsoft")["app"]["proof"], json!("certificate"));

    // What Microsoft keeps closed is not saved, and told with what an administrator has to do there.
    browser.go(&format!("{url}/mailboxes/new?address={ANNA}"));
    browser.sees("De app van uw organisatie opent hem zelf");
    browser.judge(&gallery(), "mailbox-new-by-app");
    browser.press("Verbinden met Microsoft 365");
    browser.sees("mag deze mailbox bij Microsoft niet openen");
    browser.judge(&gallery(), "mailbox-kept-out");
    assert_eq!(scene.program.api.list("/accounts").len(), 0);

    // The other is there without anybody signing in, and mail goes both ways.
    browser.go(&format!("{url}/mailboxes/new?address={INFO}"));
    browser.press("Verbinden met Microsoft 365");
    browser.sees("Niemand hoeft hem te autoriseren.");
    browser.sees("Alles werkt");
    browser.judge(&gallery(), "mailbox-by-app");
    let is_open = browser.run("return await page.getByLabel('Iemand met wie hij is gedeeld').isVisible()", Value::Null);
    assert_eq!(is_open, json!(false), "nothing has to be chosen where all is well");
    let id = scene.begins_to_fetch(30);
    let out = send(&scene.program.api, &letter(&id, &[ANNA], "Offerte"));
    when(&scene.program.api, &out, "accepted");
    assert_eq!(scene.simulator.with(|cloud| cloud.mailbox(ANNA).expect("Anna").letters.len()), 1);
    assert_eq!(scene.program.api.get(&format!("/accounts/{id}"))["access"], json!("app"));

    // Shut out later, the mailbox says so; let in again, it goes on.
    scene.simulator.with(|cloud| cloud.apps[0].may_open = Some(Vec::new()));
    let fetch = format!("/accounts/{id}/fetch?wait=true");
    scene.program.api.call("POST", &fetch, Some(&json!({})), &[]);
    let health = || scene.program.api.get(&format!("/accounts/{id}"))["health"].clone();
    wait_until("the mailbox to say so", || (health()["code"] == "app_kept_out").then_some(()));
    scene.browser.go(&format!("{url}/mailboxes/{id}/connect"));
    scene.browser.sees("mag deze mailbox bij Microsoft niet openen");
    scene.browser.judge(&gallery(), "mailbox-by-app-kept-out");
    // Somebody else can open it meanwhile; the app again only when it may.
    let choose = |browser: &mut Browser, way: &str| {
        browser.run("await page.getByLabel(given).check()", json!(way));
        browser.press("Bewaren");
    };
    choose(&mut scene.browser, "Iemand met wie hij is gedeeld");
    scene.browser.sees("met een account dat volledige toegang heeft tot info@voorbeeld.test");
    assert_eq!(scene.program.api.get(&format!("/accounts/{id}"))["access"], json!("shared"));
    scene.browser.run("await page.getByText('Wie deze mailbox opent').first().click()", Value::Null);
    choose(&mut scene.browser, "De app van uw organisatie");
    scene.browser.sees("mag deze mailbox bij Microsoft niet openen");
    scene.browser.judge(&gallery(), "mailbox-who-opens-refused");
    scene.simulator.with(|cloud| cloud.apps[0].may_open = None);
    scene.browser.press("Bewaren");
    scene.browser.sees("Niemand hoeft hem te autoriseren.");
    scene.program.fetch(&id);
    wait_until("the mailbox to be green", || (health()["colour"] == "green").then_some(()));
    nothing_went_wrong(&mut scene.browser, &["status of 422"]);
}

#[test]
fn a_service_account_opens_the_mailboxes_of_a_workspace() {
    let mut scene = scene();
    let url = scene.simulator.url.clone();
    let file = scene.simulator.with(|cloud| {
        for raw in corpus::messages(13, 20) {
            let mailbox = cloud.google.mailbox(WORKSHOP).expect("a mailbox");
            mailbox.put(&["INBOX", "UNREAD"], raw, jiff::Timestamp::now());
        }
        cloud.faults.push(Fault::new(Kind::TokenExpired, "GET users/me/messages"));
        cloud.google.service_account(&url, &["https://mail.google.com/"])
    });
    let here = scene.program.url().to_owned();
    let browser = &mut scene.browser;
    browser.go(&format!("{here}/settings/google"));
    browser.run("await page.locator('summary', { hasText: 'De app opent ze zelf' }).click()", Value::Null);
    browser.judge(&gallery(), "settings-google-by-app-empty");
    browser.fill("Sleutelbestand van een serviceaccount (JSON)", &file);
    browser.press("Bewaren");
    browser.sees("Het serviceaccount postkamer-0@simulator.iam.gserviceaccount.com is ingesteld.");
    browser.judge(&gallery(), "settings-google-by-app");
    browser.go(&format!("{here}/mailboxes/new?address={WORKSHOP}"));
    browser.press("Verbinden met Google");
    let id = scene.begins_to_fetch(20);
    let out = send(&scene.program.api, &letter(&id, &["bram@werkplaats.test"], "Offerte"));
    when(&scene.program.api, &out, "accepted");
    let (api, simulator, browser) = (&scene.program.api, &scene.simulator, &mut scene.browser);
    let access = || api.get(&format!("/accounts/{id}"))["access"].clone();

    // While the service account is there nobody else opens it. When it is gone the page says who can, without script too.
    let by_owner = api.call("PATCH", &format!("/accounts/{id}"), Some(&json!({ "access": "own" })), &[]);
    assert_eq!(by_owner.wrong(), [("access".to_owned(), "app_only_alone".to_owned())]);
    let app = json!({ "client_id": GOOGLE_CLIENT_ID, "client_secret": GOOGLE_CLIENT_SECRET });
    api.put("/organisation/apps/google", &app);
    without_script(browser);
    browser.go(&format!("{here}/mailboxes/{id}/connect"));
    browser.sees("opent mailboxen niet meer zelf");
    browser.judge(&gallery(), "mailbox-app-opens-none");
    browser.press("Bewaren");
    browser.sees("U gaat naar Google.");
    assert_eq!(access(), json!("own"));
    browser.run("await page.unroute('**/assets/*.js')", Value::Null);
    browser.follow("Autoriseren");
    browser.press("Info Werkplaats (info@werkplaats.test)");
    browser.sees("Alles werkt");

    // And back: an owner can't agree there any more, which is said as it is, with the way out.
    api.put("/organisation/apps/google", &json!({ "service_account": file }));
    browser.go(&format!("{here}/mailboxes/{id}/authorise"));
    browser.sees("Uw organisatie gebruikt bij deze provider een serviceaccount.");
    browser.follow("Terug naar de mailbox");
    browser.sees("een eigenaar kan niet meer autoriseren");
    let links = browser.run("return await page.locator('a[href$=\"/authorise\"]').count()", Value::Null);
    assert_eq!(links, json!(0));
    browser.judge(&gallery(), "mailbox-owner-opens-no-more");
    let delegate = |rights: &[&str]| {
        let rights = rights.iter().map(|right| (*right).to_owned()).collect();
        simulator.with(|cloud| cloud.google.service_accounts[0].delegated = rights);
    };
    delegate(&[]);
    browser.press("Bewaren");
    browser.sees("Domeinbrede machtiging");
    browser.judge(&gallery(), "mailbox-app-not-delegated");
    assert_eq!(access(), json!("own"));
    delegate(&["https://mail.google.com/"]);
    browser.press("Bewaren");
    browser.sees("Niemand hoeft hem te autoriseren.");
    browser.sees("Alles werkt");
    assert_eq!(access(), json!("app"));
    // The page that plays Google has no icon.
    let known = ["status of 403", "status of 404", "status of 422", "ERR_FAILED"];
    nothing_went_wrong(browser, &known);
}

#[test]
fn a_shared_mailbox_is_opened_by_a_colleague_who_has_access() {
    let mut scene = scene();
    let app = json!({ "tenant": "voorbeeld.test", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    scene.program.api.put("/organisation/apps/microsoft", &app);
    scene.simulator.with(|cloud| {
        cloud.mailbox(INFO).expect("a mailbox").put("inbox", "Subject: een\r\n\r\n", jiff::Timestamp::now());
    });
    let here = scene.program.url().to_owned();
    let browser = &mut scene.browser;
    browser.go(&format!("{here}/mailboxes/new?address={INFO}"));
    browser.press("Het is een gedeelde mailbox, die iemand met toegang autoriseert");
    browser.sees("met een account dat volledige toegang heeft tot info@voorbeeld.test");
    browser.judge(&gallery(), "mailbox-authorise-shared");
    browser.follow("Autoriseren");
    browser.press("Anna de Vries (anna@voorbeeld.test)");
    browser.sees("De mailbox is niet (meer) gedeeld");
    scene.simulator.with(|cloud| cloud.mailbox(INFO).expect("a mailbox").shared_with.push(ANNA.to_owned()));
    browser.follow("Terug naar de mailbox");
    browser.follow("Autoriseren");
    browser.press("Anna de Vries (anna@voorbeeld.test)");
    let id = scene.begins_to_fetch(1);
    let out = send(&scene.program.api, &letter(&id, &[ANNA], "Offerte"));
    when(&scene.program.api, &out, "accepted");
    scene.simulator.with(|cloud| {
        assert_eq!(cloud.sent.last().expect("a letter").from, INFO, "it left from the shared mailbox");
    });
    // The page that plays Microsoft has no icon.
    nothing_went_wrong(&mut scene.browser, &["status of 403", "status of 404"]);
}
