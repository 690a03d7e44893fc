use crate::house::{Open, Talk};
use tokio::net::TcpStream;

const BEFORE: &str = "From: a@b.nl\r\nSubject: een\r\n\r\ntekst";
const SECOND: &str =
    "MAIL FROM:<baas@post.example>\r\nRCPT TO:<info@post.example>\r\nDATA\r\nSubject: twee\r\n\r\n\r\n.\r\n";

#[tokio::test]
async fn no_line_end_but_crlf_makes_a_second_letter() {
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\n.\r", "\r\r\n.\r\r\n"] {
        let open = Open::house().await;
        let reply = open.announced().await.data(format!("{BEFORE}{end}{SECOND}\r\n.\r\n").as_bytes()).await;
        assert!(reply.starts_with("550 5.6.0"), "{end:?}: {reply:?}");
        assert_eq!(open.letters(), 0, "{end:?}");
    }
}

#[tokio::test]
async fn a_whole_letter_with_a_second_inside_stays_one() {
    let open = Open::house().await;
    let mut talk = open.announced().await;
    // With its dots doubled it is nothing but text.
    let inside = SECOND.replace("\r\n.", "\r\n..");
    assert!(talk.data(format!("{BEFORE}\r\n{inside}\r\n.\r\n").as_bytes()).await.starts_with("250"));
    talk.expect("QUIT", "221").await;
    assert_eq!(open.letters(), 1);
    assert!(open.letter(0).ends_with(&format!("{SECOND}\r\n")), "{}", open.letter(0));
}

#[tokio::test]
async fn a_bare_line_end_among_the_commands_ends_the_conversation() {
    let open = Open::house().await;
    for bytes in [&b"EHLO x\nMAIL FROM:<a@b.nl>\r\n"[..], b"EHLO x\rQUIT\r\n", b"\n"] {
        let mut talk = open.line().await;
        talk.say(bytes).await;
        assert!(talk.reply().await.starts_with("500 5.5.2"));
        assert_eq!(talk.reply().await, "");
    }
}

#[tokio::test]
async fn what_is_no_smtp_is_cut_off_before_it_can_be_read_as_such() {
    let open = Open::house().await;
    for line in ["GET / HTTP/1.1", "POST /x HTTP/1.1", "BDAT 12 LAST"] {
        let mut talk = open.line().await;
        talk.say(format!("{line}\r\nMAIL FROM:<a@b.nl>\r\n").as_bytes()).await;
        assert!(talk.reply().await.starts_with("502 5.5.1"), "{line}");
        assert_eq!(talk.reply().await, "", "{line}");
    }
}

#[tokio::test]
async fn a_message_whose_data_was_refused_is_not_read_as_commands() {
    let open = Open::house().await;
    let mut talk = open.line().await;
    talk.ask("EHLO x").await;
    talk.say(format!("MAIL FROM:<a@b.nl>\r\nRCPT TO:<niemand@post.example>\r\nDATA\r\n{SECOND}").as_bytes()).await;
    for begin in ["250", "550 5.1.1", "554 5.5.1"] {
        assert!(talk.reply().await.starts_with(begin));
    }
    assert_eq!(talk.reply().await, "");
    assert_eq!(open.letters(), 0);
}

#[tokio::test]
async fn a_message_that_comes_one_too_many_this_minute_is_not_read_as_commands() {
    let open = Open::with(|options| options.per_minute = 0).await;
    let mut talk = open.announced().await;
    talk.say(format!("DATA\r\nSubject: x\r\n\r\n{SECOND}").as_bytes()).await;
    assert!(talk.reply().await.starts_with("450 4.7.1"));
    assert_eq!(talk.reply().await, "");
    // Who waits for the answer goes on.
    let mut talk = open.announced().await;
    talk.expect("DATA", "450 4.7.1").await;
    talk.expect("NOOP", "250").await;
}

