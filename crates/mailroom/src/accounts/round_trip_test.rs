use super::test;
use crate::outgoing::fixture::{House, house_with};
use connect::dns::TableResolver;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use store::account::{AccountSettings, Encryption, Outgoing};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

/// A submission server that refuses every sign-in and counts them.
async fn refusing_server() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = tries.clone();
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { return };
            let counted = counted.clone();
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                let _ = write.write_all(b"220 huis ESMTP\r\n").await;
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer: &[u8] = match line.get(..4) {
                        Some("EHLO") => b"250-huis\r\n250 AUTH PLAIN\r\n",
                        Some("AUTH") => {
                            counted.fetch_add(1, Ordering::Relaxed);
                            b"535 5.7.8 Authentication failed\r\n"
                        }
                        _ => b"502 no\r\n",
                    };
                    let _ = write.write_all(answer).await;
                }
            });
        }
    });
    (port, tries)
}

fn names(report: &super::TestReport) -> Vec<(&'static str, &'static str, bool)> {
    report.steps.iter().map(|step| (step.name, step.direction, step.ok)).collect()
}

async fn tested(house: &House) -> super::TestReport {
    test(&house.room, &house.viewer, house.account).await.unwrap()
}

#[tokio::test]
async fn a_name_that_does_not_exist_stops_the_test_at_its_first_step() {
    let mut house = house_with(|_| {}).await;
    house.room.world = house.room.world.clone().with_resolver(Arc::new(TableResolver::default()));
    let report = tested(&house).await;
    assert_eq!(names(&report), [("resolve", "outgoing", false)]);
    assert_eq!(report.steps[0].code, Some("unknown_host"));
    assert!(!report.ok && report.steps[0].fix.is_some());
}

#[tokio::test]
async fn a_refused_sign_in_is_tried_once_a_test_and_after_three_not_at_all() {
    let (port, tries) = refusing_server().await;
    let own_server = move |settings: &mut AccountSettings| {
        let Outgoing::Smtp(server) = &mut settings.outgoing else { panic!() };
        (server.host, server.port, server.encryption) = ("127.0.0.1".into(), port, Encryption::None);
        server.username = "info@voorbeeld.nl".into();
    };
    let mut house = house_with(own_server).await;
    house.room.world.allow_networks.push("127.0.0.0/8".parse().unwrap());
    let set = super::AccountInput {
        allow_plaintext: Some(true),
        outgoing: serde_json::from_str(r#"{"secret":"fout^"}"#).unwrap(),
        ..Default::default()
    };
    super::patch(&house.room, &house.viewer, house.account, set).await.unwrap();
    for tried in 1..=3 {
        let report = tested(&house).await;
        let expected = [("resolve", "outgoing", true), ("connect", "outgoing", true), ("sign_in", "outgoing", false)];
        assert_eq!(names(&report), expected);
        assert_eq!(report.steps[2].code, Some("password_characters"), "the likely cause is in the password itself");
        assert!(report.steps[2].server_said.as_ref().is_some_and(|said| said.contains("5.7.8")));
        assert_eq!(tries.load(Ordering::Relaxed), tried);
        house.room.clock.set(crate::outgoing::fixture::NOON + tried as i64);
    }
    let report = tested(&house).await;
    assert_eq!(report.steps.last().unwrap().code, Some("blacklisted"));
    assert_eq!(tries.load(Ordering::Relaxed), 3);
}
