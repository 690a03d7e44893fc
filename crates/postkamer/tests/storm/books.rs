//! What the database says, read while no program runs, and held against the servers.

use crate::{backing::Kind, house::House};
use std::collections::{BTreeMap, BTreeSet};
use store::{Db, Dialect, Row, Store, StoreError, Val, db::Place};

/// What a database answers to a question without values.
pub(crate) async fn rows(db: &Db, sql: &'static str) -> Vec<Row> {
    let read = store::unit(move |tx| Box::pin(async move { tx.rows(sql, &[] as &[Val<'_>]).await }));
    db.read(read).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

async fn execute(db: &Db, sql: &'static str) {
    let work = store::unit(move |tx| Box::pin(async move { tx.execute(sql, &[] as &[Val<'_>]).await }));
    db.write(work).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Looks at the database as the dead program left it, and says which submissions were marked as on the wire.
pub(crate) fn autopsy(house: &House) -> BTreeSet<String> {
    house.backing.wait_until_alone(&house.runtime);
    let folder = tempfile::tempdir().expect("a temporary folder");
    house.runtime.block_on(async {
        let db = match house.backing.database() {
            Some(url) => Db::open(&Place::Postgres(url)).await.expect("the database opens"),
            None => a_copy(house, folder.path()).await,
        };
        let marked = rows(&db, "SELECT subject FROM outbox WHERE state = 'sending' AND on_wire").await;
        if house.backing.kind == Kind::Nodes {
            // Time passes, so that the other node takes up what the dead one held.
            execute(&db, "UPDATE accounts SET lease_until_at = 1 WHERE lease_owner IS NOT NULL").await;
            execute(&db, "UPDATE outbox SET lease_until_at = 1 WHERE state = 'sending'").await;
        }
        marked.into_iter().map(|mut row| row.text(0)).collect()
    })
}

/// A copy of the file, so that the next start still finds it as the dead program left it.
async fn a_copy(house: &House, folder: &std::path::Path) -> Db {
    for name in ["postkamer.db", "postkamer.db-wal"] {
        let from = house.installation.data.join(name);
        if from.exists() {
            std::fs::copy(from, folder.join(name)).expect("a copy of the database");
        }
    }
    let db = Db::open(&Place::Sqlite(folder.join("postkamer.db"))).await.expect("the database opens");
    let mut sound = rows(&db, "PRAGMA integrity_check").await;
    assert_eq!(sound.remove(0).text(0), "ok", "the database of a killed program is whole");
    db
}

/// A stored place: SHA-256 of the bytes, and the flags.
pub(crate) type Stored = (String, BTreeSet<String>);

/// An installation that nobody serves now.
pub(crate) struct Books {
    store: Store,
}

impl Books {
    pub(crate) async fn open(house: &House) -> Books {
        Books { store: house.backing.open(&house.installation.data).await }
    }

    pub(crate) async fn rows(&self, sql: &'static str) -> Vec<Row> {
        rows(&self.store.db, sql).await
    }

    pub(crate) async fn execute(&self, sql: &'static str) {
        execute(&self.store.db, sql).await;
    }

    /// What lies in every folder of the only account, by UID, bytes read back from the blobs.
    pub(crate) async fn folders(&self) -> BTreeMap<String, BTreeMap<u32, Stored>> {
        folders(&self.store).await
    }

    /// The promises of reliability.md §4 that hold at any moment, whatever happened before.
    pub(crate) async fn check(&self) {
        check(&self.store).await;
    }
}

/// What lies in every folder of the only account of this store.
pub(crate) async fn folders(store: &Store) -> BTreeMap<String, BTreeMap<u32, Stored>> {
    let mut found = BTreeMap::new();
    for mut folder in rows(&store.db, "SELECT remote FROM folders WHERE gone_at IS NULL AND selectable").await {
        found.insert(folder.text(0), BTreeMap::new());
    }
    let sql = "SELECT f.remote, p.remote, p.flags, m.digest, m.organisation, p.keywords
        FROM places p JOIN folders f ON f.organisation = p.organisation AND f.id = p.folder
        JOIN messages m ON m.organisation = p.organisation AND m.id = p.message WHERE f.gone_at IS NULL";
    let mut known: BTreeMap<Vec<u8>, String> = BTreeMap::new();
    for mut row in rows(&store.db, sql).await {
        let digest = row.bytes(3);
        let shown = match known.get(&digest) {
            Some(shown) => shown.clone(),
            None => {
                let wanted = digest.as_slice().try_into().expect("a digest has 32 bytes");
                let raw = store.raw(mail::OrganisationKey(row.int(4)), wanted).await;
                let raw = raw.unwrap_or_else(|error: StoreError| panic!("a stored message has its bytes: {error}"));
                known.entry(digest).or_insert_with(|| testkit::digest(&raw)).clone()
            }
        };
        let flags = mail::Flags::from_stored(row.int(2), row.opt_text(5).as_deref()).to_imap();
        let flags = flags.split_whitespace().map(str::to_owned).collect();
        let uid = u32::try_from(row.int(1)).expect("a UID");
        let double = found.entry(row.text(0)).or_default().insert(uid, (shown, flags));
        assert!(double.is_none(), "one place is bound twice: only one generation of a folder is left");
    }
    found
}

/// The promises of reliability.md §4 that hold at any moment.
pub(crate) async fn check(store: &Store) {
    if store.db.dialect() == Dialect::Sqlite {
        // Over a connection of its own: FTS5 compares with what a connection remembers of an earlier state.
        let fresh = Db::open(&Place::Sqlite(store.data.join("postkamer.db"))).await.expect("the database opens");
        assert_eq!(rows(&fresh, "PRAGMA integrity_check").await.remove(0).text(0), "ok");
    }
    for (promise, sql) in [
        (
            "every message has its blob",
            "SELECT m.id FROM messages m LEFT JOIN blobs b ON b.organisation = m.organisation AND b.digest = m.digest
             WHERE b.digest IS NULL",
        ),
        (
            "every submission has its blob",
            "SELECT o.id FROM outbox o LEFT JOIN blobs b ON b.organisation = o.organisation AND b.digest = o.digest
             WHERE b.digest IS NULL",
        ),
        (
            "a message is told as received once",
            "SELECT message FROM changes WHERE kind = 'message.received' GROUP BY message HAVING COUNT(*) > 1",
        ),
        ("a message is stored once", "SELECT digest FROM messages GROUP BY account, digest HAVING COUNT(*) > 1"),
        (
            "a folder's counts are those of its places",
            "SELECT f.id FROM folders f WHERE f.gone_at IS NULL
             AND (f.messages <> (SELECT COUNT(*) FROM places p WHERE p.shown_in = f.id)
             OR f.unread <> (SELECT COUNT(*) FROM places p
                 WHERE p.shown_in = f.id AND p.flags & 1 = 0))",
        ),
        (
            "no place lies nowhere",
            "SELECT p.folder FROM places p LEFT JOIN messages m ON m.id = p.message WHERE m.id IS NULL",
        ),
        (
            "every submission has a recipient, and none is lost",
            "SELECT o.id FROM outbox o LEFT JOIN outbox_recipients r ON r.submission = o.id WHERE r.n IS NULL",
        ),
        (
            "a submission that is accepted has recipients that are",
            "SELECT o.id FROM outbox o JOIN outbox_recipients r ON r.submission = o.id
             WHERE o.state = 'accepted' AND r.state <> 'accepted'",
        ),
    ] {
        assert_eq!(rows(&store.db, sql).await.len(), 0, "broken: {promise}");
    }
}
