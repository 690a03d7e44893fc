//! A delivering hand and what it is given.

use async_trait::async_trait;
use bytes::Bytes;
use connect::{
    ConnectError, Marks, Parcel, Receipt, ServerWords, Transport, World, WorldOptions,
    direct::{DirectOptions, DirectTransport, KeptPolicy, PolicyKeeper},
};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Counts the marks.
#[derive(Debug, Default)]
pub struct Counter(pub AtomicUsize);

#[async_trait]
impl Marks for Counter {
    async fn on_the_wire(&self) -> Result<(), String> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Policies in memory.
#[derive(Debug, Default, Clone)]
pub struct Shelf(pub Arc<Mutex<HashMap<String, KeptPolicy>>>);

#[async_trait]
impl PolicyKeeper for Shelf {
    async fn load(&self, domain: &str) -> Option<KeptPolicy> {
        self.0.lock().unwrap().get(domain).cloned()
    }
    async fn keep(&self, domain: &str, policy: &KeptPolicy, _ends_at: i64) {
        self.0.lock().unwrap().insert(domain.to_owned(), policy.clone());
    }
}

/// A hand in this internet, which trusts an authority of its own when there is one.
pub fn office(extra_ca: Option<PathBuf>, shelf: &Shelf) -> (World, DirectTransport) {
    let allow_networks = ["127.0.0.0/8", "fd00::/64"].map(|network| network.parse().unwrap()).to_vec();
    let options = WorldOptions { allow_networks, extra_ca, ..WorldOptions::default() };
    let world = World::new(options).unwrap();
    let hand = DirectOptions { helo_name: "post.ons.test".into(), ..DirectOptions::default() };
    (world.clone(), DirectTransport::new(world, hand, Box::new(shelf.clone())))
}

/// A small message for these.
pub fn parcel(recipients: &[&str]) -> Parcel {
    Parcel {
        return_path: "info@ons.test".into(),
        recipients: recipients.iter().map(|one| (*one).to_owned()).collect(),
        message: Bytes::from_static(
            b"From: Info <info@ons.test>\r\nTo: anna@good.test\r\nSubject: hallo\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\
              Message-ID: <pk.1@ons.test>\r\n\r\nDag  Anna \r\n\r\n",
        ),
        envelope_id: Some("pk1".into()),
        notify_success: false,
    }
}

/// Hands it over; what was said of each recipient.
pub async fn send(hand: &DirectTransport, recipients: &[&str]) -> Vec<Result<ServerWords, ConnectError>> {
    let receipt: Result<Receipt, ConnectError> = hand.submit(parcel(recipients), &Counter::default()).await;
    match receipt {
        Ok(receipt) => receipt.recipients.into_iter().map(|one| one.outcome).collect(),
        Err(error) => recipients.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// Whether it may go later, and why not now.
pub fn waits(outcome: &Result<ServerWords, ConnectError>) -> Option<connect::error::Cause> {
    match outcome {
        Err(ConnectError::Later { cause, .. }) => Some(*cause),
        _ => None,
    }
}
