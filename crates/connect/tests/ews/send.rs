//! Sending, where it is Exchange's own.

use crate::{
    disk::Disk,
    kept::{INFO, is_as_the_schema_has_it, simulator, transport},
    office::send::{count, parcel},
};
use connect::{ConnectError, Marks, Transport, error::Cause};
use simulator::Simulator;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_send_a_letter_with_a_hidden_recipient_is_as_the_schema_has_it() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.exchange.record = Some(Vec::new()));
    let both = parcel(INFO, &["anna@voorbeeld.test", "geheim@elders.test"]);
    transport(&simulator).submit(both, &Disk::default()).await.unwrap();
    is_as_the_schema_has_it(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_too_long_for_the_server_is_refused_in_words() {
    let simulator = simulator().await;
    let transport = transport(&simulator);
    let mut long = parcel(INFO, &["anna@voorbeeld.test"]);
    long.message = [long.message.as_ref(), &b"0123456789abcdef\r\n".repeat(2_200_000)].concat().into();
    let error = transport.submit(long, &Disk::default()).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Refused { cause: Cause::TooLarge, .. }), "{error:?}");
}

/// Somebody else's program changes the draft at the last moment.
struct Changed<'a>(&'a Simulator);

#[async_trait::async_trait]
impl Marks for Changed<'_> {
    async fn on_the_wire(&self) -> Result<(), String> {
        self.0.with(|cloud| {
            let mailbox = cloud.mailbox(INFO).unwrap();
            let drafts = mailbox.folder("drafts").unwrap().id.clone();
            let serial = mailbox.letters_in(&drafts)[0].serial;
            mailbox.change(serial, &mut Vec::new(), |letter| letter.is_read = false);
        });
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_somebody_touched_is_not_refused_for_it_but_sent_at_the_next_try() {
    let simulator = simulator().await;
    let to = ["anna@voorbeeld.test"];
    let error = transport(&simulator).submit(parcel(INFO, &to), &Changed(&simulator)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Later { .. }), "{error:?}");
    assert_eq!((count(&simulator, "drafts"), count(&simulator, "sentitems")), ((1, 0), (0, 0)));
    transport(&simulator).submit(parcel(INFO, &to), &Disk::default()).await.unwrap();
    assert_eq!((count(&simulator, "drafts").0, count(&simulator, "sentitems")), (0, (1, 1)));
}
