//! The test suite that the authors of RFC 7208 wrote for it, each case brought to our door as a letter.

use crate::house::{INFO, Open, Talk};
use connect::relay::Verifier;
use serde::Deserialize;
use std::{
    io::{BufRead, BufReader},
    net::IpAddr,
    process::{Child, Command, Stdio},
};
use testkit::home;
use tokio::net::TcpStream;

/// Letters that come no further than their envelope, which is none (RFC 5321 §4.1.2): their senders are told so with 501, and no
/// verdict is needed. Everything else must agree.
const REFUSED: [&str; 5] = ["toolonglabel", "emptylabel", "nolocalpart", "dorky-sentinel", "invalid-hello-macro"];

#[derive(Deserialize)]
struct Scenario {
    description: String,
    port: u16,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    helo: String,
    host: IpAddr,
    sender: String,
    allowed: Vec<String>,
}

/// The name servers of the suite.
struct Suite(Child);

impl Drop for Suite {
    fn drop(&mut self) {
        // It ends with its input; whatever is left of it is our own child.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn suite() -> (Suite, Vec<Scenario>) {
    let file = home::need(home::home().join("spf/rfc7208-tests.yml"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../testkit/peers/spf_suite.py");
    let mut python = Command::new("/usr/bin/python3");
    python.arg(script).arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = python.spawn().expect("python is there");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("it talks");
    (Suite(child), serde_json::from_str(&line).expect("scenarios"))
}

/// What we say of a letter that comes from there: a verdict, or how the envelope was refused.
async fn verdict(open: &Open, case: &Case) -> String {
    let before = open.letters();
    let mut talk = Talk::raw(TcpStream::connect(open.at).await.expect("it listens"));
    let (family, here) = if case.host.is_ipv6() { ("TCP6", "2001:db8::25") } else { ("TCP4", "192.0.2.25") };
    talk.say(format!("PROXY {family} {} {here} 4711 25\r\n", case.host).as_bytes()).await;
    assert!(talk.reply().await.starts_with("220"));
    for command in [format!("EHLO {}", case.helo), format!("MAIL FROM:<{}>", case.sender), format!("RCPT TO:<{INFO}>")]
    {
        let reply = talk.ask(&command).await;
        if !reply.starts_with("250") {
            return format!("refused with {}", reply.get(..3).unwrap_or_default());
        }
    }
    let kept = talk.data(b"From: a@example.org\r\nSubject: x\r\n\r\nx\r\n.\r\n").await;
    assert!(kept.starts_with("250"), "{}: {kept}", case.name);
    let kept = open.letter(before);
    let said = kept.split("spf=").nth(1).expect("a verdict");
    said.split([' ', ';', '\r']).next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn spf_agrees_with_the_suite_of_its_authors() {
    let (_suite, scenarios) = tokio::task::spawn_blocking(suite).await.expect("the suite");
    let (mut cases, mut wrong) = (0, Vec::new());
    for scenario in scenarios {
        let at = ([127, 0, 0, 1], scenario.port).into();
        let everywhere = |options: &mut connect::relay::RelayOptions| {
            options.proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        };
        let open = Open::asking(Verifier::of_name_server(at), everywhere).await;
        for case in &scenario.cases {
            cases += 1;
            let said = verdict(&open, case).await;
            let agrees = match REFUSED.contains(&case.name.as_str()) {
                true => said == "refused with 501",
                false => case.allowed.contains(&said),
            };
            if !agrees {
                wrong.push(format!(
                    "{}: {} ({:?} from {}): {said}, allowed {:?}",
                    scenario.description, case.name, case.sender, case.host, case.allowed
                ));
            }
        }
        open.close().await;
    }
    assert!(cases > 200, "only {cases} cases were read");
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}
