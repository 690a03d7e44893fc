//! Google tells that mail came, over Pub/Sub: it is here at once, a post that is not Google's wakes nobody, and one that gets lost
//! costs nothing but time.

use crate::fetch::text;
use crate::program::{Backing, Program, account, wait_until};
use serde_json::{Value, json};
use simulator::{
    Cloud, Fault, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, KeptSubscription, Kind, Simulator, Subscription,
};
use testkit::TokenKey;
use tokio::runtime::Runtime;

const ADDRESS: &str = "info@werkplaats.test";
const TOPIC: &str = "projects/werkplaats/topics/postkamer";
const PUSHER: &str = "meldingen@werkplaats.iam.gserviceaccount.com";
const PATH: &str = "/organisation/apps/google/notifications";

fn come(simulator: &Simulator, subject: &str) {
    let raw =
        format!("From: els@klant.test\r\nMessage-ID: <{subject}@klant.test>\r\nSubject: {subject}\r\n\r\nDag\r\n");
    simulator.with(|cloud| {
        let mailbox = cloud.google.mailbox(ADDRESS).expect("a mailbox");
        mailbox.put(&["INBOX", "UNREAD"], raw.into_bytes(), jiff::Timestamp::now());
    });
    simulator.notify();
}

fn subjects(program: &Program, id: &str) -> Vec<String> {
    let lines = program.api.list(&format!("/messages?account={id}"));
    let mut all: Vec<String> = lines.iter().map(|line| text(&line["subject"])).collect();
    all.sort();
    all
}

/// A mailbox at Google that has been fetched.
fn connected(runtime: &Runtime) -> (Simulator, Program, String) {
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    let program = Program::start_with(Backing::Disk, &[("POSTKAMER_SIMULATOR", &simulator.url)]);
    let app = json!({ "client_id": GOOGLE_CLIENT_ID, "client_secret": GOOGLE_CLIENT_SECRET });
    program.api.call("PUT", "/organisation/apps/google", Some(&app), &[]);
    let grant = simulator.with(|cloud| cloud.grant_for(ADDRESS));
    let half = json!({ "kind": "gmail" });
    let id = program.connect(&account(ADDRESS, json!({ "kind": "gmail", "secret": grant }), half));
    program.fetch(&id);
    (simulator, program, id)
}

#[test]
fn mail_at_google_is_here_at_once_when_google_tells_of_it() {
    let runtime = Runtime::new().expect("a runtime");
    let (simulator, program, id) = connected(&runtime);

    let form = json!({ "topic": TOPIC, "service_account": PUSHER });
    let kept = program.api.call("PUT", PATH, Some(&form), &[]).json();
    let hook = text(&kept["address"]);
    simulator.with(|cloud| {
        cloud.google.subscriptions.push(Subscription {
            topic: TOPIC.to_owned(),
            address: hook.clone(),
            audience: hook.clone(),
            service_account: PUSHER.to_owned(),
        });
    });
    wait_until("Google is asked to tell", || {
        program.fetch(&id);
        simulator.with(|cloud| cloud.google.mailbox(ADDRESS).and_then(|mailbox| mailbox.watch.clone()))
    });
    come(&simulator, "gemeld");
    wait_until("it came without anybody asking", || (subjects(&program, &id) == ["gemeld"]).then_some(()));
    assert!(program.api.get(PATH)["notifications"]["told_at"].is_string());

    // What gets lost comes at the next fetch.
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::LostNotification, ADDRESS)));
    come(&simulator, "verloren");
    assert_eq!(program.fetch(&id)["fetched"], json!(1));

    // Anybody else is refused, and told nothing.
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({ "iss": "https://accounts.google.com", "aud": hook, "sub": "1", "email": PUSHER,
        "email_verified": true, "iat": now, "exp": now + 600 });
    let body = json!({ "message": { "data": "eyJlbWFpbEFkZHJlc3MiOiAiaW5mb0B3ZXJrcGxhYXRzLnRlc3QifQ==" } });
    let post = |token: Option<String>, body: &Value| {
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            let mut asked = client.post(&hook).json(body);
            if let Some(token) = token {
                asked = asked.bearer_auth(token);
            }
            asked.send().await.expect("an answer").status().as_u16()
        })
    };
    assert_eq!(post(None, &body), 401);
    assert_eq!(post(Some(TokenKey::rsa("simulator-google").token(&claims)), &body), 401);
    let mut elsewhere = claims.clone();
    elsewhere["aud"] = json!("https://elders.test/hooks/google");
    assert_eq!(post(Some(simulator::token_of_google(&elsewhere)), &body), 401);
    assert_eq!(post(Some(simulator::token_of_google(&claims)), &json!({ "message": {} })), 400);
    assert_eq!(post(Some(simulator::token_of_google(&claims)), &body), 200);
}

