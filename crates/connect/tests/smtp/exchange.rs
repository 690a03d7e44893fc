//! Messages that arrive, and refusals that are told apart.

use crate::server::{Counter, PIPELINING, Turn, envelope, hello, parcel, play, script, submit, transport};
use bytes::Bytes;
use connect::{ConnectError, Transport, error::Cause};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_message_arrives_with_its_dots_doubled_and_one_mark() {
    let turns = script(&[&hello(PIPELINING), &envelope(), &[Turn::Content, Turn::Say("250 2.0.0 queued as 4711")]]);
    let (result, heard, marks) = submit(turns).await;

    let receipt = result.unwrap();
    assert_eq!(receipt.server_said.0, "250 2.0.0 queued as 4711");
    assert_eq!(receipt.code, 250);
    assert!(receipt.recipients[0].outcome.is_ok());
    assert!(heard.text().ends_with("DATA\r\nSubject: offer\r\n\r\n..dot\r\n.\r\n"), "{}", heard.text());
    assert_eq!(marks, 1);
}

#[tokio::test]
async fn each_recipient_has_its_own_outcome() {
    use Turn::{Content, Hear, Say};
    let answers = "250 Ok\r\n250 2.1.5 Ok\r\n450 4.2.0 Greylisted, try again in 60 seconds\r\n\
                   550-5.1.1 No such\r\n550 5.1.1 user here\r\n354 go";
    let turns = script(&[
        &hello(PIPELINING),
        &[Hear("MAIL"), Hear("RCPT"), Hear("RCPT"), Hear("RCPT"), Hear("DATA"), Say(answers), Content, Say("250 Ok")],
    ]);
    let (port, _) = play(vec![turns]).await;
    let mut parcel = parcel();
    parcel.recipients = vec!["a@x.test".to_owned(), "b@x.test".to_owned(), "c@x.test".to_owned()];

    let receipt = transport(port).submit(parcel, &Counter::default()).await.unwrap();

    let outcomes: Vec<_> = receipt.recipients.iter().map(|row| &row.outcome).collect();
    assert!(outcomes[0].is_ok());
    assert!(matches!(outcomes[1], Err(ConnectError::Later { wait: Some(wait), .. }) if wait.as_secs() == 60));
    let Err(ConnectError::Refused { words, .. }) = outcomes[2] else { panic!("{:?}", outcomes[2]) };
    assert_eq!(words.0, "550 5.1.1 No such user here");
}

#[tokio::test]
async fn a_server_without_pipelining_is_asked_one_line_at_a_time() {
    use Turn::{Content, Hear, Say};
    let turns = vec![
        Say("220 old"),
        Hear("EHLO client.test"),
        Say("502 what?"),
        Hear("HELO client.test"),
        Say("250 old"),
        Hear("MAIL"),
        Say("250 Ok"),
        Hear("RCPT"),
        Say("251 will forward"),
        Hear("DATA"),
        Say("354"),
        Content,
        Say("250"),
    ];
    let (result, heard, _) = submit(turns).await;

    assert!(result.unwrap().recipients[0].outcome.is_ok());
    assert!(heard.text().contains("MAIL FROM:<info@shop.test>\r\n"), "no parameter is sent that was not offered");
}

#[tokio::test]
async fn when_nobody_is_accepted_the_text_stays_here_and_the_connection_goes_on() {
    use Turn::{Content, Hear, Say};
    let refused = [Hear("MAIL"), Hear("RCPT"), Hear("DATA"), Say("250 Ok\r\n550 5.1.1 no\r\n354 go"), Hear(".\r\n")];
    let after = [Say("554 no valid recipients"), Hear("RSET"), Say("250 Ok")];
    let second = script(&[&envelope(), &[Content, Say("250 Ok")]]);
    let (port, _) = play(vec![script(&[&hello(PIPELINING), &refused, &after, &second])]).await;
    let (transport, marks) = (transport(port), Counter::default());

    let receipt = transport.submit(parcel(), &marks).await.unwrap();
    assert!(matches!(receipt.recipients[0].outcome, Err(ConnectError::Refused { .. })));
    assert_eq!(marks.made.load(Ordering::SeqCst), 0, "nothing was on the wire");

    assert!(transport.submit(parcel(), &marks).await.unwrap().recipients[0].outcome.is_ok());
}

