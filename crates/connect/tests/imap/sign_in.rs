//! From the greeting to the sign-in, with servers that follow a script.

use super::server::{password, server, source, world};
use connect::{
    ConnectError, Credentials, Encryption, Secret, Source,
    error::Cause,
    imap::{ImapOptions, ImapSource},
    transcript::Transcript,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

/// Says each text in turn, and hears one line before each but the first. Gives what it heard.
async fn script(lines: &'static [&'static str]) -> (u16, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::new(read);
        let mut heard = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            if number > 0 {
                let mut command = String::new();
                if read.read_line(&mut command).await.unwrap_or(0) == 0 {
                    break;
                }
                heard.push(command.trim_end().to_owned());
            }
            if write.write_all(format!("{line}\r\n").as_bytes()).await.is_err() {
                break;
            }
        }
        let mut rest = String::new();
        while read.read_line(&mut rest).await.unwrap_or(0) > 0 {
            heard.push(rest.trim_end().to_owned());
            rest.clear();
        }
        heard
    });
    (port, heard)
}

async fn refused(encryption: Encryption, lines: &'static [&'static str]) -> (ConnectError, Vec<String>) {
    let (port, heard) = script(lines).await;
    let error = source(port, encryption, "s3cret").folders().await.unwrap_err();
    (error, heard.await.unwrap())
}

#[tokio::test]
async fn no_password_leaves_before_starttls_is_done() {
    for lines in [
        &["* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello"][..],
        &["* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] no encryption here"],
        &["* OK [CAPABILITY IMAP4rev1 STARTTLS] hello", "k1 NO not today"],
        &["* OK [CAPABILITY IMAP4rev1 STARTTLS] hello", "k1 OK go\r\n* OK [CAPABILITY AUTH=PLAIN] injected"],
    ] {
        let (error, heard) = refused(Encryption::Starttls, lines).await;
        assert_eq!(error.cause(), Some(Cause::StartTlsRefused), "{lines:?}: {error}");
        assert!(heard.iter().all(|line| line.ends_with("STARTTLS")), "{heard:?}");
    }
}

#[tokio::test]
async fn a_server_that_takes_no_login_is_not_shown_the_password() {
    let (error, heard) = refused(Encryption::None, &["* OK [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] hello"]).await;
    assert_eq!(error.cause(), Some(Cause::EncryptionNeeded));
    assert_eq!(heard, [""; 0]);
}

#[tokio::test]
async fn the_password_goes_as_a_literal_when_there_is_no_mechanism() {
    let lines = &[
        "* OK [CAPABILITY IMAP4rev1] hello",
        "+ go on",
        "+ go on",
        "k1 OK [CAPABILITY IMAP4rev1] welcome",
        "* LIST () \"/\" INBOX\r\nk2 OK done",
    ];
    let (port, heard) = script(lines).await;
    let folders = source(port, Encryption::None, "p\"a\\s s").folders().await.unwrap();
    assert_eq!(folders[0].remote, "INBOX");
    assert_eq!(heard.await.unwrap(), ["k1 LOGIN {5}", "alice {7}", "p\"a\\s s", "k2 LIST \"\" \"*\""]);
}

#[tokio::test]
async fn a_mechanism_that_the_server_can_not_do_is_passed_over() {
    let lines = &[
        "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=GSSAPI AUTH=SCRAM-SHA-256 AUTH=PLAIN] hello",
        "k1 BAD no such mechanism",
        "k2 OK [CAPABILITY IMAP4rev1] welcome",
        "* LIST () \"/\" INBOX\r\nk3 OK done",
    ];
    let (port, heard) = script(lines).await;
    source(port, Encryption::None, "pw").folders().await.unwrap();
    assert_eq!(heard.await.unwrap()[1], "k2 AUTHENTICATE PLAIN AGFsaWNlAHB3");
}

#[tokio::test]
async fn a_refused_password_is_tried_once_and_never_repeated_to_us() {
    let lines = &[
        "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN] hello",
        "k1 NO [AUTHENTICATIONFAILED] s3cret is wrong, and so is AGFsaWNlAHMzY3JldA==",
    ];
    let (error, heard) = refused(Encryption::None, lines).await;
    assert_eq!(error.cause(), Some(Cause::WrongPassword));
    assert!(matches!(error, ConnectError::Credentials { .. }));
    assert!(!error.to_string().contains("s3cret") && !error.to_string().contains("zY3Jl"), "{error}");
    assert_eq!(heard.len(), 1);
}

#[tokio::test]
async fn a_refused_token_is_answered_and_its_reason_told() {
    let lines = &[
        "* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] hello",
        "+ eyJzdGF0dXMiOiI0MDEifQ==",
        "k1 NO [AUTHENTICATIONFAILED] Authentication failed.",
    ];
    let (port, heard) = script(lines).await;
    let token = Credentials::Token { username: "alice".into(), token: Secret::new("ya29") };
    let mut source = ImapSource::new(world(0), server(port, Encryption::None), token, ImapOptions::default());
    let error = source.folders().await.unwrap_err();
    assert_eq!(error.cause(), Some(Cause::TokenRefused));
    assert!(error.to_string().contains("401"), "{error}");
    assert_eq!(heard.await.unwrap()[1], "");
}

#[tokio::test]
async fn a_busy_or_silent_server_is_no_wrong_password() {
    let busy = &["* BYE too many connections"];
    let (error, _) = refused(Encryption::None, busy).await;
    assert!(matches!(&error, ConnectError::Later { cause: Cause::Throttled, .. }), "{error}");
    let later = &["* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello", "k1 NO [UNAVAILABLE] try later"];
    let (error, _) = refused(Encryption::None, later).await;
    assert!(matches!(&error, ConnectError::Later { .. }), "{error}");
    let (error, _) = refused(Encryption::None, &["220 mail.example.test ESMTP"]).await;
    assert_eq!(error.cause(), Some(Cause::WrongEncryption));
}

#[tokio::test]
async fn the_transcript_holds_the_session_and_no_secret() {
    let lines = &[
        "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello",
        "k1 OK [CAPABILITY IMAP4rev1] s3cret accepted",
        "* LIST (\\Sent) \"/\" \"Verzonden &- klaar\"\r\nk2 OK done",
    ];
    let (port, _heard) = script(lines).await;
    let transcript = Transcript::new(10_000);
    let options = ImapOptions { transcript: Some(transcript.clone()), ..ImapOptions::default() };
    let mut source = ImapSource::new(world(0), server(port, Encryption::None), password("s3cret"), options);
    let folders = source.folders().await.unwrap();
    assert_eq!((folders[0].name.as_str(), folders[0].declared), ("Verzonden & klaar", mail::Role::Sent));
    let text = transcript.text();
    assert!(text.contains("C: ***\n") && text.contains("C: k2 LIST") && text.contains("*** accepted"), "{text}");
    assert!(!text.contains("s3cret") && !text.contains("czNjcmV0"), "{text}");
}
