//! Signatures, verified by programs that we did not write: Exim, dkimpy and OpenDKIM.

use crate::office::{Counter, Shelf, office, parcel};
use connect::{
    Transport,
    dkim::{Algorithm, SigningKey, is_published, make, record, record_name, signed},
};
use std::{
    io::Write,
    process::{Command, Stdio},
};
use testkit::{Exim, EximOptions, Internet, Zone, inside_internet};

/// A record in the pieces of 255 bytes that a zone file wants.
fn in_zone(name: &str, text: &str) -> String {
    let pieces: Vec<String> =
        text.as_bytes().chunks(200).map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece))).collect();
    format!("{name}. IN TXT ( {} )\n", pieces.join(" "))
}

fn run(program: &str, arguments: &[&str], input: &[u8]) -> (bool, String) {
    let mut command = Command::new(program);
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = [ended.stdout, ended.stderr].concat();
    (ended.status.success(), String::from_utf8_lossy(&said).into_owned())
}

const DKIMPY: &str = "import dkim, sys
message = sys.stdin.buffer.read()
def holds(n):
    try:
        return dkim.DKIM(message).verify(idx=n)
    except dkim.DKIMException:
        return False
print([holds(n) for n in range(2)])";

#[test]
fn both_signatures_hold_for_exim_dkimpy_and_opendkim_and_not_for_a_message_that_was_touched() {
    let name = "signature::both_signatures_hold_for_exim_dkimpy_and_opendkim_and_not_for_a_message_that_was_touched";
    if !inside_internet(name) {
        return;
    }
    let (mut keys, mut zone) = (Vec::new(), String::new());
    let mut published = Vec::new();
    for algorithm in [Algorithm::Rsa, Algorithm::Ed25519] {
        let made = make(algorithm).unwrap();
        let selector = format!("pk{}1", algorithm.as_str());
        zone += &in_zone(&record_name(&selector, "ons.test"), &record(algorithm, &made.public));
        published.push((selector.clone(), made.public));
        keys.push(SigningKey { domain: "ons.test".into(), selector, algorithm, private: made.private });
    }
    let _internet = Internet::start(&[
        Zone::plain("ons.test", &zone),
        Zone::plain("good.test", "@ IN MX 10 mx\nmx IN A 127.0.0.25"),
    ]);
    let exim = Exim::start(EximOptions {
        domain: "good.test".into(),
        address: Some("127.0.0.25".into()),
        ..EximOptions::default()
    });
    let message = signed(&parcel(&[]).message, &keys).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (world, hand) = office(None, &Shelf::default());
        for (selector, public) in &published {
            assert_eq!(is_published(&world, selector, "ons.test", public).await, Ok(true));
        }
        assert_eq!(is_published(&world, "pkrsa1", "ons.test", "anders").await, Ok(false));
        let mut whole = parcel(&["anna@good.test"]);
        whole.message = message.clone().into();
        let receipt = hand.submit(whole, &Counter::default()).await.unwrap();
        assert!(receipt.recipients[0].outcome.is_ok(), "{receipt:?}");
    });
    let arrived = exim.arrived(1).remove(0);
    let text = String::from_utf8_lossy(&arrived).into_owned();
    for verdict in ["pkrsa1 rsa-sha256 pass", "pked255191 ed25519-sha256 pass"] {
        assert!(text.contains(verdict), "{text}");
    }
    let touched = String::from_utf8_lossy(&message).replace("Dag  Anna", "Dag Bert").into_bytes();
    let (_, said) = run("/usr/bin/python3", &["-c", DKIMPY], &message);
    assert_eq!(said.trim(), "[True, True]");
    let (_, said) = run("/usr/bin/python3", &["-c", DKIMPY], &touched);
    assert_eq!(said.trim(), "[False, False]");
    // It looks at one signature, the first.
    assert!(run("opendkim-testmsg", &[], &message).0);
    assert!(!run("opendkim-testmsg", &[], &touched).0);
}
