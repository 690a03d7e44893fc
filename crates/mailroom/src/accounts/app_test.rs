//! Mailboxes that the organisation's app opens by itself, and those that are shared, with a simulator in the providers' place.

use super::{AccountInput, Saved, app, authorise, grant::Grants, has_grant};
use crate::{
    MailRoom,
    outgoing::fixture::{House, house_with},
    words::Refusal,
};
use connect::{ConnectError, Vendors, error::Cause, gmail, graph, oauth::Answer};
use serde_json::{Value, json};
use simulator::{CLIENT_ID, CLIENT_SECRET, Cloud, Simulator};
use store::{
    Viewer,
    account::{Access, Account},
    app_registration::{
        AppProvider::{self, Google, Microsoft},
        Proof,
    },
};
use zeroize::Zeroizing;

const INFO: &str = "info@voorbeeld.test";
const ANNA: &str = "anna@voorbeeld.test";
const WORKSHOP: &str = "info@werkplaats.test";
const BACK: &str = "http://127.0.0.1:8025/mailboxes/authorised";

struct Scene {
    room: MailRoom,
    viewer: Viewer,
    simulator: Simulator,
    _house: House,
}

async fn scene() -> Scene {
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap();
    let mut house = house_with(|_| {}).await;
    house.room.world = house.room.world.clone().with_vendors(Vendors::simulated(&simulator.url).unwrap());
    house.room.world.allow_networks.push("127.0.0.0/8".parse().unwrap());
    Scene { room: house.room.clone(), viewer: house.viewer, simulator, _house: house }
}

fn at_microsoft() -> app::AppInput {
    app::AppInput {
        tenant: "voorbeeld.test".into(),
        client_id: CLIENT_ID.into(),
        acts_alone: Some(true),
        ..app::AppInput::default()
    }
}

fn hidden(text: impl Into<String>) -> Option<Zeroizing<String>> {
    Some(Zeroizing::new(text.into()))
}

impl Scene {
    async fn register(&self, provider: AppProvider, input: app::AppInput) -> Result<(), Vec<(String, &'static str)>> {
        app::set(&self.room, &self.viewer, provider, input).await.map(|_| ()).map_err(told)
    }

    async fn connect(&self, address: &str, kind: &str, access: Option<&str>) -> Result<Account, Refusal> {
        let mut text = json!({ "address": address, "incoming": { "kind": kind }, "outgoing": { "kind": kind } });
        if let Some(access) = access {
            text["access"] = json!(access);
        }
        let input: AccountInput = serde_json::from_value(text).unwrap();
        super::create(&self.room, &self.viewer, input).await.map(|Saved { account, .. }| account)
    }

    async fn count(&self) -> usize {
        let viewer = self.viewer;
        let list = self
            .room
            .store
            .db
            .read(move |tx| Box::pin(async move { store::account::list(tx, &viewer, None, 100).await }));
        list.await.unwrap().0.len()
    }
}

fn told(refusal: Refusal) -> Vec<(String, &'static str)> {
    match refusal {
        Refusal::Invalid { errors } => errors.into_iter().map(|error| (error.field, error.code)).collect(),
        other => panic!("{other:?}"),
    }
}

