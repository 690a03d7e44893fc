//! Servers that hang up, stall, lie or never end.

use crate::server::{Counter, PIPELINING, Turn, envelope, hello, parcel, play, quick, script, submit, transport};
use connect::{
    ConnectError, Encryption, Receipt, Transport,
    error::{Cause, Step},
    smtp::SmtpTransport,
};
use std::{sync::atomic::Ordering, time::Duration};

#[tokio::test]
async fn a_connection_lost_before_the_dot_is_tried_again() {
    use Turn::{Hear, Say};
    let whole = script(&[
        &[Say("220 hi"), Hear("EHLO"), Say(PIPELINING), Hear("MAIL"), Hear("RCPT"), Hear("DATA")],
        &[Say("250 Ok"), Say("250 Ok")],
    ]);
    for stage in 0..=whole.len() {
        let (result, _, marks) = submit(whole[..stage].to_vec()).await;

        assert!(matches!(result, Err(ConnectError::Later { .. })), "stage {stage}: {result:?}");
        assert_eq!(marks, 0, "stage {stage}");
    }
}

#[tokio::test]
async fn a_reply_lost_after_the_dot_leaves_us_uncertain() {
    for ending in [vec![], vec![Turn::Stall], vec![Turn::Say("nonsense")], vec![Turn::Say("250-half")]] {
        let turns = script(&[&hello(PIPELINING), &envelope(), &[Turn::Content], &ending]);
        let (result, _, marks) = submit(turns).await;

        assert!(matches!(result, Err(ConnectError::Uncertain(_))), "{ending:?}: {result:?}");
        assert_eq!(marks, 1);
    }
}

#[tokio::test]
async fn an_answer_out_of_turn_after_the_dot_leaves_us_uncertain() {
    let turns = script(&[&hello(PIPELINING), &envelope(), &[Turn::Content, Turn::Say("354 more")]]);
    let (result, ..) = submit(turns).await;

    assert!(matches!(result.unwrap().recipients[0].outcome, Err(ConnectError::Uncertain(_))));
}

#[tokio::test]
async fn with_some_recipients_put_off_only_the_others_are_uncertain() {
    use Turn::{Content, Hear, Say};
    let answers = "250 Ok\r\n250 Ok\r\n450 4.2.0 later\r\n354 go";
    let turns =
        script(&[&hello(PIPELINING), &[Hear("MAIL"), Hear("RCPT"), Hear("RCPT"), Hear("DATA"), Say(answers), Content]]);
    let (port, _) = play(vec![turns]).await;
    let mut parcel = parcel();
    parcel.recipients.push("gone@example.test".to_owned());

    let receipt = transport(port).submit(parcel, &Counter::default()).await.unwrap();

    assert!(matches!(receipt.recipients[0].outcome, Err(ConnectError::Uncertain(_))));
    assert!(matches!(receipt.recipients[1].outcome, Err(ConnectError::Later { .. })));
    assert_eq!(receipt.code, 0);
}

#[tokio::test]
async fn a_mark_that_can_not_be_stored_holds_the_message_back() {
    let (port, heard) = play(vec![script(&[&hello(PIPELINING), &envelope(), &[Turn::Stall]])]).await;
    let marks = Counter { refuse: true, ..Counter::default() };

    let result = transport(port).submit(parcel(), &marks).await;

    assert!(matches!(result, Err(ConnectError::Later { .. })), "{result:?}");
    assert_eq!(marks.made.load(Ordering::SeqCst), 1);
    assert!(heard.text().ends_with("DATA\r\n"), "no byte of the message may go out");
}

#[tokio::test]
async fn an_endless_reply_ends_the_connection() {
    use Turn::{Hear, Say};
    let endless: &'static str = Box::leak("2".repeat(100_000).into_boxed_str());
    let turns = vec![Say("220 hi"), Hear("EHLO"), Say(endless), Turn::Stall];
    let (result, ..) = submit(turns).await;

    assert!(matches!(result, Err(ConnectError::Settings { cause: Cause::Protocol, .. })), "{result:?}");
}

