//! A contact that is made in the very instant in which its mail comes in. PostgreSQL only: SQLite has one writer.

use crate::{
    QUESTION,
    room::{INBOX, NOW, Room, mail_in},
};
use mail::ContactKey;
use store::{
    contact::{self, NewContact},
    receive::{Batch, receive},
};
use tokio::sync::oneshot;

const WAITING: &str = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_made_while_its_mail_comes_in_finds_that_mail() {
    let room = Room::new(Some(testkit::Postgres::shared().database("receive_same_instant"))).await;
    let (arrived, has_arrived) = oneshot::channel();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let (store, make) = (room.store.clone(), room.store.make.clone());
    let items = vec![mail_in(INBOX, 1, QUESTION)];
    let batch = Batch {
        organisation: room.organisation,
        account: room.account,
        fence: 0,
        items,
        collects: false,
        backlog: false,
        now: NOW,
    };
    // The mail is in, and nobody was found for it, but its transaction is still open.
    let receiving = tokio::spawn(async move {
        let work = store.db.write(move |tx| {
            Box::pin(async move {
                let received = receive(tx, &make, batch).await?;
                let _ = arrived.send(());
                let _ = may_go_on.await;
                Ok(received)
            })
        });
        work.await
    });
    has_arrived.await.expect("the mail comes");
    let (store, organisation) = (room.store.clone(), room.organisation);
    let making = tokio::spawn(async move {
        let new = NewContact {
            name: "Jan".into(),
            addresses: vec!["jan@klant.nl".into()],
            hidden: true,
            ..NewContact::default()
        };
        let work = store.db.write(move |tx| {
            Box::pin(async move { contact::create(tx, organisation, ContactKey(501), &new, NOW).await })
        });
        work.await
    });
    // Either it waits for the mail, as it should, or it is done before the mail is.
    while !making.is_finished() && room.count(WAITING).await == 0 {
        tokio::task::yield_now().await;
    }
    go_on.send(()).expect("the mail waits");
    receiving.await.unwrap().unwrap();
    making.await.unwrap().unwrap();
    assert_eq!(room.ask("SELECT target || ' ' || reason FROM links").await, ["501 address"]);
    assert_eq!(room.ask("SELECT private_reason FROM messages WHERE private").await, ["contact"]);
}
