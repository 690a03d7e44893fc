//! Signatures, verified by programs that we did not write: Exim, dkimpy, OpenDKIM and Rspamd.

use crate::office::{Counter, Shelf, office, parcel};
use connect::{
    Transport,
    dkim::{Algorithm, SigningKey, is_published, make, record, record_name, signed},
};
use std::{
    io::Write,
    process::{Command, Stdio},
};
use testkit::{Brought, Exim, EximOptions, Internet, Rspamd, Zone, inside_internet};

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

/// A key of each manner for `ons.test`: what signs, what is published under which selector, and the records of its zone.
fn keys() -> (Vec<SigningKey>, Vec<(String, String)>, String) {
    let (mut keys, mut published, mut zone) = (Vec::new(), Vec::new(), String::new());
    for algorithm in [Algorithm::Rsa, Algorithm::Ed25519] {
        let made = make(algorithm).unwrap();
        let selector = format!("pk{}1", algorithm.as_str());
        zone += &in_zone(&record_name(&selector, "ons.test"), &record(algorithm, &made.public));
        published.push((selector.clone(), made.public));
        keys.push(SigningKey { domain: "ons.test".into(), selector, algorithm, private: made.private });
    }
    (keys, published, zone)
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
    let (keys, published, zone) = keys();
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

#[test]
fn rspamd_believes_both_signatures_the_sender_and_its_domain_and_nothing_that_was_touched() {
    let name = "signature::rspamd_believes_both_signatures_the_sender_and_its_domain_and_nothing_that_was_touched";
    if !inside_internet(name) {
        return;
    }
    let (keys, _, mut zone) = keys();
    zone += "@ IN MX 10 post\n@ IN TXT \"v=spf1 a:post.ons.test -all\"\npost IN A 192.0.2.9\npost IN AAAA 2001:db8::9\n\
             _dmarc IN TXT \"v=DMARC1; p=reject\"";
    let _internet = Internet::start(&[Zone::plain("ons.test", &zone)]);
    let judge = Rspamd::start();
    let ours = Brought { ip: "192.0.2.9", helo: "post.ons.test", from: "info@ons.test" };
    let message = signed(&parcel(&[]).message, &keys).unwrap();
    for brought in [ours, Brought { ip: "2001:db8::9", ..ours }] {
        let found = judge.finds(&message, brought);
        assert_eq!(found["R_DKIM_ALLOW"], ["ons.test:s=pkrsa1", "ons.test:s=pked255191"], "{found:?}");
        for name in ["R_SPF_ALLOW", "DMARC_POLICY_ALLOW"] {
            assert!(found.contains_key(name), "{name}: {found:?}");
        }
    }

    // Each of them alone is enough, from whatever address it comes: forwarded, for instance.
    let elsewhere = Brought { ip: "198.51.100.7", helo: "lijst.elders.test", from: "lijst@elders.test" };
    for key in &keys {
        let message = signed(&parcel(&[]).message, std::slice::from_ref(key)).unwrap();
        let found = judge.finds(&message, elsewhere);
        assert_eq!(found["R_DKIM_ALLOW"], [format!("ons.test:s={}", key.selector)], "{found:?}");
        assert!(found.contains_key("DMARC_POLICY_ALLOW"), "{found:?}");
    }

    // A word more, another subject, or a second sender on top: nothing holds, and our domain wants that refused.
    let text = String::from_utf8_lossy(&message).into_owned();
    for touched in [
        text.replace("Dag  Anna", "Dag Bert"),
        text.replace("Subject: hallo", "Subject: betaal"),
        text.replace("From: Info", "From: Info <info@ons.test>\r\nFrom: Info"),
    ] {
        assert_ne!(touched, text);
        let found = judge.finds(touched.as_bytes(), elsewhere);
        assert!(!found.contains_key("R_DKIM_ALLOW") && found.contains_key("R_DKIM_REJECT"), "{found:?}");
        assert!(!found.contains_key("DMARC_POLICY_ALLOW"), "{found:?}");
    }

    // Nor a key that is not in the DNS.
    let unknown = SigningKey { selector: "pkweg".into(), ..keys[0].clone() };
    let found = judge.finds(&signed(&parcel(&[]).message, &[unknown]).unwrap(), elsewhere);
    assert!(!found.contains_key("R_DKIM_ALLOW"), "{found:?}");
    assert!(found.contains_key("DMARC_POLICY_REJECT"), "{found:?}");
}
