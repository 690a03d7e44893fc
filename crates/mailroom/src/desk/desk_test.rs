use super::{conversation, message, note, presence};
use crate::{
    accounts::{self, OwnerInput},
    incoming::{Imported, Progress, import},
    outgoing::fixture::{House, NOON, house},
    people::{
        group,
        user::{self, UserInput},
    },
    words::Refusal,
};
use bytes::Bytes;
use mail::{ConversationKey, Flags, MessageKey};
use std::sync::Arc;
use store::{
    UserRole, Viewer,
    conversation::State,
    message::{Filter, list},
    owner::{self, Owner, Party, Rights},
    presence::Doing,
};
use tokio::sync::{mpsc, watch};

/// One mail in the account's inbox, from somebody outside.
pub(super) async fn mail(house: &House, n: u32, subject: &str) -> (MessageKey, ConversationKey) {
    mail_in(house, "INBOX", n, subject).await
}

/// The same in another folder, which is made when it is not there.
pub(super) async fn mail_in(house: &House, folder: &str, n: u32, subject: &str) -> (MessageKey, ConversationKey) {
    let raw = format!("Message-ID: <{n}@klant.nl>\r\nFrom: piet@klant.nl\r\nSubject: {subject}\r\n\r\nDag\r\n");
    let (give, taken) = mpsc::channel(1);
    let internal_at = Some(NOON + i64::from(n) * 1000);
    let one = Imported { folder: folder.into(), raw: Bytes::from(raw), flags: Flags::default(), internal_at };
    give.send(one).await.unwrap();
    drop(give);
    let seen = Arc::new(watch::Sender::new(Progress::default()));
    import(&house.room, &house.kept().await, taken, seen).await.unwrap();
    let viewer = house.viewer;
    let read = house
        .room
        .store
        .db
        .read(move |tx| Box::pin(async move { list(tx, &viewer, &Filter::default(), None, 1).await }));
    let newest = read.await.unwrap().0.remove(0);
    (newest.id, newest.conversation)
}

/// A colleague who reads the account too.
pub(super) async fn colleague(house: &House) -> Viewer {
    let input = UserInput { email: "els@elders.nl".into(), name: "Els".into(), role: UserRole::Member, language: None };
    let els = user::create(&house.room, &house.viewer, input).await.unwrap();
    let (organisation, account, jan) = (house.viewer.organisation, house.account, house.viewer.user);
    let reads = Rights { read: true, send: false, manage: false };
    let owners =
        [Owner { party: Party::User(jan), rights: Rights::ALL }, Owner { party: Party::User(els.id), rights: reads }];
    let work = store::unit(move |tx| Box::pin(async move { owner::set(tx, organisation, account, &owners).await }));
    house.room.store.db.write(work).await.unwrap();
    Viewer { user: els.id, role: UserRole::Member, ..house.viewer }
}

