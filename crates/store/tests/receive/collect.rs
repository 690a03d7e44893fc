//! Mail off a server that only hands over: what was taken is remembered by the server's names, and where a message lies is
//! ours alone.

use crate::room::{ARCHIVE, INBOX, NOW, Room, mail_in};
use mail::{RemoteId, RemoteSet};
use store::{
    collected,
    receive::{Batch, Item, Received, receive},
};

const DAY: i64 = 24 * 3_600_000;

fn name(text: &str) -> RemoteId {
    RemoteId::Name(text.to_owned())
}

/// A message under this name there.
fn letter(uidl: &str, body: &str) -> Item {
    let raw = format!("From: jan@klant.nl\nTo: info@voorbeeld.nl\nSubject: {body}\nMessage-ID: <{body}@k>\n\n{body}\n");
    let Item::Message(mut message) = mail_in(INBOX, 1, &raw) else { unreachable!("it is a message") };
    message.remote = name(uidl);
    Item::Message(message)
}

fn there(names: &[&str]) -> Item {
    let mut ids = RemoteSet::new();
    names.iter().for_each(|uidl| ids.insert(&name(uidl)));
    Item::Present(INBOX, ids)
}

impl Room {
    async fn collect(&self, now: i64, items: Vec<Item>) -> Received {
        let (organisation, account) = (self.organisation, self.account);
        let batch = Batch { organisation, account, fence: 0, items, collects: true, backlog: false, now };
        let make = self.store.make.clone();
        self.write(move |tx| Box::pin(async move { receive(tx, &make, batch).await })).await
    }

    async fn known(&self, since: Option<i64>) -> Vec<String> {
        let organisation = self.organisation;
        let known =
            self.write(move |tx| Box::pin(async move { collected::known(tx, organisation, INBOX, since).await })).await;
        known.names().map(str::to_owned).collect()
    }

    async fn due(&self, until: i64, promised: i64) -> Vec<RemoteId> {
        let organisation = self.organisation;
        let due = self
            .write(move |tx| {
                Box::pin(async move { collected::due(tx, organisation, INBOX, (until, promised), 100).await })
            })
            .await;
        due.into_iter().map(|one| one.remote).collect()
    }
}

on_both! {
    what_was_taken_is_known_and_what_goes_there_stays_here(room) {
        let received = room.collect(NOW, vec![letter("a", "een"), letter("b", "twee"), there(&["a", "b"])]).await;
        assert_eq!((received.new.len(), received.fetched), (2, 2));
        assert_eq!(room.known(None).await, ["a", "b"]);
        let received = room.collect(NOW, vec![there(&["b"])]).await;
        assert_eq!(received.removed, 0);
        assert_eq!(room.known(None).await, ["b"]);
        assert_eq!(room.count("SELECT messages * 10 + unread FROM folders WHERE name = 'INBOX'").await, 22);
        assert_eq!(room.count("SELECT COUNT(*) FROM messages WHERE gone_at IS NULL").await, 2);
    }

    a_message_under_a_new_name_is_the_one_that_was_moved_read_or_thrown_away_here(room) {
        room.collect(NOW, vec![letter("a", "een"), letter("b", "twee")]).await;
        // Both leave the inbox: one is moved, the other thrown away for good.
        let own = |body: &str| match letter("x", body) {
            Item::Message(message) => name(&blake3::Hash::from_bytes(message.digest).to_hex()),
            _ => unreachable!("it is a message"),
        };
        let (organisation, from) = (room.organisation, own("een"));
        let to = from.clone();
        room.write(move |tx| Box::pin(async move {
            let place = (INBOX, 1, store::place::remote_number(&from));
            store::place::moved(tx, organisation, place, (ARCHIVE, 1, &to)).await
        })).await;
        let mut gone = RemoteSet::new();
        gone.insert(&own("twee"));
        room.receive(vec![Item::Gone(INBOX, gone)]).await;
        let before = room.count("SELECT COUNT(*) FROM changes").await;
        let received = room.collect(NOW, vec![letter("c", "een"), letter("d", "twee"), there(&["c", "d"])]).await;
        assert_eq!((received.new.len(), received.fetched), (0, 0));
        assert_eq!(room.count("SELECT COUNT(*) FROM places").await, 1, "nothing is back in the inbox");
        assert_eq!(room.count("SELECT COUNT(*) FROM messages WHERE gone_at IS NULL").await, 1);
        assert_eq!(room.count("SELECT COUNT(*) FROM changes").await, before, "and nobody is told of new mail");
        assert_eq!(room.known(None).await, ["c", "d"]);
    }

    a_name_that_is_given_to_another_message_loses_neither(room) {
        room.collect(NOW, vec![letter("1", "een"), there(&["1"])]).await;
        room.collect(NOW, vec![there(&[])]).await;
        assert_eq!(room.known(None).await, [""; 0], "it is asked for again");
        let received = room.collect(NOW, vec![letter("1", "heel iets anders"), there(&["1"])]).await;
        assert_eq!(received.new.len(), 1);
        assert_eq!(room.count("SELECT messages FROM folders WHERE name = 'INBOX'").await, 2);
    }

    only_what_is_stored_and_long_enough_here_is_due_to_leave(room) {
        room.collect(NOW, vec![letter("a", "een"), Item::Older(INBOX, name("old"), NOW - 9 * DAY), letter("head 0f", "kop")]).await;
        room.collect(NOW + DAY, vec![letter("b", "twee"), there(&["a", "b", "old", "head 0f"])]).await;
        assert_eq!(room.due(NOW - 1, NOW).await, []);
        assert_eq!(room.due(NOW, NOW).await, [name("a")]);
        assert_eq!(room.due(NOW + DAY, NOW).await, [name("a"), name("b")], "never a name of our own making");
        let organisation = room.organisation;
        room.write(move |tx| Box::pin(async move {
            collected::ask(tx, organisation, INBOX, &[name("a"), name("b")], NOW + DAY).await?;
            collected::confirm(tx, organisation, INBOX, &[name("b")], NOW + DAY).await
        })).await;
        assert_eq!(room.due(NOW + DAY, NOW + DAY).await, [name("a")], "asked is not confirmed");
        assert_eq!(room.due(NOW + 2 * DAY, NOW + 2 * DAY).await, [name("a"), name("b")], "a promise that was not kept");
        room.collect(NOW + DAY, vec![there(&["old", "head 0f"])]).await;
        assert_eq!(room.due(NOW + 2 * DAY, NOW + 2 * DAY).await, []);
    }

    mail_from_before_the_moment_is_known_as_long_as_the_moment_stands(room) {
        room.collect(NOW, vec![Item::Older(INBOX, name("old"), NOW - DAY), letter("new", "nieuw"), there(&["old", "new"])]).await;
        assert_eq!(room.known(Some(NOW - DAY + 1)).await, ["new", "old"]);
        assert_eq!(room.known(Some(NOW - 2 * DAY)).await, ["new"]);
        assert_eq!(room.known(None).await, ["new"]);
    }

    what_is_gone_is_forgotten_after_ninety_days(room) {
        room.collect(NOW, vec![letter("a", "een"), there(&[])]).await;
        room.collect(NOW + 89 * DAY, vec![there(&[])]).await;
        assert_eq!(room.count("SELECT COUNT(*) FROM collected").await, 1);
        room.collect(NOW + 91 * DAY, vec![there(&[])]).await;
        assert_eq!(room.count("SELECT COUNT(*) FROM collected").await, 0);
        assert_eq!(room.count("SELECT COUNT(*) FROM messages WHERE gone_at IS NULL").await, 1);
    }
}
