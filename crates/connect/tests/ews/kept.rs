//! A simulator and a mailbox in it.

pub use crate::memory::Kept;
use bytes::Bytes;
use connect::{
    Credentials, Encryption, Secret, Server, World, WorldOptions,
    ews::{EwsSettings, EwsSource, Line},
};
use mail::Flags;
use simulator::{Cloud, EXCHANGE_PASSWORD, Simulator};
use std::{collections::BTreeMap, sync::Arc};

pub const INFO: &str = "info@voorbeeld.test";

pub fn settings(simulator: &Simulator) -> EwsSettings {
    let port = simulator.url.rsplit(':').next().unwrap().parse().unwrap();
    EwsSettings {
        url: format!("{}/EWS/Exchange.asmx", simulator.url),
        server: Server { host: "127.0.0.1".into(), port, encryption: Encryption::None, pinned_certificate: None },
        credentials: Credentials::Password {
            username: "VOORBEELD\\info".to_owned(),
            secret: Secret::new(EXCHANGE_PASSWORD),
        },
        by_ntlm: false,
    }
}

pub async fn simulator() -> Arc<Simulator> {
    let mut cloud = Cloud::default();
    cloud.latency_ms = 2;
    Arc::new(Simulator::start("127.0.0.1:0".parse().unwrap(), cloud).await.unwrap())
}

pub fn world() -> World {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap()
}

pub fn line(simulator: &Simulator) -> Line {
    settings(simulator).line(&world())
}

pub fn source(simulator: &Simulator) -> EwsSource {
    EwsSource::new(line(simulator), 50 << 20)
}

impl Kept {
    /// Holds everything that is kept against what lies at the server: the same letters, byte for byte, and flags.
    pub fn is_as_in(&self, simulator: &Simulator) {
        simulator.with(|cloud| {
            let mailbox = cloud.mailbox(INFO).unwrap();
            for (name, kept) in &self.folders {
                let id = kept.remote.strip_prefix("ews:").unwrap();
                let there: BTreeMap<String, (Bytes, Flags)> = mailbox
                    .letters_in(id)
                    .into_iter()
                    .map(|letter| {
                        let flagged = letter.flag == "flagged";
                        let flags = Flags { seen: letter.is_read, flagged, draft: letter.is_draft, ..Flags::default() };
                        (letter.exchange_id(), (letter.raw.clone(), flags))
                    })
                    .collect();
                assert_eq!(kept.letters.len(), there.len(), "{name}");
                assert!(kept.letters == there, "{name} differs");
            }
        });
    }
}

/// Holds everything that was recorded against Microsoft's schema, where that is here.
pub fn is_as_the_schema_has_it(simulator: &Simulator) {
    let said = simulator.with(|cloud| cloud.exchange.record.take()).expect("it was recorded");
    assert!(!said.is_empty());
    let documents: Vec<String> = said.into_iter().flat_map(|(question, answer)| [question, answer]).collect();
    let wrong = testkit::held_against_exchange_schema(&documents).unwrap_or_default();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
