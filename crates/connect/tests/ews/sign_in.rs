//! Signing in: by Basic, by NTLM on each connection, and what is said when it goes wrong.

use crate::kept::{INFO, Kept, settings, simulator, world};
use connect::{
    ConnectError, Credentials, Secret, Source,
    error::Cause,
    ews::{EwsSettings, EwsSource},
};
use jiff::Timestamp;
use simulator::{EXCHANGE_PASSWORD, Fault, Kind};

fn source(settings: EwsSettings) -> EwsSource {
    EwsSource::new(settings.line(&world()), 50 << 20)
}

fn password(username: &str, secret: &str) -> Credentials {
    Credentials::Password { username: username.to_owned(), secret: Secret::new(secret) }
}

#[tokio::test(flavor = "multi_thread")]
async fn ntlm_signs_in_each_connection_once_and_a_cut_one_again() {
    let simulator = simulator().await;
    simulator.with(|cloud| {
        cloud.exchange.basic = false;
        let mailbox = cloud.mailbox(INFO).unwrap();
        for n in 0..120 {
            mailbox.put("inbox", format!("Subject: brief {n}\r\n\r\nhallo\r\n"), Timestamp::now());
        }
        cloud.faults.push(Fault::new(Kind::DoneThenCut, "EWS GetItem").after(2));
        cloud.faults.push(Fault::new(Kind::DoneThenCut, "EWS SyncFolderItems").after(3));
    });
    for username in ["VOORBEELD\\info", "voorbeeld\\INFO", INFO] {
        let mut kept = Kept::default();
        let credentials = password(username, EXCHANGE_PASSWORD);
        kept.pull(&mut source(EwsSettings { by_ntlm: true, credentials, ..settings(&simulator) })).await.unwrap();
        kept.is_as_in(&simulator);
        assert_eq!(kept.came, 120);
    }
    simulator.with(|cloud| {
        assert_eq!((cloud.exchange.refused, cloud.exchange.last_refusal.as_str()), (0, ""));
        assert!(cloud.faults.is_empty());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once_and_told() {
    for by_ntlm in [true, false] {
        let simulator = simulator().await;
        let credentials = password("VOORBEELD\\info", "verkeerd-geheim-4711");
        let mut source = source(EwsSettings { by_ntlm, credentials, ..settings(&simulator) });
        let error = source.folders().await.unwrap_err();
        assert!(matches!(&error, ConnectError::Credentials { cause: Cause::WrongPassword, .. }), "{error:?}");
        assert!(!format!("{error:?} {source:?}").contains("4711"));
        assert_eq!(simulator.with(|cloud| cloud.exchange.refused), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_of_signing_in_that_is_not_offered_is_named_with_those_that_are() {
    for by_ntlm in [true, false] {
        let simulator = simulator().await;
        simulator.with(|cloud| (cloud.exchange.basic, cloud.exchange.ntlm) = (by_ntlm, !by_ntlm));
        let error = source(EwsSettings { by_ntlm, ..settings(&simulator) }).folders().await.unwrap_err();
        let ConnectError::Settings { cause: Cause::OtherSignIn, words, .. } = error else { panic!("{error:?}") };
        assert!(words.0.contains(if by_ntlm { "Basic" } else { "NTLM" }), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webmail_another_path_and_a_service_that_is_off_are_told_apart() {
    let simulator = simulator().await;
    let at = |path: &str| EwsSettings { url: format!("{}{path}", simulator.url), ..settings(&simulator) };
    for path in ["/owa/", "/ews/elders.asmx"] {
        let error = source(at(path)).folders().await.unwrap_err();
        assert!(matches!(&error, ConnectError::Settings { cause: Cause::NotExchange, .. }), "{path}: {error:?}");
    }
    simulator.with(|cloud| cloud.exchange.enabled = false);
    let error = source(settings(&simulator)).folders().await.unwrap_err();
    assert!(matches!(&error, ConnectError::Settings { cause: Cause::EwsOff, .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_the_mailbox_and_a_refused_one_is_told() {
    let simulator = simulator().await;
    let token = simulator.with(|cloud| cloud.token_for(INFO));
    let with = |token: &str| EwsSettings {
        credentials: Credentials::Token { username: INFO.into(), token: Secret::new(token) },
        ..settings(&simulator)
    };
    assert_eq!(source(with(&token)).folders().await.unwrap().len(), 7);
    let error = source(with("verlopen")).folders().await.unwrap_err();
    assert!(matches!(&error, ConnectError::Credentials { cause: Cause::TokenRefused, .. }), "{error:?}");
}
