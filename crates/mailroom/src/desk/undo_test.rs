use super::{
    conversation::{self, ConversationPatch},
    desk_test::{colleague, mail, mail_in},
    message::{self, MessagePatch},
    undo::undo,
};
use crate::outgoing::fixture::{House, NOON, house};
use mail::{ConversationKey, FolderKey, MessageKey};
use store::conversation::{Head, State};

async fn head(house: &House, key: ConversationKey) -> Head {
    let viewer = house.viewer;
    let read = house
        .room
        .store
        .db
        .read(move |tx| Box::pin(async move { Ok(store::conversation::get(tx, &viewer, key).await?.head) }));
    read.await.unwrap()
}

async fn lies_in(house: &House, key: MessageKey) -> Option<FolderKey> {
    let viewer = house.viewer;
    let read = house
        .room
        .store
        .db
        .read(move |tx| Box::pin(async move { Ok(store::message::get(tx, &viewer, key).await?.folder) }));
    read.await.unwrap()
}

#[tokio::test]
async fn one_deed_is_taken_back_and_what_it_did_not_touch_stays() {
    let house = house().await;
    let (room, jan) = (&house.room, &house.viewer);
    let (_, key) = mail(&house, 1, "Offerte").await;
    let els = colleague(&house).await;
    let mine = ConversationPatch { assignee: Some(Some(jan.user)), ..ConversationPatch::default() };
    conversation::change(room, jan, key, mine).await.unwrap();
    let before = head(&house, key).await;
    for patch in [
        ConversationPatch { state: Some(State::Closed), ..ConversationPatch::default() },
        ConversationPatch { snoozed_until_at: Some(Some(NOON + 9)), ..ConversationPatch::default() },
        ConversationPatch { assignee: Some(Some(els.user)), ..ConversationPatch::default() },
        ConversationPatch { assignee: Some(None), state: Some(State::Closed), ..ConversationPatch::default() },
    ] {
        let (changed, stood) = conversation::change(room, jan, key, patch).await.unwrap();
        assert_ne!(changed.head, before, "{patch:?}");
        undo(room, jan, stood).await.unwrap();
        assert_eq!(head(&house, key).await, before, "{patch:?} was not taken back");
    }
    let (_, stood) = conversation::change(room, jan, key, mine).await.unwrap();
    assert!(stood.is_empty(), "it was so already: {stood:?}");
    let closed = ConversationPatch { state: Some(State::Closed), ..ConversationPatch::default() };
    let (_, stood) = conversation::change(room, jan, key, closed).await.unwrap();
    let theirs = ConversationPatch { assignee: Some(Some(els.user)), ..ConversationPatch::default() };
    conversation::change(room, &els, key, theirs).await.unwrap();
    undo(room, jan, stood).await.unwrap();
    let after = head(&house, key).await;
    assert_eq!((after.state, after.assignee), (State::Open, Some(els.user)), "what a colleague did since stays");
}

#[tokio::test]
async fn what_was_filed_comes_back_to_where_it_lay() {
    let house = house().await;
    let (room, jan) = (&house.room, &house.viewer);
    let (message, key) = mail(&house, 1, "Offerte").await;
    let elsewhere = lies_in(&house, mail_in(&house, "Archief", 2, "Factuur").await.0).await.expect("a folder");
    let lay = lies_in(&house, message).await;
    let away = ConversationPatch { folder: Some(elsewhere), ..ConversationPatch::default() };
    let (_, stood) = conversation::change(room, jan, key, away).await.unwrap();
    assert_eq!(lies_in(&house, message).await, Some(elsewhere));
    undo(room, jan, stood).await.unwrap();
    assert_eq!(lies_in(&house, message).await, lay);
    let stood =
        message::change(room, jan, message, MessagePatch { folder: Some(elsewhere), ..MessagePatch::default() });
    let stood = stood.await.unwrap();
    assert_eq!(lies_in(&house, message).await, Some(elsewhere));
    undo(room, jan, stood).await.unwrap();
    assert_eq!(lies_in(&house, message).await, lay);
}