#[tokio::test]
async fn a_refused_sender_refuses_the_message() {
    use Turn::{Hear, Say};
    let answers = "553 5.7.1 Sender address rejected: not owned by user\r\n503 no\r\n503 no";
    let turns = script(&[
        &hello(PIPELINING),
        &[Hear("MAIL"), Hear("RCPT"), Hear("DATA"), Say(answers), Hear("RSET"), Say("250")],
    ]);
    let (result, _, marks) = submit(turns).await;

    assert!(matches!(result, Err(ConnectError::Refused { cause: Cause::SenderNotAllowed, .. })), "{result:?}");
    assert_eq!(marks, 0);
}

#[tokio::test]
async fn a_refusal_after_the_dot_is_no_uncertainty() {
    for (answer, later) in [("452 4.3.1 disk full", true), ("554 5.7.1 looks like spam", false), ("421 bye", true)] {
        let turns = script(&[&hello(PIPELINING), &envelope(), &[Turn::Content, Turn::Say(answer)]]);
        let (result, ..) = submit(turns).await;

        let receipt = result.unwrap();
        assert_eq!(matches!(receipt.recipients[0].outcome, Err(ConnectError::Later { .. })), later, "{answer}");
        assert_eq!(matches!(receipt.recipients[0].outcome, Err(ConnectError::Refused { .. })), !later, "{answer}");
    }
}

#[tokio::test]
async fn two_messages_share_a_connection_and_a_third_gets_its_own() {
    let one = script(&[&envelope(), &[Turn::Content, Turn::Say("250 Ok")]]);
    let both = script(&[&hello(PIPELINING), &one, &one, &[Turn::Hear("QUIT"), Turn::Say("221 bye")]]);
    let (port, heard) = play(vec![both, script(&[&hello(PIPELINING), &one])]).await;
    let mut options = crate::server::quick();
    options.messages_per_connection = 2;
    let server = crate::server::server(port, connect::Encryption::None);
    let transport = connect::smtp::SmtpTransport::new(crate::server::world(), server, None, options);

    for _ in 0..3 {
        transport.submit(parcel(), &Counter::default()).await.unwrap();
    }

    assert_eq!(heard.text().matches("EHLO").count(), 2);
}

#[tokio::test]
async fn an_idle_connection_that_the_server_ended_is_made_anew() {
    let one = script(&[&hello(PIPELINING), &envelope(), &[Turn::Content, Turn::Say("250 Ok")]]);
    let (port, _) = play(vec![one.clone(), one]).await;
    let (transport, marks) = (transport(port), Counter::default());

    transport.submit(parcel(), &marks).await.unwrap();
    transport.submit(parcel(), &marks).await.unwrap();

    assert_eq!(marks.made.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_large_message_goes_in_chunks_where_the_server_takes_them() {
    use Turn::{Bytes as Read, Hear, Say};
    let line = format!("{}\r\n", ".".repeat(98));
    let message = Bytes::from(line.repeat(1000));
    let (head, tail) = (100_000 - 65_536, 65_536);
    let turns = script(&[
        &hello("250-mail.example.test\r\n250-PIPELINING\r\n250-SIZE 200000\r\n250 CHUNKING"),
        &[Hear("MAIL FROM:<info@shop.test> SIZE=100000"), Hear("RCPT"), Say("250 Ok\r\n250 Ok")],
        &[
            Hear("BDAT 34464\r\n"),
            Read(head),
            Say("250 Ok"),
            Hear("BDAT 65536 LAST"),
            Read(tail),
            Say("250 2.0.0 done"),
        ],
    ]);
    let (port, heard) = play(vec![turns]).await;
    let mut parcel = parcel();
    parcel.message = message.clone();

    transport(port).submit(parcel, &Counter::default()).await.unwrap();

    let heard = heard.lines();
    assert_eq!([heard[heard.len() - 3].as_str(), heard[heard.len() - 1].as_str()].concat().as_bytes(), &message[..]);
}

#[tokio::test]
async fn a_large_message_arrives_whole_by_data_too() {
    let line = format!("{}\r\n", ".".repeat(98));
    let turns = script(&[&hello(PIPELINING), &envelope(), &[Turn::Content, Turn::Say("250 Ok")]]);
    let (port, heard) = play(vec![turns]).await;
    let mut parcel = parcel();
    parcel.message = Bytes::from(line.repeat(3000));

    transport(port).submit(parcel, &Counter::default()).await.unwrap();

    let text = heard.text();
    let content = text.split_once("DATA\r\n").unwrap().1;
    assert!(content == format!("{}.\r\n", format!(".{line}").repeat(3000)));
}
