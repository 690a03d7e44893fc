//! Servers that lie, stall and break.

use super::{
    mirror::Mirror,
    server::{Fake, POOR, RICH, assert_same},
};

#[tokio::test]
async fn a_message_without_content_is_told_and_tried_three_times() {
    let fake = Fake::start(RICH).await;
    for number in 0..5 {
        fake.state().add("INBOX", format!("body {number}"));
    }
    fake.state().faults.empty.insert(3);
    let (mut mirror, mut source) = (Mirror::default(), fake.source());
    for _ in 0..5 {
        mirror.pull(&mut source).await.unwrap();
    }
    assert_eq!(mirror.unreadable, [(3, "empty"); 3]);
    assert_eq!(mirror.folders["INBOX"].letters.len(), 4);
}

#[tokio::test]
async fn a_message_that_comes_at_the_second_try_is_kept() {
    let fake = Fake::start(RICH).await;
    fake.state().add("INBOX", "late");
    fake.state().faults.empty.insert(1);
    let (mut mirror, mut source) = (Mirror::default(), fake.source());
    mirror.pull(&mut source).await.unwrap();
    fake.state().faults.empty.clear();
    mirror.pull(&mut source).await.unwrap();
    assert_same(&mirror, &fake.state());
    fake.state().heard.clear();
    mirror.pull(&mut source).await.unwrap();
    assert_eq!(fake.state().heard("UID FETCH"), 0);
}

#[tokio::test]
async fn a_message_under_another_uid_is_not_stored() {
    let fake = Fake::start(RICH).await;
    for number in 0..5 {
        fake.state().add("INBOX", format!("body {number}"));
    }
    fake.state().faults.wrong_uid.insert(3, 77);
    let mut mirror = Mirror::default();
    mirror.pull(&mut fake.source()).await.unwrap();
    let kept: Vec<u32> = mirror.folders["INBOX"].letters.keys().copied().collect();
    assert_eq!(kept, [1, 2, 4, 5]);
    assert_eq!(mirror.unreadable, [(3, "refused")]);
}

#[tokio::test]
async fn a_message_above_the_limit_is_skipped_and_the_others_come() {
    let fake = Fake::start(RICH).await;
    for number in 0..200 {
        let size = if number % 50 == 7 { 5000 } else { 100 };
        fake.state().add("INBOX", "x".repeat(size));
    }
    let mut mirror = Mirror::default();
    let mut source = fake.source_with_limit(1000);
    mirror.pull(&mut source).await.unwrap();
    mirror.unreadable.sort_unstable();
    assert_eq!(mirror.unreadable, [8, 58, 108, 158].map(|uid| (uid, "too_large")));
    assert_eq!(mirror.folders["INBOX"].letters.len(), 196);
    mirror.pull(&mut source).await.unwrap();
    assert_eq!(mirror.unreadable.len(), 4, "it is told once");
}

#[tokio::test]
async fn an_absurd_literal_ends_the_connection_and_costs_one_message() {
    for size in [4_294_967_295, u64::MAX] {
        let fake = Fake::start(RICH).await;
        for number in 0..50 {
            fake.state().add("INBOX", format!("body {number}"));
        }
        fake.state().faults.announced.insert(20, size);
        let mut mirror = Mirror::default();
        mirror.pull(&mut fake.source()).await.unwrap();
        assert_eq!(mirror.unreadable, [(20, "too_large")]);
        assert_eq!(mirror.folders["INBOX"].letters.len(), 49);
    }
}

#[tokio::test]
async fn a_message_that_the_server_refuses_does_not_cost_its_batch() {
    for capabilities in [RICH, POOR] {
        let fake = Fake::start(capabilities).await;
        for number in 0..50 {
            fake.state().add("INBOX", format!("body {number}"));
        }
        fake.state().faults.refused.insert(20);
        fake.state().faults.silent.insert(30);
        let mut mirror = Mirror::default();
        mirror.pull(&mut fake.source()).await.unwrap();
        mirror.unreadable.sort_unstable();
        assert_eq!(mirror.unreadable, [(20, "refused"), (30, "refused")]);
        assert_eq!(mirror.folders["INBOX"].letters.len(), 48);
    }
}

#[tokio::test]
async fn a_cut_at_any_byte_loses_nothing_and_stores_nothing_half() {
    let fake = Fake::start(RICH).await;
    for number in 0..12 {
        fake.state().add("INBOX", format!("Subject: {number}\r\n\r\nbody {number}\r\n"));
    }
    for cut in (0..3000).step_by(37) {
        let mut mirror = Mirror::default();
        fake.state().faults.cuts = [cut, cut].into();
        drop(mirror.pull(&mut fake.source()).await);
        for (uid, (raw, _)) in mirror.folders.get("INBOX").map(|kept| kept.letters.clone()).unwrap_or_default() {
            assert_eq!(raw, fake.state().folder("INBOX").letters[&uid].body);
        }
        fake.state().faults.cuts.clear();
        mirror.pull(&mut fake.source()).await.unwrap();
        assert_same(&mirror, &fake.state());
    }
}
