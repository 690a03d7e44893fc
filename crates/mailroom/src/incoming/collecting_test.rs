use super::{
    collecting::CollectingSource,
    pass::{self, Progress, Watch},
};
use crate::{
    outgoing::fixture::{House, NOON, house_with},
    people::{self, erasure::erase, personal::Subject},
    words::Language,
};
use async_trait::async_trait;
use connect::{Change, ConnectError, Edit, EditDone, FolderState, Known, Outlet, RemoteFolder, Source, Wake};
use mail::{Cursor, Flags, RemoteId, RemoteSet, Role};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use store::{
    account::{Account, AfterFetch, Incoming},
    contact::NewContact,
};
use tokio::sync::watch;

const DAY: i64 = 24 * 3_600_000;

/// What lies on the server, by name, and whether it confirms what it deletes.
#[derive(Default)]
struct There {
    letters: Vec<(String, String)>,
    /// Says nothing when it is asked to delete, though it does.
    mute: bool,
    asked: Vec<String>,
    retrieved: usize,
}

#[derive(Clone, Default)]
struct Server(Arc<Mutex<There>>);

impl Server {
    fn add(&self, name: &str) {
        let raw = format!("From: els@klant.nl\r\nSubject: {name}\r\n\r\nDag\r\n");
        self.0.lock().unwrap().letters.push((name.to_owned(), raw));
    }

    fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().letters.iter().map(|(name, _)| name.clone()).collect()
    }

    fn ids(&self) -> RemoteSet {
        let mut ids = RemoteSet::new();
        self.names().into_iter().for_each(|name| ids.insert(&RemoteId::Name(name)));
        ids
    }
}

#[async_trait]
impl Source for Server {
    async fn folders(&mut self) -> Result<Vec<RemoteFolder>, ConnectError> {
        Ok(vec![RemoteFolder {
            remote: "INBOX".into(),
            name: "INBOX".into(),
            declared: Role::Inbox,
            selectable: true,
            separator: None,
            messages: Some(self.names().len() as u64),
            uidvalidity: None,
        }])
    }

    async fn pull(
        &mut self,
        folders: Vec<FolderState>,
        known: Arc<dyn Known>,
        out: Outlet,
    ) -> Result<(), ConnectError> {
        let folder = folders[0].folder;
        let known = known.known(folder).await;
        let mut changes = vec![Change::Epoch { folder, epoch: 1 }];
        let letters = self.0.lock().unwrap().letters.clone();
        for (name, raw) in letters {
            let remote = RemoteId::Name(name);
            if !known.contains(&remote) {
                self.0.lock().unwrap().retrieved += 1;
                let (raw, flags) = (raw.into(), Flags::default());
                changes.push(Change::Message { folder, remote, raw, flags, internal_at: None, room: None });
            }
        }
        changes.push(Change::Present { folder, ids: self.ids() });
        changes.push(Change::Cursor { folder, cursor: Cursor("ver".into()) });
        for change in changes {
            // Whoever does not listen any more has its reasons.
            let _ = out.changes.send(change).await;
        }
        Ok(())
    }

    async fn wait(&mut self, _: Duration) -> Result<Wake, ConnectError> {
        Ok(Wake::Timer)
    }

    async fn edit(&mut self, edits: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        let mut there = self.0.lock().unwrap();
        let mut done = Vec::new();
        for edit in edits {
            let Edit::Delete { remote: RemoteId::Name(name), .. } = edit else { panic!("{edit:?}") };
            there.letters.retain(|(known, _)| *known != name);
            there.asked.push(name);
            done.push(match there.mute {
                true => Err(ConnectError::Uncertain("no answer".into())),
                false => Ok(EditDone::default()),
            });
        }
        Ok(done)
    }

