//! Sending, where it is Exchange's own.

use crate::{
    disk::Disk,
    kept::{INFO, is_as_the_schema_has_it, simulator, transport},
    office::send::parcel,
};
use connect::{ConnectError, Transport, error::Cause};

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