#[tokio::test]
async fn another_service_on_the_port_is_recognised() {
    let (result, ..) = submit(vec![Turn::Say("* OK IMAP4rev1 ready"), Turn::Stall]).await;
    assert!(matches!(result, Err(ConnectError::Settings { step: Step::Connect, cause: Cause::Protocol, .. })));

    let (result, ..) = submit(vec![Turn::Say("\x15\x03\x01\0\x02\x02\x46"), Turn::Stall]).await;
    assert!(matches!(result, Err(ConnectError::Settings { cause: Cause::WrongEncryption, .. })), "{result:?}");
}

#[tokio::test]
async fn a_server_that_turns_us_away_says_for_how_long() {
    let (result, ..) = submit(vec![Turn::Say("421 4.7.0 Too many connections, try again in 5 minutes")]).await;
    let Err(ConnectError::Later { wait, cause, .. }) = result else { panic!("{result:?}") };
    assert_eq!((wait, cause), (Some(Duration::from_secs(300)), Cause::Throttled));

    let (result, ..) = submit(vec![Turn::Say("554 5.7.1 your address is on our blocklist")]).await;
    assert!(matches!(result, Err(ConnectError::Settings { cause: Cause::Blacklisted, .. })));
}

#[tokio::test]
async fn a_server_that_closes_between_recipients_is_tried_again() {
    use Turn::{Hear, Say};
    let turns = script(&[
        &hello(PIPELINING),
        &[Hear("MAIL"), Hear("RCPT"), Hear("DATA"), Say("250 Ok\r\n421 4.7.0 closing connection")],
    ]);
    let (result, _, marks) = submit(turns).await;

    let Ok(Receipt { recipients, .. }) = result else { panic!("{result:?}") };
    assert!(
        matches!(recipients[0].outcome, Err(ConnectError::Later { cause: Cause::Throttled, .. })),
        "{recipients:?}"
    );
    assert_eq!(marks, 0);
}

#[tokio::test]
async fn recipients_refused_before_the_server_hung_up_stay_refused() {
    use Turn::{Hear, Say};
    let answers = "250 Ok\r\n250 Ok\r\n550 5.1.1 no\r\n421 4.7.0 too many errors";
    let turns = script(&[
        &hello(PIPELINING),
        &[Hear("MAIL"), Hear("RCPT"), Hear("RCPT"), Hear("RCPT"), Hear("RCPT"), Hear("DATA"), Say(answers)],
    ]);
    let (port, _) = play(vec![turns]).await;
    let mut parcel = parcel();
    parcel.recipients = ["a", "b", "c", "d"].map(|name| format!("{name}@example.test")).to_vec();

    let receipt = transport(port).submit(parcel, &Counter::default()).await.unwrap();

    let refused = |row: &connect::RecipientReceipt| matches!(row.outcome, Err(ConnectError::Refused { .. }));
    assert_eq!(receipt.recipients.iter().map(refused).collect::<Vec<_>>(), [false, true, false, false]);
    assert!(receipt.recipients.iter().all(|row| row.outcome.is_err()));
}

#[tokio::test]
async fn a_closed_port_and_a_forbidden_address_are_told_apart() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let closed = transport(port).probe().await;
    assert!(matches!(closed, Err(ConnectError::Later { cause: Cause::PortClosed, .. })), "{closed:?}");

    let world = connect::World::new(connect::WorldOptions::default()).unwrap();
    let server = crate::server::server(port, Encryption::None);
    let forbidden = SmtpTransport::new(world, server, None, quick()).probe().await;
    let Err(ConnectError::Settings { cause: Cause::AddressNotAllowed, words, .. }) = forbidden else { panic!() };
    assert_eq!(words.0, "address not allowed");
}
