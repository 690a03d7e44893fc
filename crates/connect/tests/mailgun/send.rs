//! Sending: our own bytes, once, whatever is answered; and what became of it.

use crate::{
    disk::Disk,
    kept::{MG, eu, line, simulator},
    log::whole,
};
use connect::{
    ConnectError, Parcel, Receipt, Transport,
    error::Cause,
    mailgun::{Line, MailgunTransport, Region, What},
};
use simulator::{Fault, Kind, MAILGUN_KEY, Simulator};
use std::sync::{Arc, atomic::Ordering};

const ID: &str = "pk.een@voorbeeld.test";

fn parcel(recipients: &[&str]) -> Parcel {
    let message = b"Message-ID: <pk.een@voorbeeld.test>\r\nFrom: info@voorbeeld.test\r\nTo: els@klant.test\r\nSubject: caf\xe9\r\n\r\n.\r\nDag!\r\n\x00\xff\r\n";
    Parcel {
        return_path: "info@voorbeeld.test".into(),
        recipients: recipients.iter().map(|one| (*one).to_owned()).collect(),
        message: message.to_vec().into(),
        envelope_id: Some("out_0000000000001".into()),
        notify_success: false,
    }
}

async fn submit(line: Arc<Line>, recipients: &[&str]) -> Result<Receipt, ConnectError> {
    MailgunTransport::new(line).submit(parcel(recipients), &Disk::default()).await
}