fn said(refusal: Refusal) -> (&'static str, String) {
    match refusal {
        Refusal::Invalid { errors } if errors.len() == 1 => (errors[0].code, errors[0].message.nl.clone()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_opens_the_mailboxes_that_microsoft_lets_it_into_and_no_other_is_saved() {
    let scene = scene().await;
    scene.simulator.with(|cloud| cloud.apps[0].may_open = Some(vec![INFO.to_owned()]));
    let certificate = scene.simulator.with(|cloud| cloud.certificate(2040));
    let proofs = [
        app::AppInput { secret: hidden(CLIENT_SECRET), ..at_microsoft() },
        app::AppInput { certificate: hidden(certificate), ..at_microsoft() },
    ];
    let before = scene.count().await;
    for (proof, kind) in proofs.into_iter().zip([Proof::Secret, Proof::Certificate]) {
        scene.register(Microsoft, proof).await.unwrap();
        let kept = app::get(&scene.room, &scene.viewer, Microsoft).await.unwrap().unwrap();
        assert_eq!((kept.proof, kept.acts_alone), (kind, true));
        let account = scene.connect(INFO, "microsoft365", None).await.unwrap();
        assert_eq!((account.settings.access, has_grant(&account)), (Access::App, None));
        // As after a restart: no token is at hand.
        let line = Grants::default().line(&scene.room, &account, Microsoft).unwrap();
        assert_eq!(graph::owner(&line).await.unwrap(), [""; 0]);
        super::delete(&scene.room, &scene.viewer, account.id).await.unwrap();
        for outside in [ANNA, "niemand@voorbeeld.test"] {
            let refusal = scene.connect(outside, "microsoft365", None).await.unwrap_err();
            let (code, words) = said(refusal);
            assert_eq!(code, "app_kept_out");
            assert!(words.contains("RBAC"), "{words}");
        }
        assert_eq!(scene.count().await, before);
    }
    // A tenant that shuts it out afterwards is told as what it is.
    let account = scene.connect(INFO, "microsoft365", None).await.unwrap();
    scene.simulator.with(|cloud| cloud.apps[0].may_open = Some(Vec::new()));
    let line = Grants::default().line(&scene.room, &account, Microsoft).unwrap();
    let error = graph::owner(&line).await.unwrap_err();
    assert!(matches!(error, ConnectError::Settings { cause: Cause::AppKeptOut, .. }), "{error:?}");
    let refused = authorise::depart(&scene.room, &scene.viewer, account.id, "browser", BACK).await.unwrap_err();
    assert!(matches!(refused, Refusal::Conflict(why) if why.code == "not_by_grant"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_says_itself_when_it_ends_and_one_that_microsoft_does_not_know_is_told() {
    let scene = scene().await;
    let pem = scene.simulator.with(|cloud| cloud.certificate(2040));
    scene.register(Microsoft, app::AppInput { certificate: hidden(pem.clone()), ..at_microsoft() }).await.unwrap();
    let kept = app::get(&scene.room, &scene.viewer, Microsoft).await.unwrap().unwrap();
    assert_eq!(kept.expires_at, Some(2_240_524_800_000));
    assert_eq!(kept.proof_shown.map(|shown| shown.len()), Some(64));
    // Something else is changed: the certificate stays, and when it ends.
    scene.register(Microsoft, app::AppInput { acts_alone: None, ..at_microsoft() }).await.unwrap();
    let kept = app::get(&scene.room, &scene.viewer, Microsoft).await.unwrap().unwrap();
    assert_eq!((kept.expires_at, kept.proof, kept.acts_alone), (Some(2_240_524_800_000), Proof::Certificate, true));
    scene.simulator.with(|cloud| cloud.apps[0].certificates.clear());
    let (code, _) = said(scene.connect(INFO, "microsoft365", None).await.unwrap_err());
    assert_eq!(code, "ms_certificate_wrong");

    let old = scene.simulator.with(|cloud| cloud.certificate(2020));
    let (certificate, key) = pem.split_at(pem.find("-----BEGIN PRIVATE").unwrap());
    let other = old.split_at(old.find("-----BEGIN PRIVATE").unwrap()).1;
    for (text, code) in [
        (old.clone(), "certificate_ended"),
        (certificate.to_owned(), "no_private_key"),
        (key.to_owned(), "no_certificate"),
        (format!("{certificate}{other}"), "other_key"),
        (format!("{certificate}{}", key.replace("PRIVATE", "ENCRYPTED PRIVATE")), "key_locked"),
    ] {
        let input = app::AppInput { certificate: hidden(text), ..at_microsoft() };
        assert_eq!(scene.register(Microsoft, input).await, Err(vec![("certificate".to_owned(), code)]));
    }
    let both = app::AppInput { certificate: hidden(pem), secret: hidden("x"), ..at_microsoft() };
    assert_eq!(scene.register(Microsoft, both).await, Err(vec![("certificate".to_owned(), "one_proof")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_acts_for_whom_the_domain_lets_it() {
    let scene = scene().await;
    let url = scene.simulator.url.clone();
    let file = scene.simulator.with(|cloud| cloud.google.service_account(&url, &[]));
    let number: Value = serde_json::from_str::<Value>(&file).unwrap()["client_id"].clone();
    let input = || app::AppInput { service_account: hidden(file.clone()), ..app::AppInput::default() };
    scene.register(Google, input()).await.unwrap();
    let kept = app::get(&scene.room, &scene.viewer, Google).await.unwrap().unwrap();
    assert_eq!((kept.proof, kept.acts_alone, json!(kept.client_id)), (Proof::ServiceAccount, true, number));
    assert_eq!(kept.proof_shown.as_deref(), Some("postkamer-0@simulator.iam.gserviceaccount.com"));

    let (code, words) = said(scene.connect(WORKSHOP, "gmail", None).await.unwrap_err());
    assert_eq!(code, "not_delegated");
    assert!(words.contains("Domeinbrede machtiging"), "{words}");
    scene.simulator.with(|cloud| {
        cloud.google.service_accounts[0].delegated.push("https://mail.google.com/".to_owned());
    });
    let account = scene.connect(WORKSHOP, "gmail", None).await.unwrap();
    assert_eq!((account.settings.access, has_grant(&account)), (Access::App, None));
    let line = Grants::default().line(&scene.room, &account, Google).unwrap();
    assert_eq!(gmail::owner(&line).await.unwrap(), [WORKSHOP]);
    let (code, _) = said(scene.connect("niemand@werkplaats.test", "gmail", None).await.unwrap_err());
    assert_eq!(code, "not_delegated");
    let refused = scene.connect("bram@werkplaats.test", "gmail", Some("own")).await.unwrap_err();
    assert_eq!(told(refused), [("access".to_owned(), "app_only_alone")]);

    // A key that was deleted there.
    scene.simulator.with(|cloud| cloud.google.service_accounts.clear());
    let line = Grants::default().line(&scene.room, &account, Google).unwrap();
    let error = gmail::owner(&line).await.unwrap_err();
    assert!(matches!(error, ConnectError::Settings { cause: Cause::AppRefused, .. }), "{error:?}");

    let wrong = app::AppInput { service_account: hidden("{}"), ..app::AppInput::default() };
    let refused = scene.register(Google, wrong).await;
    assert_eq!(refused, Err(vec![("service_account".to_owned(), "no_key_file")]));
    let elsewhere = app::AppInput { service_account: hidden(file.clone()), ..at_microsoft() };
    let refused = scene.register(Microsoft, elsewhere).await;
    assert_eq!(refused, Err(vec![("service_account".to_owned(), "not_at_this_provider")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_mailbox_is_opened_by_whoever_it_is_shared_with_and_by_nobody_else() {
    let scene = scene().await;
    let input = app::AppInput { secret: hidden(CLIENT_SECRET), acts_alone: None, ..at_microsoft() };
    scene.register(Microsoft, input).await.unwrap();
    let refused = scene.connect(INFO, "microsoft365", Some("app")).await.unwrap_err();
    assert_eq!(told(refused), [("access".to_owned(), "app_not_alone")]);
    let account = scene.connect(INFO, "microsoft365", Some("shared")).await.unwrap();
    assert_eq!(has_grant(&account), Some(false));
    let arrive = async || {
        let url = authorise::depart(&scene.room, &scene.viewer, account.id, "browser", BACK).await.unwrap();
        assert!(url.contains("Mail.ReadWrite.Shared") && !url.contains("login_hint"), "{url}");
        let back = scene.simulator.with(|cloud| cloud.decide(&url, ANNA)).expect("the page is shown");
        let pairs = back.split_once('?').unwrap().1.split('&').filter_map(|pair| pair.split_once('='));
        let pairs: serde_json::Map<String, Value> =
            pairs.map(|(name, value)| (name.to_owned(), json!(value))).collect();
        let answer: Answer = serde_json::from_value(pairs.into()).unwrap();
        authorise::arrive(&scene.room, &scene.viewer, &answer, "browser").await.map_err(|(refusal, _)| refusal)
    };
    let refusal = arrive().await.unwrap_err();
    assert!(
        matches!(&refusal, Refusal::Forbidden(why) if why.message.nl.contains("niet (meer) gedeeld")),
        "{refusal:?}"
    );
    scene.simulator.with(|cloud| cloud.mailbox(INFO).unwrap().shared_with.push(ANNA.to_owned()));
    assert_eq!(arrive().await.unwrap(), account.id);
    let line = Grants::default().line(&scene.room, &account, Microsoft).unwrap();
    graph::owner(&line).await.unwrap();
    scene.simulator.with(|cloud| cloud.mailbox(INFO).unwrap().shared_with.clear());
    let error = graph::owner(&line).await.unwrap_err();
    assert!(matches!(error, ConnectError::Settings { cause: Cause::NotShared, .. }), "{error:?}");
}
