//! What somebody does to be believed, or at least not doubted, who writes in another's name.

use crate::{
    house::Open,
    verdicts::{LETTER, Names, found, names, open, signed, signed_by},
};
use mail::{
    Defect,
    sender::{Claim, Doubt, Known, doubts},
};
use std::{net::SocketAddr, time::Duration};
use tokio::net::UdpSocket;

/// Where nobody sends for the domain.
const STRANGE: &str = "198.51.100.7";

async fn zone() -> (Names, Open) {
    let names = tokio::task::spawn_blocking(names).await.expect("a name server");
    let open = open(names.server.address).await;
    (names, open)
}

/// What a reader of the newest letter is told.
fn told(open: &Open) -> Vec<Doubt> {
    let message = mail::parse::parse(open.letter(open.letters() - 1).as_bytes());
    let several = message.defects.contains(&Defect::SeveralSenders);
    let claim = Claim { from: &message.from, reply_to: &[], several, results: &message.authentication_results };
    doubts(claim, &Known::default())
}

fn unproven(domain: &str) -> Doubt {
    Doubt::Unproven { domain: domain.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_reads_like_a_result_proves_nothing() {
    let (_names, open) = zone().await;
    for sender in ["\"x;dmarc=pass;\"@evil.test", "=?utf-8?q?=22=3Bdmarc=3Dpass=3B=22?=@evil.test"] {
        let results = found(&open, STRANGE, sender, LETTER).await;
        assert!(results.contains("dmarc=fail"), "{results}");
        assert_eq!(told(&open), [unproven("elders.test")], "{results}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_that_is_judged_is_the_one_that_is_shown() {
    let (names, open) = zone().await;
    let proven = signed(&names.key, LETTER);
    let from = "From: Jan Smit <jan@elders.test>\r\n";
    let html = "Content-Type: text/html\r\n";
    let heads = [
        format!("From: <ceo@elders.test>\r\n{html}x y: z\r\nFrom: x@evil.test\r\n\r\nDag\r\n"),
        "From: <ceo@elders\u{1}.test>\r\n\r\nDag\r\n".to_owned(),
        "From: <ceo@elders.test.>\r\n\r\nDag\r\n".to_owned(),
        // Something that the domain did sign, below a head and a text that it did not.
        format!("From: ceo@elders.test\r\n{html}x y: <b>Betaal vandaag.</b>\r\n{proven}"),
        // The very sender that it signed, above a text that it did not.
        format!("{from}{html}x y: <b>Betaal vandaag.</b>\r\n{}", proven.replacen(from, "", 1)),
    ];
    for letter in heads {
        let results = found(&open, STRANGE, "x@evil.test", &letter).await;
        assert!(results.contains("dmarc=fail"), "{letter}: {results}");
        assert!(results.contains("header.from=elders.test policy.dmarc=reject"), "{letter}: {results}");
        assert!(told(&open).contains(&unproven("elders.test")), "{letter}: {results}");
    }
    // What is folded onto the field above it is not read as one, and is no result either.
    let letter = format!(" ; dkim=pass; dmarc=pass\r\n{LETTER}");
    let results = found(&open, STRANGE, "x@evil.test", &letter).await;
    assert!(results.contains("dmarc=fail") && !results.contains("=pass"), "{results}");
    assert_eq!(told(&open), [unproven("elders.test")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_without_number_hide_no_verdict() {
    let (names, open) = zone().await;
    let many = "DKIM-Signature: v=1; a=rsa-sha256; d=evil.test; s=x; h=from; bh=eA==; b=eA==\r\n".repeat(30);
    let broken = "DKIM-Signature: x\r\n".repeat(30);
    let long = format!(
        "DKIM-Signature: v=1; a=rsa-sha256; d=evil.test; s=x; i={}@evil.test; h=from; bh=eA==; b=eA==\r\n",
        "x".repeat(70_000)
    );
    for head in [many, broken, long] {
        let results = found(&open, STRANGE, "x@evil.test", &format!("{head}{LETTER}")).await;
        assert!(results.contains("dmarc=fail"), "{results}");
        assert_eq!(told(&open), [unproven("elders.test")]);
    }
    drop(names);
}

/// A name server before another: it says nothing of names with `traag` in them, and is late with those with `laat`.
async fn hesitating(server: SocketAddr) -> SocketAddr {
    let front = std::sync::Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("a free port"));
    let at = front.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut query = vec![0; 2000];
        while let Ok((length, asker)) = front.recv_from(&mut query).await {
            let query = query.get(..length).unwrap_or_default().to_vec();
            let has = |label: &[u8]| query.windows(label.len()).any(|part| part.eq_ignore_ascii_case(label));
            if has(b"\x05traag") {
                continue;
            }
            let (is_late, front) = (has(b"\x04laat"), front.clone());
            tokio::spawn(async move {
                if is_late {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                let own = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
                own.send_to(&query, server).await.expect("it is asked");
                let mut answer = vec![0; 4000];
                if let Ok(length) = own.recv(&mut answer).await {
                    let _ = front.send_to(answer.get(..length).unwrap_or_default(), asker).await;
                }
            });
        }
    });
    at
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_a_sender_keeps_silent_hold_up_no_verdict_on_others() {
    let names = tokio::task::spawn_blocking(names).await.expect("a name server");
    let open = open(hesitating(names.server.address).await).await;
    let slow = signed_by("traag.test", &names.key, LETTER);
    let results = found(&open, STRANGE, "x@traag.test", &slow).await;
    for word in ["spf=temperror", "dkim=temperror", "dmarc=fail", "policy.dmarc=reject"] {
        assert!(results.contains(word), "{word}: {results}");
    }
    assert_eq!(told(&open), [unproven("elders.test")]);
    // A signature of the domain itself counts, whoever else signed.
    let both = signed_by("traag.test", &names.key, &signed(&names.key, LETTER));
    let results = found(&open, STRANGE, "x@traag.test", &both).await;
    assert!(results.contains("dkim=pass") && results.contains("dmarc=pass"), "{results}");
    // The next ones are not asked in a hurry for that: our own name server answers.
    let late = LETTER.replace("jan@elders.test", "jan@laat.elders.test");
    let results = found(&open, "192.0.2.9", "jan@laat.elders.test", &late).await;
    assert!(results.contains("spf=pass") && results.contains("dmarc=pass"), "{results}");
}
