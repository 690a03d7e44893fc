//! Sending: once, whatever is answered.

use crate::{
    disk::Disk,
    kept::{INFO, LOOK, MAKE, SEND, SENT, simulator, times_sent, transport},
};
use connect::{ConnectError, Parcel, Receipt, Transport, error::Cause};
use simulator::{Fault, Kind, Simulator};
use std::sync::{Arc, atomic::Ordering};

pub fn parcel(from: &str, recipients: &[&str]) -> Parcel {
    let message = format!(
        "Message-ID: <pk.een@voorbeeld.test>\r\nFrom: {from}\r\nTo: anna@voorbeeld.test\r\nSubject: Offerte\r\n\r\nDag!\r\n"
    );
    Parcel {
        return_path: INFO.into(),
        recipients: recipients.iter().map(|one| (*one).to_owned()).collect(),
        message: message.into(),
        envelope_id: None,
        notify_success: false,
    }
}

async fn submit(simulator: &Arc<Simulator>) -> Result<Receipt, ConnectError> {
    transport(simulator).submit(parcel(INFO, &["anna@voorbeeld.test"]), &Disk::default()).await
}

/// Letters in a folder of the sender, and in Anna's inbox.
pub fn count(simulator: &Simulator, folder: &str) -> (usize, usize) {
    simulator.with(|cloud| {
        let mut of = |address: &str, folder: &str| {
            let mailbox = cloud.mailbox(address).unwrap();
            let id = mailbox.folder(folder).unwrap().id.clone();
            mailbox.letters_in(&id).len()
        };
        (of(INFO, folder), of("anna@voorbeeld.test", "inbox"))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_arrives_once_and_lies_among_what_was_sent_once() {
    let simulator = simulator().await;
    let receipt = submit(&simulator).await.unwrap();
    assert_eq!((receipt.code, receipt.recipients.len()), (SENT, 1));
    assert_eq!((count(&simulator, "sentitems"), count(&simulator, "drafts").0), ((1, 1), 0));
    // The same letter again, as after a doubt that a person settled the other way: it had left.
    let again = submit(&simulator).await.unwrap();
    assert_eq!(again.server_said.0, "it had left already");
    assert_eq!(count(&simulator, "sentitems"), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_recipients_get_it_and_nobody_sees_them() {
    let simulator = simulator().await;
    let transport = transport(&simulator);
    let both = parcel(INFO, &["anna@voorbeeld.test", "geheim@elders.test"]);
    transport.submit(both, &Disk::default()).await.unwrap();
    simulator.with(|cloud| {
        assert_eq!(cloud.sent[0].recipients.len(), 2);
        let anna = cloud.mailbox("anna@voorbeeld.test").unwrap();
        assert!(anna.letters.values().all(|letter| !String::from_utf8_lossy(&letter.raw).contains("geheim")));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_looking_for_the_letter() {
    for kind in [Kind::DoneThen503, Kind::DoneThen504, Kind::DoneThenCut] {
        let simulator = simulator().await;
        simulator.with(|cloud| cloud.faults.push(Fault::new(kind, SEND).seconds(600)));
        let receipt = submit(&simulator).await.unwrap();
        assert_eq!(receipt.code, SENT);
        assert_eq!(count(&simulator, "sentitems"), (1, 1), "{kind:?}");
        assert_eq!(times_sent(&simulator), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_is_sent_at_the_next_try_from_the_same_draft() {
    for kind in [Kind::Timeout, Kind::Unavailable] {
        let simulator = simulator().await;
        simulator.with(|cloud| cloud.faults.push(Fault::new(kind, SEND)));
        let error = submit(&simulator).await.unwrap_err();
        assert!(matches!(error, ConnectError::Later { .. }), "{error:?}");
        assert_eq!((count(&simulator, "drafts"), count(&simulator, "sentitems")), ((1, 0), (0, 0)));
        assert_eq!(times_sent(&simulator), 1, "{kind:?}: it was asked twice");
        submit(&simulator).await.unwrap();
        assert_eq!((count(&simulator, "drafts").0, count(&simulator, "sentitems")), (0, (1, 1)));
    }
}

/// The draft leaves at the last moment, by an earlier try that took its time.
struct Overtaken<'a>(&'a Simulator);

#[async_trait::async_trait]
impl connect::Marks for Overtaken<'_> {
    async fn on_the_wire(&self) -> Result<(), String> {
        self.0.with(|cloud| {
            let mailbox = cloud.mailbox(INFO).unwrap();
            let drafts = mailbox.folder("drafts").unwrap().id.clone();
            let serial = mailbox.letters_in(&drafts)[0].serial;
            mailbox.change(serial, &mut Vec::new(), |letter| letter.is_draft = false);
            mailbox.relocate(serial, "sentitems", &mut Vec::new());
        });
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_left_at_the_last_moment_was_sent_and_not_refused() {
    let simulator = simulator().await;
    let sent = transport(&simulator).submit(parcel(INFO, &["anna@voorbeeld.test"]), &Overtaken(&simulator)).await;
    assert_eq!(sent.unwrap().code, SENT);
    assert_eq!((count(&simulator, "sentitems").0, count(&simulator, "drafts").0), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nobody_can_say_what_became_of_it_it_is_uncertain() {
    let simulator = simulator().await;
    simulator.with(|cloud| {
        cloud.faults.push(Fault::new(Kind::DoneThenCut, SEND));
        cloud.faults.push(Fault::new(Kind::Denied, LOOK));
    });
    let error = submit(&simulator).await.unwrap_err();
    assert!(matches!(error, ConnectError::Uncertain(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_before_the_mark_is_on_disk() {
    let simulator = simulator().await;
    let transport = transport(&simulator);
    let disk = Disk { is_full: true, ..Disk::default() };
    let error = transport.submit(parcel(INFO, &["anna@voorbeeld.test"]), &disk).await.unwrap_err();
    assert!(matches!(error, ConnectError::Later { .. }), "{error:?}");
    assert_eq!(disk.marks.load(Ordering::SeqCst), 1);
    assert!(simulator.with(|cloud| cloud.sent.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_may_not_be_used_is_refused_and_leaves_no_draft() {
    let simulator = simulator().await;
    let transport = transport(&simulator);
    let other = parcel("directeur@voorbeeld.test", &["anna@voorbeeld.test"]);
    let error = transport.submit(other, &Disk::default()).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Refused { cause: Cause::SenderNotAllowed, .. }), "{error:?}");
    assert_eq!(count(&simulator, "drafts"), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_sent_nothing_and_says_when_to_come_back() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Throttled, SEND).seconds(600)));
    let error = submit(&simulator).await.unwrap_err();
    let ConnectError::Later { cause: Cause::Throttled, wait: Some(wait), .. } = error else { panic!("{error:?}") };
    assert_eq!(wait.as_secs(), 600);
    assert_eq!(count(&simulator, "sentitems"), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_whose_making_was_not_answered_is_found_and_sent_once() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::DoneThenCut, MAKE)));
    assert!(matches!(submit(&simulator).await, Err(ConnectError::Later { .. })));
    submit(&simulator).await.unwrap();
    assert_eq!((count(&simulator, "drafts").0, count(&simulator, "sentitems")), (0, (1, 1)));
}
