use super::{
    PassError,
    pass::{self, Progress, Watch},
};
use crate::{
    MailRoom,
    outgoing::fixture::{NOON, house_with},
};
use async_trait::async_trait;
use connect::{Change, ConnectError, Edit, EditDone, FolderState, Known, Outlet, RemoteFolder, Source, Wake};
use mail::{Cursor, Flags, RemoteId, RemoteSet, Role};
use std::{sync::Arc, time::Duration};
use store::{StoreError, account};
use tokio::sync::watch;

/// A server with one letter. While that is on its way, another node may take the account over.
struct Slow {
    room: MailRoom,
    taken_over: bool,
}

#[async_trait]
impl Source for Slow {
    async fn folders(&mut self) -> Result<Vec<RemoteFolder>, ConnectError> {
        Ok(vec![RemoteFolder {
            remote: "INBOX".into(),
            name: "INBOX".into(),
            declared: Role::Inbox,
            selectable: true,
            separator: Some('/'),
            messages: Some(1),
            uidvalidity: Some(7),
        }])
    }

    async fn pull(&mut self, folders: Vec<FolderState>, _: Arc<dyn Known>, out: Outlet) -> Result<(), ConnectError> {
        if self.taken_over {
            let later = NOON + 120_000;
            let lease = store::unit(move |tx| Box::pin(account::lease(tx, "quick", later + 60_000, later, 9)));
            assert_eq!(self.room.store.db.write(lease).await.unwrap().len(), 1, "the first lease is over");
        }
        let folder = folders[0].folder;
        let message = Change::Message {
            folder,
            remote: RemoteId::Uid(1),
            raw: "From: els@klant.nl\r\nSubject: Dag\r\n\r\nDag\r\n".into(),
            flags: Flags::default(),
            internal_at: Some(NOON),
            room: None,
        };
        let cursor = Change::Cursor { folder, cursor: Cursor("ver".into()) };
        for change in [Change::Epoch { folder, epoch: 7 }, message, cursor] {
            // Whoever does not listen any more has its reasons.
            let _ = out.changes.send(change).await;
        }
        Ok(())
    }

    async fn wait(&mut self, _: Duration) -> Result<Wake, ConnectError> {
        Ok(Wake::Timer)
    }

    async fn edit(&mut self, _: Vec<Edit>) -> Result<Vec<Result<EditDone, ConnectError>>, ConnectError> {
        Ok(Vec::new())
    }

    async fn find(&mut self, _: &str, _: &str) -> Result<Vec<(i64, RemoteId)>, ConnectError> {
        Ok(Vec::new())
    }

    async fn inventory(&mut self, _: &str) -> Result<(i64, RemoteSet), ConnectError> {
        Ok((7, RemoteSet::default()))
    }

    async fn close(&mut self) {}

    async fn older(&mut self, _: &str, _: i64) -> Result<RemoteSet, ConnectError> {
        Ok(RemoteSet::default())
    }
}

async fn passed(taken_over: bool) -> (Result<(), PassError>, usize, Option<Cursor>) {
    let house = house_with(|settings| {
        let other = crate::accounts::settled_for_test(
            r#"{"address":"info@voorbeeld.nl","incoming":{"kind":"imap","host":"imap.voorbeeld.nl","username":"info"}}"#,
        );
        settings.incoming = other.incoming;
    })
    .await;
    let room = house.room.clone();
    let lease = store::unit(|tx| Box::pin(account::lease(tx, "slow", NOON + 60_000, NOON, 9)));
    let fence = room.store.db.write(lease).await.unwrap()[0].fence;
    let mut account = house.kept().await;
    assert_eq!(account.fence, fence);
    let mut source = Slow { room: room.clone(), taken_over };
    let watched = Watch::new(Arc::new(watch::channel(Progress::default()).0));
    let result = pass::run(&room, &mut account, &mut source, &watched).await.map(|_| ());
    let viewer = house.viewer;
    let asked = house.account;
    let read = room
        .store
        .db
        .read(move |tx| Box::pin(async move { store::folder::list(tx, viewer.organisation, asked).await }));
    let folder = read.await.unwrap().remove(0);
    (result, folder.messages as usize, folder.cursor)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_whose_account_went_to_another_node_writes_nothing_more() {
    let (result, messages, cursor) = passed(false).await;
    result.unwrap();
    assert_eq!((messages, cursor.is_some()), (1, true));

    let (result, messages, cursor) = passed(true).await;
    assert!(matches!(result, Err(PassError::Store(StoreError::TakenOver))), "{result:?}");
    assert_eq!((messages, cursor), (0, None));
}
