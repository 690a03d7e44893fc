//! An organisation with one account and two folders, and mail to put in it.

use mail::{AccountKey, Flags, FolderKey, OrganisationKey, RemoteId, Role};
use store::{
    Places, Store, Tx, Work,
    folder::Seen,
    receive::{Batch, Ids, Incoming, Item, Received, receive},
    vals,
};

pub const NOW: i64 = 1_790_000_000_000;
pub const INBOX: FolderKey = FolderKey(21);
pub const ARCHIVE: FolderKey = FolderKey(22);

pub struct Room {
    pub store: Store,
    pub organisation: OrganisationKey,
    pub account: AccountKey,
    pub dir: tempfile::TempDir,
}

impl Room {
    pub async fn new(database: Option<String>) -> Room {
        let dir = tempfile::tempdir().unwrap();
        let places = Places { data: dir.path().to_owned(), database, blobs: None };
        let store = Store::open_with_key_file(&places, None).await.unwrap();
        let room = Room { store, organisation: OrganisationKey(1), account: AccountKey(11), dir };
        let keys = room.store.keys.new_organisation_keys(room.organisation).unwrap();
        let (organisation, account) = (room.organisation, room.account);
        room.write(move |tx| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO organisations (id, name, data_key, message_id_key, change_seq, settings, created_at)
                     VALUES ($1, 'Voorbeeld', $2, $3, 0, '{}', 0)",
                    &vals![organisation, keys.0, keys.1],
                )
                .await?;
                tx.execute(
                    "INSERT INTO accounts (organisation, id, display_name, address, address_folded, active, is_primary,
                         incoming, outgoing, push, disable_after_errors, never_link, allow_plaintext, limits, sent_copy, access,
                         health_colour, health_since_at, errors_in_row, refused_sign_ins, parked, fence, version, created_at)
                     VALUES ($1, $2, 'Info', 'info@voorbeeld.nl', 'info@voorbeeld.nl', TRUE, TRUE, '{}', '{}', TRUE, 10,
                         '[\"intern.nl\"]', FALSE, '{}', 'unknown', 'own', 'green', 0, 0, 0, FALSE, 0, 1, 0)",
                    &vals![organisation, account],
                )
                .await?;
                let seen = [(INBOX, "INBOX", Role::Inbox), (ARCHIVE, "Archief", Role::Archive)].map(|(id, name, role)| Seen {
                    id,
                    remote: name.into(),
                    name: name.into(),
                    separator: Some('/'),
                    declared: role,
                    guessed: role,
                    selectable: true,
                });
                store::folder::sync(tx, organisation, account, &seen, NOW).await.map(|_| ())
            })
        })
        .await;
        room.receive(vec![Item::Epoch(INBOX, 1), Item::Epoch(ARCHIVE, 1)]).await;
        room
    }

    pub async fn write<T: Send + 'static>(
        &self,
        work: impl for<'a> FnOnce(&'a mut Tx) -> Work<'a, T> + Send + 'static,
    ) -> T {
        self.store.db.write(work).await.unwrap()
    }

    pub async fn receive(&self, items: Vec<Item>) -> Received {
        let batch = Batch {
            organisation: self.organisation,
            account: self.account,
            fence: 0,
            items,
            collects: false,
            backlog: false,
            now: NOW,
        };
        let make = self.store.make.clone();
        self.write(move |tx| Box::pin(async move { receive(tx, &make, batch).await })).await
    }

    /// The rows of one statement, each as its columns joined by blanks.
    pub async fn ask(&self, sql: &'static str) -> Vec<String> {
        self.write(move |tx| {
            Box::pin(async move {
                let rows = tx.rows(sql, &[]).await?;
                Ok(rows.into_iter().map(|mut row| row.text(0)).collect())
            })
        })
        .await
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        self.write(move |tx| Box::pin(async move { Ok(tx.row(sql, &[]).await?.unwrap().int(0)) })).await
    }

    pub async fn contact(&self, id: i64, address: &'static str, hidden: bool) {
        let organisation = self.organisation;
        self.write(move |tx| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO contacts (organisation, id, name, hidden, created_at, updated_at) VALUES ($1, $2, 'X', $3, 0, 0)",
                    &vals![organisation, id, hidden],
                )
                .await?;
                let hash = mail::address::address_hash(address);
                tx.execute(
                    "INSERT INTO contact_addresses (organisation, person, contact, address) VALUES ($1, $2, $3, $4)",
                    &vals![organisation, hash, id, address],
                )
                .await?;
                tx.execute(
                    "INSERT INTO dossier_contacts (organisation, dossier, contact) VALUES ($1, $2, $3)",
                    &vals![organisation, id + 1000, id],
                )
                .await
            })
        })
        .await;
    }
}

/// A message as the reading stage would hand it over.
pub fn mail_in(folder: FolderKey, uid: u32, raw: &str) -> Item {
    let raw = raw.replace('\n', "\r\n");
    let read = mail::parse::digest(raw.as_bytes());
    let ids = Ids::of(&read.message, |_| true);
    Item::Message(Box::new(Incoming {
        folder,
        remote: RemoteId::Uid(uid),
        flags: Flags::default(),
        internal_at: Some(NOW - 60_000 + i64::from(uid) * 1000),
        digest: *blake3::hash(raw.as_bytes()).as_bytes(),
        size: raw.len() as u64,
        blob: Some(format!("test:{uid}")),
        message: read.message,
        preview: read.preview,
        search: read.search,
        ids,
    }))
}
