//! Who is written to, when, and what the letter says.

use super::{
    conversation::{self, ConversationPatch},
    desk_test::{colleague, mail},
    message::{self, MessagePatch},
    note,
};
use crate::{
    outgoing::fixture::{House, NOON, house},
    people,
};
use mail::{ConversationKey, SessionKey, UserKey, parse};
use store::{
    Viewer,
    notification::{ChoicePatch, LOOKING, PAUSE},
    outbox::{self, Filter, Submission},
    session::{self, NewSession},
};

/// The letters that were written so far, oldest first, each with its text.
async fn letters(house: &House) -> Vec<(Submission, String)> {
    let (organisation, viewer) = (house.viewer.organisation, house.viewer);
    let work =
        store::unit(move |tx| Box::pin(async move { outbox::list(tx, &viewer, &Filter::default(), None, 100).await }));
    let mut letters = Vec::new();
    for one in house.room.store.db.read(work).await.unwrap().0.into_iter().rev() {
        let digest = one.digest.clone().try_into().unwrap();
        let raw = house.room.store.raw(organisation, digest).await.unwrap();
        letters.push((one, parse::parse(&raw).text.unwrap()));
    }
    letters
}

async fn assign(house: &House, by: &Viewer, key: ConversationKey, to: Option<UserKey>) {
    let patch = ConversationPatch { assignee: Some(to), ..Default::default() };
    conversation::change(&house.room, by, key, patch).await.unwrap();
}

/// They have a page open, as of that moment.
async fn looks(house: &House, who: &Viewer, at: i64) {
    let who = *who;
    let new = NewSession {
        id: SessionKey(house.room.store.make.key(at)),
        user: who.user,
        digest: at.to_be_bytes().to_vec(),
        half_way: false,
        source: "127.0.0.1".into(),
        agent: "proef".into(),
    };
    let work = store::unit(move |tx| Box::pin(async move { session::create(tx, who.organisation, &new, at).await }));
    house.room.store.db.write(work).await.unwrap();
}

#[tokio::test]
async fn whoever_is_called_or_given_work_gets_one_letter_an_hour_about_a_conversation() {
    let house = house().await;
    let (room, jan) = (&house.room, &house.viewer);
    let (_, one) = mail(&house, 1, "Offerte").await;
    let (_, two) = mail(&house, 2, "Factuur").await;
    let els = colleague(&house).await;
    note::add(room, jan, one, "@els bel jij hem?", vec![]).await.unwrap();
    assign(&house, jan, one, Some(els.user)).await;
    let written = letters(&house).await;
    assert_eq!(written.len(), 1, "one about one conversation");
    let (letter, text) = &written[0];
    assert_eq!(letter.recipients[0].address, "els@elders.nl");
    assert_eq!(letter.subject, "Jan noemt u in een notitie");
    assert!(text.contains("\"Offerte\"") && text.contains(&format!("/mail/{one}")), "{text}");
    assert!(!text.contains("bel jij"), "what the note says stays inside: {text}");
    assign(&house, jan, two, Some(els.user)).await;
    assert_eq!(letters(&house).await[1].0.subject, "Jan wees u een gesprek toe");
    room.clock.set(NOON + PAUSE);
    note::add(room, jan, one, "@els nog eens", vec![]).await.unwrap();
    assert_eq!(letters(&house).await.len(), 3, "an hour later there is another");
}

#[tokio::test]
async fn nobody_is_written_to_who_is_looking_does_not_want_it_or_did_it_themselves() {
    let house = house().await;
    let (room, jan) = (&house.room, &house.viewer);
    let (_, one) = mail(&house, 1, "Offerte").await;
    let els = colleague(&house).await;
    looks(&house, &els, NOON - LOOKING + 1).await;
    note::add(room, jan, one, "@els", vec![]).await.unwrap();
    assert_eq!(letters(&house).await.len(), 0, "the page tells her");
    room.clock.set(NOON + 1);
    let none = ChoicePatch { letter_when_called: Some(false), ..Default::default() };
    people::notification::change(room, &els, none).await.unwrap();
    note::add(room, jan, one, "@els", vec![]).await.unwrap();
    assert_eq!(letters(&house).await.len(), 0, "she does not want it");
    assign(&house, &els, one, Some(els.user)).await;
    assert_eq!(letters(&house).await.len(), 0, "she took it on herself");
    assign(&house, jan, one, None).await;
    assign(&house, jan, one, Some(els.user)).await;
    assert_eq!(letters(&house).await.len(), 1, "of that she wants to hear, and she is not looking any more");
}

#[tokio::test]
async fn a_letter_names_no_subject_of_private_mail() {
    let house = house().await;
    let (room, jan) = (&house.room, &house.viewer);
    let (private, key) = mail(&house, 1, "Ontslag").await;
    let els = colleague(&house).await;
    let hide = MessagePatch { private: Some(true), ..Default::default() };
    message::change(room, jan, private, hide).await.unwrap();
    let refused = note::add(room, jan, key, "Hoi", vec![els.user]).await;
    assert!(refused.is_err(), "she does not see it, so she can't be called");
    note::add(room, jan, key, "@els", vec![]).await.unwrap();
    assert_eq!(letters(&house).await.len(), 0);
    // Els hides one herself, which she goes on seeing, and Jan manages the mailbox.
    let (hers, other) = mail(&house, 2, "Loonstrook").await;
    message::change(room, &els, hers, hide).await.unwrap();
    assign(&house, jan, other, Some(els.user)).await;
    let (letter, text) = letters(&house).await.remove(0);
    assert!(text.contains("een vertrouwelijk gesprek"), "{text}");
    assert!(!text.contains("Loonstrook") && !letter.subject.contains("Loonstrook"), "{text}");
}
