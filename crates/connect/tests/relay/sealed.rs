//! What a forwarder says of a letter under its seal (ARC, RFC 8617), sealed by dkimpy; and letters that go in circles.

use crate::{
    house::{ANNA, INFO, Open},
    verdicts::{LETTER, Names, found, names, open, run},
};

/// The letter as a forwarder carries it on: what it found itself, under its seal.
fn sealed(names: &Names, said: &str, letter: &str) -> String {
    let seen = format!("Authentication-Results: elders.test; {said}\r\n{letter}");
    let key = names.key.display().to_string();
    let sealed = run("arcsign", &["s1", "elders.test", &key, "elders.test"], seen.as_bytes());
    String::from_utf8(sealed).expect("text").replace("\r\n", "\n").replace('\n', "\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_is_checked_and_what_was_changed_after_it_breaks_it() {
    let names = tokio::task::spawn_blocking(names).await.expect("a name server");
    let open = open(names.server.address).await;
    let letter = sealed(&names, "dkim=pass header.d=ver.test", LETTER);
    assert!(letter.contains("ARC-Seal: i=1; cv=none;"), "{letter}");
    let whole = found(&open, "198.51.100.7", "lijst@elders.test", &letter).await;
    assert!(whole.contains("\tarc=pass"), "{whole}");
    // Sealed a second time, by the next one on its way.
    let again = sealed(&names, "arc=pass; dkim=pass header.d=ver.test", &letter);
    assert!(again.contains("cv=pass"), "{again}");
    let twice = found(&open, "198.51.100.7", "lijst@elders.test", &again).await;
    assert!(twice.contains("\tarc=pass"), "{twice}");
    for touched in [
        letter.replace("Graag een offerte.", "Betaal op een andere rekening."),
        letter.replace("dkim=pass", "dkim=fail"),
        letter.replace("Subject: Offerte", "Subject: Spoed"),
    ] {
        assert_ne!(touched, letter);
        let broken = found(&open, "198.51.100.7", "lijst@elders.test", &touched).await;
        assert!(broken.contains("\tarc=") && !broken.contains("\tarc=pass"), "{broken}");
    }
    // Nobody sealed it: nothing is said of a seal.
    let plain = found(&open, "198.51.100.7", "jan@elders.test", LETTER).await;
    assert!(!plain.contains("\tarc="), "{plain}");
}

#[tokio::test]
async fn a_letter_for_many_that_goes_in_circles_is_stopped_for_all_and_told_once() {
    let open = Open::house().await;
    let bring = async |letter: &str| {
        let mut talk = open.line().await;
        talk.expect("EHLO mail.elders.nl", "250").await;
        talk.expect("MAIL FROM:<jan@elders.nl>", "250").await;
        for recipient in [INFO, ANNA] {
            talk.expect(&format!("RCPT TO:<{recipient}>"), "250").await;
        }
        talk.data(format!("{letter}\r\n.\r\n").as_bytes()).await
    };
    let hops = |count: usize| "Received: from a by b\r\n".repeat(count);
    let over = bring(&format!("{}Subject: x\r\n\r\nDag", hops(101))).await;
    assert!(over.starts_with("554 5.4.6"), "{over}");
    // Any of them may be the one that it comes back from, however its name is written.
    for to in
        ["Delivered-To: ANNA@post.example", "delivered-to:  <info@POST.example>", "Delivered-To: info@post.example"]
    {
        let back = bring(&format!("{}{to}\r\nSubject: x\r\n\r\nDag", hops(3))).await;
        assert!(back.starts_with("554 5.4.6 It was here before"), "{to}: {back}");
    }
    assert_eq!(open.letters(), 0);
    // Delivered to somebody else on its way, and quoting a head in its text: it goes in no circle.
    let fine = "Delivered-To: lijst@elders.nl\r\nSubject: x\r\n\r\nDelivered-To: info@post.example";
    let kept = bring(&format!("{}{fine}", hops(100))).await;
    assert!(kept.starts_with("250"), "{kept}");
    // For several nothing is written that tells one of the other.
    assert_eq!(open.letters(), 1);
    assert_eq!(open.letter(0).matches("Delivered-To:").count(), 2, "{}", open.letter(0));
}