pub(super) fn refused(result: Result<impl std::fmt::Debug, Refusal>) -> (String, &'static str) {
    match result {
        Err(Refusal::Forbidden(error) | Refusal::Conflict(error)) => (error.field, error.code),
        Err(Refusal::Invalid { errors }) => (errors[0].field.clone(), errors[0].code),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_step_of_a_team_is_told_with_who_did_it() {
    let house = house().await;
    let (_, key) = mail(&house, 1, "Offerte").await;
    let (room, jan) = (&house.room, &house.viewer);
    let nobody = conversation::ConversationPatch { assignee: Some(Some(mail::UserKey(1))), ..Default::default() };
    assert_eq!(refused(conversation::change(room, jan, key, nobody).await), ("assignee".into(), "may_not_see"));
    let late = conversation::ConversationPatch { snoozed_until_at: Some(Some(NOON)), ..Default::default() };
    assert_eq!(refused(conversation::change(room, jan, key, late).await), ("snoozed_until".into(), "in_the_past"));
    let els = colleague(&house).await;
    let patch = conversation::ConversationPatch {
        assignee: Some(Some(els.user)),
        state: Some(State::Closed),
        snoozed_until_at: Some(Some(NOON + 1)),
        seen: Some(true),
        folder: None,
    };
    conversation::change(room, jan, key, patch).await.unwrap();
    let opened = conversation::ConversationPatch { state: Some(State::Open), ..Default::default() };
    let told = conversation::change(room, &els, key, opened).await.unwrap().0.activities;
    let told: Vec<_> = told.iter().map(|line| (line.kind.as_str(), line.by)).collect();
    let by = jan.user;
    assert_eq!(told, [("assigned", by), ("closed", by), ("snoozed", by), ("opened", els.user)]);
}

#[tokio::test]
async fn messages_that_are_split_off_can_be_put_back_or_merged() {
    let house = house().await;
    let (room, jan) = (&house.room, &house.viewer);
    let (first, one) = mail(&house, 1, "Offerte").await;
    let (second, two) = mail(&house, 2, "Factuur").await;
    assert_eq!(refused(conversation::merge(room, jan, one, one).await), ("from".into(), "same_conversation"));
    assert_eq!(conversation::merge(room, jan, two, one).await.unwrap().messages, [first, second]);
    let all = conversation::split(room, jan, one, vec![first, second]).await;
    assert_eq!(refused(all), ("messages".into(), "nothing_left"));
    let apart = conversation::split(room, jan, one, vec![second]).await.unwrap();
    assert_eq!(refused(conversation::split(room, jan, one, vec![second]).await).1, "other_conversation");
    let back = message::MessagePatch { conversation: Some(one), ..Default::default() };
    message::change(room, jan, second, back).await.unwrap();
    let gone = conversation::change(room, jan, apart.head.id, Default::default()).await;
    assert!(matches!(gone, Err(Refusal::NotFound)), "an empty conversation is nobody's to see");
}

#[tokio::test]
async fn what_somebody_sees_no_longer_is_not_theirs_to_do() {
    let house = house().await;
    let (room, jan) = (&house.room, &house.viewer);
    let (_, key) = mail(&house, 1, "Offerte").await;
    let els = colleague(&house).await;
    let give = conversation::ConversationPatch { assignee: Some(Some(els.user)), ..Default::default() };
    let does_it = async || conversation::change(room, jan, key, Default::default()).await.unwrap().0.head.assignee;
    let owner = |user: Option<String>, group: Option<String>, rights: &[&str]| {
        let rights = rights.iter().map(|right| (*right).to_owned()).collect();
        OwnerInput { user, group, rights }
    };
    let all = owner(Some(jan.user.to_string()), None, &["read", "send", "manage"]);
    conversation::change(room, jan, key, give).await.unwrap();
    accounts::set_owners(room, jan, house.account, std::slice::from_ref(&all)).await.unwrap();
    assert_eq!(does_it().await, None, "she owns it no longer");

    let balie = group::create(room, jan, "Balie", vec![els.user]).await.unwrap().id;
    let by_group = owner(None, Some(balie.to_string()), &["read"]);
    accounts::set_owners(room, jan, house.account, &[all, by_group]).await.unwrap();
    conversation::change(room, jan, key, give).await.unwrap();
    assert_eq!(does_it().await, Some(els.user));
    let left = group::GroupPatch { members: Some(Vec::new()), ..Default::default() };
    group::change(room, jan, balie, left).await.unwrap();
    assert_eq!(does_it().await, None, "she left the group by which she saw it");
}

#[tokio::test]
async fn who_is_called_in_a_note_finds_it_and_who_looks_along_is_told() {
    let house = house().await;
    let (room, jan) = (&house.room, &house.viewer);
    let (_, key) = mail(&house, 1, "Offerte").await;
    let els = colleague(&house).await;
    assert_eq!(refused(note::add(room, jan, key, " ", vec![]).await), ("text".into(), "required"));
    let stranger = note::add(room, jan, key, "Hoi", vec![mail::UserKey(1)]).await;
    assert_eq!(refused(stranger), ("mentions".into(), "may_not_see"));
    let written = note::add(room, jan, key, "@els bel jij hem? @niemand", vec![]).await.unwrap();
    assert_eq!(written.mentions, [els.user]);

    assert_eq!(presence::put(room, jan, key, Doing::Looking).await.unwrap(), []);
    let there = presence::put(room, &els, key, Doing::Replying).await.unwrap();
    assert_eq!((there[0].user, there[0].doing), (jan.user, Doing::Looking));
    presence::leave(room, jan, key).await.unwrap();
    assert_eq!(presence::put(room, &els, key, Doing::Replying).await.unwrap(), []);
    room.clock.set(NOON + store::presence::LIFE);
    assert_eq!(presence::put(room, jan, key, Doing::Looking).await.unwrap(), [], "Els has been silent for too long");
}
