//! What Mailgun posts is kept once and never lost (reliability case 57), and what is sent by it is settled by its log (rule
//! 20). Posts are signed by Python's `hmac`, which is not ours.

use crate::fetch::text;
use crate::page::mailgun::{at_mailgun, connected, receive, subjects};
use crate::post_office::{letter, recipient, send, when};
use crate::program::{Backing, Program, on_every_backing, wait_until};
use serde_json::{Value, json};
use simulator::{Fault, Kind, MAILGUN_SIGNING_KEY, Simulator};
use std::process::Command;
use testkit::digest;
use tokio::runtime::Runtime;

on_every_backing!(a_post_is_kept_once_and_only_when_it_is_believed);

pub(crate) const ADDRESS: &str = "info@mg.voorbeeld.test";

/// Whoever posts: a browserless client and a clock that can be wrong.
struct Poster<'a> {
    program: &'a Program,
    domain: String,
    runtime: Runtime,
}

/// What is posted.
#[derive(Clone)]
struct Post {
    /// Hours ago.
    age: i64,
    token: String,
    key: &'static str,
    fields: Vec<(&'static str, String)>,
}

impl Post {
    fn new(token: &str, subject: &str) -> Post {
        let raw = format!(
            "Message-ID: <{subject}@klant.test>\r\nFrom: els@klant.test\r\nTo: {ADDRESS}\r\nSubject: {subject}\r\n\r\nDag\r\n"
        );
        let token = format!("{token:0<50}");
        Post {
            age: 0,
            token,
            key: MAILGUN_SIGNING_KEY,
            fields: vec![("recipient", ADDRESS.to_owned()), ("body-mime", raw)],
        }
    }

    /// All of its fields, signed.
    fn signed(&self) -> Vec<(&'static str, String)> {
        let timestamp = (jiff::Timestamp::now().as_second() - self.age * 3600).to_string();
        self.signed_at(&timestamp)
    }

    fn signed_at(&self, timestamp: &str) -> Vec<(&'static str, String)> {
        let script = "import hmac,sys;print(hmac.new(sys.argv[1].encode(),sys.argv[2].encode(),'sha256').hexdigest())";
        let python =
            Command::new("python3").args(["-c", script, self.key, &format!("{timestamp}{}", self.token)]).output();
        let signature = String::from_utf8(python.expect("python is there").stdout).expect("text").trim().to_owned();
        let mut fields = self.fields.clone();
        fields.extend([("timestamp", timestamp.to_owned()), ("token", self.token.clone()), ("signature", signature)]);
        fields
    }
}

impl Poster<'_> {
    fn new(program: &Program, domain: String) -> Poster<'_> {
        Poster { program, domain, runtime: Runtime::new().expect("a runtime") }
    }

    fn post(&self, fields: &[(&'static str, String)]) -> Option<u16> {
        let url = format!("{}/hooks/mailgun/{}/mime", self.program.url(), self.domain);
        self.runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            client.post(url).form(&fields).send().await.ok().map(|answer| answer.status().as_u16())
        })
    }
}

/// What an answer to a submission says of one recipient.
pub(crate) fn state_of(program: &Program, out: &str, address: &str) -> String {
    recipient(&program.api.get(&format!("/outbox/{out}")), address).0
}

mod stories {
    use super::*;

