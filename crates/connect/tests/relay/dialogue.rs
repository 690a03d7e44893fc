use crate::house::{ANNA, INFO, Open};
use connect::relay::Trouble;

const LETTER: &[u8] = b"From: Jan <jan@elders.nl>\r\nTo: info@voorbeeld.nl\r\nSubject: Dag\r\n\r\nTekst\r\n..\r\n.\r\n";

#[tokio::test]
async fn a_letter_for_who_lives_here_is_kept_before_it_is_said_to_be() {
    let open = Open::house().await;
    let mut talk = open.announced().await;
    let reply = talk.data(LETTER).await;
    assert!(reply.starts_with("250 2.0.0 Kept as "), "{reply}");
    assert_eq!(open.letters(), 1);
    let kept = open.kept.letters.lock().unwrap();
    let letter = &kept[0];
    assert_eq!((letter.sender.as_str(), &letter.recipients[..]), ("jan@elders.nl", &[INFO.to_owned()][..]));
    let (ours, theirs) = letter.raw.split_at(letter.ours);
    assert_eq!(theirs, b"From: Jan <jan@elders.nl>\r\nTo: info@voorbeeld.nl\r\nSubject: Dag\r\n\r\nTekst\r\n.\r\n");
    let ours = String::from_utf8_lossy(ours);
    assert!(
        ours.starts_with(
            "Return-Path: <jan@elders.nl>\r\nDelivered-To: info@post.example\r\nAuthentication-Results: post.example;"
        ),
        "{ours}"
    );
    assert!(ours.contains("\r\nReceived: from mail.elders.nl ([127.0.0.1])"), "{ours}");
}

