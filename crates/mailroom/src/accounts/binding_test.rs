//! What a grant is bound to: the mailbox that it was given for, at the provider that gave it, with a simulator in its place.

use super::{
    AccountInput, app, authorise,
    grant::Grants,
    grant_test::{Scene, scene, scene_at},
    has_grant,
};
use crate::words::Refusal;
use connect::{ConnectError, Secret, error::Cause, graph, oauth::Tokens};
use simulator::{GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, Mailbox};
use std::sync::Arc;
use store::{
    account::Account,
    app_registration::AppProvider::{Google, Microsoft},
};
use zeroize::Zeroizing;

const INFO: &str = "info@voorbeeld.test";
const ANNA: &str = "anna@voorbeeld.test";
const DIRECTOR: &str = "directeur@voorbeeld.test";

/// A mailbox that is shared with Anna, beside another one that is, of which nobody said that we may open it.
pub(super) async fn shared() -> Scene {
    let half = r#"{"kind":"microsoft365"}"#;
    let text = format!(r#"{{"address":"{INFO}","access":"shared","incoming":{half},"outgoing":{half}}}"#);
    let scene = scene_at(|_| text).await;
    scene.simulator.with(|cloud| {
        cloud.mailboxes.push(Mailbox::new(DIRECTOR, "Directeur"));
        for shared in [INFO, DIRECTOR] {
            cloud.mailbox(shared).expect("a mailbox").shared_with.push(ANNA.to_owned());
        }
    });
    scene
}

impl Scene {
    pub(super) async fn save(&self, text: &str) -> Account {
        let input: AccountInput = serde_json::from_str(text).unwrap();
        super::patch(&self.room, &self.viewer, self.account, input).await.unwrap().account
    }

    pub(super) async fn rename(&self, address: &str) -> Account {
        self.save(&format!(r#"{{"address":"{address}"}}"#)).await
    }

    /// The same mailbox by Google from now on.
    pub(super) async fn goes_to_google(&self) {
        let secret = Some(Zeroizing::new(GOOGLE_CLIENT_SECRET.into()));
        let input = app::AppInput { client_id: GOOGLE_CLIENT_ID.into(), secret, ..app::AppInput::default() };
        app::set(&self.room, &self.viewer, Google, input).await.unwrap();
        self.save(r#"{"access":"own","incoming":{"kind":"gmail"},"outgoing":{"kind":"gmail"}}"#).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_opens_the_mailbox_that_it_was_given_for_and_none_that_is_named_later() {
    let scene = shared().await;
    let answer = scene.there("browser", ANNA).await;
    assert_eq!(scene.arrive(&answer, "browser").await, Ok(scene.account));
    // Another node, which still has a token.
    let other_node = Grants::default();
    let info = other_node.line(&scene.room, &scene.loaded().await, Microsoft).unwrap();
    graph::owner(&info).await.unwrap();
    let renamed = scene.rename(DIRECTOR).await;
    assert_eq!((scene.grant().await, has_grant(&renamed)), (None, Some(false)));
    let director = other_node.line(&scene.room, &renamed, Microsoft).unwrap();
    assert!(!Arc::ptr_eq(&info, &director), "what was held for one mailbox serves another");
    let error = graph::owner(&director).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Credentials { cause: Cause::GrantGone, .. }), "{error:?}");
    // Whoever it is shared with agrees to that one too.
    let answer = scene.there("browser", ANNA).await;
    assert_eq!(scene.arrive(&answer, "browser").await, Ok(scene.account));
    graph::owner(&other_node.line(&scene.room, &renamed, Microsoft).unwrap()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_address_in_other_letters_keeps_its_grant_and_another_one_does_not() {
    let scene = scene().await;
    scene.agrees(INFO).await;
    let kept = scene.grant().await.expect("a grant");
    scene.rename("Info@Voorbeeld.test").await;
    assert_eq!(scene.grant().await, Some(kept));
    let renamed = scene.rename(ANNA).await;
    assert_eq!((scene.grant().await, has_grant(&renamed)), (None, Some(false)), "mail of info@ would come into anna@");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_left_for_one_mailbox_comes_back_to_no_other() {
    let scene = shared().await;
    let answer = scene.there("browser", ANNA).await;
    scene.rename(DIRECTOR).await;
    assert_eq!(scene.arrive(&answer, "browser").await, Err("grant_mailbox_changed"));
    assert_eq!(scene.grant().await, None);
    // Nor is what one provider gave shown to another.
    let answer = scene.there("browser", ANNA).await;
    scene.goes_to_google().await;
    assert_eq!(scene.arrive(&answer, "browser").await, Err("grant_mailbox_changed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_saved_while_the_provider_is_asked_gets_no_grant() {
    let scene = shared().await;
    let before = scene.agrees(ANNA).await;
    let access_token = scene.room.grants.bearer(&scene.room, &before, Microsoft).token(None).await.unwrap();
    scene.rename(DIRECTOR).await;
    let tokens = Tokens {
        access_token,
        refresh_token: Some(Secret::new("for info alone")),
        id_token: None,
        scope: None,
        expires_in: None,
    };
    let taken = authorise::accept(&scene.room, &before, Microsoft, tokens, None).await;
    assert!(matches!(&taken, Err(Refusal::Forbidden(why)) if why.code == "grant_mailbox_changed"), "{taken:?}");
    assert_eq!(scene.grant().await, None);
}
