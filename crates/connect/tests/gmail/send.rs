//! Sending: once, whatever is answered.

use crate::{
    disk::Disk,
    kept::{BRAM, INFO, inside, line, simulator},
};
use connect::{ConnectError, Parcel, Receipt, Transport, error::Cause, gmail::GmailTransport};
use simulator::{Fault, Kind, Simulator};
use std::sync::{Arc, atomic::Ordering};

fn parcel(recipients: &[&str]) -> Parcel {
    let message = format!(
        "Message-ID: <pk.een@werkplaats.test>\r\nFrom: {INFO}\r\nTo: {BRAM}\r\nSubject: Offerte\r\n\r\nDag!\r\n"
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
    GmailTransport::new(line(simulator)).submit(parcel(&[BRAM]), &Disk::default()).await
}

/// Drafts and sent letters of the sender, and letters in Bram's inbox.
fn count(simulator: &Simulator) -> (usize, usize, usize) {
    let of = |label: &str| inside(simulator, |mailbox| mailbox.with_labels(&[label], true).len());
    let bram = simulator.with(|cloud| cloud.google.mailbox(BRAM).unwrap().with_labels(&["INBOX"], false).len());
    (of("DRAFT"), of("SENT"), bram)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_arrives_once_and_lies_among_what_was_sent_once() {
    let simulator = simulator().await;
    let receipt = submit(&simulator).await.unwrap();
    assert_eq!((receipt.code, receipt.recipients.len()), (200, 1));
    assert_eq!(count(&simulator), (0, 1, 1));
    // The same letter again, as after a doubt that a person settled the other way: it had left.
    let again = submit(&simulator).await.unwrap();
    assert_eq!(again.server_said.0, "it had left already");
    assert_eq!(count(&simulator), (0, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_recipients_get_it_and_nobody_sees_them() {
    let simulator = simulator().await;
    let transport = GmailTransport::new(line(&simulator));
    transport.submit(parcel(&[BRAM, "geheim@elders.test"]), &Disk::default()).await.unwrap();
    simulator.with(|cloud| {
        assert_eq!(cloud.sent[0].recipients.len(), 2);
        let bram = cloud.google.mailbox(BRAM).unwrap();
        assert!(bram.messages.values().all(|letter| !String::from_utf8_lossy(&letter.raw).contains("geheim")));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_the_draft_whatever_google_made_of_the_message_id() {
    for kind in [Kind::DoneThen504, Kind::DoneThenCut] {
        for rewrites in [false, true] {
            let simulator = simulator().await;
            simulator.with(|cloud| {
                cloud.google.rewrites_message_ids = rewrites;
                cloud.faults.push(Fault::new(kind, "POST drafts/send"));
            });
            let receipt = submit(&simulator).await.unwrap();
            assert_eq!(receipt.server_said.0, "accepted by Google");
            assert_eq!(count(&simulator), (0, 1, 1), "{kind:?}");
            assert_eq!(simulator.with(|cloud| cloud.heard("POST gmail/v1/users/me/drafts/send")), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_leaves_no_draft_and_is_sent_once_at_the_next_try() {
    for rewrites in [false, true] {
        let simulator = simulator().await;
        simulator.with(|cloud| {
            cloud.google.rewrites_message_ids = rewrites;
            cloud.faults.push(Fault::new(Kind::Timeout, "POST drafts/send"));
        });
        let error = submit(&simulator).await.unwrap_err();
        assert!(matches!(error, ConnectError::Later { .. }), "{error:?}");
        assert_eq!(count(&simulator), (0, 0, 0));
        submit(&simulator).await.unwrap();
        assert_eq!(count(&simulator), (0, 1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_a_crash_left_behind_is_not_sent_beside_the_letter() {
    let simulator = simulator().await;
    // The draft is made, and its maker dies before it can be sent.
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::DoneThenCut, "POST upload")));
    assert!(submit(&simulator).await.is_err());
    assert_eq!(count(&simulator), (1, 0, 0));
    submit(&simulator).await.unwrap();
    assert_eq!(count(&simulator), (0, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_we_took_away_ourselves_was_not_sent_though_its_removal_was_not_answered() {
    for kind in [Kind::DoneThen504, Kind::DoneThenCut] {
        let simulator = simulator().await;
        simulator.with(|cloud| {
            cloud.faults.push(Fault::new(Kind::Timeout, "POST drafts/send"));
            cloud.faults.push(Fault::new(kind, "DELETE drafts/"));
        });
        let error = submit(&simulator).await.unwrap_err();
        assert!(matches!(error, ConnectError::Uncertain(_)), "{kind:?}: {error:?}");
        assert_eq!((count(&simulator), simulator.with(|cloud| cloud.faults.len())), ((0, 0, 0), 0));
        submit(&simulator).await.unwrap();
        assert_eq!(count(&simulator), (0, 1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_of_before_that_is_away_does_not_stand_for_a_letter_that_was_sent() {
    // Its removal is not answered; or nobody knows of it any more when it is to be removed.
    for kind in [Kind::DoneThen504, Kind::DoneThenCut, Kind::Resync] {
        let simulator = simulator().await;
        simulator.with(|cloud| {
            cloud.faults.push(Fault::new(Kind::DoneThenCut, "POST upload"));
            cloud.faults.push(Fault::new(kind, "DELETE drafts/"));
        });
        assert!(submit(&simulator).await.is_err());
        let error = submit(&simulator).await.unwrap_err();
        assert!(matches!(error, ConnectError::Later { .. }), "{kind:?}: {error:?}");
        submit(&simulator).await.unwrap();
        assert_eq!(count(&simulator), (0, 1, 1), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nobody_can_say_what_became_of_it_it_is_uncertain() {
    let simulator = simulator().await;
    simulator.with(|cloud| {
        cloud.faults.push(Fault::new(Kind::DoneThenCut, "POST drafts/send"));
        cloud.faults.push(Fault::new(Kind::Denied, "GET drafts/"));
    });
    let error = submit(&simulator).await.unwrap_err();
    assert!(matches!(error, ConnectError::Uncertain(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_before_the_mark_is_on_disk() {
    let simulator = simulator().await;
    let disk = Disk { is_full: true, ..Disk::default() };
    let error = GmailTransport::new(line(&simulator)).submit(parcel(&[BRAM]), &disk).await.unwrap_err();
    assert!(matches!(error, ConnectError::Later { .. }), "{error:?}");
    assert_eq!((disk.marks.load(Ordering::SeqCst), count(&simulator)), (1, (0, 0, 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_google_refuses_is_told_and_leaves_no_draft() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Denied, "POST drafts/send")));
    let error = submit(&simulator).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Refused { cause: Cause::AccountDisabled, .. }), "{error:?}");
    assert_eq!(count(&simulator), (0, 0, 0));
    let mut long = parcel(&[BRAM]);
    long.message = [long.message.as_ref(), &vec![b'x'; 36 << 20]].concat().into();
    let error = GmailTransport::new(line(&simulator)).submit(long, &Disk::default()).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Refused { cause: Cause::TooLarge, .. }), "{error:?}");
}
