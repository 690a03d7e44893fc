use crate::house::{Open, Talk};
use connect::relay::Verifier;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

#[tokio::test]
async fn one_source_has_so_many_lines_and_the_next_is_told_to_wait() {
    let open = Open::with(|options| options.connections_of_one = 3).await;
    let mut lines = Vec::new();
    for _ in 0..3 {
        lines.push(open.line().await);
    }
    let mut fourth = Talk::raw(TcpStream::connect(open.at).await.expect("it listens"));
    assert!(fourth.reply().await.starts_with("421 4.7.0"));
    assert_eq!(open.count("connections_refused"), 1);
    let mut first = lines.remove(0);
    first.expect("QUIT", "221").await;
    assert_eq!(first.reply().await, "");
    drop(first);
    // The place is free as soon as the other side has seen that.
    loop {
        let mut next = Talk::raw(TcpStream::connect(open.at).await.expect("it listens"));
        if next.reply().await.starts_with("220") {
            break;
        }
    }
}

#[tokio::test]
async fn who_guesses_names_is_sent_away_for_a_while() {
    let open = Open::with(|options| options.wrong_recipients = 5).await;
    let mut talk = open.line().await;
    talk.ask("EHLO x").await;
    talk.expect("MAIL FROM:<>", "250").await;
    for n in 0..4 {
        talk.expect(&format!("RCPT TO:<gok{n}@post.example>"), "550 5.1.1").await;
    }
    talk.expect("RCPT TO:<gok5@post.example>", "421 4.7.0").await;
    let mut next = Talk::raw(TcpStream::connect(open.at).await.expect("it listens"));
    assert!(next.reply().await.starts_with("421 4.7.0"));
}

#[tokio::test]
async fn letters_beyond_the_bound_of_a_minute_come_later() {
    let open = Open::with(|options| options.per_minute = 2).await;
    for n in 0..3 {
        let mut talk = open.announced().await;
        let reply = talk.ask("DATA").await;
        assert_eq!(reply.starts_with("354"), n < 2, "{reply}");
        if n == 2 {
            assert!(reply.starts_with("450 4.7.1"), "{reply}");
        }
    }
}

#[tokio::test]
async fn more_recipients_than_the_bound_come_with_another_letter() {
    let open = Open::with(|options| options.recipients = 1).await;
    let mut talk = open.announced().await;
    talk.expect("RCPT TO:<anna@post.example>", "452 4.5.3").await;
}

#[tokio::test]
async fn who_says_nothing_or_drips_is_cut_off_while_others_are_served() {
    let open = Open::with(|options| {
        options.patience = Duration::from_millis(600);
        options.patience_for_letter = Duration::from_millis(1500);
    })
    .await;
    let mut silent = open.line().await;
    let mut dripping = open.announced().await;
    dripping.expect("DATA", "354").await;
    let begun = Instant::now();
    let drip = async {
        loop {
            dripping.say(b"x").await;
            tokio::select! {
                reply = dripping.reply() => break reply,
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
        }
    };
    let other = async {
        let mut talk = open.announced().await;
        talk.data(b"Subject: x\r\n\r\n.\r\n").await
    };
    let (silent, dripped, other) = tokio::join!(silent.reply(), drip, other);
    assert!(silent.starts_with("421 4.4.2"), "{silent}");
    assert!(dripped.starts_with("421 4.4.2"), "{dripped}");
    assert!(other.starts_with("250"), "{other}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(open.letters(), 1);
}

#[tokio::test]
async fn memory_for_letters_has_a_bound_and_who_finds_none_comes_later() {
    let open = Open::with(|options| {
        options.message_limit = 300_000;
        options.memory = 300_000;
    })
    .await;
    let mut first = open.announced().await;
    first.expect("DATA", "354").await;
    first.say(&[b'x'; 290_000]).await;
    let mut second = open.announced().await;
    second.expect("DATA", "354").await;
    second.say(&[b'x'; 290_000]).await;
    // Whichever found none is told; the other one goes on to its end.
    let told = tokio::select! {
        told = first.reply() => { second.say(b"\r\n.\r\n").await; (told, second.reply().await) }
        told = second.reply() => { first.say(b"\r\n.\r\n").await; (told, first.reply().await) }
    };
    assert!(told.0.starts_with("452 4.3.1"), "{told:?}");
    assert!(told.1.starts_with("250"), "{told:?}");
}

#[tokio::test]
async fn a_name_server_that_is_silent_delays_a_letter_for_seconds_and_stops_none() {
    let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let verifier = Verifier::of_name_server(silent.local_addr().expect("an address"));
    let open = Open::asking(verifier, |_| {}).await;
    let letter = b"From: jan@elders.nl\r\nSubject: x\r\n\r\n.\r\n";
    let begun = Instant::now();
    assert!(open.announced().await.data(letter).await.starts_with("250"));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert!(open.letter(0).contains("spf=temperror"), "{}", open.letter(0));
    // The next ones don't wait for it as long.
    let begun = Instant::now();
    assert!(open.announced().await.data(letter).await.starts_with("250"));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}