#[tokio::test]
async fn what_follows_starttls_in_the_open_is_never_heard() {
    let open = Open::house().await;
    let mut talk = open.line().await;
    talk.ask("EHLO x").await;
    talk.say(b"STARTTLS\r\nMAIL FROM:<a@b.nl>\r\n").await;
    assert!(talk.reply().await.starts_with("503 5.5.1"));
    assert_eq!(talk.reply().await, "");
}

#[tokio::test]
async fn endless_lines_zeros_and_noise_are_borne() {
    let open = Open::with(|options| options.message_limit = 200_000).await;
    let mut talk = open.line().await;
    talk.say(&[b'x'; 100_000]).await;
    talk.say(b"\r\n").await;
    assert!(talk.reply().await.starts_with("500 5.5.6"));
    talk.expect("\0\0", "500 5.5.1").await;
    talk.say(b"\xff\xfe\xfd\r\n").await;
    assert!(talk.reply().await.starts_with("500 5.5.1"));
    drop(talk);

    // In a letter a long line, zeros and eight bits are kept as they are.
    let long = [&b"Subject: x\r\n\r\n"[..], &[b'y'; 50_000], b"\0\xff\xfe\r\n"].concat();
    let reply = open.announced().await.data(&[&long[..], b".\r\n"].concat()).await;
    assert!(reply.starts_with("250"), "{reply}");
    {
        let kept = open.kept.letters.lock().unwrap();
        assert_eq!(&kept[0].raw[kept[0].ours..], &long[..]);
    }
    let mut talk = open.announced().await;
    assert!(talk.data(&[&[b'z'; 300_000][..], b"\r\n.\r\n"].concat()).await.starts_with("552 5.3.4"));
    talk.expect("MAIL FROM:<a@b.nl>", "250").await;
    let mut talk = open.announced().await;
    assert!(talk.data(&[b'z'; 500_000]).await.starts_with("552 5.3.4"), "an endless one is not awaited");

    // Nobody is helped by a hundred mistakes.
    let mut talk = open.line().await;
    let mut last = String::new();
    for _ in 0..30 {
        last = talk.ask("XYZ").await;
        if last.starts_with("421") {
            break;
        }
    }
    assert!(last.starts_with("421 4.7.0"), "{last}");
}

#[tokio::test]
async fn a_proxy_says_who_the_client_is_and_nobody_else_may() {
    let open = Open::with(|options| options.proxies = vec!["127.0.0.0/8".parse().expect("a network")]).await;
    let mut talk = Talk::raw(TcpStream::connect(open.at).await.expect("it listens"));
    talk.say(b"PROXY TCP4 192.0.2.77 198.51.100.1 4711 25\r\n").await;
    assert!(talk.reply().await.starts_with("220"));
    for command in ["EHLO x", "MAIL FROM:<>", "RCPT TO:<info@post.example>"] {
        talk.expect(command, "250").await;
    }
    assert!(talk.data(b"Subject: x\r\n\r\n.\r\n").await.starts_with("250"));
    assert!(open.letter(0).contains("Received: from x ([192.0.2.77])"), "{}", open.letter(0));
    let mut talk = Talk::raw(TcpStream::connect(open.at).await.expect("it listens"));
    talk.say(b"PROXY TCP6 2001:db8::77 2001:db8::1 4711 25\r\n").await;
    assert!(talk.reply().await.starts_with("220"));
    for command in ["EHLO x", "MAIL FROM:<>", "RCPT TO:<info@post.example>"] {
        talk.expect(command, "250").await;
    }
    assert!(talk.data(b"Subject: y\r\n\r\n.\r\n").await.starts_with("250"));
    assert!(open.letter(1).contains("Received: from x ([IPv6:2001:db8::77])"), "{}", open.letter(1));
    let mut talk = Talk::raw(TcpStream::connect(open.at).await.expect("it listens"));
    talk.say(b"EHLO mail.elders.nl\r\n").await;
    assert_eq!(talk.reply().await, "", "without the header there is no conversation");

    let plain = Open::house().await;
    let mut talk = plain.line().await;
    talk.expect("PROXY TCP4 192.0.2.77 198.51.100.1 4711 25", "500 5.5.1").await;
}
