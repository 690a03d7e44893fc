//! What is new comes once, the newest first, byte for byte.

use super::kept::{Kept, source, source_at};
use connect::{Encryption, Source};
use testkit::ModelPop3;

fn letter(number: usize) -> Vec<u8> {
    format!(
        "Received: by mx.test; Thu, {} Jan 2026 12:00:00 +0000\r\nMessage-ID: <{number}@shop>\r\nSubject: {number}\r\n\
         \r\n.a dot\r\n..two\r\n.\r\nand {}\r\n",
        number % 27 + 1,
        "é\r\n".repeat(number * 7 % 100)
    )
    .into_bytes()
}

fn model(count: usize) -> ModelPop3 {
    let model = ModelPop3::start();
    (0..count).for_each(|number| model.add(&format!("u{number}"), &letter(number)));
    model
}

#[tokio::test]
async fn everything_comes_once_the_newest_first_and_as_it_was() {
    for pipelining in [true, false] {
        let model = model(40);
        if !pipelining {
            model.state().capabilities.retain(|line| line != "PIPELINING");
        }
        let (mut kept, mut source) = (Kept::default(), source(model.port));
        kept.pull(&mut source).await.unwrap();
        let newest_first: Vec<String> = (0..40).rev().map(|number| format!("u{number}")).collect();
        assert_eq!(kept.came, newest_first);
        for number in 0..40 {
            assert!(kept.letters[&format!("u{number}")] == letter(number), "{number}");
        }
        model.add("u40", &letter(40));
        kept.pull(&mut source).await.unwrap();
        kept.pull(&mut source).await.unwrap();
        assert_eq!(kept.came.len(), 41);
        let state = model.state();
        assert_eq!((state.heard("RETR"), state.heard("UIDL")), (41, 3), "one list a pull");
        assert_eq!(state.heard("DELE"), 0);
    }
}

#[tokio::test]
async fn a_list_that_is_the_same_brings_nothing_to_compare() {
    let model = model(3);
    let (mut kept, mut source) = (Kept::default(), source(model.port));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.present.as_ref().map(mail::RemoteSet::len), Some(3));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.present, None);
    model.state().letters.remove(0);
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.present.as_ref().map(mail::RemoteSet::len), Some(2));
}

#[tokio::test]
async fn mail_from_before_the_moment_stays_there_and_only_its_head_is_read() {
    let model = model(20);
    let tenth = 1_768_000_000_000 + 86_400_000 * 2; // 11 and 12 January 2026
    let mut kept = Kept { since: Some(tenth), ..Kept::default() };
    let mut source = source(model.port);
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.came.len() + kept.older.len(), 20);
    assert!(!kept.came.is_empty() && kept.older.iter().all(|(_, at)| *at < tenth), "{:?}", kept.older);
    model.add("u20", &letter(20));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(model.state().heard("TOP"), 21, "what is known to be older is not asked for again");
}

#[tokio::test]
async fn a_message_is_found_by_its_id_and_an_inventory_costs_no_second_list() {
    let model = model(30);
    let mut source = source(model.port);
    source.folders().await.unwrap();
    let found = source.find("INBOX", "<25@shop>").await.unwrap();
    assert_eq!(found, [(1, mail::RemoteId::Name("u25".into()))]);
    assert!(source.find("INBOX", "nowhere@shop").await.unwrap().is_empty());
    assert_eq!(source.inventory("INBOX").await.unwrap().1.len(), 30);
    assert_eq!(model.state().heard("UIDL"), 1);
    source.close().await;
}

#[tokio::test]
async fn fifty_thousand_names_are_asked_for_once() {
    let model = ModelPop3::start();
    for number in 0..50_000 {
        model.add(&format!("00000{number:08x}5f3c"), b"Subject: x\r\n\r\nx\r\n");
    }
    let (mut kept, mut source) = (Kept::default(), source_at(model.port, Encryption::None, 0, None));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.came.len(), 50_000);
    kept.pull(&mut source).await.unwrap();
    let state = model.state();
    assert_eq!((state.heard("UIDL"), state.heard("RETR")), (2, 50_000));
}
