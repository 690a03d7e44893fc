//! What domains demand of their servers: DANE and MTA-STS, held against a second opinion.

use crate::office::{Shelf, office, send, waits};
use connect::{error::Cause, tls::spki_sha256};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::process::Command;
use testkit::{Ca, Identity, Internet, Postfix, PostfixOptions, Zone, inside_internet, policy_server};

fn postfix(domain: &str, address: &str, tls: Option<Identity>) -> Postfix {
    Postfix::start(PostfixOptions {
        domain: domain.into(),
        listens_at: Some(format!("{address}:25")),
        tls,
        ..PostfixOptions::default()
    })
}

fn key_of(identity: &Identity) -> String {
    spki_sha256(&CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap()).unwrap()
}

/// Postfix's own finger, which says `Verified` only when DANE holds.
fn finger(domain: &str) -> String {
    let asked = Command::new("posttls-finger").args(["-c", "-t20", "-l", "dane", "-L", "summary", domain]).output();
    String::from_utf8_lossy(&asked.unwrap().stdout).into_owned()
}

#[test]
fn a_server_must_show_the_key_that_the_dns_proves_and_one_that_does_not_gets_nothing() {
    if !inside_internet("proof::a_server_must_show_the_key_that_the_dns_proves_and_one_that_does_not_gets_nothing") {
        return;
    }
    let ca = Ca::new();
    // Names do not count where the DNS names the key.
    let identity = ca.issue(&["geheel-anders.test"]);
    let key = key_of(&identity);
    let wrong = "0".repeat(64);
    let zone = |tlsa: &str| format!("@ IN MX 10 mx\nmx IN A 127.0.0.25\n_25._tcp.mx IN TLSA 3 1 1 {tlsa}");
    let _internet = Internet::start(&[
        Zone::signed("bewezen.test", &zone(&key)),
        Zone::signed("vals.test", &zone(&wrong)),
        // What nothing proves binds nobody.
        Zone::plain("los.test", &zone(&wrong)),
        Zone::signed("onbekend.test", &zone(&wrong).replace("3 1 1", "0 1 1")),
        Zone::signed(
            "leeg.test",
            "@ IN MX 10 mx\nmx IN A 127.0.0.26\n_25._tcp.mx IN TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000",
        ),
    ]);
    let others = "mydestination = bewezen.test, vals.test, los.test, onbekend.test\nlocal_recipient_maps =";
    let server = Postfix::start(PostfixOptions {
        domain: "bewezen.test".into(),
        listens_at: Some("127.0.0.25:25".into()),
        tls: Some(identity),
        extra: others.into(),
        ..PostfixOptions::default()
    });
    let _plain = postfix("leeg.test", "127.0.0.26", None);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (_, hand) = office(None, &Shelf::default());
        let one = async |address: &str| send(&hand, &[address]).await.remove(0);
        assert!(one("anna@bewezen.test").await.is_ok());
        assert_eq!(waits(&one("anna@vals.test").await), Some(Cause::CertificateUntrusted));
        assert!(one("anna@los.test").await.is_ok());
        assert!(one("anna@onbekend.test").await.is_ok(), "encrypted, by whatever certificate");
        let stripped = one("anna@leeg.test").await;
        assert_eq!(
            waits(&stripped),
            Some(Cause::StartTlsRefused),
            "no encryption where the DNS promises it: {stripped:?}"
        );
    });
    for (domain, holds) in [("bewezen.test", true), ("vals.test", false)] {
        let said = finger(domain);
        assert_eq!(said.contains("Verified TLS connection"), holds, "{domain}: {said}");
    }
    let log = server.logged("status=sent", 3);
    assert_eq!(log.matches("status=sent").count(), 3, "{log}");
}

#[test]
fn a_policy_is_kept_and_a_server_that_it_does_not_name_or_that_can_not_prove_itself_gets_nothing() {
    let name = "proof::a_policy_is_kept_and_a_server_that_it_does_not_name_or_that_can_not_prove_itself_gets_nothing";
    if !inside_internet(name) {
        return;
    }
    let ca = Ca::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &ca.pem).unwrap();
    let zone = |mx: &str| {
        format!(
            "@ IN MX 10 {mx}\nmx IN A 127.0.0.25\nander IN A 127.0.0.25\n_mta-sts IN TXT \"v=STSv1; id=20261122\"\nmta-sts IN A 127.0.0.44"
        )
    };
    let _internet = Internet::start(&[
        Zone::plain("streng.test", &zone("mx")),
        Zone::plain("elders.test", &zone("ander")),
        Zone::plain("onbewezen.test", &zone("ander.naam.test.")),
        Zone::plain("naam.test", "ander IN A 127.0.0.26"),
        // Records for its certificate that nobody understands do not take the policy away.
        Zone::signed(
            "duister.test",
            &format!(
                "{}\n_25._tcp.mx IN TLSA 0 1 1 {}",
                zone("mx").replace("mx IN A 127.0.0.25", "mx IN A 127.0.0.26"),
                "0".repeat(64)
            ),
        ),
    ]);
    let names = ["streng.test", "elders.test", "onbewezen.test", "duister.test"];
    let others = format!("mydestination = {}\nlocal_recipient_maps =", names.join(", "));
    let start = |address: &str, identity: Identity| {
        Postfix::start(PostfixOptions {
            domain: "streng.test".into(),
            listens_at: Some(format!("{address}:25")),
            tls: Some(identity),
            extra: others.clone(),
            ..PostfixOptions::default()
        })
    };
    let _server = start("127.0.0.25", ca.issue(&["mx.streng.test", "ander.elders.test"]));
    let _unproven = start("127.0.0.26", Ca::new().issue(&["ander.naam.test", "mx.duister.test"]));
    let hosts = names.map(|name| format!("mta-sts.{name}"));
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let text =
        "version: STSv1\nmode: enforce\nmx: mx.streng.test\nmx: *.naam.test\nmx: mx.duister.test\nmax_age: 86400\n";
    let policies = policy_server(&ca.issue(&hosts), text);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let shelf = Shelf::default();
        let (_, hand) = office(Some(file.path().to_owned()), &shelf);
        let one = async |address: &str| send(&hand, &[address]).await.remove(0);
        let proven = one("anna@streng.test").await;
        assert!(proven.is_ok(), "{proven:?}");
        assert_eq!(waits(&one("anna@elders.test").await), Some(Cause::CertificateWrongHost), "not among its servers");
        assert_eq!(waits(&one("anna@onbewezen.test").await), Some(Cause::CertificateUntrusted));
        assert_eq!(waits(&one("anna@duister.test").await), Some(Cause::CertificateUntrusted));
        assert_eq!(shelf.0.lock().unwrap().len(), 4);
        // Whoever takes the policy's server away does not get rid of the policy.
        drop(policies);
        let (_, hand) = office(Some(file.path().to_owned()), &shelf);
        let again = send(&hand, &["anna@onbewezen.test", "anna@streng.test"]).await;
        assert_eq!(waits(&again[0]), Some(Cause::CertificateUntrusted));
        assert!(again[1].is_ok(), "{again:?}");
        // Where there never was one, the mail goes, and is encrypted.
        let (_, hand) = office(None, &Shelf::default());
        assert!(send(&hand, &["anna@onbewezen.test"]).await[0].is_ok());
    });
}
