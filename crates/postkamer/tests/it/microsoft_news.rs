//! Microsoft tells that something happened in a mailbox: mail is here at once, a post that is not Microsoft's wakes nobody, and
//! one that gets lost costs nothing but time.

use crate::fetch::text;
use crate::program::{Backing, Program, wait_until};
use crate::renewal::connected;
use serde_json::{Value, json};
use simulator::{Cloud, Fault, Kind, Simulator};
use testkit::free_port;
use tokio::runtime::Runtime;

const ADDRESS: &str = "info@voorbeeld.test";

fn come(simulator: &Simulator, subject: &str) {
    let raw =
        format!("From: els@klant.test\r\nMessage-ID: <{subject}@klant.test>\r\nSubject: {subject}\r\n\r\nDag\r\n");
    simulator.with(|cloud| {
        cloud.mailbox(ADDRESS).expect("a mailbox").put("inbox", raw.into_bytes(), jiff::Timestamp::now());
    });
    simulator.notify();
}

fn subjects(program: &Program, id: &str) -> Vec<String> {
    let lines = program.api.list(&format!("/messages?account={id}"));
    let mut all: Vec<String> = lines.iter().map(|line| text(&line["subject"])).collect();
    all.sort();
    all
}

/// Microsoft posts to where people reach the program, which has to be known before it serves.
fn reached_at(program: &mut Program, port: u16) {
    assert!(program.stop().success());
    let settings = program.beside("instellingen.toml");
    std::fs::write(&settings, format!("base_url = \"http://127.0.0.1:{port}\"\n")).expect("our own file");
    program.installation.variables.push(("POSTKAMER_CONFIG".to_owned(), settings.display().to_string()));
    program.installation.http = Some(port);
    program.serve_again();
}

#[test]
fn mail_at_microsoft_is_here_at_once_when_microsoft_tells_of_it() {
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    let listeners = || simulator.with(|cloud| cloud.listeners(ADDRESS));
    let (mut program, id) = connected(&simulator, Backing::Disk, &[]);
    assert_eq!(listeners(), 0, "nobody said where Microsoft reaches us");

    let port = free_port();
    reached_at(&mut program, port);
    program.fetch(&id);
    wait_until("Microsoft is asked to tell", || (listeners() == 1).then_some(()));
    come(&simulator, "gemeld");
    wait_until("it came without anybody asking", || (subjects(&program, &id) == ["gemeld"]).then_some(()));

    // What gets lost comes at the next fetch.
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::LostNotification, "created")));
    come(&simulator, "verloren");
    program.fetch(&id);
    assert_eq!(subjects(&program, &id), ["gemeld", "verloren"]);

    // What Microsoft says of telling itself: something was missed, it ends, it has ended. Each time it tells on.
    for kind in [Kind::MissedNotification, Kind::ReauthorizationRequired, Kind::SubscriptionRemoved] {
        simulator.with(|cloud| cloud.faults.push(Fault::new(kind, "created")));
        let (before, after) = (format!("voor-{kind:?}"), format!("na-{kind:?}"));
        come(&simulator, &before);
        wait_until("it came all the same", || subjects(&program, &id).contains(&before).then_some(()));
        wait_until("Microsoft tells", || (listeners() == 1).then_some(()));
        come(&simulator, &after);
        wait_until("it came without anybody asking", || subjects(&program, &id).contains(&after).then_some(()));
    }
    let so_far = subjects(&program, &id).len();

    // After a restart it goes on with what Microsoft has.
    assert!(program.stop().success());
    come(&simulator, "onderweg");
    program.serve_again();
    wait_until("what came meanwhile is here", || (subjects(&program, &id).len() == so_far + 1).then_some(()));
    come(&simulator, "daarna");
    wait_until("it came without anybody asking", || (subjects(&program, &id).len() == so_far + 2).then_some(()));
    assert_eq!(listeners(), 1);

    // Anybody else is refused, and told nothing.
    let post = |path: &str, body: &Value| {
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            let asked = client.post(format!("http://127.0.0.1:{port}/hooks/microsoft/{path}")).json(body);
            let answer = asked.send().await.expect("an answer");
            let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap_or_default().to_owned());
            (answer.status().as_u16(), kind.unwrap_or_default(), answer.text().await.unwrap_or_default())
        })
    };
    let told =
        |word: &str| json!({ "value": [{ "subscriptionId": "x", "clientState": word, "changeType": "created" }] });
    assert_eq!(post(&id, &told("geraden")).0, 401);
    assert_eq!(post(&id, &told(&"0".repeat(64))).0, 401);
    assert_eq!(post(&id, &json!({ "value": [] })).0, 400);
    assert_eq!(post("acc_06akzd3bz0000", &told("geraden")).0, 404);
    assert_eq!(post("iets", &told("geraden")).0, 404);
    let (status, kind, said) = post(&format!("{id}?validationToken=Een%20%3Cb%3E"), &Value::Null);
    assert_eq!((status, said.as_str()), (200, "Een <b>"));
    assert!(kind.starts_with("text/plain"), "{kind}");
}
