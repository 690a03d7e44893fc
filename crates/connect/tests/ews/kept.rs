//! A simulator and a mailbox in it.

pub use crate::{
    memory::Kept,
    office::{id, put, simulator},
};
use connect::{
    Encryption, Secret, Server, World, WorldOptions,
    ews::{EwsSettings, EwsSource, EwsTransport, Line, SignIn},
};
use mail::Flags;
use simulator::{EXCHANGE_PASSWORD, Fault, Kind, Letter, Simulator};

pub const INFO: &str = "info@voorbeeld.test";

pub fn settings(simulator: &Simulator) -> EwsSettings {
    let port = simulator.url.rsplit(':').next().unwrap().parse().unwrap();
    EwsSettings {
        url: format!("{}/EWS/Exchange.asmx", simulator.url),
        server: Server { host: "127.0.0.1".into(), port, encryption: Encryption::None, pinned_certificate: None },
        sign_in: SignIn::Basic { username: "VOORBEELD\\info".to_owned(), secret: Secret::new(EXCHANGE_PASSWORD) },
    }
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

pub fn transport(simulator: &Simulator) -> EwsTransport {
    EwsTransport::new(line(simulator))
}

/// What stands before the identifier of a folder.
pub const PREFIX: &str = "ews:";
/// What a letter is called now.
pub fn name(letter: &Letter) -> String {
    letter.exchange_id()
}

/// What was done with a letter.
pub fn done_with(letter: &Letter) -> Flags {
    let forwarded = (letter.last_verb == Some(104)).then(|| "$Forwarded".to_owned());
    let answered = matches!(letter.last_verb, Some(102 | 103));
    Flags { answered, keywords: forwarded.into_iter().collect(), ..Flags::default() }
}

/// The questions that list folders, ask what changed, have letters, make a draft, look at it, send it.
pub const FOLDERS: &str = "EWS GetFolder";
pub const CHANGES: &str = "EWS SyncFolderItems";
pub const BYTES: &str = "EWS GetItem";
/// Where one letter of several is refused.
pub const ONE_LETTER: &str = "letter";
pub const MAKE: &str = "EWS CreateItem";
pub const LOOK: &str = "EWS GetItem";
pub const SEND: &str = "EWS SendItem";
/// What HTTP says when it was sent.
pub const SENT: u16 = 200;

/// Trouble that passes, while everything is fetched.
pub fn passing() -> Vec<Fault> {
    vec![
        Fault::new(Kind::Throttled, "EWS SyncFolderItems").seconds(1),
        Fault::new(Kind::Unavailable, "EWS GetItem"),
        Fault::new(Kind::Timeout, "EWS GetItem").after(1),
        Fault::new(Kind::Half, "EWS GetItem").after(1),
        Fault::new(Kind::DoneThenCut, "EWS GetItem").after(1),
        Fault::new(Kind::Half, "EWS SyncFolderItems").after(2),
    ]
}

/// How often a letter was sent.
pub fn times_sent(simulator: &Simulator) -> usize {
    simulator.with(|cloud| cloud.heard("POST EWS SendItem"))
}

/// Holds everything that was recorded against Microsoft's schema, where that is here.
pub fn is_as_the_schema_has_it(simulator: &Simulator) {
    let said = simulator.with(|cloud| cloud.exchange.record.take()).expect("it was recorded");
    assert!(!said.is_empty());
    let documents: Vec<String> = said.into_iter().flat_map(|(question, answer)| [question, answer]).collect();
    let wrong = testkit::held_against_exchange_schema(&documents).unwrap_or_default();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
