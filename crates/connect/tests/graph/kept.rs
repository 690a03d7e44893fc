//! A simulator and a mailbox in it.

pub use crate::memory::Kept;
use async_trait::async_trait;
use bytes::Bytes;
use connect::{
    Bearer, ConnectError, Line, Secret, Vendors, World, WorldOptions,
    graph::{self, GraphSource},
};
use mail::Flags;
use simulator::{Cloud, Simulator};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

pub const INFO: &str = "info@voorbeeld.test";

/// Gives a token, and another one when it was refused.
struct Keys {
    simulator: Arc<Simulator>,
    token: Mutex<String>,
}

#[async_trait]
impl Bearer for Keys {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, ConnectError> {
        let mut token = self.token.lock().unwrap();
        if token.is_empty() || refused.is_some() {
            *token = self.simulator.with(|cloud| cloud.token_for(INFO));
        }
        Ok(Secret::new(token.as_str()))
    }
}

pub async fn simulator() -> Arc<Simulator> {
    let mut cloud = Cloud::default();
    cloud.latency_ms = 2;
    Arc::new(Simulator::start("127.0.0.1:0".parse().unwrap(), cloud).await.unwrap())
}

pub fn line(simulator: &Arc<Simulator>) -> Arc<Line> {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let world = World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap();
    let world = world.with_vendors(Vendors::simulated(&simulator.url).unwrap());
    let keys = Keys { simulator: simulator.clone(), token: Mutex::default() };
    Arc::new(graph::line(&world, Box::new(keys)).unwrap())
}

pub fn source(simulator: &Arc<Simulator>) -> GraphSource {
    GraphSource::new(line(simulator), 50 << 20)
}

impl Kept {
    /// Holds everything that is kept against what lies in the cloud: the same letters, byte for byte, and flags.
    pub fn is_as_in(&self, simulator: &Simulator) {
        simulator.with(|cloud| {
            let mailbox = cloud.mailbox(INFO).unwrap();
            for (name, kept) in &self.folders {
                let id = kept.remote.strip_prefix("graph:").unwrap();
                let there: BTreeMap<String, (Bytes, Flags)> = mailbox
                    .letters_in(id)
                    .into_iter()
                    .map(|letter| {
                        let flagged = letter.flag == "flagged";
                        let flags = Flags { seen: letter.is_read, flagged, draft: letter.is_draft, ..Flags::default() };
                        (letter.id(true), (letter.raw.clone(), flags))
                    })
                    .collect();
                assert_eq!(kept.letters.len(), there.len(), "{name}");
                assert!(kept.letters == there, "{name} differs");
            }
        });
    }
}
