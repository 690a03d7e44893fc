//! Grants, with a simulator in Microsoft's place: rotation, refusals, and who may come back with which answer.

use super::{AccountInput, app, authorise, grant::Grants, health::Half, watch};
use crate::{MailRoom, outgoing::fixture::house_with, words::Refusal};
use connect::{ConnectError, Vendors, error::Cause, graph, oauth::Answer};
use mail::AccountKey;
use simulator::{CLIENT_ID, CLIENT_SECRET, Cloud, Simulator};
use std::sync::Arc;
use store::{
    Viewer,
    account::{self, Access, Account, AccountSettings, Colour, Direction, Incoming},
    app_registration::AppProvider::Microsoft,
};
use zeroize::Zeroizing;

const INFO: &str = "info@voorbeeld.test";
const BACK: &str = "http://127.0.0.1:8025/mailboxes/authorised";

pub(super) struct Scene {
    pub(super) room: MailRoom,
    pub(super) viewer: Viewer,
    pub(super) account: AccountKey,
    pub(super) simulator: Simulator,
    _house: crate::outgoing::fixture::House,
}

pub(super) async fn scene() -> Scene {
    let half = r#"{"kind":"microsoft365"}"#;
    scene_at(|_| format!(r#"{{"address":"{INFO}","incoming":{half},"outgoing":{half}}}"#)).await
}

/// The same with another account, by the simulator's address.
pub(super) async fn scene_at(account: impl FnOnce(&str) -> String) -> Scene {
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap();
    let mut house = house_with(|_| {}).await;
    house.room.world = house.room.world.clone().with_vendors(Vendors::simulated(&simulator.url).unwrap());
    house.room.world.allow_networks.push("127.0.0.0/8".parse().unwrap());
    let (room, viewer) = (house.room.clone(), house.viewer);
    let input = app::AppInput {
        tenant: "voorbeeld.test".into(),
        client_id: CLIENT_ID.into(),
        secret: Some(Zeroizing::new(CLIENT_SECRET.into())),
        ..app::AppInput::default()
    };
    app::set(&room, &viewer, Microsoft, input).await.unwrap();
    let input: AccountInput = serde_json::from_str(&account(&simulator.url)).unwrap();
    let made = super::create(&room, &viewer, input).await.unwrap();
    assert!(!made.account.has_incoming_secret && !made.account.has_outgoing_secret);
    Scene { account: made.account.id, room, viewer, simulator, _house: house }
}

impl Scene {
    pub(super) async fn loaded(&self) -> Account {
        let (organisation, id) = (self.viewer.organisation, self.account);
        let read =
            self.room.store.db.read(move |tx| Box::pin(async move { account::load(tx, organisation, id).await }));
        read.await.unwrap()
    }

    pub(super) async fn grant(&self) -> Option<Vec<u8>> {
        let secret = super::secret_of(&self.room, &self.loaded().await, Direction::Incoming).await.unwrap();
        secret.map(|secret| secret.reveal().to_vec())
    }

    /// Goes to Microsoft, where somebody decides, and gives what their browser brings back.
    pub(super) async fn there(&self, proof: &str, who: &str) -> Answer {
        let url = authorise::depart(&self.room, &self.viewer, self.account, proof, BACK).await.unwrap();
        let back = self.simulator.with(|cloud| cloud.decide(&url, who)).expect("the page is shown");
        let query = back.strip_prefix(BACK).and_then(|rest| rest.strip_prefix('?')).expect("to where it was told");
        let pairs: serde_json::Map<String, serde_json::Value> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.replace("%3A", ":").into()))
            .collect();
        serde_json::from_value(pairs.into()).unwrap()
    }

    pub(super) async fn arrive(&self, answer: &Answer, proof: &str) -> Result<AccountKey, &'static str> {
        authorise::arrive(&self.room, &self.viewer, answer, proof).await.map_err(|(refusal, _)| match refusal {
            Refusal::Forbidden(why) => why.code,
            other => panic!("{other:?}"),
        })
    }

    /// Somebody opens the mailbox, as it is then.
    pub(super) async fn agrees(&self, who: &str) -> Account {
        let answer = self.there("browser", who).await;
        self.arrive(&answer, "browser").await.unwrap();
        self.loaded().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_a_mailbox_agrees_and_everybody_elses_answer_opens_nothing() {
    let scene = scene().await;
    let answer = scene.there("browser", INFO).await;
    assert_eq!(scene.arrive(&answer, "another browser").await, Err("grant_begin_again"));
    // Nobody's answer is taken twice, and that one was shown by somebody else.
    let answer = scene.there("browser", INFO).await;
    assert_eq!(scene.arrive(&answer, "browser").await, Ok(scene.account));
    assert_eq!(scene.arrive(&answer, "browser").await, Err("grant_begin_again"));
    let kept = scene.grant().await.expect("a grant");
    for (who, code) in [("anna@voorbeeld.test", "grant_other_mailbox"), ("", "grant_cancelled")] {
        let answer = scene.there("browser", who).await;
        assert_eq!(scene.arrive(&answer, "browser").await, Err(code));
        assert_eq!(scene.grant().await, Some(kept.clone()), "what was there stays");
    }
    let nothing: Answer = serde_json::from_str(r#"{"code":"x"}"#).unwrap();
    assert_eq!(scene.arrive(&nothing, "browser").await, Err("grant_begin_again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_renewed_by_one_at_a_time_and_the_new_one_is_kept() {
    let scene = scene().await;
    scene.simulator.with(|cloud| cloud.token_seconds = 60);
    let account = scene.agrees(INFO).await;
    let mut before = scene.grant().await.unwrap();
    for _ in 0..3 {
        // Each token is as good as over, so that each question renews it; all of them at once do so one after the other.
        let line = scene.room.grants.line(&scene.room, &account, Microsoft).unwrap();
        let asked = futures_util::future::join_all((0..4).map(|_| graph::owner(&line))).await;
        assert!(asked.into_iter().all(|answer| answer.unwrap() == [INFO, INFO]));
        let now = scene.grant().await.unwrap();
        assert_ne!(now, before, "the grant was not renewed");
        before = now;
    }
    // Another node, which knows nothing of these tokens, goes on with what is kept.
    let line = Grants::default().line(&scene.room, &account, Microsoft).unwrap();
    assert_eq!(graph::owner(&line).await.unwrap(), [INFO, INFO]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_renew_one_grant_at_once_never_show_a_token_twice() {
    let scene = scene().await;
    let account = scene.agrees(INFO).await;
    scene.simulator.with(|cloud| (cloud.token_seconds, cloud.reuse_ends_grant, cloud.latency_ms) = (60, true, 5));
    // Each knows nothing of the others but what is kept.
    let nodes: Vec<Grants> = (0..4).map(|_| Grants::default()).collect();
    for _ in 0..5 {
        let lines: Vec<_> = nodes.iter().map(|node| node.line(&scene.room, &account, Microsoft).unwrap()).collect();
        let asked = futures_util::future::join_all(lines.iter().map(|line| graph::owner(line))).await;
        assert!(asked.into_iter().all(|answer| answer.unwrap() == [INFO, INFO]));
    }
    let (renewed, reused) = scene.simulator.with(|cloud| (cloud.renewed, cloud.reused));
    assert!(renewed >= 20 && reused == 0, "{renewed} renewals, {reused} of them with a token that was used");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_did_not_save_it_goes_by_what_was_saved() {
    let scene = scene().await;
    let account = scene.agrees(INFO).await;
    let line = scene.room.grants.line(&scene.room, &account, Microsoft).unwrap();
    assert!(Arc::ptr_eq(&line, &scene.room.grants.line(&scene.room, &account, Microsoft).unwrap()));
    // Another node saved it: nobody told this one to forget the line.
    let by_app = AccountSettings { access: Access::App, ..account.settings.clone() };
    let elsewhere = AccountSettings { address: "anna@voorbeeld.test".to_owned(), ..by_app.clone() };
    for settings in [by_app, elsewhere] {
        let asked = format!("GET users/{}/mailFolders", settings.address);
        let saved = Account { settings, ..account.clone() };
        graph::owner(&scene.room.grants.line(&scene.room, &saved, Microsoft).unwrap()).await.unwrap();
        let last = scene.simulator.with(|cloud| cloud.heard.last().cloned()).unwrap();
        assert!(last.starts_with(&asked), "{last}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_was_begun_is_kept_though_whoever_asked_for_it_is_gone() {
    let scene = scene().await;
    let account = scene.agrees(INFO).await;
    let before = scene.grant().await.unwrap();
    let line = scene.room.grants.line(&scene.room, &account, Microsoft).unwrap();
    let asking = tokio::spawn(async move { graph::owner(&line).await });
    // The provider has answered, or is about to: from here on the grant before it is worth nothing.
    while scene.simulator.with(|cloud| cloud.renewed) == 0 {
        tokio::task::yield_now().await;
    }
    asking.abort();
    scene.room.grants.forget(account.id);
    scene.room.grants.finished().await;
    assert_ne!(scene.grant().await.unwrap(), before);
    let line = scene.room.grants.line(&scene.room, &account, Microsoft).unwrap();
    assert_eq!(graph::owner(&line).await.unwrap(), [INFO, INFO]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_died_with_the_turn_to_renew_keeps_it_no_longer_than_a_turn_takes() {
    let scene = scene().await;
    let account = scene.agrees(INFO).await;
    let (organisation, id, now) = (account.organisation, account.id, scene.room.clock.now());
    let write = scene.room.store.db.write(move |tx| {
        Box::pin(async move { account::begin_renewal(tx, organisation, id, 7, now + 30_000, now).await })
    });
    assert!(write.await.unwrap());
    let line = scene.room.grants.line(&scene.room, &account, Microsoft).unwrap();
    let mut asked = std::pin::pin!(graph::owner(&line));
    let early = tokio::time::timeout(std::time::Duration::from_millis(1), &mut asked).await;
    assert!(early.is_err(), "the turn is another's");
    assert_eq!(scene.simulator.with(|cloud| cloud.renewed), 0);
    scene.room.clock.set(now + 30_000);
    assert_eq!(asked.await.unwrap(), [INFO, INFO]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_grant_turns_the_mailbox_red_at_once_and_is_not_tried_again() {
    let scene = scene().await;
    let account = scene.agrees(INFO).await;
    assert!(!account.settings.push);
    graph::owner(&scene.room.grants.line(&scene.room, &account, Microsoft).unwrap()).await.unwrap();
    scene.simulator.with(|cloud| cloud.revoke(INFO));
    let error = graph::owner(&scene.room.grants.line(&scene.room, &account, Microsoft).unwrap()).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Credentials { cause: Cause::GrantGone, .. }), "{error:?}");
    watch::failed(&scene.room, &account, Half::Receiving, &error).await.unwrap();
    let health = scene.loaded().await.health;
    assert_eq!((health.colour, health.parked), (Colour::Red, true));
    assert_eq!(health.code.as_deref(), Some("ms_password_changed"));
    // Its owner agrees again.
    scene.agrees(INFO).await;
    assert!(!scene.loaded().await.health.parked);
    graph::owner(&scene.room.grants.line(&scene.room, &account, Microsoft).unwrap()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_microsoft_refuses_is_the_administrators_trouble_and_passes_with_a_new_one() {
    let scene = scene().await;
    scene.agrees(INFO).await;
    scene.simulator.with(|cloud| cloud.apps[0].client_secret = "een ander".to_owned());
    let account = scene.loaded().await;
    let error = graph::owner(&scene.room.grants.line(&scene.room, &account, Microsoft).unwrap()).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Settings { cause: Cause::AppRefused, .. }), "{error:?}");
    watch::failed(&scene.room, &account, Half::Receiving, &error).await.unwrap();
    let health = scene.loaded().await.health;
    assert_eq!((health.code.as_deref(), health.parked), (Some("ms_app_secret_wrong"), false));
    assert!(!health.words.unwrap_or_default().contains(CLIENT_SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_never_shown_to_microsoft_as_a_grant() {
    let scene = scene().await;
    scene.agrees(INFO).await;
    let change = |text: &str| serde_json::from_str::<AccountInput>(text).unwrap();
    let imap =
        r#"{"incoming":{"kind":"imap","host":"imap.voorbeeld.test","secret":"wachtwoord"},"outgoing":{"kind":"none"}}"#;
    super::patch(&scene.room, &scene.viewer, scene.account, change(imap)).await.unwrap();
    assert_eq!(scene.grant().await.as_deref(), Some(b"wachtwoord".as_slice()));
    let back = r#"{"incoming":{"kind":"microsoft365"}}"#;
    super::patch(&scene.room, &scene.viewer, scene.account, change(back)).await.unwrap();
    assert_eq!(scene.loaded().await.settings.incoming, Incoming::Microsoft365);
    assert_eq!(scene.grant().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_are_told_before_the_secret_ends_and_once_for_each_time() {
    let scene = scene().await;
    let day = 24 * 3_600_000;
    let began = scene.room.clock.now();
    let input = app::AppInput {
        tenant: "voorbeeld.test".into(),
        client_id: CLIENT_ID.into(),
        expires_at: Some(began + 40 * day),
        ..app::AppInput::default()
    };
    app::set(&scene.room, &scene.viewer, Microsoft, input).await.unwrap();
    let mut told = Vec::new();
    for passed in [0, 5, 11, 20, 33, 34, 39, 40, 41] {
        scene.room.clock.set(began + passed * day);
        for _ in 0..2 {
            app::warn(&scene.room).await.unwrap();
        }
        let kept = app::get(&scene.room, &scene.viewer, Microsoft).await.unwrap().unwrap();
        told.push((passed, kept.warned_days));
    }
    let expected = [0, 5, 11, 20, 33, 34, 39, 40, 41].into_iter().zip([
        None,
        None,
        Some(30),
        Some(30),
        Some(7),
        Some(7),
        Some(1),
        Some(0),
        Some(0),
    ]);
    assert_eq!(told, expected.collect::<Vec<_>>());
    let viewer = scene.viewer;
    let listed =
        scene.room.store.db.read(move |tx| {
            Box::pin(async move { store::outbox::list(tx, &viewer, &Default::default(), None, 10).await })
        });
    let mut subjects: Vec<String> = listed.await.unwrap().0.into_iter().map(|letter| letter.subject).collect();
    let ended = subjects.remove(0);
    assert_eq!(ended, "Het clientgeheim bij Microsoft is verlopen");
    let ends = format!("Het clientgeheim bij Microsoft eindigt op {}", app::day(began + 40 * day));
    assert_eq!(subjects, vec![ends; 3]);
}