fn sent(simulator: &Simulator) -> usize {
    simulator.with(|cloud| cloud.sent.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bytes_leave_as_they_are_for_those_who_are_named_beside_them() {
    let simulator = simulator().await;
    let receipt = submit(eu(&simulator), &["els@klant.test", "geheim@elders.test"]).await.unwrap();
    assert_eq!((receipt.code, receipt.recipients.len()), (200, 2));
    simulator.with(|cloud| {
        assert_eq!(cloud.sent[0].raw, parcel(&[]).message);
        assert_eq!(cloud.sent[0].recipients, ["els@klant.test", "geheim@elders.test"]);
        let event = &cloud.mailgun.events[0];
        assert_eq!((event.message_id.as_str(), &event.variables["pk-id"]), (ID, &"out_0000000000001".into()));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_the_log_and_nothing_leaves_twice() {
    for kind in [Kind::DoneThen503, Kind::DoneThen504, Kind::DoneThenCut, Kind::Half] {
        let simulator = simulator().await;
        simulator.with(|cloud| cloud.faults.push(Fault::new(kind, "POST messages.mime")));
        let receipt = submit(eu(&simulator), &["els@klant.test"]).await.unwrap();
        assert_eq!((receipt.code, sent(&simulator)), (200, 1), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_does_not_know_yet_is_uncertain_and_found_later() {
    let simulator = simulator().await;
    simulator.with(|cloud| {
        cloud.faults.push(Fault::new(Kind::DoneThenCut, "POST messages.mime"));
        cloud.faults.push(Fault::new(Kind::LateEvents, "mailgun event").times(2).seconds(3600));
    });
    let line = eu(&simulator);
    let error = submit(line.clone(), &["els@klant.test"]).await.unwrap_err();
    assert!(matches!(error, ConnectError::Uncertain(_)), "{error:?}");
    let transport = MailgunTransport::new(line);
    assert_eq!(transport.traced(ID).await.unwrap(), None);
    simulator.with(|cloud| cloud.mailgun.events.iter_mut().for_each(|event| event.visible_at = 0));
    assert!(transport.traced(ID).await.unwrap().is_some());
    // An account whose events are gone has the logs.
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Denied, "GET events").times(0)));
    assert!(transport.traced(ID).await.unwrap().is_some());
    assert_eq!(transport.traced("pk.ander@voorbeeld.test").await.unwrap(), None);
    assert_eq!(sent(&simulator), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_got_there_is_uncertain_too_because_nobody_can_tell() {
    for kind in [Kind::Timeout, Kind::Unavailable] {
        let simulator = simulator().await;
        simulator.with(|cloud| cloud.faults.push(Fault::new(kind, "POST messages.mime")));
        let error = submit(eu(&simulator), &["els@klant.test"]).await.unwrap_err();
        assert!(matches!(error, ConnectError::Uncertain(_)), "{error:?}");
        assert_eq!(sent(&simulator), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_sends_nothing_and_says_what_is_to_be_done() {
    let simulator = simulator().await;
    let key = line(&simulator, Region::Eu, MG, "een-ander");
    let error = submit(key, &["els@klant.test"]).await.unwrap_err();
    assert!(matches!(error, ConnectError::Credentials { cause: Cause::KeyRefused, .. }), "{error:?}");
    let unverified = line(&simulator, Region::Eu, "nieuw.voorbeeld.test", MAILGUN_KEY);
    let error = submit(unverified, &["els@klant.test"]).await.unwrap_err();
    assert!(matches!(error, ConnectError::Settings { cause: Cause::DomainUnverified, .. }), "{error:?}");
    let sandbox = line(&simulator, Region::Us, "sandbox123.mailgun.test", MAILGUN_KEY);
    let error = submit(sandbox.clone(), &["els@klant.test"]).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused { cause: Cause::RecipientNotAuthorised, .. }), "{error:?}");
    let error = submit(eu(&simulator), &["geen adres"]).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused { cause: Cause::Refused, .. }), "{error:?}");
    for (kind, wait) in [(Kind::Throttled, 7), (Kind::Unavailable, 11)] {
        simulator.with(|cloud| cloud.faults.push(Fault::new(kind, "POST messages.mime").seconds(wait)));
        let error = submit(eu(&simulator), &["els@klant.test"]).await.unwrap_err();
        let ConnectError::Later { wait: Some(said), .. } = error else { panic!("{error:?}") };
        assert_eq!(said.as_secs(), wait);
    }
    assert_eq!(sent(&simulator), 0);
    submit(sandbox, &["bekend@klant.test"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_before_the_mark_is_on_disk_nor_above_the_limit() {
    let simulator = simulator().await;
    let transport = MailgunTransport::new(eu(&simulator));
    let disk = Disk { is_full: true, ..Disk::default() };
    let error = transport.submit(parcel(&["els@klant.test"]), &disk).await.unwrap_err();
    assert!(matches!(error, ConnectError::Later { .. }), "{error:?}");
    let mut long = parcel(&["els@klant.test"]);
    long.message = vec![b'x'; (25 << 20) + 1].into();
    let error = transport.submit(long, &disk).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused { cause: Cause::TooLarge, .. }), "{error:?}");
    assert_eq!((disk.marks.load(Ordering::SeqCst), sent(&simulator)), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_what_became_of_each_recipient() {
    let simulator = simulator().await;
    let to = ["els@klant.test", "weg@klant.test", "later@klant.test", "klaagt@klant.test", "onderweg@klant.test"];
    let line = eu(&simulator);
    submit(line.clone(), &to).await.unwrap();
    for fault in [None, Some(Fault::new(Kind::Denied, "POST analytics/logs").times(0))] {
        simulator.with(|cloud| cloud.faults.extend(fault));
        let (events, _) = whole(line.happened(0)).await;
        let of = |who: &str| {
            let mine = events.iter().filter(|event| event.recipient == who && event.what != What::Accepted);
            mine.map(|event| event.what).collect::<Vec<_>>()
        };
        assert_eq!(of(to[0]), [What::Delivered]);
        assert_eq!(of(to[1]), [What::Failed]);
        assert_eq!(of(to[2]), [What::Delayed]);
        assert_eq!(of(to[3]), [What::Delivered, What::Complained]);
        assert!(of(to[4]).is_empty());
        let failed = events.iter().find(|event| event.what == What::Failed).unwrap();
        assert!(failed.words.0.starts_with("550 5.1.1"), "{}", failed.words);
        assert_eq!((failed.message_id.as_str(), failed.ours.as_deref()), (ID, Some("out_0000000000001")));
    }
}
