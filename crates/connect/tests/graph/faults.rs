//! What goes wrong at the provider.

use crate::kept::{INFO, Kept, simulator, source};
use connect::{ConnectError, error::Cause};
use jiff::Timestamp;
use simulator::{Fault, Kind, Simulator};
use std::time::{Duration, Instant};

fn fill(simulator: &Simulator, count: usize) {
    simulator.with(|cloud| {
        let mailbox = cloud.mailbox(INFO).unwrap();
        for n in 0..count {
            mailbox.put("inbox", format!("Subject: brief {n}\r\n\r\n{}\r\n", "hallo ".repeat(200)), Timestamp::now());
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_trouble_is_waited_for_and_nothing_is_lost_by_it() {
    let simulator = simulator().await;
    fill(&simulator, 40);
    simulator.with(|cloud| {
        cloud.faults = vec![
            Fault::new(Kind::TokenExpired, "GET me/mailFolders").after(2),
            Fault::new(Kind::Throttled, "messages/delta").seconds(1),
            Fault::new(Kind::Unavailable, "$value").after(5),
            Fault::new(Kind::Timeout, "$value").after(4),
            Fault::new(Kind::Half, "$value").after(5),
            Fault::new(Kind::DoneThenCut, "$value").after(5),
            Fault::new(Kind::Half, "messages/delta").after(2),
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
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Throttled, "mailFolders").seconds(600)));
    let mut source = source(&simulator);
    let error = Kept::default().pull(&mut source).await.unwrap_err();
    let ConnectError::Later { cause: Cause::Throttled, wait: Some(wait), .. } = error else { panic!("{error:?}") };
    assert_eq!(wait.as_secs(), 600);
    assert!(connect::Source::rest(&source) > Duration::from_secs(590));
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
    fill(&simulator, 12);
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Timeout, "$value").after(5).times(0)));
    let mut kept = Kept::default();
    let error = kept.pull(&mut source(&simulator)).await;
    simulator.with(|cloud| cloud.faults.clear());
    assert!(error.is_err(), "{kept:?}");
    kept.pull(&mut source(&simulator)).await.unwrap();
    kept.is_as_in(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_leads_to_another_server_gets_no_token() {
    let simulator = simulator().await;
    fill(&simulator, 1);
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    for folder in kept.folders.values_mut() {
        let cursor = folder.cursor.as_mut().unwrap();
        cursor.0 = cursor.0.replace(&simulator.url, "http://127.0.0.1:1");
    }
    let error = kept.pull(&mut source).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Later { cause: Cause::Protocol, .. }), "{error:?}");
}
