//! Signing in: by Basic, by NTLM on each connection, and what is said when it goes wrong.

use crate::{
    disk::Disk,
    kept::{INFO, Kept, settings, simulator, world},
    office::send::parcel,
};
use async_trait::async_trait;
use connect::{
    Bearer, ConnectError, Secret, Source, Transport,
    error::Cause,
    ews::{EwsSettings, EwsSource, EwsTransport, SignIn, is_mailbox_of},
};
use jiff::Timestamp;
use simulator::{EXCHANGE_PASSWORD, Fault, Kind, Simulator};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

fn source(settings: EwsSettings) -> EwsSource {
    EwsSource::new(settings.line(&world()), 50 << 20)
}

fn password(username: &str, secret: &str, by_ntlm: bool) -> SignIn {
    let secret = Secret::new(secret);
    match by_ntlm {
        true => SignIn::ntlm(username, secret),
        false => SignIn::Basic { username: username.to_owned(), secret },
    }
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
        let sign_in = password(username, EXCHANGE_PASSWORD, true);
        kept.pull(&mut source(EwsSettings { sign_in, ..settings(&simulator) })).await.unwrap();
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
        let sign_in = password("VOORBEELD\\info", "verkeerd-geheim-4711", by_ntlm);
        let mut source = source(EwsSettings { sign_in, ..settings(&simulator) });
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
        let sign_in = password("VOORBEELD\\info", EXCHANGE_PASSWORD, by_ntlm);
        let error = source(EwsSettings { sign_in, ..settings(&simulator) }).folders().await.unwrap_err();
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

/// Gives tokens one after the other, and counts how often one was refused.
struct Tokens(Mutex<(VecDeque<String>, usize)>);

impl Tokens {
    fn new(tokens: &[&str]) -> Arc<Tokens> {
        Arc::new(Tokens(Mutex::new((tokens.iter().map(|token| (*token).to_owned()).collect(), 0))))
    }

    fn refused(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

#[async_trait]
impl Bearer for Tokens {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, ConnectError> {
        let mut tokens = self.0.lock().unwrap();
        if refused.is_some() {
            tokens.1 += 1;
            tokens.0.pop_front();
        }
        Ok(Secret::new(tokens.0.front().expect("another token").as_str()))
    }
}

fn granted(simulator: &Simulator, tokens: &Arc<Tokens>) -> EwsSettings {
    EwsSettings { sign_in: SignIn::Granted(tokens.clone()), ..settings(simulator) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_this_server_opens_the_mailbox_and_one_that_ended_is_renewed() {
    let simulator = simulator().await;
    simulator.with(|cloud| (cloud.exchange.basic, cloud.exchange.ntlm) = (false, false));
    let token = simulator.with(|cloud| cloud.exchange_token_for(INFO, "127.0.0.1"));
    let tokens = Tokens::new(&["verlopen", &token]);
    assert_eq!(source(granted(&simulator, &tokens)).folders().await.unwrap().len(), 7);
    assert_eq!(tokens.refused(), 1);
    // A letter is sent once, though the first try brought a token that had ended.
    let tokens = Tokens::new(&["verlopen", &token]);
    let sending = EwsTransport::new(granted(&simulator, &tokens).line(&world()));
    let receipt = sending.submit(parcel(INFO, &["anna@voorbeeld.test"]), &Disk::default()).await;
    assert!(receipt.unwrap().recipients.iter().all(|recipient| recipient.outcome.is_ok()));
    assert_eq!(simulator.with(|cloud| cloud.sent.len()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_server_opens_nothing_and_the_server_says_why() {
    let simulator = simulator().await;
    let others = simulator.with(|cloud| [cloud.token_for(INFO), cloud.exchange_token_for(INFO, "elders.test")]);
    let tokens = Tokens::new(&others.each_ref().map(String::as_str));
    let error = source(granted(&simulator, &tokens)).folders().await.unwrap_err();
    let ConnectError::Credentials { cause: Cause::TokenRefused, words } = &error else { panic!("{error:?}") };
    assert!(words.0.contains("audience"), "{words}");
    assert_eq!(tokens.refused(), 1, "it is not tried for ever");
    // A server that takes no tokens at all is told apart, and no token is asked for twice.
    simulator.with(|cloud| cloud.exchange.oauth = false);
    let tokens = Tokens::new(&["x"]);
    let error = source(granted(&simulator, &tokens)).folders().await.unwrap_err();
    let ConnectError::Settings { cause: Cause::OtherSignIn, words, .. } = &error else { panic!("{error:?}") };
    assert!(words.0.contains("NTLM") && tokens.refused() == 0, "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_mailbox_a_token_opens_is_seen_by_its_inbox() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.exchange.record = Some(Vec::new()));
    for (who, address, is_own) in [
        (INFO, INFO, true),
        (INFO, "INFO@voorbeeld.test", true),
        ("anna@voorbeeld.test", INFO, false),
        (INFO, "niemand@voorbeeld.test", false),
    ] {
        let token = simulator.with(|cloud| cloud.exchange_token_for(who, "127.0.0.1"));
        let line = granted(&simulator, &Tokens::new(&[&token])).line(&world());
        assert_eq!(is_mailbox_of(&line, address).await.unwrap(), is_own, "{who} {address}");
    }
    crate::kept::is_as_the_schema_has_it(&simulator);
}