    pub(super) fn a_post_is_kept_once_and_only_when_it_is_believed(backing: Backing) {
        let (_runtime, _simulator, program) = at_mailgun(backing);
        let (domain, account) = connected(&program);
        let poster = Poster::new(&program, domain.clone());
        let first = Post::new("een", "Eerste");
        let signed = first.signed();
        assert_eq!(poster.post(&signed), Some(200));
        assert_eq!(subjects(&program), ["Eerste"]);
        let message = text(&program.api.list("/messages?role=inbox")[0]["id"]);
        let raw = program.api.bytes(&format!("/messages/{message}/raw"));
        assert_eq!(digest(&raw), digest(first.fields[1].1.as_bytes()), "byte for byte");

        // The same again, wherever its mail lies by now; and the same signature with another body.
        assert_eq!(poster.post(&signed), Some(200));
        let archive = wait_until("its folders to be there", || {
            let folders = program.api.list(&format!("/accounts/{account}/folders"));
            folders.iter().find(|folder| folder["role"] == json!("archive")).map(|folder| folder["id"].clone())
        });
        program.api.patch(&format!("/messages/{message}"), &json!({ "folder": archive }));
        wait_until("it to be moved", || subjects(&program).is_empty().then_some(()));
        assert_eq!(poster.post(&signed), Some(200));
        let mut other = signed.clone();
        other[1].1 = other[1].1.replace("Dag", "Kwaad");
        assert_eq!(poster.post(&other), Some(406));
        // The same mail with a signature of its own is the same mail.
        assert_eq!(poster.post(&Post::new("twee", "Eerste").signed()), Some(200));
        assert_eq!(program.api.list("/messages").len(), 1);

        // Who has not the key is not believed, nor who comes a day late; eight hours late is believed.
        let forged = Post { key: "een ander", ..Post::new("drie", "Vals") };
        assert_eq!(poster.post(&forged.signed()), Some(401));
        let unsigned = Post::new("vier", "Vals").fields;
        assert_eq!(poster.post(&unsigned), Some(401));
        assert_eq!(poster.post(&Post { age: 30, ..Post::new("vijf", "Oud") }.signed()), Some(401));
        assert_eq!(poster.post(&Post { age: 8, ..Post::new("zes", "Laat") }.signed()), Some(200));
        assert_eq!(subjects(&program), ["Laat"]);

        // Nobody's mail is refused for good, and the log says so; a mailbox that is switched off still keeps its own.
        let mut nobody = Post::new("zeven", "Niemand");
        nobody.fields[0].1 = "niemand@mg.voorbeeld.test".to_owned();
        assert_eq!(poster.post(&nobody.signed()), Some(406));
        let empty = Post { fields: vec![("recipient", ADDRESS.to_owned())], ..Post::new("acht", "x") };
        assert_eq!(poster.post(&empty.signed()), Some(406));
        program.api.patch(&format!("/accounts/{account}"), &json!({ "active": false }));
        assert_eq!(poster.post(&Post::new("negen", "Uit").signed()), Some(200));
        assert!(subjects(&program).contains(&"Uit".to_owned()));
        let stranger = Poster::new(&program, "mgd_0000000000001".to_owned());
        assert_eq!(stranger.post(&signed), Some(404));
    }
}

#[test]
fn the_same_post_many_times_at_once_is_one_mail() {
    let (_runtime, _simulator, program) = at_mailgun(Backing::Disk);
    let (domain, _) = connected(&program);
    let signed = Post::new("tegelijk", "Tegelijk").signed();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let poster = Poster::new(&program, domain.clone());
                // More than a few at once are asked to come again.
                wait_until("it is taken", || (poster.post(&signed) == Some(200)).then_some(()));
            });
        }
    });
    assert_eq!(subjects(&program), ["Tegelijk"]);
}

#[test]
fn a_program_that_dies_between_keeping_a_mail_and_saying_so_keeps_it_once() {
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, simulator::Cloud::default())).expect("a simulator");
    let variables = [("POSTKAMER_SIMULATOR", simulator.url.as_str()), ("POSTKAMER_KILLPOINT", "hook.after_commit:1")];
    let mut program = Program::start_with(Backing::Disk, &variables);
    let (domain, _) = connected(&program);
    let signed = Post::new("dood", "Niet verloren").signed();
    assert_eq!(Poster::new(&program, domain.clone()).post(&signed), None, "it died without an answer");
    program.serve_again();
    assert_eq!(subjects(&program), ["Niet verloren"]);
    assert_eq!(Poster::new(&program, domain).post(&signed), Some(200), "what is kept is not kept again");
    assert_eq!(subjects(&program), ["Niet verloren"]);
}

