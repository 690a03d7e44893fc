//! What goes wrong at Microsoft, and is its own.

use crate::kept::{Kept, put, simulator, source};
use connect::{ConnectError, error::Cause};
use simulator::{Fault, Kind};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_twice_is_for_a_person_to_renew() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::TokenExpired, "").times(2)));
    let error = Kept::default().pull(&mut source(&simulator)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Credentials { cause: Cause::TokenRefused, .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_leads_to_another_server_gets_no_token() {
    let simulator = simulator().await;
    put(&simulator, "inbox", "brief");
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    for folder in kept.folders.values_mut() {
        let cursor = folder.cursor.as_mut().unwrap();
        cursor.0 = cursor.0.replace(&simulator.url, "http://127.0.0.1:1");
    }
    let error = kept.pull(&mut source).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Later { cause: Cause::Protocol, .. }), "{error:?}");
}
