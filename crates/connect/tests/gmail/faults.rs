//! What goes wrong at the provider.

use crate::kept::{Kept, inside, put, simulator, source};
use connect::{ConnectError, Source, error::Cause};
use jiff::Timestamp;
use simulator::{Fault, Kind, Simulator};
use std::time::{Duration, Instant};

fn fill(simulator: &Simulator, count: usize) {
    inside(simulator, |mailbox| {
        for n in 0..count {
            let raw = format!("Subject: brief {n}\r\n\r\n{}\r\n", "hallo ".repeat(200));
            mailbox.put(&["INBOX"], raw, Timestamp::now());
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_trouble_is_waited_for_and_nothing_is_lost_by_it() {
    let simulator = simulator().await;
    fill(&simulator, 60);
    simulator.with(|cloud| {
        cloud.faults = vec![
            Fault::new(Kind::TokenExpired, "GET labels"),
            Fault::new(Kind::Throttled, "GET profile").seconds(1),
            Fault::new(Kind::QuotaExceeded, "GET labelIds=UNREAD"),
            Fault::new(Kind::Unavailable, "GET labelIds=STARRED"),
            Fault::new(Kind::Timeout, "GET labelIds=INBOX"),
            Fault::new(Kind::Half, "GET labelIds=SENT"),
            Fault::new(Kind::DoneThenCut, "GET labelIds=TRASH"),
            Fault::new(Kind::Half, "POST batch"),
            Fault::new(Kind::Throttled, "POST batch").after(1),
            Fault::new(Kind::DoneThenCut, "POST batch").after(1),
            Fault::new(Kind::Timeout, "POST batch").after(1),
        ];
    });
    let (mut kept, began) = (Kept::default(), Instant::now());
    kept.pull(&mut source(&simulator)).await.unwrap();
    kept.is_as_in(&simulator);
    assert!(began.elapsed() >= Duration::from_secs(1), "Retry-After was not kept");
    assert!(simulator.with(|cloud| cloud.faults.is_empty()), "a fault was never met");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_pause_is_told_and_not_waited_out() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Throttled, "labels").seconds(600)));
    let mut source = source(&simulator);
    let error = Kept::default().pull(&mut source).await.unwrap_err();
    let ConnectError::Later { cause: Cause::Throttled, wait: Some(wait), .. } = error else { panic!("{error:?}") };
    assert_eq!(wait.as_secs(), 600);
    assert!(source.rest() > Duration::from_secs(590));
    let heard = simulator.with(|cloud| cloud.heard.len());
    assert!(Kept::default().pull(&mut source).await.is_err());
    assert_eq!(simulator.with(|cloud| cloud.heard.len()), heard, "it was asked before its time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_twice_is_for_a_person_to_renew() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::TokenExpired, "").times(2)));
    let error = Kept::default().pull(&mut source(&simulator)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Credentials { cause: Cause::TokenRefused, .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_that_lasts_ends_the_pull_and_the_next_one_goes_on() {
    let simulator = simulator().await;
    fill(&simulator, 40);
    let mut kept = Kept::default();
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Timeout, "POST batch").after(2).times(0)));
    assert!(kept.pull(&mut source(&simulator)).await.is_err());
    simulator.with(|cloud| cloud.faults.clear());
    let before = kept.came;
    kept.pull(&mut source(&simulator)).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!((before < 40, kept.came), (true, 40), "nothing came twice");
    // The same while following the history.
    put(&simulator, &["INBOX"], "nieuw");
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Unavailable, "GET messages format=raw").times(0)));
    assert!(kept.pull(&mut source(&simulator)).await.is_err());
    simulator.with(|cloud| cloud.faults.clear());
    kept.pull(&mut source(&simulator)).await.unwrap();
    kept.is_as_in(&simulator);
}
