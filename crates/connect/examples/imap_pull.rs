//! Pulls a whole mailbox and says how long each step took: the receiving half alone, without a store.
//!
//! `imap_pull HOST PORT USER PASSWORD [tls|starttls|none] [CONNECTIONS] [CA]`

use connect::{
    Change, Credentials, Encryption, FolderState, Known, Outlet, Secret, Server, Source, World,
    imap::{ImapOptions, ImapSource},
    settings::WorldOptions,
};
use mail::{Cursor, FolderKey, RemoteSet};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, mpsc};

/// A store that has nothing.
struct Nothing;

#[async_trait::async_trait]
impl Known for Nothing {
    async fn known(&self, _: FolderKey) -> RemoteSet {
        RemoteSet::new()
    }
}

/// What a pull brought.
#[derive(Debug, Default)]
struct Brought {
    messages: u64,
    bytes: u64,
    flags: u64,
    gone: usize,
    other: Vec<String>,
    cursors: HashMap<FolderKey, Cursor>,
}

async fn pull(source: &mut ImapSource, cursors: &HashMap<FolderKey, Cursor>) -> Brought {
    let folders = source.folders().await.expect("the folders");
    let states: Vec<FolderState> = folders
        .into_iter()
        .filter(|folder| folder.selectable)
        .zip(1..)
        .map(|(folder, key)| FolderState {
            folder: FolderKey(key),
            remote: folder.remote,
            cursor: cursors.get(&FolderKey(key)).cloned(),
            thorough: false,
            since: None,
        })
        .collect();
    let (changes, mut stream) = mpsc::channel(64);
    let outlet = Outlet { changes, room: Arc::new(Semaphore::new(32 << 10)), room_total: 32 << 10 };
    let mut brought = Brought { cursors: cursors.clone(), ..Brought::default() };
    let take = async {
        while let Some(change) = stream.recv().await {
            match change {
                Change::Message { raw, .. } => {
                    brought.messages += 1;
                    brought.bytes += raw.len() as u64;
                }
                Change::Cursor { folder, cursor } => {
                    brought.cursors.insert(folder, cursor);
                }
                Change::Flags { of, .. } => brought.flags += of.len() as u64,
                Change::Gone { ids, .. } => brought.gone += ids.len(),
                Change::Epoch { .. } | Change::Progress { .. } => {}
                other => brought.other.push(format!("{other:?}").chars().take(200).collect()),
            }
        }
    };
    let (result, ()) = tokio::join!(source.pull(states, Arc::new(Nothing), outlet), take);
    result.expect("the pull");
    brought
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, user, password, rest @ ..] = arguments.as_slice() else {
        eprintln!("imap_pull HOST PORT USER PASSWORD [tls|starttls|none] [CONNECTIONS] [CA]");
        return;
    };
    let encryption = match rest.first().map(String::as_str) {
        Some("tls") => Encryption::Tls,
        Some("starttls") => Encryption::Starttls,
        _ => Encryption::None,
    };
    let options = WorldOptions {
        allow_networks: vec!["127.0.0.0/8".parse().expect("a network")],
        extra_ca: rest.get(2).map(Into::into),
        ..WorldOptions::default()
    };
    let world = World::new(options).expect("the authorities");
    let port = port.parse().expect("a port");
    let server = Server { host: host.clone(), port, encryption, pinned_certificate: None };
    let credentials = Credentials::Password { username: user.clone(), secret: Secret::new(password.as_bytes()) };
    let connections = rest.get(1).and_then(|text| text.parse().ok()).unwrap_or(2);
    let options = ImapOptions { connections, ..ImapOptions::default() };
    let mut source = ImapSource::new(world.clone(), server.clone(), credentials.clone(), options.clone());
    let mut cursors = HashMap::new();
    for name in ["full", "no-op, kept", "no-op, kept"] {
        let began = Instant::now();
        let brought = pull(&mut source, &cursors).await;
        let took = began.elapsed();
        println!(
            "{name}: {took:?} {} messages {} bytes {} flags {} gone {:?}",
            brought.messages, brought.bytes, brought.flags, brought.gone, brought.other
        );
        cursors = brought.cursors;
    }
    source.close().await;
    let mut source = ImapSource::new(world, server, credentials, options);
    let began = Instant::now();
    let brought = pull(&mut source, &cursors).await;
    println!("no-op, fresh: {:?} {} messages {:?}", began.elapsed(), brought.messages, brought.other);
    if std::env::var_os("IMAP_PULL_WAIT").is_some() {
        loop {
            let woken = source.wait(Duration::from_secs(60)).await.expect("news");
            let began = Instant::now();
            let brought = pull(&mut source, &cursors).await;
            println!(
                "{woken:?}: {:?} {} messages {} flags {} gone {:?}",
                began.elapsed(),
                brought.messages,
                brought.flags,
                brought.gone,
                brought.other
            );
            cursors = brought.cursors;
        }
    }
    source.close().await;
}
