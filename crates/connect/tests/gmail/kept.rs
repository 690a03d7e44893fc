//! A simulator and a mailbox in it.

use crate::granted::Keys;
pub use crate::memory::Kept;
use bytes::Bytes;
use connect::{
    Line, Vendors, World, WorldOptions,
    gmail::{self, GmailSource},
};
use jiff::Timestamp;
use mail::{Flags, RemoteId};
use simulator::{Cloud, GmailBox, Message, Simulator};
use std::{collections::BTreeMap, sync::Arc};

pub const INFO: &str = "info@werkplaats.test";
pub const BRAM: &str = "bram@werkplaats.test";

pub async fn simulator() -> Arc<Simulator> {
    let mut cloud = Cloud::default();
    cloud.latency_ms = 2;
    Arc::new(Simulator::start("127.0.0.1:0".parse().unwrap(), cloud).await.unwrap())
}

pub fn line(simulator: &Arc<Simulator>) -> Arc<Line> {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let world = World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap();
    let world = world.with_vendors(Vendors::simulated(&simulator.url).unwrap());
    let keys = Keys::new(simulator, INFO);
    Arc::new(gmail::line(&world, Box::new(keys)).unwrap())
}

pub fn source(simulator: &Arc<Simulator>) -> GmailSource {
    GmailSource::new(line(simulator), 50 << 20)
}

/// Works on the mailbox.
pub fn inside<T>(simulator: &Simulator, work: impl FnOnce(&mut GmailBox) -> T) -> T {
    simulator.with(|cloud| work(cloud.google.mailbox(INFO).unwrap()))
}

/// Puts a short letter there.
pub fn put(simulator: &Simulator, labels: &[&str], subject: &str) -> u64 {
    let raw = format!("Message-ID: <{subject}@x.test>\r\nSubject: {subject}\r\n\r\nhallo\r\n");
    inside(simulator, |mailbox| mailbox.put(labels, raw, Timestamp::now()).serial)
}

pub fn id(simulator: &Simulator, serial: u64) -> RemoteId {
    RemoteId::Name(inside(simulator, |mailbox| mailbox.messages[&serial].id()))
}

pub fn labels(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The folders in which a letter belongs, said another way than the connector says it.
fn lies_in(message: &Message, folder: &str) -> bool {
    let has = |label: &str| message.labels.contains(label);
    if has("TRASH") {
        return folder == "TRASH";
    }
    if has("SPAM") {
        return folder == "SPAM";
    }
    match folder {
        "ARCHIVE" => !message
            .labels
            .iter()
            .any(|label| ["INBOX", "SENT", "DRAFT", "CHAT"].contains(&label.as_str()) || label.starts_with("Label_")),
        folder => has(folder),
    }
}

impl Kept {
    /// Holds everything that is kept against what lies in the cloud: the same places, byte for byte, and flags.
    pub fn is_as_in(&self, simulator: &Simulator) {
        inside(simulator, |mailbox| {
            assert_eq!(self.folders.len(), 6 + mailbox.labels.len(), "{:?}", self.folders.keys());
            for (name, kept) in &self.folders {
                let label = kept.remote.strip_prefix("gmail:").unwrap();
                let there: BTreeMap<String, (Bytes, Flags)> = mailbox
                    .messages
                    .values()
                    .filter(|message| lies_in(message, label))
                    .map(|message| {
                        let has = |label: &str| message.labels.contains(label);
                        let (seen, flagged, draft) = (!has("UNREAD"), has("STARRED"), has("DRAFT"));
                        (message.id(), (message.raw.clone(), Flags { seen, flagged, draft, ..Flags::default() }))
                    })
                    .collect();
                assert_eq!(kept.letters.len(), there.len(), "{name}");
                assert!(kept.letters == there, "{name} differs");
            }
        });
    }
}
