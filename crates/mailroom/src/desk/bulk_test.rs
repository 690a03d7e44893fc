use super::{
    bulk::{self, Deed},
    undo::undo,
};
use crate::outgoing::fixture::house;
use store::{conversation::State, message};

use super::desk_test::{colleague, mail, refused};

#[tokio::test]
async fn what_was_done_to_many_is_taken_back_as_it_stood() {
    let house = house().await;
    let (room, jan) = (&house.room, house.viewer);
    let mut letters = Vec::new();
    for n in 1..=3 {
        letters.push(mail(&house, n, &format!("Vraag {n}")).await);
    }
    let all: Vec<_> = letters.iter().map(|(_, conversation)| *conversation).collect();
    let stands = async || {
        let keys: Vec<_> = letters.iter().map(|(message, _)| *message).collect();
        let read = room.store.db.read(move |tx| Box::pin(async move { message::summaries(tx, &jan, &keys).await }));
        read.await.unwrap().into_iter().map(|it| (it.seen, it.flagged, it.folder)).collect::<Vec<_>>()
    };
    bulk::change(room, &jan, vec![all[0]], Deed::Flag, None).await.unwrap();
    let before = stands().await;
    for deed in [Deed::Read, Deed::Flag, Deed::Unflag] {
        let (count, was) = bulk::change(room, &jan, all.clone(), deed, None).await.unwrap();
        assert!(count > 0, "{deed:?} did nothing");
        assert_ne!(stands().await, before, "{deed:?}");
        undo(room, &jan, was).await.unwrap();
        assert_eq!(stands().await, before, "{deed:?} was not taken back");
    }
    let (count, was) = bulk::change(room, &jan, all.clone(), Deed::Close, None).await.unwrap();
    assert_eq!(count, 3);
    assert_eq!(bulk::change(room, &jan, all.clone(), Deed::Close, None).await.unwrap().0, 0);
    undo(room, &jan, was).await.unwrap();
    let first = all[0];
    let read = room.store.db.read(move |tx| Box::pin(async move { store::conversation::get(tx, &jan, first).await }));
    assert_eq!(read.await.unwrap().head.state, State::Open);
}

#[tokio::test]
async fn many_are_refused_as_one_when_one_may_not_be_seen() {
    let house = house().await;
    let els = colleague(&house).await;
    let (first, (hidden, second)) = (mail(&house, 1, "Gewoon").await.1, mail(&house, 2, "Vertrouwelijk").await);
    let patch = super::message::MessagePatch { private: Some(true), ..Default::default() };
    super::message::change(&house.room, &house.viewer, hidden, patch).await.unwrap();
    assert!(bulk::change(&house.room, &els, vec![first, second], Deed::Close, None).await.is_err());
    let read =
        house.room.store.db.read(move |tx| Box::pin(async move { store::conversation::get(tx, &els, first).await }));
    assert_eq!(read.await.unwrap().head.state, State::Open, "the first was closed all the same");
    assert_eq!(refused(bulk::change(&house.room, &els, Vec::new(), Deed::Read, None).await).1, "required");
}
