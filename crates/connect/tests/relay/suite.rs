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

const REFUSED: &str = "the envelope is no envelope (RFC 5321 §4.1.2): its sender is told so, and no verdict is needed";
const LENIENT: &str =
    "what is written wrongly in a policy is passed over, where the whole policy should count as wrong (RFC 7208 §4.6)";
const STRICT: &str = "a policy is called wrong that is right, though odd: a colon in a name, a modifier before a mechanism, signs in the name of a modifier";
const NO_NAME: &str =
    "a name that nobody can ask for counts as a name server that did not answer (RFC 7208 §4.3, §4.8)";
const PTR: &str = "`ptr` without a domain matches nothing; nobody should publish it (RFC 7208 §5.5)";
const FAMILY: &str = "addresses of the one family are held against those of the other (RFC 7208 §5.6, §5.7)";
const VOID: &str = "lookups that find nothing are not counted (RFC 7208 §4.6.4)";

/// Where we, or rather `mail-auth`, say something else than the suite: the case, what is said of it, and why. What is not
/// on this list must agree, and what is on it must not, so that the list stays true. A verdict refuses nothing here, and none of
/// these lets a stranger pass for a domain whose policy is written well.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("toolonglabel", "refused with 501", REFUSED),
    ("emptylabel", "refused with 501", REFUSED),
    ("nolocalpart", "refused with 501", REFUSED),
    ("dorky-sentinel", "refused with 501", REFUSED),
    ("invalid-hello-macro", "refused with 501", REFUSED),
    ("non-ascii-policy", "fail", LENIENT),
    ("non-ascii-mech", "fail", LENIENT),
    ("control-char-policy", "pass", LENIENT),
    ("badip4", "pass", LENIENT),
    ("invalid-domain", "fail", LENIENT),
    ("a-bad-cidr4", "fail", LENIENT),
    ("a-bad-cidr6", "fail", LENIENT),
    ("a-dual-cidr-ip4-err", "pass", LENIENT),
    ("a-numeric", "neutral", LENIENT),
    ("a-numeric-toplabel", "neutral", LENIENT),
    ("a-only-toplabel", "neutral", LENIENT),
    ("a-only-toplabel-trailing-dot", "neutral", LENIENT),
    ("mx-bad-cidr4", "fail", LENIENT),
    ("mx-bad-cidr6", "fail", LENIENT),
    ("mx-numeric-top-label", "neutral", LENIENT),
    ("cidr4-33", "pass", LENIENT),
    ("cidr4-032", "pass", LENIENT),
    ("cidr6-129", "neutral", LENIENT),
    ("redirect-syntax-error", "neutral", LENIENT),
    ("invalid-modifier", "neutral", LENIENT),
    ("empty-modifier-name", "neutral", LENIENT),
    ("exp-syntax-error", "neutral", LENIENT),
    ("modifier-charset-good", "permerror", STRICT),
    ("redirect-after-mechanisms2", "permerror", STRICT),
    ("a-colon-domain", "permerror", STRICT),
    ("a-colon-domain-ip4mapped", "permerror", STRICT),
    ("mx-colon-domain", "permerror", STRICT),
    ("mx-colon-domain-ip4mapped", "permerror", STRICT),
    ("invalid-domain-empty-label", "temperror", NO_NAME),
    ("invalid-domain-long", "temperror", NO_NAME),
    ("invalid-domain-long-via-macro", "temperror", NO_NAME),
    ("a-bad-domain", "temperror", NO_NAME),
    ("a-null", "temperror", NO_NAME),
    ("a-bad-toplabel", "temperror", NO_NAME),
    ("mx-bad-domain", "temperror", NO_NAME),
    ("mx-null", "temperror", NO_NAME),
    ("mx-bad-toplab", "temperror", NO_NAME),
    ("macro-mania-in-domain", "temperror", NO_NAME),
    ("p-macro-multiple", "temperror", NO_NAME),
    ("hello-domain-literal", "temperror", NO_NAME),
    ("ptr-match-implicit", "fail", PTR),
    ("ptr-match-ip6", "fail", PTR),
    ("exists-ip6only", "pass", FAMILY),
    ("cidr6-0-ip4", "pass", FAMILY),
    ("cidr6-ip4", "pass", FAMILY),
    ("void-over-limit", "neutral", VOID),
];

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
            let known = OTHERWISE.iter().find(|(name, ..)| *name == case.name);
            let expected = known.is_none_or(|(_, instead, _)| *instead == said);
            let agrees = case.allowed.contains(&said);
            if agrees == known.is_some() || !expected {
                let why = known.map_or("it is not known why", |(.., why)| why);
                wrong.push(format!(
                    "{}: {} ({:?} from {}): {said}, allowed {:?}: {why}",
                    scenario.description, case.name, case.sender, case.host, case.allowed
                ));
            }
        }
        open.close().await;
    }
    assert!(cases > 200, "only {cases} cases were read");
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}
