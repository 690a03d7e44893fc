//! Fetching: everything, byte for byte, once.

use crate::kept::{INFO, Kept, ONE_LETTER, simulator, source};
use jiff::{SignedDuration, Timestamp};
use mail::Role;
use simulator::{Fault, Kind, Simulator};
use std::sync::Arc;
use testkit::corpus;

/// Letters of every kind, in several folders.
pub fn fill(simulator: &Simulator, count: usize) {
    simulator.with(|cloud| {
        let mailbox = cloud.mailbox(INFO).unwrap();
        let clients = mailbox.make_folder("Klanten", None).unwrap();
        let deep = mailbox.make_folder("Jansen & Zn. / é", Some(&clients)).unwrap();
        let folders = ["inbox", "inbox", "sentitems", "archive", clients.as_str(), deep.as_str()];
        let begin = Timestamp::from_second(1_700_000_000).unwrap();
        for (n, raw) in corpus::messages(7, count).into_iter().enumerate() {
            let at = begin + SignedDuration::from_mins(n as i64);
            let letter = mailbox.put(folders[n % folders.len()], raw, at);
            letter.is_read = n % 3 == 0;
            if n % 7 == 0 {
                letter.flag = "flagged".to_owned();
            }
        }
    });
}

/// Fetches four hundred letters, and then nothing. Gives how many requests the letters took.
pub async fn four_hundred_and_then_nothing(simulator: &Arc<Simulator>) -> usize {
    fill(simulator, 400);
    let (mut kept, mut source) = (Kept::default(), source(simulator));
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(simulator);
    assert_eq!(kept.came, 400);
    assert!(kept.folders.contains_key("Klanten/Jansen & Zn. / é"), "{:?}", kept.folders.keys());
    assert_eq!(kept.of(Role::Inbox).letters.len(), 134);
    let heard = simulator.with(|cloud| cloud.heard.len());
    // Nothing happened: folders are listed, their histories asked, and nothing is fetched or kept anew.
    let cursors: Vec<_> = kept.folders.values().map(|folder| folder.cursor.clone()).collect();
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.came, 400);
    assert_eq!(cursors, kept.folders.values().map(|folder| folder.cursor.clone()).collect::<Vec<_>>());
    // What is asked together counts once.
    let is_one = |line: &&String| !line.ends_with("$batch");
    let asked = simulator.with(|cloud| cloud.heard.iter().skip(heard).filter(is_one).count());
    assert!(asked <= 2 + kept.folders.len(), "{asked} requests for nothing");
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_fetch_that_dies_goes_on_where_it_was_and_nothing_comes_twice() {
    let simulator = simulator().await;
    fill(&simulator, 1000);
    let mut kept = Kept::default();
    for dies_after in [150, 310, 700] {
        kept.dies_after = Some(dies_after);
        assert!(kept.pull(&mut source(&simulator)).await.is_err());
    }
    kept.dies_after = None;
    kept.pull(&mut source(&simulator)).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!(kept.came, 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_from_before_the_chosen_moment_stays_there() {
    let simulator = simulator().await;
    fill(&simulator, 60);
    let moment = 1_700_000_000 + 30 * 60;
    let mut kept = Kept { since: Some(moment * 1000), ..Kept::default() };
    kept.pull(&mut source(&simulator)).await.unwrap();
    assert_eq!(kept.came, 30);
    let inbox = kept.of(Role::Inbox).remote.clone();
    let older = connect::Source::older(&mut source(&simulator), &inbox, moment * 1000).await.unwrap();
    let there = connect::Source::inventory(&mut source(&simulator), &inbox).await.unwrap();
    assert_eq!((older.len(), there.1.len()), (10, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_letter_that_cannot_be_had_keeps_no_other_out() {
    let simulator = simulator().await;
    fill(&simulator, 20);
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Denied, ONE_LETTER).after(3)));
    let mut kept = Kept::default();
    kept.pull(&mut source(&simulator)).await.unwrap();
    assert_eq!((kept.came, kept.unreadable.len()), (19, 1));
    assert_eq!(kept.unreadable[0].1, "refused");
    // Asked for again, it comes.
    kept.thorough = true;
    kept.pull(&mut source(&simulator)).await.unwrap();
    kept.is_as_in(&simulator);
}
