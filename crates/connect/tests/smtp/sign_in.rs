//! Signing in, and not signing in where it would not be safe.

use crate::server::{Turn, hello, password, play, quick, script, server, world};
use connect::{
    ConnectError, Credentials, Encryption, Secret, Transcript, Transport,
    error::{Cause, Step},
    smtp::{SmtpOptions, SmtpTransport},
};

async fn probe(turns: Vec<Turn>, credentials: Option<Credentials>) -> Result<String, ConnectError> {
    let (port, _) = play(vec![turns]).await;
    let transport = SmtpTransport::new(world(), server(port, Encryption::None), credentials, quick());
    transport.probe().await.map(|words| words.0)
}

#[tokio::test]
async fn a_password_goes_by_plain_and_login() {
    use Turn::{Hear, Say};
    let plain = [Hear("AUTH PLAIN AGFsaWNlAHdvbmRlcg==\r\n"), Say("235 ok"), Hear("QUIT"), Say("221")];
    let words = probe(script(&[&hello("250-x\r\n250 AUTH PLAIN LOGIN"), &plain]), password()).await.unwrap();
    assert_eq!(words, "mail.example.test signed in");

    let login = [
        Hear("AUTH LOGIN\r\n"),
        Say("334 VXNlcm5hbWU6"),
        Hear("YWxpY2U=\r\n"),
        Say("334 UGFzc3dvcmQ6"),
        Hear("d29uZGVy\r\n"),
        Say("235 ok"),
        Hear("QUIT"),
        Say("221"),
    ];
    probe(script(&[&hello("250-x\r\n250 AUTH=LOGIN"), &login]), password()).await.unwrap();
}

#[tokio::test]
async fn a_refused_token_is_told_from_a_refused_password() {
    use Turn::{Hear, Say};
    let token = Credentials::Token { username: "alice".to_owned(), token: Secret::new("ya29") };
    let turns = [Hear("AUTH XOAUTH2 "), Say("334 e30="), Hear("\r\n"), Say("535 5.7.8 not accepted")];
    let error = probe(script(&[&hello("250-x\r\n250 AUTH XOAUTH2"), &turns]), Some(token)).await;
    assert!(matches!(error, Err(ConnectError::Credentials { cause: Cause::TokenRefused, .. })), "{error:?}");

    let turns = [Hear("AUTH PLAIN"), Say("535 5.7.8 wonder (d29uZGVy) is wrong")];
    let error = probe(script(&[&hello("250-x\r\n250 AUTH PLAIN"), &turns]), password()).await;
    let Err(ConnectError::Credentials { cause: Cause::WrongPassword, words }) = error else { panic!("{error:?}") };
    assert_eq!(words.0, "535 5.7.8 *** (***) is wrong", "an echoed secret is blanked");
}

#[tokio::test]
async fn without_a_method_in_common_nothing_is_sent() {
    let error = probe(hello("250-x\r\n250 AUTH GSSAPI"), password()).await;
    assert!(matches!(error, Err(ConnectError::Settings { cause: Cause::NoCommonMechanism, .. })), "{error:?}");
    let error = probe(hello("250-x\r\n250 STARTTLS"), password()).await;
    assert!(matches!(error, Err(ConnectError::Settings { cause: Cause::EncryptionNeeded, .. })), "{error:?}");
}

#[tokio::test]
async fn starttls_is_never_gone_without() {
    use Turn::{Hear, Say};
    let cases = [
        hello("250-x\r\n250 AUTH PLAIN"),
        script(&[&hello("250-x\r\n250 STARTTLS"), &[Hear("STARTTLS"), Say("502 no")]]),
        script(&[&hello("250-x\r\n250 STARTTLS"), &[Hear("STARTTLS"), Say("220 go\r\n250 injected")]]),
    ];
    for turns in cases {
        let (port, heard) = play(vec![turns.clone()]).await;
        let transport = SmtpTransport::new(world(), server(port, Encryption::Starttls), password(), quick());
        let error = transport.probe().await;

        assert!(matches!(error, Err(ConnectError::Settings { cause: Cause::StartTlsRefused, .. })), "{error:?}");
        assert!(!heard.text().contains("AUTH"), "{turns:?}");
    }
}

#[tokio::test]
async fn the_transcript_holds_the_session_without_the_secret() {
    use Turn::{Hear, Say};
    let turns = [Hear("AUTH PLAIN"), Say("235 welcome wonder"), Hear("QUIT"), Say("221")];
    let (port, _) = play(vec![script(&[&hello("250-x\r\n250 AUTH PLAIN"), &turns])]).await;
    let transcript = Transcript::new(10_000);
    let options = SmtpOptions { transcript: Some(transcript.clone()), ..quick() };
    SmtpTransport::new(world(), server(port, Encryption::None), password(), options).probe().await.unwrap();

    let text = transcript.text();
    assert!(text.contains("C: EHLO client.test\n") && text.contains("S: 235 welcome ***\n"), "{text}");
}

#[tokio::test]
async fn the_test_of_an_account_sees_every_step() {
    use Turn::{Hear, Say};
    let turns = [Hear("AUTH PLAIN"), Say("535 5.7.8 no")];
    let (port, _) = play(vec![script(&[&hello("250-x\r\n250 AUTH PLAIN"), &turns])]).await;
    let transport = SmtpTransport::new(world(), server(port, Encryption::None), password(), quick());
    let mut seen = Vec::new();

    let result = transport.probe_observed(&mut |step, _, outcome| seen.push((step, outcome.is_ok()))).await;

    assert!(result.is_err());
    assert_eq!(seen, [(Step::Resolve, true), (Step::Connect, true), (Step::Connect, true), (Step::SignIn, false)]);
}