#[test]
fn mail_that_comes_in_parts_or_lies_at_mailgun_is_kept_as_well() {
    let (runtime, simulator, program) = at_mailgun(Backing::Disk);
    let (domain, _) = connected(&program);
    let raw = b"Message-ID: <deel@klant.test>\r\nFrom: Els <els@klant.test>\r\nTo: info@mg.voorbeeld.test\r\nSubject: In delen\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nZie bestek.\r\n--b\r\nContent-Type: application/pdf; name=bestek.pdf\r\nContent-Disposition: attachment; filename=bestek.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--b--\r\n";
    // The address does not end in "mime" for Mailgun, and the same handler answers.
    let hook = format!("{}/hooks/mailgun/{domain}/mime", program.url());
    simulator.with(|cloud| cloud.mailgun.routes[0].actions = vec![format!("forward(\"{hook}?parts\")")]);
    receive(&runtime, &simulator, ADDRESS, raw);
    assert_eq!(subjects(&program), ["In delen"]);
    let message = text(&program.api.list("/messages?role=inbox")[0]["id"]);
    let shown = program.api.get(&format!("/messages/{message}"));
    assert_eq!(shown["attachments"][0]["name"], json!("bestek.pdf"), "{shown}");
    assert!(shown.to_string().contains("Zie bestek."));

    // What lies there is fetched whole; while it can't be, the post comes again.
    simulator.with(|cloud| {
        cloud.mailgun.routes[0].actions = vec![format!("store(notify=\"{hook}?stored\")")];
        cloud.faults.push(Fault::new(Kind::Unavailable, "GET messages/").times(1));
    });
    let whole = b"Message-ID: <heel@klant.test>\r\nFrom: els@klant.test\r\nSubject: Bewaard\r\n\r\nDag\r\n";
    receive(&runtime, &simulator, ADDRESS, whole);
    assert_eq!(simulator.with(|cloud| cloud.mailgun.posted.last().expect("a post").answers.clone()), [503]);
    assert_eq!(subjects(&program).len(), 1);
    retry(&runtime, &simulator);
    wait_until("it to be here", || subjects(&program).contains(&"Bewaard".to_owned()).then_some(()));
}

pub(crate) fn retry(runtime: &Runtime, simulator: &Simulator) {
    let url = format!("{}/simulator/mailgun/retry", simulator.url);
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        client.post(url).send().await.expect("an answer");
    });
}

#[test]
fn a_sending_nobody_knows_of_stays_uncertain_until_the_log_has_it() {
    let (_runtime, simulator, program) = at_mailgun(Backing::Disk);
    let (_, account) = connected(&program);
    simulator.with(|cloud| {
        cloud.faults.push(Fault::new(Kind::DoneThenCut, "POST messages.mime"));
        cloud.faults.push(Fault::new(Kind::LateEvents, "mailgun event").times(2).seconds(30));
        cloud.faults.push(Fault::new(Kind::LostNotification, "mailgun post").times(0));
    });
    let out = send(&program.api, &letter(&account, &["els@klant.test"], "Onzeker"));
    when(&program.api, &out, "uncertain");
    // A minute later it is looked for, and found.
    let settled = wait_until("it to be settled", || {
        let now = program.api.get(&format!("/outbox/{out}"));
        matches!(now["state"].as_str(), Some("accepted" | "delivered")).then_some(now)
    });
    assert!(matches!(settled["state"], Value::String(_)));
    assert_eq!(simulator.with(|cloud| cloud.sent.len()), 1);
}

#[test]
fn mail_that_mailgun_gave_up_posting_is_fetched_from_what_it_keeps() {
    let (runtime, simulator, mut program) = at_mailgun(Backing::Disk);
    let (domain, account) = connected(&program);
    program.fetch(&account);
    receive(
        &runtime,
        &simulator,
        ADDRESS,
        b"Message-ID: <op-tijd@klant.test>\r\nFrom: els@klant.test\r\nSubject: Op tijd\r\n\r\nDag\r\n",
    );
    assert_eq!(subjects(&program), ["Op tijd"]);
    // Away for longer than Mailgun tries.
    assert!(program.stop().success());
    for (n, head) in ["Message-ID: <gemist@klant.test>\r\n", ""].into_iter().enumerate() {
        let raw = format!("{head}From: els@klant.test\r\nSubject: Gemist {n}\r\n\r\nDag\r\n");
        receive(&runtime, &simulator, ADDRESS, raw.as_bytes());
    }
    let ago = |minutes: i64| {
        simulator.with(|cloud| {
            for event in &mut cloud.mailgun.events {
                event.at -= minutes * 60_000;
            }
        });
    };
    program.serve_again();
    let look = || program.api.post(&format!("/mailgun-domains/{domain}/check"), &json!({}));
    look();
    assert_eq!(subjects(&program), ["Op tijd"], "Mailgun may still post it");
    // Nine hours and a half, of which the last look saw the first nine: what is younger is looked at again.
    ago(570);
    look();
    let mut found = subjects(&program);
    found.sort();
    assert_eq!(found, ["Gemist 0", "Gemist 1", "Op tijd"]);
    assert!(program.api.get(&format!("/mailgun-domains/{domain}"))["told_at"].is_string());

    // Once, also when somebody has thrown it away since, or when Mailgun posts it after all.
    let trash = program.api.list(&format!("/accounts/{account}/folders"));
    let trash = trash.iter().find(|folder| folder["role"] == json!("trash")).expect("a folder")["id"].clone();
    for line in program.api.list("/messages?role=inbox") {
        program.api.patch(&format!("/messages/{}", text(&line["id"])), &json!({ "folder": trash }));
    }
    wait_until("they moved", || subjects(&program).is_empty().then_some(()));
    look();
    simulator.with(|cloud| {
        let hook = format!("{}/hooks/mailgun/{domain}/mime", program.url());
        cloud.mailgun.posted.iter_mut().for_each(|post| post.url = hook.clone());
    });
    retry(&runtime, &simulator);
    assert_eq!((subjects(&program).len(), program.api.list("/messages").len()), (0, 3));
}

