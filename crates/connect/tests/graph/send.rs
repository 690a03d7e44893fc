//! Sending, where it is Microsoft's own.

use crate::{
    disk::Disk,
    kept::{INFO, simulator, transport},
    office::send::parcel,
};
use connect::{ConnectError, Transport, error::Cause};

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_too_long_for_one_request_is_refused_in_words() {
    let simulator = simulator().await;
    let transport = transport(&simulator);
    let mut long = parcel(INFO, &["anna@voorbeeld.test"]);
    long.message = [long.message.as_ref(), &vec![b'x'; 4 << 20]].concat().into();
    let error = transport.submit(long, &Disk::default()).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Refused { cause: Cause::TooLarge, .. }), "{error:?}");
}
