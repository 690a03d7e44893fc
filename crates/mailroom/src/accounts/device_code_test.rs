//! Codes for another device, with a simulator in Microsoft's place: who may type them, how often is asked, and what a restart
//! leaves.

use super::{
    AccountInput,
    binding_test::shared,
    device_code,
    grant_test::{Scene, scene},
};
use crate::words::Refusal;
use connect::Vendors;
use store::device_code::{DeviceCode, State};

const INFO: &str = "info@voorbeeld.test";

impl Scene {
    async fn begun(&self) -> DeviceCode {
        device_code::begin(&self.room, &self.viewer, self.account).await.unwrap()
    }

    async fn seen(&self) -> DeviceCode {
        device_code::seen(&self.room, &self.viewer, self.account).await.unwrap().expect("a code")
    }

    /// What became of the code when it was asked about at its time.
    async fn asked(&self) -> DeviceCode {
        self.room.clock.set(self.seen().await.next_at);
        device_code::ask(&self.room, self.viewer.organisation, self.account).await.unwrap();
        self.seen().await
    }

    fn types(&self, code: &DeviceCode, who: &str) {
        assert!(self.simulator.with(|cloud| cloud.decide_device(&code.user_code, who)), "nobody waits");
    }
}

fn why(code: &DeviceCode) -> &'static str {
    match &code.state {
        State::Refused(why) => device_code::told(why).code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_opens_the_mailbox_once_somebody_typed_it_and_is_asked_about_no_sooner_than_the_provider_wants() {
    let scene = scene().await;
    let code = scene.begun().await;
    assert_eq!((code.interval, code.expires_at - scene.room.clock.now()), (5_000, 900_000));
    assert!(code.verification_uri.starts_with(&scene.simulator.url), "{}", code.verification_uri);
    scene.types(&code, "anna@voorbeeld.test");
    device_code::ask(&scene.room, scene.viewer.organisation, scene.account).await.unwrap();
    assert_eq!(scene.seen().await, code, "it is not time yet");
    let code = scene.begun().await;
    let waiting = scene.asked().await;
    assert_eq!((waiting.state, waiting.interval), (State::Waiting, 5_000));
    // The provider's own clock stood still, so that to it this comes too soon.
    let slower = scene.asked().await;
    assert_eq!((slower.state.clone(), slower.interval), (State::Waiting, 10_000));
    assert_eq!(slower.next_at, scene.room.clock.now() + 10_000);
    scene.types(&code, INFO);
    assert_eq!(scene.asked().await.state, State::Done);
    assert!(scene.grant().await.is_some(), "the grant is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_opens_nothing_says_why_and_leaves_what_was_there() {
    let scene = scene().await;
    for (who, told) in [("anna@voorbeeld.test", "grant_other_mailbox"), ("", "grant_cancelled")] {
        let code = scene.begun().await;
        scene.types(&code, who);
        assert_eq!(why(&scene.asked().await), told);
    }
    scene.begun().await;
    let ends = scene.seen().await.expires_at;
    scene.room.clock.set(ends);
    device_code::ask(&scene.room, scene.viewer.organisation, scene.account).await.unwrap();
    assert_eq!(why(&scene.seen().await), "grant_code_expired");
    assert_eq!(scene.grant().await, None);

    // A later code takes the place of an earlier one, which then opens nothing.
    let earlier = scene.begun().await;
    let later = scene.begun().await;
    scene.types(&earlier, INFO);
    assert_eq!(scene.asked().await.state, State::Waiting);
    scene.types(&later, INFO);
    assert_eq!(scene.asked().await.state, State::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_in_trouble_is_asked_again_later_and_one_without_codes_is_named() {
    let scene = scene().await;
    let code = scene.begun().await;
    let mut cut_off = scene.room.clone();
    // Nobody listens there.
    cut_off.world = cut_off.world.clone().with_vendors(Vendors::simulated("http://127.0.0.1:1").unwrap());
    cut_off.clock.set(code.next_at);
    device_code::ask(&cut_off, scene.viewer.organisation, scene.account).await.unwrap();
    let waits = scene.seen().await;
    assert_eq!((waits.state, waits.interval), (State::Waiting, 10_000));
    scene.types(&code, INFO);
    assert_eq!(scene.asked().await.state, State::Done);

    let text = r#"{"address":"info@elders.test","incoming":{"kind":"gmail"},"outgoing":{"kind":"gmail"}}"#;
    let input: AccountInput = serde_json::from_str(text).unwrap();
    let google = super::create(&scene.room, &scene.viewer, input).await.unwrap();
    let refused = device_code::begin(&scene.room, &scene.viewer, google.account.id).await;
    assert!(matches!(&refused, Err(Refusal::Conflict(why)) if why.code == "browser_only"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_asked_for_opens_no_other_mailbox_and_is_shown_to_no_other_provider() {
    let scene = shared().await;
    let code = scene.begun().await;
    scene.types(&code, "anna@voorbeeld.test");
    scene.rename("directeur@voorbeeld.test").await;
    assert_eq!(why(&scene.asked().await), "grant_mailbox_changed");
    assert_eq!(scene.grant().await, None);
    let code = scene.begun().await;
    scene.types(&code, "anna@voorbeeld.test");
    scene.goes_to_google().await;
    assert_eq!(why(&scene.asked().await), "grant_mailbox_changed");
    assert_eq!(scene.grant().await, None);
}
