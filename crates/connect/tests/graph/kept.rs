//! A simulator and a mailbox in it.

use crate::granted::Keys;
pub use crate::{
    memory::Kept,
    office::{id, put, simulator},
};
use connect::{
    Line, Vendors, World, WorldOptions,
    graph::{self, GraphSource, GraphTransport},
};
use mail::Flags;
use simulator::{Fault, Kind, Letter, Simulator};
use std::sync::Arc;
use testkit::held_against_graph_metadata;

pub const INFO: &str = "info@voorbeeld.test";

pub fn line(simulator: &Arc<Simulator>) -> Arc<Line> {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let world = World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap();
    let world = world.with_vendors(Vendors::simulated(&simulator.url).unwrap());
    let keys = Keys::new(simulator, INFO);
    Arc::new(graph::line(&world, Box::new(keys)).unwrap())
}

pub fn source(simulator: &Arc<Simulator>) -> GraphSource {
    GraphSource::new(line(simulator), 50 << 20)
}

pub fn transport(simulator: &Arc<Simulator>) -> GraphTransport {
    GraphTransport::new(line(simulator))
}

/// Lets everything be read that is said from now on.
pub fn listen(simulator: &Simulator) {
    simulator.with(|cloud| cloud.record = Some(Vec::new()));
}

/// Whatever we asked, and were answered, is as Microsoft's metadata has it.
pub fn is_as_described(simulator: &Simulator) {
    let said = simulator.with(|cloud| cloud.record.take()).unwrap();
    assert!(said.len() > 5, "only {said:?}");
    assert_eq!(held_against_graph_metadata(&said).unwrap_or_default(), Vec::<String>::new());
}

/// What stands before the identifier of a folder.
pub const PREFIX: &str = "graph:";
/// What a letter is called, for ever.
pub fn name(letter: &Letter) -> String {
    letter.id(true)
}

/// What was done with a letter, as far as it is told: nothing.
pub fn done_with(_: &Letter) -> Flags {
    Flags::default()
}

/// The requests that list folders, ask what changed, have a letter, make a draft, look at it, send it.
pub const FOLDERS: &str = "mailFolders";
pub const CHANGES: &str = "messages/delta";
pub const BYTES: &str = "$value";
/// Where one letter of several is refused.
pub const ONE_LETTER: &str = "$value";
pub const MAKE: &str = "POST me/messages";
pub const LOOK: &str = "GET me/messages/";
pub const SEND: &str = "POST /send";
/// What HTTP says when it was sent.
pub const SENT: u16 = 202;

/// Trouble that passes, while everything is fetched.
pub fn passing() -> Vec<Fault> {
    vec![
        Fault::new(Kind::TokenExpired, "GET me/mailFolders").after(2),
        Fault::new(Kind::Throttled, "messages/delta").seconds(1),
        Fault::new(Kind::Unavailable, "$value").after(5),
        Fault::new(Kind::Timeout, "$value").after(4),
        Fault::new(Kind::Half, "$value").after(5),
        Fault::new(Kind::DoneThenCut, "$value").after(5),
        Fault::new(Kind::Half, "messages/delta").after(2),
        Fault::new(Kind::DoneThenCut, "$batch"),
    ]
}

/// How often a letter was sent.
pub fn times_sent(simulator: &Simulator) -> usize {
    simulator.with(|cloud| cloud.heard("POST me/messages/"))
}
