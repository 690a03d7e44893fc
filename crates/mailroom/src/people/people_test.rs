use super::{change_password, forgotten_password, import_contacts, reset_password};
use crate::{
    outgoing::fixture::{House, NOON, house},
    words::Refusal,
};
use mail::parse;
use store::{Topic, UserRole, Viewer, contact, outbox};

const GOOD: &str = "veertien gele fietsen";

/// The first letter in the outbox, as its reader sees it.
async fn letter(house: &House) -> mail::Message {
    let mut bell = house.room.store.db.bell(Topic::Outbox);
    loop {
        let viewer = house.viewer;
        let read = house.room.store.db.read(move |tx| {
            Box::pin(async move { outbox::list(tx, &viewer, &outbox::Filter::default(), None, 1).await })
        });
        if let Some(found) = read.await.unwrap().0.pop() {
            let raw = house.room.store.raw(viewer.organisation, found.digest.as_slice().try_into().unwrap()).await;
            return parse::parse(&raw.unwrap());
        }
        bell.changed().await.unwrap();
    }
}

fn codes(result: Result<impl std::fmt::Debug, Refusal>) -> Vec<&'static str> {
    match result {
        Err(Refusal::Invalid { errors }) => errors.into_iter().map(|error| error.code).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mailed_link_sets_a_password_once() {
    let house = house().await;
    forgotten_password(&house.room, " JAN@elders.nl ");
    let letter = letter(&house).await;
    assert_eq!(letter.to[0].address, "jan@elders.nl");
    let text = letter.text.unwrap();
    let token = text.split("token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();

    assert_eq!(
        codes(reset_password(&house.room, &token, "kort").await),
        ["password_short", "password_variety", "password_common"]
    );
    assert_eq!(codes(reset_password(&house.room, &token, "jan@elders.nl voorbeeld").await), ["password_names"]);
    let user = reset_password(&house.room, &token, GOOD).await.expect("a refused password leaves the link as it was");
    assert_eq!(user, house.viewer.user);
    assert_eq!(codes(reset_password(&house.room, &token, GOOD).await), ["link_expired"]);

    assert_eq!(codes(change_password(&house.room, &house.viewer, "fout", GOOD, None).await), ["password_wrong"]);
    change_password(&house.room, &house.viewer, GOOD, "zestien blauwe boten", None).await.unwrap();
}

#[tokio::test]
async fn a_link_ends_after_half_an_hour() {
    let house = house().await;
    forgotten_password(&house.room, "jan@elders.nl");
    let text = letter(&house).await.text.unwrap();
    let token = text.split("token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    house.room.clock.set(NOON + 30 * 60_000);
    assert_eq!(codes(reset_password(&house.room, &token, GOOD).await), ["link_expired"]);
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing() {
    let house = house().await;
    let file = "naam;e-mail\nEls;els@x.nl\nPiet;geen adres\n;\nJo;jo@x.nl, jo@thuis.nl\n".as_bytes();
    let first = import_contacts(&house.room, &house.viewer, file).await.unwrap();
    assert_eq!((first.created, first.updated), (3, 0));
    assert_eq!(first.errors.len(), 1);
    let second = import_contacts(&house.room, &house.viewer, file).await.unwrap();
    assert_eq!((second.created, second.updated), (1, 0), "only Piet, who has nothing to be known by");
    let card = b"BEGIN:VCARD\nFN:Els\nEMAIL:ELS@x.nl\nEMAIL:els@werk.nl\nEND:VCARD\n";
    let third = import_contacts(&house.room, &house.viewer, card).await.unwrap();
    assert_eq!((third.created, third.updated), (0, 1));
    let organisation = house.viewer.organisation;
    let read = house
        .room
        .store
        .db
        .read(move |tx| Box::pin(async move { contact::by_address(tx, organisation, "els@werk.nl").await }));
    assert_eq!(read.await.unwrap()[0].addresses.len(), 2);
}

#[tokio::test]
async fn a_member_brings_no_files_of_contacts() {
    let house = house().await;
    let member = Viewer { role: UserRole::Member, ..house.viewer };
    assert!(matches!(import_contacts(&house.room, &member, b"naam\nEls\n").await, Err(Refusal::Forbidden(_))));
}
