use super::{contact, group, token, user};
use crate::{
    outgoing::fixture::{House, house},
    words::Refusal,
};
use mail::UserKey;
use store::{
    UserRole, Viewer, audit,
    contact::{ContactPatch, NewContact},
    external::External,
    token::Scope,
    user::UserPatch,
};

fn refused(result: Result<impl std::fmt::Debug, Refusal>) -> (String, &'static str) {
    match result {
        Err(Refusal::Forbidden(error) | Refusal::Conflict(error)) => (error.field, error.code),
        Err(Refusal::Invalid { errors }) => (errors[0].field.clone(), errors[0].code),
        other => panic!("{other:?}"),
    }
}

async fn member(house: &House, email: &str) -> Viewer {
    let input = user::UserInput { email: email.into(), name: " Els ".into(), role: UserRole::Member, language: None };
    let made = user::create(&house.room, &house.viewer, input).await.unwrap();
    assert_eq!((made.name.as_str(), made.language.as_str()), ("Els", "nl"));
    Viewer { user: made.id, role: UserRole::Member, ..house.viewer }
}

async fn actions(house: &House) -> Vec<String> {
    let organisation = house.viewer.organisation;
    let read = house
        .room
        .store
        .db
        .read(move |tx| Box::pin(async move { audit::list(tx, organisation, None, None, 50).await }));
    read.await.unwrap().0.into_iter().rev().map(|entry| format!("{} {}", entry.action, entry.detail)).collect()
}

#[tokio::test]
async fn only_an_administrator_says_who_may_what() {
    let house = house().await;
    let els = member(&house, "els@elders.nl").await;
    let room = &house.room;
    assert_eq!(refused(group::create(room, &els, "Balie", vec![]).await).1, "administrator_only");
    let promoted = UserPatch { role: Some(UserRole::Administrator), ..UserPatch::default() };
    assert_eq!(refused(user::change(room, &els, els.user, promoted.clone()).await).1, "administrator_only");
    let renamed = UserPatch { name: Some("Jan II".into()), ..UserPatch::default() };
    assert_eq!(refused(user::change(room, &els, house.viewer.user, renamed).await).1, "administrator_only");
    let hidden = NewContact { name: "Jan".into(), hidden: true, ..NewContact::default() };
    assert_eq!(
        refused(contact::create(room, &els, hidden.clone()).await),
        ("hidden".into(), "hidden_by_administrator")
    );
    contact::create(room, &house.viewer, hidden).await.unwrap();
    assert_eq!(user::change(room, &house.viewer, els.user, promoted).await.unwrap().role, UserRole::Administrator);
}

#[tokio::test]
async fn what_a_user_chooses_nobody_else_chooses_for_them() {
    let house = house().await;
    let els = member(&house, "els@elders.nl").await;
    let private = UserPatch { private_incoming: Some(true), language: Some("en".into()), ..UserPatch::default() };
    let forced = user::change(&house.room, &house.viewer, els.user, private.clone()).await;
    assert_eq!(refused(forced), ("private_incoming".into(), "own_choice"));
    assert!(user::change(&house.room, &els, els.user, private).await.unwrap().private_incoming);
    let not_hers = UserPatch { default_account: Some(Some(house.account)), ..UserPatch::default() };
    assert_eq!(refused(user::change(&house.room, &els, els.user, not_hers).await).0, "default_account");
    let german = UserPatch { language: Some("de".into()), ..UserPatch::default() };
    assert_eq!(
        refused(user::change(&house.room, &els, els.user, german).await),
        ("language".into(), "unknown_language")
    );
}

#[tokio::test]
async fn a_token_is_taken_back_by_its_owner_or_an_administrator() {
    let house = house().await;
    let (els, room) = (member(&house, "els@elders.nl").await, &house.room);
    assert_eq!(refused(token::create(room, &els, Scope::Read, "crm", Scope::Write).await).0, "scope");
    let (made, proof) = token::create(room, &house.viewer, Scope::Admin, "crm", Scope::Write).await.unwrap();
    assert!(proof.starts_with("pk_"));
    assert!(matches!(token::revoke(room, &els, made.id, true).await, Err(Refusal::NotFound)));
    let (hers, _) = token::create(room, &els, Scope::Write, "crm", Scope::Read).await.unwrap();
    token::revoke(room, &house.viewer, hers.id, true).await.unwrap();
}

#[tokio::test]
async fn every_change_of_people_leaves_a_line_that_says_who_did_what() {
    let house = house().await;
    let room = &house.room;
    member(&house, "els@elders.nl").await;
    let unknown = group::create(room, &house.viewer, "Balie", vec![UserKey(1)]).await;
    assert_eq!(refused(unknown), ("members".into(), "unknown_user"));
    group::create(room, &house.viewer, "Balie", vec![]).await.unwrap();
    let named = External { source: "crm".into(), id: "7".into() };
    let jan = ContactPatch { name: Some("Jan".into()), ..ContactPatch::default() };
    assert!(contact::put(room, &house.viewer, named.clone(), jan.clone()).await.unwrap().1);
    assert!(!contact::put(room, &house.viewer, named.clone(), jan).await.unwrap().1);
    let addressed = ContactPatch { addresses: Some(vec!["jan@x.nl".into()]), ..ContactPatch::default() };
    assert_eq!(refused(contact::put(room, &house.viewer, named.clone(), addressed.clone()).await).0, "name");
    let addressed = ContactPatch { name: Some("Jan".into()), ..addressed };
    assert!(!contact::put(room, &house.viewer, named, addressed).await.unwrap().1);
    let written = actions(&house).await;
    assert_eq!(written, ["user.made member", "group.made ", "contact.made name", "contact.changed name, addresses"]);
}
