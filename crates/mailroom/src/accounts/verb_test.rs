use super::{AccountInput, create, delete, health::Half, patch, set_owners, worked};
use crate::{
    outgoing::fixture::{House, house},
    words::Refusal,
};
use connect::{
    ConnectError, ServerWords,
    error::{Cause, Step},
};
use mail::{AccountKey, UserKey};
use store::{
    UserRole, Viewer,
    account::{Colour, Direction},
    owner,
};

fn input(json: &str) -> AccountInput {
    serde_json::from_str(json).expect("reads")
}

const NEW: &str = r#"{"address":"els@voorbeeld.nl","incoming":{"kind":"imap","host":"imap.voorbeeld.nl","secret":"geheim^"},
    "outgoing":{"kind":"smtp","host":"smtp.voorbeeld.nl"}}"#;

async fn made(house: &House) -> AccountKey {
    create(&house.room, &house.viewer, input(NEW)).await.unwrap().account.id
}

fn wrong(result: Result<impl std::fmt::Debug, Refusal>) -> String {
    match result {
        Err(Refusal::Invalid { errors }) => {
            errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect::<Vec<_>>().join(", ")
        }
        Err(Refusal::Conflict(error) | Refusal::Forbidden(error)) => format!("{} {}", error.field, error.code),
        Err(Refusal::NotFound) => "404".into(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_makes_an_account_owns_it_and_its_secret_opens_for_both_ways() {
    let house = house().await;
    let saved = create(&house.room, &house.viewer, input(NEW)).await.unwrap();
    assert!(!saved.account.primary, "there is one already");
    assert_eq!(saved.warnings[0].code, "secret_characters");
    for direction in [Direction::Incoming, Direction::Outgoing] {
        let secret = super::secret_of(&house.room, &saved.account, direction).await.unwrap().unwrap();
        assert_eq!(secret.reveal(), b"geheim^");
    }
    let (organisation, id) = (house.viewer.organisation, saved.account.id);
    let owners = house.room.store.db.read(move |tx| Box::pin(async move { owner::list(tx, organisation, id).await }));
    let owners = owners.await.unwrap();
    assert_eq!((owners.len(), owners[0].rights), (1, owner::Rights::ALL));
}

#[tokio::test]
async fn there_is_exactly_one_primary_account() {
    let house = house().await;
    let second = made(&house).await;
    assert_eq!(
        wrong(patch(&house.room, &house.viewer, house.account, input(r#"{"primary":false}"#)).await),
        "primary is_primary"
    );
    let saved = patch(&house.room, &house.viewer, second, input(r#"{"primary":true}"#)).await.unwrap();
    assert!(saved.account.primary && !house.kept().await.primary);
    assert_eq!(wrong(delete(&house.room, &house.viewer, second).await), "account is_primary");
    delete(&house.room, &house.viewer, house.account).await.unwrap();
}

#[tokio::test]
async fn an_account_with_mail_keeps_its_address_and_stays() {
    let house = house().await;
    house.submit(house.mail(&["els@klant.nl"])).await;
    made(&house).await;
    let moved = patch(&house.room, &house.viewer, house.account, input(r#"{"address":"ander@voorbeeld.nl"}"#)).await;
    assert_eq!(wrong(moved), "address address_in_use_by_mail");
    assert_eq!(wrong(delete(&house.room, &house.viewer, house.account).await), "account holds_mail");
    assert_eq!(wrong(create(&house.room, &house.viewer, input(NEW)).await), "address address_taken");
}

#[tokio::test]
async fn plain_text_needs_an_administrator_and_a_network_of_the_house() {
    let mut house = house().await;
    let plain = |allow: bool| {
        input(&format!(
            r#"{{"address":"x@voorbeeld.nl","allow_plaintext":{allow},
                "outgoing":{{"kind":"smtp","host":"127.0.0.1","username":"","encryption":"none"}}}}"#
        ))
    };
    let refused = "outgoing.encryption plaintext_refused";
    assert_eq!(wrong(create(&house.room, &house.viewer, plain(true)).await), refused);
    house.room.world.allow_networks.push("127.0.0.0/8".parse().unwrap());
    assert_eq!(wrong(create(&house.room, &house.viewer, plain(false)).await), refused);
    let keeper = Viewer { role: UserRole::MailboxManager, ..house.viewer };
    assert_eq!(wrong(create(&house.room, &keeper, plain(true)).await), "allow_plaintext administrator_only");
    let saved = create(&house.room, &house.viewer, plain(true)).await.unwrap();
    assert!(saved.warnings.iter().any(|warning| warning.code == "plaintext"));
    patch(&house.room, &keeper, saved.account.id, input(r#"{"display_name":"X"}"#)).await.unwrap();
}

#[tokio::test]
async fn who_does_not_own_an_account_finds_none_and_who_only_reads_changes_nothing() {
    let house = house().await;
    let account = made(&house).await;
    let member = Viewer { user: UserKey(9), role: UserRole::Member, ..house.viewer };
    assert_eq!(wrong(patch(&house.room, &member, account, input("{}")).await), "404");
    let nobody = set_owners(&house.room, &house.viewer, account, &[]).await;
    assert_eq!(wrong(nobody), "owners manager_needed");
}

#[tokio::test]
async fn saving_a_red_account_lets_it_try_again_at_once() {
    let house = house().await;
    let account = house.kept().await;
    let words = ServerWords("expired".into());
    let error = ConnectError::Settings { step: Step::Tls, cause: Cause::CertificateChanged, words };
    super::failed(&house.room, &account, Half::Sending, &error).await.unwrap();
    let health = house.kept().await.health;
    assert!(health.colour == Colour::Red && health.parked);
    // What the other half can do says nothing of this one.
    worked(&house.room, &account, Half::Receiving).await.unwrap();
    assert!(house.kept().await.health.parked);
    patch(&house.room, &house.viewer, house.account, input("{}")).await.unwrap();
    let health = house.kept().await.health;
    assert!(!health.parked && health.next_try_at.is_none() && health.colour != Colour::Red);
}