#[test]
fn mail_that_was_never_posted_is_fetched_however_much_happened_before_it() {
    let (runtime, simulator, mut program) = at_mailgun(Backing::Disk);
    let (domain, account) = connected(&program);
    program.fetch(&account);
    assert!(program.stop().success());
    receive(&runtime, &simulator, ADDRESS, b"From: els@klant.test\r\nSubject: Achteraan\r\n\r\nDag\r\n");
    simulator.with(|cloud| {
        // Ten hours ago; and in the time before it a great deal was sent, a letter a second.
        let events = &mut cloud.mailgun.events;
        events.iter_mut().for_each(|event| event.at -= 10 * 3_600_000);
        let mut sent = events[0].clone();
        (sent.kind, sent.is_routed, sent.storage) = ("accepted", false, None);
        let before = (1..=5_200).rev().map(|n| {
            (sent.id, sent.at) = (format!("sent-{n}"), events[0].at - n * 1000);
            sent.clone()
        });
        let before: Vec<_> = before.collect();
        events.splice(..0, before);
    });
    program.serve_again();
    program.api.post(&format!("/mailgun-domains/{domain}/check"), &json!({}));
    assert_eq!(subjects(&program), ["Achteraan"]);
}

#[test]
fn an_address_that_mailgun_sends_nothing_to_any_more_is_shown_and_tried_again_when_asked() {
    let (_runtime, simulator, program) = at_mailgun(Backing::Disk);
    let (domain, account) = connected(&program);
    let path = format!("/mailgun-domains/{domain}/suppressions");
    assert!(program.api.list(&path).is_empty());
    // It bounces once, and from then on Mailgun does not even try.
    let first = send(&program.api, &letter(&account, &["weg@klant.test", "klaagt@klant.test"], "Eerst"));
    wait_until("both are settled", || {
        let complained = || recipient(&program.api.get(&format!("/outbox/{first}")), "klaagt@klant.test").1;
        (state_of(&program, &first, "weg@klant.test") == "bounced" && complained() == "spam complaint").then_some(())
    });
    let again = send(&program.api, &letter(&account, &["weg@klant.test"], "Nog eens"));
    let shown = when(&program.api, &again, "bounced");
    assert!(recipient(&shown, "weg@klant.test").1.starts_with("605"), "{shown}");
    let listed: Vec<(Value, Value)> =
        program.api.list(&path).iter().map(|one| (one["list"].clone(), one["address"].clone())).collect();
    assert_eq!(
        listed,
        [(json!("bounces"), json!("weg@klant.test")), (json!("complaints"), json!("klaagt@klant.test"))]
    );

    // Off the list it is tried again; who asks twice, or for somebody who is not on it, does no harm.
    let off = format!("{path}?list=bounces&address=weg%40klant.test");
    for _ in 0..2 {
        assert_eq!(program.api.call("DELETE", &off, None, &[]).status, 204);
    }
    assert_eq!(program.api.list(&path).len(), 1);
    for (query, field) in [("list=alles&address=weg%40klant.test", "list"), ("list=bounces&address=weg", "address")] {
        let refused = program.api.call("DELETE", &format!("{path}?{query}"), None, &[]);
        assert_eq!((refused.status, refused.wrong()[0].0.as_str()), (422, field), "{}", refused.text());
    }
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Unavailable, "bounces").times(0)));
    assert_eq!(program.api.call("GET", &path, None, &[]).status, 424);
}
