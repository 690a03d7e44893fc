//! What goes wrong at the provider.

use crate::kept::{BYTES, CHANGES, FOLDERS, INFO, Kept, passing, simulator, source};
use connect::{ConnectError, Source, error::Cause};
use jiff::Timestamp;
use simulator::{Fault, Kind, Simulator};
use std::time::{Duration, Instant};

fn fill(simulator: &Simulator, count: usize) {
    simulator.with(|cloud| {
        let mailbox = cloud.mailbox(INFO).unwrap();
        for n in 0..count {
            mailbox.put(
                "inbox",
                format!("Subject: brief {n}\r\n\r\n{}\r\n", "hallo ".repeat(20_000)),
                Timestamp::now(),
            );
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_trouble_is_waited_for_and_nothing_is_lost_by_it() {
    let simulator = simulator().await;
    fill(&simulator, 40);
    simulator.with(|cloud| cloud.faults = passing());
    let (mut kept, began) = (Kept::default(), Instant::now());
    kept.pull(&mut source(&simulator)).await.unwrap();
    kept.is_as_in(&simulator);
    assert!(began.elapsed() >= Duration::from_secs(1), "the wait that was asked for was not kept");
    assert!(simulator.with(|cloud| cloud.faults.is_empty()), "a fault was never met");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_pause_is_told_and_not_waited_out() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Throttled, FOLDERS).seconds(600)));
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
async fn a_pause_that_no_clock_can_count_to_is_a_day() {
    for kind in [Kind::Throttled, Kind::Unavailable] {
        let simulator = simulator().await;
        simulator.with(|cloud| cloud.faults.push(Fault::new(kind, FOLDERS).seconds(u64::MAX)));
        let error = Kept::default().pull(&mut source(&simulator)).await.unwrap_err();
        let ConnectError::Later { wait: Some(wait), .. } = error else { panic!("{error:?}") };
        assert_eq!(wait.as_secs(), 24 * 3600, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_that_lasts_ends_the_pull_and_the_next_one_goes_on() {
    let simulator = simulator().await;
    fill(&simulator, 40);
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Timeout, BYTES).after(2).times(0)));
    let mut kept = Kept::default();
    let error = kept.pull(&mut source(&simulator)).await;
    simulator.with(|cloud| cloud.faults.clear());
    assert!(error.is_err(), "{kept:?}");
    kept.pull(&mut source(&simulator)).await.unwrap();
    kept.is_as_in(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_the_provider_calls_lost_is_begun_anew_and_nothing_comes_twice() {
    let simulator = simulator().await;
    fill(&simulator, 30);
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Resync, CHANGES)));
    fill(&simulator, 2);
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!(kept.came, 32);
}
