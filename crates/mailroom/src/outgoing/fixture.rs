//! What tests of sending stand on: an installation in a folder of its own, and a next hop that answers as it is told.

use super::lane::Lane;
use crate::{Clock, MailRoom};
use async_trait::async_trait;
use connect::{ConnectError, Marks, Parcel, Receipt, RecipientReceipt, ServerWords, Transport, World, WorldOptions};
use mail::{AccountKey, Address, OrganisationKey, OutboxKey, UserKey};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::{
    Places, Store, Topic, UserRole, Viewer,
    account::{self, Account, NewAccount},
    outbox::{self, Submission},
    owner::{self, Owner, Party, Rights},
    user::{self, NewUser},
};
use tokio::sync::watch;

/// A Monday at noon, on a whole minute.
pub(crate) const NOON: i64 = 1_790_000_000_000 - 1_790_000_000_000 % 60_000;

/// A room with an organisation, an administrator and one account.
pub(crate) struct House {
    pub(crate) room: MailRoom,
    pub(crate) viewer: Viewer,
    pub(crate) account: AccountKey,
    _folder: tempfile::TempDir,
}

pub(crate) async fn house() -> House {
    house_with(|_| {}).await
}

pub(crate) async fn house_with(change: impl FnOnce(&mut account::AccountSettings)) -> House {
    let folder = tempfile::tempdir().unwrap();
    let places = Places { data: folder.path().to_owned(), database: None, blobs: None };
    let room = MailRoom {
        store: Arc::new(Store::open_with_key_file(&places, None).await.unwrap()),
        world: World::new(WorldOptions::default()).unwrap(),
        clock: Clock::fixed(NOON),
        config: Arc::default(),
        desks: Default::default(),
        tests: Default::default(),
        transports: Default::default(),
        wrongs: Default::default(),
        providers: Default::default(),
        grants: Default::default(),
        grounds: Default::default(),
        tally: Default::default(),
    };
    let settled = crate::accounts::settled_for_test(
        r#"{"address":"info@voorbeeld.nl","display_name":"Info",
            "outgoing":{"kind":"smtp","host":"smtp.voorbeeld.nl","username":""}}"#,
    );
    let mut settings = settled;
    change(&mut settings);
    let key = |room: &MailRoom| room.store.make.key(NOON);
    let organisation = OrganisationKey(key(&room));
    let viewer = Viewer { organisation, user: UserKey(key(&room)), role: UserRole::Administrator };
    let account = AccountKey(key(&room));
    let keys = room.store.keys.clone();
    room.store
        .db
        .write(move |tx| {
            Box::pin(async move {
                store::organisation::create(tx, &keys, organisation, "Voorbeeld", NOON).await?;
                let jan = NewUser {
                    id: viewer.user,
                    email: "jan@elders.nl".into(),
                    name: "Jan".into(),
                    role: UserRole::Administrator,
                    language: "nl".into(),
                    password: None,
                };
                user::create(tx, organisation, &jan, NOON).await?;
                account::create(tx, organisation, &NewAccount { id: account, settings, primary: true }, NOON).await?;
                let owner = Owner { party: Party::User(viewer.user), rights: Rights::ALL };
                owner::set(tx, organisation, account, &[owner]).await
            })
        })
        .await
        .unwrap();
    House { room, viewer, account, _folder: folder }
}

impl House {
    /// The account as it is kept now.
    pub(crate) async fn kept(&self) -> Account {
        let (organisation, id) = (self.viewer.organisation, self.account);
        self.room
            .store
            .db
            .read(move |tx| Box::pin(async move { account::load(tx, organisation, id).await }))
            .await
            .unwrap()
    }

    /// Lets the account's mail out through a next hop that gives these answers, and then accepts.
    pub(crate) async fn answers(&self, answers: impl IntoIterator<Item = Answer>) -> Arc<Scripted> {
        let scripted =
            Arc::new(Scripted { answers: Mutex::new(answers.into_iter().collect()), seen: Mutex::default() });
        self.room.transports.keep(Arc::new(Lane::new(self.kept().await, scripted.clone())));
        scripted
    }

    pub(crate) fn mail(&self, to: &[&str]) -> super::NewMail {
        super::NewMail {
            account: Some(self.account),
            to: to.iter().map(|address| Address::bare(*address)).collect(),
            subject: "Offerte".into(),
            text: Some("Dag".into()),
            ..Default::default()
        }
    }

    pub(crate) async fn submit(&self, mail: super::NewMail) -> OutboxKey {
        super::submit(&self.room, &self.viewer, mail, None).await.unwrap().id
    }

    pub(crate) async fn load(&self, id: OutboxKey) -> Submission {
        let organisation = self.viewer.organisation;
        self.room
            .store
            .db
            .read(move |tx| Box::pin(async move { outbox::load(tx, organisation, id).await }))
            .await
            .unwrap()
    }

    /// Sends until `enough`, then stops. The bell rings for every step, so that nothing here waits for a clock.
    pub(crate) async fn send_until(&self, enough: impl AsyncFn() -> bool) {
        let (stop, stopped) = watch::channel(false);
        let mut bell = self.room.store.db.bell(Topic::Outbox);
        let sending = tokio::spawn(super::dispatch::run(self.room.clone(), stopped));
        let waited = async {
            while !enough().await {
                bell.changed().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waited).await.expect("the state never came");
        stop.send(true).unwrap();
        sending.await.unwrap();
    }
}

/// What the next hop says to one message.
pub(crate) enum Answer {
    /// It takes it for everybody.
    Accept,
    /// It says this of each recipient; `None` accepts.
    Each(Vec<Option<ConnectError>>),
    /// It fails before anything is on the wire.
    Error(ConnectError),
    /// The line goes dead after the last byte.
    Lost,
}

/// A next hop that answers as it is told, and remembers what it was asked.
pub(crate) struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<Parcel>>,
}

impl Scripted {
    pub(crate) fn seen(&self) -> Vec<Parcel> {
        self.seen.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn submit(&self, parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Accept);
        self.seen.lock().unwrap().push(parcel.clone());
        let each = match answer {
            Answer::Error(error) => return Err(error),
            Answer::Accept => vec![None; parcel.recipients.len()],
            Answer::Each(each) => each,
            Answer::Lost => {
                marks.on_the_wire().await.unwrap();
                return Err(ConnectError::Uncertain("the line went dead".into()));
            }
        };
        marks.on_the_wire().await.unwrap();
        let recipients = parcel.recipients.into_iter().zip(each).map(|(address, error)| RecipientReceipt {
            address,
            outcome: error.map_or_else(|| Ok(ServerWords("250 ok".into())), Err),
        });
        Ok(Receipt { recipients: recipients.collect(), server_said: ServerWords("250 queued".into()), code: 250 })
    }

    async fn probe(&self) -> Result<ServerWords, ConnectError> {
        Ok(ServerWords::default())
    }

    async fn close(&self) {}
}
