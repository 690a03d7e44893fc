//! What is the same of a mailbox of Microsoft's, whichever way it is spoken to: at its provider by Graph, in the house by EWS.
//! `kept` says what is not: how a line is made, and what its questions are called.

mod both_ways;
mod faults;
pub mod fetch;
pub mod send;

use crate::kept::{INFO, Kept, PREFIX, done_with, name};
use bytes::Bytes;
use jiff::Timestamp;
use mail::{Flags, RemoteId};
use simulator::{Cloud, Simulator};
use std::{collections::BTreeMap, sync::Arc};

/// A simulator that takes its time.
pub async fn simulator() -> Arc<Simulator> {
    let mut cloud = Cloud::default();
    cloud.latency_ms = 2;
    Arc::new(Simulator::start("127.0.0.1:0".parse().unwrap(), cloud).await.unwrap())
}

/// Puts a short letter there.
pub fn put(simulator: &Simulator, folder: &str, subject: &str) -> u64 {
    let raw = format!("Message-ID: <{subject}@x.test>\r\nSubject: {subject}\r\n\r\nhallo\r\n");
    simulator.with(|cloud| cloud.mailbox(INFO).unwrap().put(folder, raw, Timestamp::now()).serial)
}

/// What the letter is called now.
pub fn id(simulator: &Simulator, serial: u64) -> RemoteId {
    RemoteId::Name(simulator.with(|cloud| name(&cloud.mailbox(INFO).unwrap().letters[&serial])))
}

impl Kept {
    /// Holds everything that is kept against what lies there: the same letters, byte for byte, and flags.
    pub fn is_as_in(&self, simulator: &Simulator) {
        simulator.with(|cloud| {
            let mailbox = cloud.mailbox(INFO).unwrap();
            for (folder, kept) in &self.folders {
                let id = kept.remote.strip_prefix(PREFIX).unwrap();
                let there: BTreeMap<String, (Bytes, Flags)> = mailbox
                    .letters_in(id)
                    .into_iter()
                    .map(|letter| {
                        let flagged = letter.flag == "flagged";
                        let flags =
                            Flags { seen: letter.is_read, flagged, draft: letter.is_draft, ..done_with(letter) };
                        (name(letter), (letter.raw.clone(), flags))
                    })
                    .collect();
                assert_eq!(kept.letters.len(), there.len(), "{folder}");
                assert!(kept.letters == there, "{folder} differs");
            }
        });
    }
}
