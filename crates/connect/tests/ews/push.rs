//! Being told of changes over a connection that stays open.

use crate::kept::{INFO, simulator, source};
use connect::{Source, Wake};
use jiff::Timestamp;
use simulator::{Fault, Kind, Simulator};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

const LONG: Duration = Duration::from_secs(50);

fn put(simulator: &Simulator, folder: &str) -> String {
    simulator.with(|cloud| {
        let mailbox = cloud.mailbox(INFO).unwrap();
        mailbox.put(folder, "Subject: nieuw\r\n\r\n", Timestamp::now());
        format!("ews:{}", mailbox.folder(folder).unwrap().id)
    })
}

fn subscriptions(simulator: &Arc<Simulator>) -> usize {
    simulator.with(|cloud| cloud.heard("POST EWS Subscribe"))
}

#[tokio::test(flavor = "multi_thread")]
async fn new_mail_wakes_and_says_in_which_folder_it_lies() {
    let simulator = simulator().await;
    let mut source = source(&simulator);
    assert_eq!(source.wait(LONG).await.unwrap(), Wake::Changed(Vec::new()), "what happened before nobody told");
    for folder in ["inbox", "archive", "inbox"] {
        let begun = Instant::now();
        let remote = put(&simulator, folder);
        assert_eq!(source.wait(LONG).await.unwrap(), Wake::Changed(vec![remote]));
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    let listened = simulator.with(|cloud| cloud.heard("POST EWS GetStreamingEvents"));
    assert_eq!((subscriptions(&simulator), listened), (1, 1), "one connection serves for all");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_nobody_waits_is_told_afterwards() {
    let simulator = simulator().await;
    let mut source = source(&simulator);
    source.wait(LONG).await.unwrap();
    // Somebody stopped waiting, in the middle of it.
    assert_eq!(source.wait(Duration::from_millis(200)).await.unwrap(), Wake::Timer);
    tokio::select! {
        biased;
        woken = source.wait(LONG) => panic!("{woken:?}"),
        () = tokio::time::sleep(Duration::from_millis(100)) => {}
    }
    let remote = put(&simulator, "inbox");
    source.folders().await.unwrap();
    assert_eq!(source.wait(LONG).await.unwrap(), Wake::Changed(vec![remote]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends_is_opened_again_and_a_server_that_cannot_tell_is_left_alone() {
    let simulator = simulator().await;
    let mut source = source(&simulator);
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::DoneThenCut, "EWS GetStreamingEvents").times(0)));
    source.wait(LONG).await.unwrap();
    for _ in 0..3 {
        assert_eq!(source.wait(Duration::from_millis(300)).await.unwrap(), Wake::Timer);
    }
    let listened = simulator.with(|cloud| cloud.heard("POST EWS GetStreamingEvents"));
    assert_eq!(listened, 1, "it is not asked again and again");
}
