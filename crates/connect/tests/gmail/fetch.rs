//! Fetching: everything, byte for byte, once for each place where it lies.

use crate::kept::{INFO, Kept, inside, put, simulator, source};
use connect::{Change, FolderState, Known, Outlet, Source};
use jiff::{SignedDuration, Timestamp};
use mail::{FolderKey, RemoteSet, Role};
use simulator::{Fault, Kind, Simulator};
use std::sync::Arc;
use testkit::corpus;
use tokio::sync::{Semaphore, mpsc};

fn fill(simulator: &Simulator, count: usize) {
    inside(simulator, |mailbox| {
        let clients = mailbox.make_label("Klanten").unwrap();
        let deep = mailbox.make_label("Klanten/Jansen & Zn. é").unwrap();
        let labels: [&[&str]; 8] = [
            &["INBOX", "UNREAD"],
            &["INBOX", &clients],
            &["SENT"],
            &["IMPORTANT"],
            &["INBOX", "SENT", &clients, &deep, "STARRED"],
            &[&deep, "UNREAD", "CATEGORY_UPDATES"],
            &["TRASH", &clients],
            &["SPAM", "UNREAD"],
        ];
        let begin = Timestamp::from_second(1_700_000_000).unwrap();
        for (n, raw) in corpus::messages(7, count).into_iter().enumerate() {
            let at = begin + SignedDuration::from_mins(n as i64);
            mailbox.put(labels[n % labels.len()], raw, at);
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn four_hundred_letters_come_byte_for_byte_each_fetched_once_for_all_its_places() {
    let simulator = simulator().await;
    fill(&simulator, 400);
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    // One, two, one, one, four, one, one, one places.
    assert_eq!(kept.came, 50 * 12);
    assert_eq!(kept.of(Role::Inbox).letters.len(), 150);
    assert_eq!(kept.of(Role::Archive).letters.len(), 50);
    let (most, heard) = simulator.with(|cloud| (cloud.most_at_once, cloud.heard.clone()));
    assert!((2..=4).contains(&most), "{most} at once");
    let batches = heard.iter().filter(|line| line.starts_with("POST batch")).count();
    assert_eq!(batches, 40, "ten letters in one request");
    // Nothing happened: labels are listed, the history is asked, and nothing is fetched or kept anew.
    let cursors: Vec<_> = kept.folders.values().map(|folder| folder.cursor.clone()).collect();
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.came, 600);
    assert_eq!(cursors, kept.folders.values().map(|folder| folder.cursor.clone()).collect::<Vec<_>>());
    assert_eq!(simulator.with(|cloud| cloud.heard.len()) - heard.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_fetch_that_dies_goes_on_where_it_was_and_nothing_comes_twice() {
    let simulator = simulator().await;
    fill(&simulator, 600);
    let mut kept = Kept::default();
    for dies_after in [150, 310, 700] {
        kept.dies_after = Some(dies_after);
        assert!(kept.pull(&mut source(&simulator)).await.is_err());
    }
    kept.dies_after = None;
    kept.pull(&mut source(&simulator)).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!(kept.came, 900);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_from_before_the_chosen_moment_stays_there() {
    let simulator = simulator().await;
    fill(&simulator, 80);
    let moment = 1_700_000_000 + 40 * 60;
    let mut kept = Kept { since: Some(moment * 1000), ..Kept::default() };
    kept.pull(&mut source(&simulator)).await.unwrap();
    assert_eq!(kept.came, 60);
    let mut source = source(&simulator);
    for (role, all) in [(Role::Inbox, 30), (Role::Archive, 10), (Role::Trash, 10)] {
        let folder = kept.of(role).remote.clone();
        let older = source.older(&folder, moment * 1000).await.unwrap();
        let there = source.inventory(&folder).await.unwrap();
        assert_eq!((older.len(), there.1.len()), (all / 2, all), "{role:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_letter_that_cannot_be_had_keeps_no_other_out() {
    let simulator = simulator().await;
    for n in 0..3 {
        put(&simulator, &["INBOX"], &format!("brief-{n}"));
    }
    // Its answer in the batch and the one to the question of its own are refused.
    let second = inside(&simulator, |mailbox| mailbox.with_labels(&["INBOX"], false)[1].id());
    simulator.with(|cloud| {
        cloud.faults.push(Fault::new(Kind::Timeout, "POST batch").times(4));
        cloud.faults.push(Fault::new(Kind::Denied, &format!("messages/{second}")));
    });
    let mut kept = Kept::default();
    let error = kept.pull(&mut source(&simulator)).await;
    assert!(error.is_err(), "an outage is one");
    kept.pull(&mut source(&simulator)).await.unwrap();
    assert_eq!(kept.came, 3);
    kept.is_as_in(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_of_which_nothing_could_be_said_for_a_moment_comes_with_the_next_pull() {
    let simulator = simulator().await;
    put(&simulator, &["INBOX"], "eerste");
    let mut kept = Kept::default();
    kept.pull(&mut source(&simulator)).await.unwrap();
    put(&simulator, &["INBOX"], "tweede");
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Denied, "GET messages/ format=minimal")));
    kept.pull(&mut source(&simulator)).await.unwrap();
    assert_eq!((kept.came, simulator.with(|cloud| cloud.faults.len())), (1, 0));
    kept.pull(&mut source(&simulator)).await.unwrap();
    assert_eq!(kept.came, 2);
    kept.is_as_in(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_of_which_nothing_can_ever_be_said_is_looked_for_once() {
    let simulator = simulator().await;
    let mut kept = Kept::default();
    kept.pull(&mut source(&simulator)).await.unwrap();
    put(&simulator, &["INBOX"], "stuk");
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Denied, "GET messages/").times(0)));
    let mut compared = Vec::new();
    for _ in 0..4 {
        let lists = |cloud: &mut simulator::Cloud| cloud.heard.iter().filter(|line| line.contains("labelIds=")).count();
        let before = simulator.with(lists);
        kept.pull(&mut source(&simulator)).await.unwrap();
        compared.push(simulator.with(lists) > before);
    }
    assert_eq!(compared, [false, true, false, false]);
    assert_eq!((kept.came, kept.unreadable.len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_above_the_limit_is_told_of_and_left_there() {
    let simulator = simulator().await;
    put(&simulator, &["INBOX"], "klein");
    inside(&simulator, |mailbox| {
        let raw = format!("Subject: groot\r\n\r\n{}\r\n", "x".repeat(6 << 20));
        mailbox.put(&["INBOX"], raw, Timestamp::now());
    });
    let mut kept = Kept::default();
    let mut short = connect::gmail::GmailSource::new(crate::kept::line(&simulator), 1 << 20);
    kept.pull(&mut short).await.unwrap();
    assert_eq!((kept.came, kept.unreadable.len(), kept.unreadable[0].1), (1, 1, "too_large"));
    // With a higher one it comes, though it fits no batch.
    let mut all = Kept::default();
    all.pull(&mut source(&simulator)).await.unwrap();
    all.is_as_in(&simulator);
    assert!(simulator.with(|cloud| cloud.google.mailbox(INFO).is_some()));
}

/// Nothing is stored.
struct Empty;

#[async_trait::async_trait]
impl Known for Empty {
    async fn known(&self, _: FolderKey) -> RemoteSet {
        RemoteSet::new()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_long_letters_no_more_are_in_memory_than_there_is_room_for() {
    const LONG: usize = 600 << 10;
    let simulator = simulator().await;
    inside(&simulator, |mailbox| {
        for n in 0..10 {
            mailbox.put(&["INBOX"], format!("Subject: {n}\r\n\r\n{}\r\n", "x".repeat(LONG)), Timestamp::now());
        }
    });
    let mut source = source(&simulator);
    let inbox = source.folders().await.unwrap().into_iter().find(|folder| folder.declared == Role::Inbox).unwrap();
    let state = FolderState { folder: FolderKey(1), remote: inbox.remote, cursor: None, thorough: false, since: None };
    let (changes, mut stream) = mpsc::channel(1);
    // Two of them fit, and a little more.
    let outlet = Outlet { changes, room: Arc::new(Semaphore::new(1400)), room_total: 1400 };
    let letters = |simulator: &Simulator| {
        let is_one = |line: &&String| line.starts_with("GET") && line.contains("format=raw");
        simulator.with(|cloud| cloud.heard.iter().filter(is_one).count())
    };
    let take = async {
        let mut came = 0;
        while let Some(change) = stream.recv().await {
            let Change::Message { raw, room, .. } = change else { continue };
            came += 1;
            let held = room.expect("memory on loan").num_permits();
            assert!(held * 1024 >= raw.len() && raw.len() > LONG, "{held} KiB for {} bytes", raw.len());
            // This one is held here: at most one more has its room, and the next waits for it.
            let asked = letters(&simulator);
            assert!(asked <= came + 1, "{asked} were asked for when {came} came");
        }
        came
    };
    let (pulled, came) = tokio::join!(source.pull(vec![state], Arc::new(Empty), outlet), take);
    pulled.unwrap();
    assert_eq!((came, letters(&simulator)), (10, 10));
}