    async fn find(&mut self, _: &str, _: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError> {
        Ok(Vec::new())
    }

    async fn inventory(&mut self, _: &str) -> Result<(i64, RemoteSet), ConnectError> {
        Ok((1, self.ids()))
    }

    async fn older(&mut self, _: &str, _: i64) -> Result<RemoteSet, ConnectError> {
        Ok(RemoteSet::new())
    }

    async fn close(&mut self) {}
}

async fn house(after: AfterFetch) -> House {
    house_with(|settings| {
        let other = crate::accounts::settled_for_test(
            r#"{"address":"info@voorbeeld.nl","incoming":{"kind":"pop3","host":"pop.voorbeeld.nl","username":"info"}}"#,
        );
        settings.incoming = other.incoming;
        let Incoming::Pop3(server) = &mut settings.incoming else { panic!("{:?}", settings.incoming) };
        server.after_fetch = Some(after);
    })
    .await
}

async fn passes(house: &House, server: &Server) -> u64 {
    let mut account: Account = house.kept().await;
    let mut source = CollectingSource::new(&house.room, &account, Box::new(server.clone()));
    let watched = Watch::new(Arc::new(watch::channel(Progress::default()).0));
    pass::run(&house.room, &mut account, &mut source, &watched).await.unwrap().fetched
}

async fn held(house: &House) -> i64 {
    let (organisation, account) = (house.viewer.organisation, house.account);
    let read = house
        .room
        .store
        .db
        .read(move |tx| Box::pin(async move { store::account::counts(tx, organisation, account).await }));
    read.await.unwrap().messages
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_leaves_the_server_once_it_is_here_and_stays_here() {
    let (house, server) = (house(AfterFetch::Delete).await, Server::default());
    ["a", "b"].into_iter().for_each(|name| server.add(name));
    assert_eq!(passes(&house, &server).await, 2);
    assert_eq!((server.names().len(), held(&house).await), (0, 2));
    server.add("c");
    assert_eq!(passes(&house, &server).await, 1);
    assert_eq!((server.names().len(), held(&house).await), (0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_leaves_the_server_when_its_days_are_over_and_not_before() {
    let (house, server) = (house(AfterFetch::DeleteAfter { days: 3 }).await, Server::default());
    server.add("a");
    passes(&house, &server).await;
    house.room.clock.set(NOON + DAY);
    server.add("b");
    passes(&house, &server).await;
    assert_eq!(server.names(), ["a", "b"]);
    house.room.clock.set(NOON + 3 * DAY);
    passes(&house, &server).await;
    assert_eq!(server.names(), ["b"]);
    assert_eq!((held(&house).await, server.0.lock().unwrap().retrieved), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_stays_on_the_server_when_nobody_said_otherwise() {
    let (house, server) = (house(AfterFetch::Leave).await, Server::default());
    server.add("a");
    passes(&house, &server).await;
    house.room.clock.set(NOON + 1000 * DAY);
    passes(&house, &server).await;
    assert_eq!(server.names(), ["a"]);
    assert_eq!((held(&house).await, server.0.lock().unwrap().retrieved), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn erased_mail_leaves_the_server_even_where_mail_stays_and_is_not_fetched_again() {
    let (house, server) = (house(AfterFetch::Leave).await, Server::default());
    server.add("a");
    passes(&house, &server).await;
    let new = NewContact { name: "Els".into(), addresses: vec!["els@klant.nl".into()], ..NewContact::default() };
    let els = people::contact::create(&house.room, &house.viewer, new).await.unwrap().id;
    let erased = erase(&house.room, &house.viewer, Subject::Contact(els), "Els", true, Language::Dutch).await.unwrap();
    assert_eq!((erased.messages, erased.left), (1, 0));
    passes(&house, &server).await;
    assert_eq!((server.names().len(), held(&house).await), (0, 0));
    // A list without it, and then it is there once more.
    passes(&house, &server).await;
    server.add("a");
    passes(&house, &server).await;
    assert_eq!((server.names().len(), held(&house).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_did_not_confirm_is_settled_by_its_next_list() {
    let (house, server) = (house(AfterFetch::Delete).await, Server::default());
    server.add("a");
    server.0.lock().unwrap().mute = true;
    passes(&house, &server).await;
    server.0.lock().unwrap().mute = false;
    // It had deleted it all the same; and when it had not, it is asked again.
    passes(&house, &server).await;
    assert_eq!(server.0.lock().unwrap().asked, ["a"]);
    server.add("b");
    server.0.lock().unwrap().mute = true;
    passes(&house, &server).await;
    server.add("b");
    server.0.lock().unwrap().mute = false;
    passes(&house, &server).await;
    assert_eq!(server.0.lock().unwrap().asked, ["a", "b", "b"]);
    assert_eq!(held(&house).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_the_server_when_its_bytes_here_are_damaged() {
    let (house, server) = (house(AfterFetch::DeleteAfter { days: 1 }).await, Server::default());
    server.add("a");
    passes(&house, &server).await;
    let blobs = house.room.store.data.join("blobs");
    let damaged = damage(&blobs);
    assert!(damaged > 0, "{}", blobs.display());
    house.room.clock.set(NOON + 2 * DAY);
    passes(&house, &server).await;
    assert_eq!(server.names(), ["a"]);
}

/// Turns every byte of every file round. Gives how many there were.
fn damage(folder: &std::path::Path) -> usize {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            bytes += damage(&path);
            continue;
        }
        let turned: Vec<u8> = std::fs::read(&path).unwrap().iter().map(|byte| byte ^ 0x20).collect();
        bytes += turned.len();
        std::fs::write(path, turned).unwrap();
    }
    bytes
}
