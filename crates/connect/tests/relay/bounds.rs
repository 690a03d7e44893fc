use crate::house::{INFO, Open, Talk};
use connect::relay::Verifier;
use std::time::{Duration, Instant};
use tokio::{io::AsyncWriteExt, net::TcpStream};

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
async fn one_source_can_not_take_the_memory_of_all() {
    let open = Open::with(|options| {
        options.message_limit = 300_000;
        options.memory = 1_200_000;
        options.proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    let announced = async |client: &str| {
        let mut talk = Talk::raw(TcpStream::connect(open.at).await.expect("it listens"));
        talk.say(format!("PROXY TCP4 {client} 198.51.100.2 4711 25\r\n").as_bytes()).await;
        assert!(talk.reply().await.starts_with("220"));
        for command in ["EHLO x".to_owned(), "MAIL FROM:<a@b.nl>".to_owned(), format!("RCPT TO:<{INFO}>")] {
            talk.expect(&command, "250").await;
        }
        talk.expect("DATA", "354").await;
        talk
    };
    // Together they ask for all there is, and end nothing.
    let mut greedy = Vec::new();
    for _ in 0..5 {
        let mut talk = announced("192.0.2.7").await;
        talk.say(&[b'x'; 290_000]).await;
        greedy.push(talk);
    }
    // Somebody of them is told to come later: by then they hold what one source may have.
    let told = futures_util::future::select_all(greedy.iter_mut().map(|talk| Box::pin(talk.reply()))).await.0;
    assert!(told.starts_with("452 4.3.1"), "{told}");
    let mut other = announced("192.0.2.8").await;
    other.say(&[b'x'; 290_000]).await;
    other.say(b"\r\n.\r\n").await;
    assert!(other.reply().await.starts_with("250"));
}

#[tokio::test]
async fn who_is_turned_away_again_and_again_holds_no_more_connections_than_a_few() {
    let open = Open::with(|options| options.connections_of_one = 1).await;
    let _inside = open.line().await;
    let mut turned_away = Vec::new();
    for _ in 0..64 {
        let mut talk = Talk::raw(TcpStream::connect(open.at).await.expect("it listens"));
        assert!(talk.reply().await.starts_with("421 4.7.0"));
        turned_away.push(talk);
    }
    let mut next = Talk::raw(TcpStream::connect(open.at).await.expect("it listens"));
    assert!(next.reply().await.starts_with("421 4.7.0"));
    // Nobody hears what it still says. The others are heard out for ten seconds.
    let begun = Instant::now();
    while next.stream.write_all(b"NOOP\r\n").await.is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(5), "the connection is still open");
        tokio::task::yield_now().await;
    }
    turned_away[0].stream.write_all(b"NOOP\r\n").await.expect("it is heard");
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