#[tokio::test]
async fn what_is_offered_is_what_is_done() {
    let open = Open::house().await;
    let mut talk = open.line().await;
    let offered = talk.ask("EHLO x").await;
    for word in ["PIPELINING", "SIZE 2097152", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "STARTTLS"] {
        assert!(offered.contains(word), "{offered}");
    }
    for word in ["AUTH", "CHUNKING", "DSN", "VRFY"] {
        assert!(!offered.contains(word), "{offered}");
    }
    for (command, reply) in [
        ("MAIL FROM:<>", "250 2.1.0"),
        ("MAIL FROM:<>", "503 5.5.1"),
        ("RSET", "250 2.0.0"),
        ("RCPT TO:<info@post.example>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("MAIL FROM:<a@b.nl> SIZE=2097153", "552 5.3.4"),
        ("MAIL FROM:<a@b.nl> SIZE=2097152 BODY=8BITMIME", "250"),
        ("RCPT TO:<info@post.example> NOTIFY=NEVER", "555 5.5.4"),
        ("RCPT TO:<caf\u{e9}@post.example>", "553 5.6.7"),
        ("DATA", "554 5.5.1"),
        ("VRFY info", "252"),
        ("EXPN info", "252"),
        ("HELP", "214"),
        ("AUTH PLAIN AGEAYg==", "503 5.5.1"),
        ("NOOP", "250"),
        ("ETRN x", "500 5.5.1"),
        ("QUIT", "221 2.0.0"),
    ] {
        talk.expect(command, reply).await;
    }
    assert_eq!(talk.reply().await, "");
}

#[tokio::test]
async fn nothing_for_elsewhere_is_taken_however_it_is_written() {
    let open = Open::with(|options| options.wrong_recipients = 100).await;
    let mut talk = open.line().await;
    talk.ask("EHLO x").await;
    talk.expect("MAIL FROM:<info@post.example>", "250").await;
    for (recipient, reply) in [
        ("<jan@elders.nl>", "550 5.7.1"),
        ("<jan%elders.nl@post.example>", "550 5."),
        ("<elders.nl!jan@post.example>", "550 5."),
        ("<@post.example:jan@elders.nl>", "550 5.7.1"),
        ("<@post.example,@x.nl:info@post.example>", "550 5.7.1"),
        ("<\"jan@elders.nl\"@post.example>", "550 5."),
        ("<jan@[127.0.0.1]>", "550 5.7.1"),
        ("<niemand@post.example>", "550 5.1.1"),
        ("<uit@post.example>", "550 5.2.1"),
        ("<>", "501 5.1.3"),
        ("jan@post.example", "501 5.1.3"),
    ] {
        talk.expect(&format!("RCPT TO:{recipient}"), reply).await;
    }
    talk.expect("DATA", "554 5.5.1").await;
    assert_eq!((open.letters(), open.count("recipients_refused")), (0, 8));
}

#[tokio::test]
async fn several_recipients_get_one_letter_in_which_none_is_named() {
    let open = Open::house().await;
    let mut talk = open.announced().await;
    talk.expect(&format!("RCPT TO:<{ANNA}>"), "250").await;
    talk.expect(&format!("RCPT TO:<{ANNA}>"), "250").await;
    assert!(talk.data(LETTER).await.starts_with("250"));
    assert_eq!(open.kept.letters.lock().unwrap()[0].recipients, [INFO, ANNA]);
    assert!(!open.letter(0).contains(ANNA) && !open.letter(0).contains(INFO));
}

#[tokio::test]
async fn commands_that_come_together_are_answered_together() {
    let open = Open::house().await;
    let mut talk = open.line().await;
    talk.ask("EHLO x").await;
    talk.say(b"MAIL FROM:<a@b.nl>\r\nRCPT TO:<niemand@post.example>\r\nRCPT TO:<info@post.example>\r\nDATA\r\n").await;
    for begin in ["250 2.1.0", "550 5.1.1", "250 2.1.5", "354"] {
        let reply = talk.reply().await;
        assert!(reply.starts_with(begin), "{reply}");
    }
    talk.say(LETTER).await;
    talk.say(b"MAIL FROM:<c@d.nl>\r\n").await;
    assert!(talk.reply().await.starts_with("250 2.0.0 Kept"));
    assert!(talk.reply().await.starts_with("250 2.1.0"));
    assert_eq!(open.letters(), 1);
}

#[tokio::test]
async fn trouble_of_ours_is_told_as_something_that_passes() {
    let open = Open::house().await;
    for (trouble, reply) in [(Trouble::Full, "452 4.3.1"), (Trouble::Later("x".into()), "451 4.3.0")] {
        *open.kept.trouble.lock().unwrap() = Some(trouble);
        let mut talk = open.announced().await;
        assert!(talk.data(LETTER).await.starts_with(reply));
        // The same conversation goes on.
        talk.expect("MAIL FROM:<a@b.nl>", "250").await;
    }
    assert_eq!((open.letters(), open.count("messages_refused")), (0, 2));
}

#[tokio::test]
async fn letters_that_go_in_circles_are_stopped() {
    let open = Open::house().await;
    let hops = format!("{}Subject: x\r\n\r\n.\r\n", "Received: from a by b\r\n".repeat(101));
    let here = "Delivered-To: info@post.example\r\nSubject: x\r\n\r\n.\r\n".to_owned();
    for letter in [hops, here] {
        let reply = open.announced().await.data(letter.as_bytes()).await;
        assert!(reply.starts_with("554 5.4.6"), "{reply}");
    }
    assert_eq!(open.letters(), 0);
    // What we wrote ourselves comes back to us as a loop.
    assert!(open.announced().await.data(LETTER).await.starts_with("250"));
    let again = format!("{}.\r\n", open.letter(0).replace("\r\n.", "\r\n.."));
    assert!(open.announced().await.data(again.as_bytes()).await.starts_with("554 5.4.6"));
}

#[tokio::test]
async fn who_is_asked_to_stop_says_good_bye_to_those_who_wait() {
    let open = Open::house().await;
    let mut talk = open.line().await;
    let closing = tokio::spawn(open.close());
    assert!(talk.reply().await.starts_with("421 4.3.2"));
    drop(talk);
    closing.await.expect("it closes");
}
