//! Grants at Google, with a simulator in its place: they are not renewed, only they last; and who answers must be Google.

use super::{AccountInput, app, authorise, grant::Grants};
use crate::{outgoing::fixture::house_with, words::Refusal};
use connect::{ConnectError, Vendors, error::Cause, gmail, oauth::Answer};
use serde_json::{Map, Value, json};
use simulator::{Cloud, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, Simulator};
use store::{
    account::{self, Direction},
    app_registration::AppProvider::Google,
};
use zeroize::Zeroizing;

const INFO: &str = "info@werkplaats.test";
const BACK: &str = "http://127.0.0.1:8025/mailboxes/authorised";

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_at_google_stays_as_it_was_given_and_another_issuers_answer_opens_nothing() {
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap();
    let mut house = house_with(|_| {}).await;
    house.room.world = house.room.world.clone().with_vendors(Vendors::simulated(&simulator.url).unwrap());
    house.room.world.allow_networks.push("127.0.0.0/8".parse().unwrap());
    let (room, viewer) = (house.room.clone(), house.viewer);
    let secret = Some(Zeroizing::new(GOOGLE_CLIENT_SECRET.into()));
    let input = app::AppInput { client_id: GOOGLE_CLIENT_ID.into(), secret, ..app::AppInput::default() };
    app::set(&room, &viewer, Google, input).await.unwrap();
    let text = json!({ "address": INFO, "incoming": { "kind": "gmail" }, "outgoing": { "kind": "gmail" } });
    let input: AccountInput = serde_json::from_value(text).unwrap();
    let id = super::create(&room, &viewer, input).await.unwrap().account.id;

    let there = async || -> Map<String, Value> {
        let url = authorise::depart(&room, &viewer, id, "browser", BACK).await.unwrap();
        assert!(url.contains("access_type=offline") && url.contains("login_hint=info%40werkplaats.test"), "{url}");
        let back = simulator.with(|cloud| cloud.decide(&url, INFO)).expect("the page is shown");
        let back = fields(&back);
        back.into_iter().map(|(name, value)| (name, value.into())).collect()
    };
    let mut forged = there().await;
    forged.insert("iss".to_owned(), json!("https://kwaad.example"));
    let forged: Answer = serde_json::from_value(forged.into()).unwrap();
    let refused = authorise::arrive(&room, &viewer, &forged, "browser").await.unwrap_err().0;
    assert!(matches!(refused, Refusal::Forbidden(why) if why.code == "grant_refused"));

    // Twice: the second time Google would give no lasting grant, were it not asked for consent again.
    for _ in 0..2 {
        let answer: Answer = serde_json::from_value(there().await.into()).unwrap();
        authorise::arrive(&room, &viewer, &answer, "browser").await.map_err(|_| ()).unwrap();
    }
    let load = || async {
        let organisation = viewer.organisation;
        room.store.db.read(move |tx| Box::pin(async move { account::load(tx, organisation, id).await })).await.unwrap()
    };
    let account = load().await;
    let kept = super::secret_of(&room, &account, Direction::Incoming).await.unwrap().unwrap();
    for _ in 0..2 {
        // As after a restart: no token is at hand.
        let line = Grants::default().line(&room, &account, Google).unwrap();
        assert_eq!(gmail::owner(&line).await.unwrap(), [INFO]);
    }
    let now = super::secret_of(&room, &load().await, Direction::Incoming).await.unwrap().unwrap();
    assert_eq!(kept.reveal(), now.reveal());

    simulator.with(|cloud| cloud.revoke(INFO));
    let line = Grants::default().line(&room, &account, Google).unwrap();
    let error = gmail::owner(&line).await.unwrap_err();
    assert!(matches!(error, ConnectError::Credentials { cause: Cause::GrantGone, .. }), "{error:?}");
}

/// The fields of the address that the browser comes back to.
fn fields(address: &str) -> Vec<(String, String)> {
    let query = address.split_once('?').expect("a query").1;
    let plain = |text: &str| text.replace("%3A", ":").replace("%2F", "/");
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (plain(name), plain(value))).collect()
}
