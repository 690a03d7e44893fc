//! Sending: once, whatever is answered.

use crate::kept::{INFO, line, simulator};
use async_trait::async_trait;
use connect::{ConnectError, Marks, Parcel, Receipt, Transport, error::Cause, graph::GraphTransport};
use simulator::{Fault, Kind, Simulator};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Counts the marks, and can't make one when told so.
#[derive(Default)]
pub struct Disk {
    pub marks: AtomicUsize,
    pub is_full: bool,
}

#[async_trait]
impl Marks for Disk {
    async fn on_the_wire(&self) -> Result<(), String> {
        self.marks.fetch_add(1, Ordering::SeqCst);
        if self.is_full { Err("disk full".to_owned()) } else { Ok(()) }
    }
}

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
    let transport = GraphTransport::new(line(simulator));
    let disk = Disk::default();
    transport.submit(parcel(INFO, &["anna@voorbeeld.test"]), &disk).await
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
    assert_eq!((receipt.code, receipt.recipients.len()), (202, 1));
    assert_eq!((count(&simulator, "sentitems"), count(&simulator, "drafts").0), ((1, 1), 0));
    // The same letter again, as after a doubt that a person settled the other way: it had left.
    let again = submit(&simulator).await.unwrap();
    assert_eq!(again.server_said.0, "it had left already");
    assert_eq!(count(&simulator, "sentitems"), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_recipients_get_it_and_nobody_sees_them() {
    let simulator = simulator().await;
    let transport = GraphTransport::new(line(&simulator));
    let both = parcel(INFO, &["anna@voorbeeld.test", "geheim@elders.test"]);
    transport.submit(both, &Disk::default()).await.unwrap();
    simulator.with(|cloud| {
        assert_eq!(cloud.sent[0].recipients.len(), 2);
        let anna = cloud.mailbox("anna@voorbeeld.test").unwrap();
        assert!(anna.letters.values().all(|letter| !String::from_utf8_lossy(&letter.raw).contains("geheim")));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_looking_at_the_draft() {
    for kind in [Kind::DoneThen504, Kind::DoneThenCut] {
        let simulator = simulator().await;
        simulator.with(|cloud| cloud.faults.push(Fault::new(kind, "POST /send")));
        let receipt = submit(&simulator).await.unwrap();
        assert_eq!(receipt.code, 202);
        assert_eq!(count(&simulator, "sentitems"), (1, 1), "{kind:?}");
        assert_eq!(simulator.with(|cloud| cloud.heard("POST me/messages?") + cloud.heard("POST me/messages/")), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_is_sent_at_the_next_try_from_the_same_draft() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Timeout, "POST /send")));
    let error = submit(&simulator).await.unwrap_err();
    assert!(matches!(error, ConnectError::Later { .. }), "{error:?}");
    assert_eq!((count(&simulator, "drafts"), count(&simulator, "sentitems")), ((1, 0), (0, 0)));
    submit(&simulator).await.unwrap();
    assert_eq!((count(&simulator, "drafts").0, count(&simulator, "sentitems")), (0, (1, 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nobody_can_say_what_became_of_it_it_is_uncertain() {
    let simulator = simulator().await;
    simulator.with(|cloud| {
        cloud.faults.push(Fault::new(Kind::DoneThenCut, "POST /send"));
        cloud.faults.push(Fault::new(Kind::Denied, "GET me/messages/"));
    });
    let error = submit(&simulator).await.unwrap_err();
    assert!(matches!(error, ConnectError::Uncertain(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_before_the_mark_is_on_disk() {
    let simulator = simulator().await;
    let transport = GraphTransport::new(line(&simulator));
    let disk = Disk { is_full: true, ..Disk::default() };
    let error = transport.submit(parcel(INFO, &["anna@voorbeeld.test"]), &disk).await.unwrap_err();
    assert!(matches!(error, ConnectError::Later { .. }), "{error:?}");
    assert_eq!(disk.marks.load(Ordering::SeqCst), 1);
    assert!(simulator.with(|cloud| cloud.sent.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_may_not_be_used_is_refused_and_leaves_no_draft() {
    let simulator = simulator().await;
    let transport = GraphTransport::new(line(&simulator));
    let other = parcel("directeur@voorbeeld.test", &["anna@voorbeeld.test"]);
    let error = transport.submit(other, &Disk::default()).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Refused { cause: Cause::SenderNotAllowed, .. }), "{error:?}");
    assert_eq!(count(&simulator, "drafts"), (0, 0));
}
