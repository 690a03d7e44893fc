//! Two units of work in the very same instant. PostgreSQL only: SQLite has one writer.

use crate::{
    QUESTION,
    room::{ARCHIVE, INBOX, NOW, Room, mail_in},
};
use mail::{ContactKey, Flags, MessageKey, RemoteId, UserKey};
use std::sync::Arc;
use store::{
    KeyMaker, Tx, UserRole, Viewer, Work,
    contact::{self, NewContact},
    message,
    receive::{Batch, Item, receive},
    vals,
};
use tokio::sync::oneshot;

const WAITING: &str =
    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
const UNREAD: &str =
    "SELECT f.unread || ' of ' || f.messages || ', counted ' || COUNT(p.message) FILTER (WHERE p.flags & 1 = 0)
    || ' of ' || COUNT(p.message) FROM folders f LEFT JOIN places p ON p.shown_in = f.id
    GROUP BY f.id, f.unread, f.messages ORDER BY f.id";

async fn room(name: &str) -> Room {
    Room::new(Some(testkit::Postgres::shared().database(name))).await
}

type Deed = Box<dyn for<'a> FnOnce(&'a mut Tx) -> Work<'a, ()> + Send>;

/// The second begins when the first has done its work, and the first is not committed before the second waits for it
/// or is done.
async fn at_once(room: &Room, first: Deed, second: Deed) {
    let (done, is_done) = oneshot::channel();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let store = room.store.clone();
    let one = tokio::spawn(async move {
        let work = store.db.write(move |tx| {
            Box::pin(async move {
                first(tx).await?;
                let _ = done.send(());
                let _ = may_go_on.await;
                Ok(())
            })
        });
        work.await
    });
    is_done.await.expect("the first does its work");
    let store = room.store.clone();
    let other = tokio::spawn(async move { store.db.write(second).await });
    while !other.is_finished() && room.count(WAITING).await == 0 {
        tokio::task::yield_now().await;
    }
    go_on.send(()).expect("the first waits");
    one.await.unwrap().unwrap();
    other.await.unwrap().unwrap();
}

fn receiving(room: &Room, items: Vec<Item>) -> Deed {
    let make = room.store.make.clone();
    let (organisation, account) = (room.organisation, room.account);
    let batch = Batch { organisation, account, fence: 0, items, collects: false, backlog: false, now: NOW };
    Box::new(move |tx| Box::pin(async move { receive(tx, &make, batch).await.map(drop) }))
}

/// A mail in the inbox, and somebody who may do with it what they like.
async fn owned(room: &Room) -> (Viewer, MessageKey, Arc<KeyMaker>) {
    let key = room.receive(vec![mail_in(INBOX, 1, QUESTION)]).await.new[0];
    let (organisation, account) = (room.organisation, room.account);
    room.write(move |tx| {
        Box::pin(async move {
            tx.execute(
                "INSERT INTO owners (organisation, account, person, is_group, can_read, can_send, can_manage)
                 VALUES ($1, $2, 31, FALSE, TRUE, TRUE, TRUE)",
                &vals![organisation, account],
            )
            .await
        })
    })
    .await;
    (Viewer { organisation, user: UserKey(31), role: UserRole::Member }, key, room.store.make.clone())
}

fn read_there() -> Vec<Item> {
    vec![Item::Flags(INBOX, vec![(RemoteId::Uid(1), Flags { seen: true, ..Flags::default() })])]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_made_while_its_mail_comes_in_finds_that_mail() {
    let room = room("receive_same_instant").await;
    // The mail is in, and nobody was found for it, but its transaction is still open.
    let comes = receiving(&room, vec![mail_in(INBOX, 1, QUESTION)]);
    let organisation = room.organisation;
    let new = NewContact {
        name: "Jan".into(),
        addresses: vec!["jan@klant.nl".into()],
        hidden: true,
        ..NewContact::default()
    };
    let made: Deed = Box::new(move |tx| {
        Box::pin(async move { contact::create(tx, organisation, ContactKey(501), &new, NOW).await.map(drop) })
    });
    at_once(&room, comes, made).await;
    assert_eq!(room.ask("SELECT target || ' ' || reason FROM links").await, ["501 address"]);
    assert_eq!(room.ask("SELECT private_reason FROM messages WHERE private").await, ["contact"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_mail_that_two_processes_bring_at_once_is_kept_once_and_neither_fails() {
    let room = room("receive_twice_at_once").await;
    let comes = || receiving(&room, vec![mail_in(INBOX, 1, QUESTION)]);
    at_once(&room, comes(), comes()).await;
    assert_eq!(room.count("SELECT COUNT(*) FROM messages").await, 1);
    assert_eq!(room.count("SELECT COUNT(*) FROM places").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_read_here_and_on_its_server_at_once_is_counted_once() {
    for here_first in [true, false] {
        let room = room(&format!("receive_read_at_once_{here_first}")).await;
        let (viewer, key, make) = owned(&room).await;
        assert_eq!(room.ask(UNREAD).await[0], "1 of 1, counted 1 of 1");
        let here: Deed = Box::new(move |tx| {
            Box::pin(async move { message::set_flags(tx, &viewer, key, Some(true), None, NOW, &make).await })
        });
        let there = receiving(&room, read_there());
        if here_first {
            at_once(&room, here, there).await;
        } else {
            at_once(&room, there, here).await;
        }
        assert_eq!(room.ask(UNREAD).await[0], "0 of 1, counted 0 of 1", "here first: {here_first}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_moved_here_and_read_on_its_server_at_once_is_counted_where_it_lies() {
    for here_first in [true, false] {
        let room = room(&format!("receive_move_at_once_{here_first}")).await;
        let (viewer, key, make) = owned(&room).await;
        let here: Deed =
            Box::new(move |tx| Box::pin(async move { message::move_to(tx, &viewer, key, ARCHIVE, NOW, &make).await }));
        let there = receiving(&room, read_there());
        if here_first {
            at_once(&room, here, there).await;
        } else {
            at_once(&room, there, here).await;
        }
        let counted = ["0 of 0, counted 0 of 0", "0 of 1, counted 0 of 1"];
        assert_eq!(room.ask(UNREAD).await, counted, "here first: {here_first}");
    }
}
