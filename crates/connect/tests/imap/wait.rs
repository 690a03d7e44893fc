//! Waiting for news.

use super::{
    mirror::Mirror,
    server::{Fake, POOR, RICH, assert_same, source},
};
use connect::{Encryption, Source, Wake};
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

const LONG: Duration = Duration::from_secs(600);

async fn idling(fake: &Fake) {
    while fake.state().heard.last().is_none_or(|line| line != "IDLE") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_new_message_wakes_us_and_takes_one_round_trip() {
    let fake = Fake::start(RICH).await;
    fake.state().add("INBOX", "old");
    let (mut mirror, mut source) = (Mirror::default(), fake.source());
    mirror.pull(&mut source).await.unwrap();
    for number in 0..3 {
        let arrive = async {
            idling(&fake).await;
            let mut state = fake.state();
            state.add("INBOX", format!("new {number}"));
            state.flag("INBOX", 1, "\\Seen", number % 2 == 0);
            drop(state);
            fake.ring();
        };
        let (woken, ()) = tokio::join!(source.wait(LONG), arrive);
        assert_eq!(woken.unwrap(), Wake::Changed(vec!["INBOX".into()]));
        fake.state().heard.clear();
        mirror.pull_these(&mut source, &["INBOX".into()]).await.unwrap();
        assert_same(&mirror, &fake.state());
        let heard: Vec<String> = fake.state().heard.iter().map(|line| line[..4].to_owned()).collect();
        assert_eq!(heard, ["DONE", "UID ", "UID "]);
    }
}

#[tokio::test]
async fn what_changed_while_we_looked_elsewhere_wakes_us_at_once() {
    let fake = Fake::start(RICH).await;
    fake.state().add("INBOX", "old");
    fake.state().add("Sent", "sent");
    let (mut mirror, mut source) = (Mirror::default(), fake.source());
    mirror.pull(&mut source).await.unwrap();
    source.inventory("Sent").await.unwrap();
    fake.state().add("INBOX", "new");
    source.inventory("Sent").await.unwrap();
    assert_eq!(source.wait(LONG).await.unwrap(), Wake::Changed(vec!["INBOX".into()]));
    mirror.pull_these(&mut source, &["INBOX".into()]).await.unwrap();
    assert_same(&mirror, &fake.state());
    assert_eq!(source.wait(Duration::ZERO).await.unwrap(), Wake::Timer);
}

#[tokio::test]
async fn a_wait_that_is_dropped_leaves_the_source_usable() {
    let fake = Fake::start(RICH).await;
    let (mut mirror, mut source) = (Mirror::default(), fake.source());
    mirror.pull(&mut source).await.unwrap();
    for number in 0..20 {
        tokio::select! { biased;
            _ = source.wait(LONG) => {}
            () = async { for _ in 0..number { tokio::task::yield_now().await } } => {}
        }
        fake.state().add("INBOX", format!("message {number}"));
        mirror.pull(&mut source).await.unwrap();
        assert_same(&mirror, &fake.state());
    }
    assert!(fake.state().connections <= 21);
}

#[tokio::test]
async fn a_server_without_push_is_waited_for_by_the_clock() {
    let fake = Fake::start(POOR).await;
    let mut source = fake.source();
    assert_eq!(source.wait(Duration::from_millis(1)).await.unwrap(), Wake::Timer);
}

#[tokio::test]
async fn a_flood_wakes_us_once_in_five_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        for answer in [
            "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR IDLE] hello\r\n",
            "k1 OK [CAPABILITY IMAP4rev1 IDLE] welcome\r\n",
            "* 1 EXISTS\r\nk2 OK open\r\n",
            "+ idling\r\n",
        ] {
            write.write_all(answer.as_bytes()).await.unwrap();
            if answer.starts_with('+') {
                break;
            }
            lines.next_line().await.unwrap();
        }
        for count in 2u32.. {
            if write.write_all(format!("* {count} EXISTS\r\n").as_bytes()).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
    });
    let (mut source, mut wakes) = (source(port, Encryption::None, "pw"), 1);
    assert_eq!(source.wait(LONG).await.unwrap(), Wake::Changed(vec!["INBOX".into()]));
    let until = tokio::time::Instant::now() + Duration::from_secs(2);
    while let Ok(woken) = tokio::time::timeout_at(until, source.wait(LONG)).await {
        assert_eq!(woken.unwrap(), Wake::Changed(vec!["INBOX".into()]));
        wakes += 1;
    }
    // The flood is known for one after thirty notices; each of those may have been news of its own.
    assert!((1..=31).contains(&wakes), "{wakes}");
}
