//! Opens the installation that the options name and makes the room to work in.

use crate::{options::Settled, outcome::Failed, trouble::of_io, words};
use connect::{Vendors, World, settings::WorldOptions};
use mailroom::{Clock, Config, MailRoom};
use std::sync::Arc;
use store::{Places, Store};

/// Messages above this are refused, in bytes.
const MESSAGE_LIMIT: u64 = 50 << 20;

/// Opens the store and wires the room.
pub async fn open(options: &Settled) -> Result<MailRoom, Failed> {
    let places =
        Places { data: options.data.clone(), database: options.database.clone(), blobs: options.blobs.clone() };
    let store = Store::open(&places).await?;
    let config = Config {
        node: node_name(&store),
        base_url: options.base_url.clone().unwrap_or_default(),
        base_domain: base_domain(options),
    };
    Ok(MailRoom::new(store, world(options)?, Clock::default(), config))
}

/// The domain of our own addresses.
pub fn base_domain(options: &Settled) -> String {
    options.base_domain.clone().unwrap_or_else(|| "postkamer.localhost".into())
}

/// The outside world as the options allow it.
pub fn world(options: &Settled) -> Result<World, Failed> {
    let allow_networks = options
        .allow_network
        .iter()
        .map(|text| text.trim().parse().map_err(|_| Failed::usage(words::NO_NETWORK.with(&[("given", text)]))))
        .collect::<Result<_, _>>()?;
    let vendors = match &options.simulator {
        Some(url) => {
            Vendors::simulated(url).ok_or_else(|| Failed::usage(words::NO_SIMULATOR.with(&[("given", url)])))?
        }
        None => Vendors::default(),
    };
    let options =
        WorldOptions { allow_networks, extra_ca: options.extra_ca.clone(), message_limit_bytes: MESSAGE_LIMIT };
    World::new(options)
        .map(|world| world.with_vendors(vendors))
        .map_err(|error| Failed::new("world", words::around(words::NO_AUTHORITY, &[("why", &of_io(&error))])))
}

/// Names this node among others on the same database. The next run on this machine and data folder has the same name, and
/// so knows the leases of a run that died as its own.
fn node_name(store: &Store) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_else(|_| "node".into());
    format!("{}-{}", host.trim(), store.folder_name)
}

/// The one organisation that a command works on when none is named.
pub async fn account_by_address(room: &MailRoom, address: &str) -> Result<store::account::Account, Failed> {
    let asked = address.to_owned();
    let read = room.store.db.read(move |tx| Box::pin(async move { store::account::by_address(tx, &asked).await }));
    let mut found = read.await?;
    match (found.pop(), found.is_empty()) {
        (Some(account), true) => Ok(account),
        (None, _) => Err(Failed::new("unknown_account", words::UNKNOWN_ACCOUNT.with(&[("address", address)]))),
        (Some(_), false) => {
            Err(Failed::new("ambiguous_account", words::AMBIGUOUS_ACCOUNT.with(&[("address", address)])))
        }
    }
}

/// Kept so that the room outlives what runs in it.
pub fn shared(room: MailRoom) -> Arc<MailRoom> {
    Arc::new(room)
}