#[test]
fn news_that_google_keeps_for_a_server_that_it_does_not_reach_are_fetched() {
    const NAME: &str = "projects/werkplaats/subscriptions/postkamer";
    let runtime = Runtime::new().expect("a runtime");
    let (simulator, mut program, id) = connected(&runtime);
    let url = simulator.url.clone();
    let (file, stranger) = simulator.with(|cloud| {
        let file = cloud.google.service_account(&url, &[]);
        let reader = cloud.google.service_accounts[0].email.clone();
        cloud.google.kept.push(KeptSubscription::new(NAME, TOPIC, &reader));
        (file, cloud.google.service_account(&url, &[]))
    });
    let left = || simulator.with(|cloud| cloud.google.kept[0].left());

    // It is tried before it is kept.
    let mut forged: Value = serde_json::from_str(&file).expect("a key file");
    forged["private_key"] = serde_json::from_str::<Value>(&stranger).expect("a key file")["private_key"].clone();
    for (subscription, key, field, code) in [
        ("projects/werkplaats/subscriptions/anders", &file, "subscription", "no_subscription"),
        (NAME, &stranger, "subscription", "subscription_closed"),
        (NAME, &forged.to_string(), "key", "key_refused"),
    ] {
        let form = json!({ "topic": TOPIC, "subscription": subscription, "key": key });
        let refused = program.api.call("PUT", PATH, Some(&form), &[]);
        assert_eq!(refused.wrong(), [(field.to_owned(), code.to_owned())]);
    }
    let form = json!({ "topic": TOPIC, "subscription": NAME, "key": file });
    let kept = program.api.call("PUT", PATH, Some(&form), &[]);
    assert_eq!(kept.json()["notifications"]["subscription"], json!(NAME), "{}", kept.text());
    assert!(!kept.text().contains("PRIVATE KEY"));
    wait_until("Google is asked to tell", || {
        program.fetch(&id);
        simulator.with(|cloud| cloud.google.mailbox(ADDRESS).and_then(|mailbox| mailbox.watch.clone()))
    });
    come(&simulator, "bewaard");
    wait_until("it came without anybody asking", || (subjects(&program, &id) == ["bewaard"]).then_some(()));
    wait_until("it need not come again", || (left() == 0).then_some(()));
    assert!(program.api.get(PATH)["notifications"]["told_at"].is_string());

    // What came while nobody was there waits. The key is kept though it is not given again.
    let form = json!({ "topic": TOPIC, "subscription": NAME });
    assert_eq!(program.api.call("PUT", PATH, Some(&form), &[]).status, 200);
    assert!(program.stop().success());
    come(&simulator, "onderweg");
    program.serve_again();
    wait_until("it came", || (subjects(&program, &id) == ["bewaard", "onderweg"]).then_some(()));
    wait_until("it need not come again", || (left() == 0).then_some(()));

    // Trouble is told, and passes.
    simulator.with(|cloud| cloud.google.kept[0].reader = "iemand@anders.test".to_owned());
    let trouble = || program.api.get(PATH)["notifications"]["trouble"].as_str().map(str::to_owned);
    let told = wait_until("it is told", trouble);
    assert!(told.contains("not authorized"), "{told}");
    let reader = simulator.with(|cloud| cloud.google.service_accounts[0].email.clone());
    simulator.with(|cloud| cloud.google.kept[0].reader = reader);
    come(&simulator, "weer");
    wait_until("it is fetched again", || subjects(&program, &id).contains(&"weer".to_owned()).then_some(()));
    wait_until("nothing is told any more", || trouble().is_none().then_some(()));
}
