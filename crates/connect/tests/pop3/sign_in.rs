//! From the greeting to the sign-in, with servers that follow a script.

use super::kept::{source, source_at};
use connect::{
    ConnectError, Credentials, Encryption, Secret, Server, Source, World, error::Cause, pop3::Pop3Source,
    settings::WorldOptions,
};
use std::time::Duration;
use testkit::{ModelPop3, Script, ScriptedServer};

const EMPTY: &str = "+OK\r\n.\r\n";

fn heard(server: &ScriptedServer) -> Vec<String> {
    server.heard().into_iter().map(|(_, line)| line).collect()
}

/// Greets, tells what it can, and then says each of these to a line.
fn server(can: &str, answers: &[&str]) -> ScriptedServer {
    let mut script = Script::new().send("+OK ready <1@here>\r\n").expect("CAPA").send(can);
    for answer in answers {
        script = script.expect("").send(answer);
    }
    ScriptedServer::start(script.rest(|_| EMPTY.into()))
}

#[tokio::test]
async fn no_password_leaves_before_stls_is_done() {
    for (can, answers) in [
        ("+OK\r\nUSER\r\n.\r\n", &["-ERR unknown command\r\n"][..]),
        ("+OK\r\nSTLS\r\n.\r\n", &["-ERR not today\r\n"]),
        ("+OK\r\nSTLS\r\n.\r\n", &["+OK go\r\n+OK you are signed in already\r\n"]),
        ("-ERR\r\n", &["+OK go\r\n+OK injected\r\n"]),
    ] {
        let server = server(can, answers);
        let error = source_at(server.port, Encryption::Starttls, 0, None).folders().await.unwrap_err();
        assert_eq!(error.cause(), Some(Cause::StartTlsRefused), "{can}: {error}");
        assert_eq!(heard(&server), ["CAPA", "STLS"]);
    }
}

#[tokio::test]
async fn a_server_that_wants_encryption_first_is_not_shown_the_password() {
    let server = server("+OK\r\nSTLS\r\nUIDL\r\n.\r\n", &[]);
    let error = source(server.port).folders().await.unwrap_err();
    assert_eq!(error.cause(), Some(Cause::EncryptionNeeded));
    assert_eq!(heard(&server), ["CAPA"]);
}

#[tokio::test]
async fn the_name_and_the_password_go_byte_for_byte() {
    let server = server("-ERR\r\n", &["+OK\r\n", "+OK\r\n"]);
    source(server.port).folders().await.unwrap();
    assert_eq!(heard(&server)[1..4], ["USER anna", "PASS ge\"he\\im 1*", "CAPA"]);
}

#[tokio::test]
async fn a_mechanism_waits_for_the_servers_question() {
    let server = server("+OK\r\nUSER\r\nSASL GSSAPI PLAIN\r\nUTF8\r\n.\r\n", &["+OK\r\n", "+ \r\n", "+OK\r\n"]);
    source(server.port).folders().await.unwrap();
    let heard = heard(&server);
    assert_eq!(heard[1..3], ["UTF8", "AUTH PLAIN"]);
    assert_eq!(heard[3], "AGFubmEAZ2UiaGVcaW0gMSo=");
}

#[tokio::test]
async fn a_refused_token_is_told_with_the_reason_and_never_shown() {
    let reason = "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n";
    let server = server("+OK\r\nSASL XOAUTH2\r\n.\r\n", &["+ \r\n", reason, "-ERR [AUTH] no\r\n"]);
    let world = World::new(WorldOptions { allow_networks: vec!["127.0.0.0/8".parse().unwrap()], ..Default::default() });
    let place =
        Server { host: "127.0.0.1".into(), port: server.port, encryption: Encryption::None, pinned_certificate: None };
    let token = Credentials::Token { username: "anna".into(), token: Secret::new("ya29.canary") };
    let error = Pop3Source::new(world.unwrap(), place, token, None).folders().await.unwrap_err();
    assert_eq!(error.cause(), Some(Cause::TokenRefused));
    assert!(error.to_string().contains("401") && !error.to_string().contains("canary"), "{error}");
    assert_eq!(heard(&server)[3], "", "a refused token is answered with nothing");
}

#[tokio::test]
async fn a_refusal_keeps_the_servers_words_and_hides_the_password() {
    let server = server("-ERR\r\n", &["+OK\r\n", "-ERR [AUTH] ge\"he\\im 1* is wrong for anna\r\n"]);
    let error = source(server.port).folders().await.unwrap_err();
    assert!(matches!(error, ConnectError::Credentials { cause: Cause::WrongPassword, .. }), "{error:?}");
    let words = error.to_string();
    assert!(words.contains("is wrong for anna") && !words.contains("he\\im"), "{words}");
}

#[tokio::test]
async fn another_kind_of_server_is_seen_by_its_greeting() {
    for greeting in ["* OK IMAP4rev1 ready\r\n", "220 smtp\r\n", "HTTP/1.1 400 Bad Request\r\n"] {
        let server = ScriptedServer::start(Script::new().send(greeting));
        let error = source(server.port).folders().await.unwrap_err();
        assert_eq!(error.cause(), Some(Cause::WrongEncryption), "{greeting}");
    }
    let server = ScriptedServer::start(Script::new().send("-ERR [SYS/TEMP] too many connections\r\n"));
    let error = source(server.port).folders().await.unwrap_err();
    assert_eq!(error.cause(), Some(Cause::Throttled));
}

#[tokio::test]
async fn between_two_sign_ins_lies_the_time_that_the_server_wants() {
    let model = ModelPop3::start();
    model.state().capabilities.push("LOGIN-DELAY 1".into());
    let mut source = source(model.port);
    let began = std::time::Instant::now();
    for _ in 0..3 {
        source.folders().await.unwrap();
    }
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    model.state().capabilities.push("LOGIN-DELAY 900".into());
    model.state().capabilities.retain(|line| line != "LOGIN-DELAY 1");
    source.folders().await.unwrap();
    source.close().await;
    let error = source.find("INBOX", "x@y").await.unwrap_err();
    assert!(matches!(&error, ConnectError::Later { wait: Some(wait), .. } if wait.as_secs() > 800), "{error:?}");
}
