//! A grant at Microsoft for an Exchange server in the house: for that server and no other, and by its owner alone.

use super::{
    AccountInput, authorise, connection,
    grant_test::{Scene, scene_at},
    has_grant, vendor,
};
use crate::words::Refusal;
use connect::{ConnectError, error::Cause};
use store::account::{Access, Direction};

const INFO: &str = "info@voorbeeld.test";

async fn scene() -> Scene {
    let scene = scene_at(|url| {
        let half = format!(r#"{{"kind":"ews","url":"{url}/EWS/Exchange.asmx","authentication":"oauth"}}"#);
        format!(r#"{{"address":"{INFO}","allow_plaintext":true,"active":false,"incoming":{half},"outgoing":{half}}}"#)
    });
    let scene = scene.await;
    // Whoever has only this can't be let in by a password.
    scene.simulator.with(|cloud| (cloud.exchange.basic, cloud.exchange.ntlm) = (false, false));
    scene
}

async fn authorised() -> Scene {
    let scene = scene().await;
    let answer = scene.there("browser", INFO).await;
    assert_eq!(scene.arrive(&answer, "browser").await, Ok(scene.account));
    scene
}

async fn folders(scene: &Scene) -> Result<usize, ConnectError> {
    let account = scene.loaded().await;
    let mut source = connection::server_source(&scene.room, &account, None).await.unwrap();
    source.folders().await.map(|folders| folders.len())
}

async fn change(scene: &Scene, text: &str) -> Result<(), Vec<(String, &'static str)>> {
    let input: AccountInput = serde_json::from_str(text).unwrap();
    match super::patch(&scene.room, &scene.viewer, scene.account, input).await {
        Ok(_) => Ok(()),
        Err(Refusal::Invalid { errors }) => Err(errors.into_iter().map(|error| (error.field, error.code)).collect()),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_agrees_for_the_very_server_and_somebody_elses_mailbox_opens_nothing() {
    let scene = scene().await;
    assert_eq!(has_grant(&scene.loaded().await), Some(false));
    let url = authorise::depart(&scene.room, &scene.viewer, scene.account, "browser", "http://127.0.0.1:1/x").await;
    let url = url.unwrap();
    assert!(
        url.contains("scope=openid+profile+offline_access+https%3A%2F%2F127.0.0.1%2FEWS.AccessAsUser.All"),
        "{url}"
    );
    let answer = scene.there("browser", "anna@voorbeeld.test").await;
    assert_eq!(scene.arrive(&answer, "browser").await, Err("grant_other_mailbox"));
    assert_eq!(scene.grant().await, None);
    let answer = scene.there("browser", INFO).await;
    assert_eq!(scene.arrive(&answer, "browser").await, Ok(scene.account));
    assert_eq!(folders(&scene).await.unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_for_the_same_server_and_one_grant_serves_both_halves() {
    let scene = authorised().await;
    // Each token is as good as over.
    scene.simulator.with(|cloud| cloud.token_seconds = 60);
    let mut before = scene.grant().await.unwrap();
    for _ in 0..3 {
        assert_eq!(folders(&scene).await.unwrap(), 7);
        let now = scene.grant().await.unwrap();
        assert_ne!(now, before, "the grant was not renewed");
        before = now;
    }
    let account = scene.loaded().await;
    assert!(account.has_incoming_secret && !account.has_outgoing_secret);
    connection::transport(&scene.room, &account, 1, None).await.unwrap();
    // Withdrawn, it is told as that and not as a wrong password.
    scene.simulator.with(|cloud| cloud.revoke(INFO));
    let error = folders(&scene).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Credentials { cause: Cause::GrantGone, .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_not_taken_along_to_another_server_nor_to_a_password() {
    let scene = authorised().await;
    let port = scene.simulator.url.rsplit(':').next().unwrap().to_owned();
    let elsewhere = format!(r#"{{"kind":"ews","url":"http://localhost:{port}/EWS/Exchange.asmx"}}"#);
    change(&scene, &format!(r#"{{"incoming":{elsewhere},"outgoing":{elsewhere}}}"#)).await.unwrap();
    assert_eq!((scene.grant().await, has_grant(&scene.loaded().await)), (None, Some(false)));
    // Each half at another server would be two grants.
    let back = format!(r#"{{"outgoing":{{"kind":"ews","url":"http://127.0.0.1:{port}/EWS/Exchange.asmx"}}}}"#);
    assert_eq!(change(&scene, &back).await, Err(vec![("outgoing.kind".to_owned(), "one_provider")]));
    // A grant is no password, so one is asked for.
    let ntlm = r#"{"kind":"ews","authentication":"ntlm"}"#;
    let told = change(&scene, &format!(r#"{{"incoming":{ntlm},"outgoing":{ntlm}}}"#)).await.unwrap_err();
    let wanted = ["incoming.secret", "outgoing.secret"].map(|field| (field.to_owned(), "required"));
    assert_eq!(told, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_app_by_itself_nor_a_guest_opens_a_server_in_the_house() {
    let scene = scene().await;
    // The app acts alone at Microsoft 365; that is no reason to choose it here.
    assert_eq!(scene.loaded().await.settings.access, Access::Own);
    for access in ["app", "shared"] {
        let told = change(&scene, &format!(r#"{{"access":"{access}"}}"#)).await;
        assert_eq!(told, Err(vec![("access".to_owned(), "own_server_by_owner")]), "{access}");
    }
    let settings = scene.loaded().await.settings;
    assert!(vendor::is_own_server(&settings));
    assert_eq!(vendor::of_half(&settings, Direction::Outgoing), vendor::of_half(&settings, Direction::Incoming));
}
