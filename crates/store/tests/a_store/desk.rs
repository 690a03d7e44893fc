//! Two mailboxes, four people, and mail that came in the way all mail does.

use mail::{AccountKey, Flags, FolderKey, MessageKey, OrganisationKey, RemoteId, Role, UserKey};
use store::{
    Places, Store, StoreError, Tx, UserRole, Viewer, Work,
    folder::Seen,
    message::{self, Filter},
    receive::{Batch, Ids, Incoming, Item, receive},
    vals,
};

pub const NOW: i64 = 1_790_000_000_000;
pub const ORGANISATION: OrganisationKey = OrganisationKey(1);
/// `info@`: Anna manages it, Bram reads it, Cees reads it as a member of a workgroup.
pub const INFO: AccountKey = AccountKey(11);
/// `prive@`: only Bram's.
pub const OTHER: AccountKey = AccountKey(12);
pub const INBOX: FolderKey = FolderKey(21);
pub const ARCHIVE: FolderKey = FolderKey(22);
pub const OTHER_INBOX: FolderKey = FolderKey(23);
pub const ANNA: Viewer = viewer(31, UserRole::Member);
pub const BRAM: Viewer = viewer(32, UserRole::Member);
pub const CEES: Viewer = viewer(33, UserRole::Member);
/// Administrator, owner of nothing.
pub const DIRK: Viewer = viewer(34, UserRole::Administrator);

const fn viewer(user: i64, role: UserRole) -> Viewer {
    Viewer { organisation: ORGANISATION, user: UserKey(user), role }
}

pub struct Desk {
    pub store: Store,
    pub dir: tempfile::TempDir,
}

impl Desk {
    pub async fn new(database: Option<String>) -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let places = Places { data: dir.path().to_owned(), database, blobs: None };
        let desk = Desk { store: Store::open_with_key_file(&places, None).await.unwrap(), dir };
        let keys = desk.store.keys.new_organisation_keys(ORGANISATION).unwrap();
        desk.write(move |tx| Box::pin(async move { furnish(tx, keys).await })).await.unwrap();
        for (account, folder) in [(INFO, INBOX), (INFO, ARCHIVE), (OTHER, OTHER_INBOX)] {
            desk.receive(account, vec![Item::Epoch(folder, 1)]).await;
        }
        desk
    }

    pub async fn write<T: Send + 'static>(
        &self,
        work: impl for<'a> FnOnce(&'a mut Tx) -> Work<'a, T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.store.db.write(work).await
    }

    pub async fn receive(&self, account: AccountKey, items: Vec<Item>) -> Vec<MessageKey> {
        let batch =
            Batch { organisation: ORGANISATION, account, fence: 0, items, collects: false, backlog: false, now: NOW };
        let make = self.store.make.clone();
        self.write(move |tx| Box::pin(async move { receive(tx, &make, batch).await })).await.unwrap().new
    }

    /// One mail from Jan with this subject and text; `uid` also makes its second.
    pub async fn mail(&self, folder: FolderKey, uid: u32, subject: &str, text: &str) -> MessageKey {
        let account = if folder == OTHER_INBOX { OTHER } else { INFO };
        self.receive(account, vec![mail_in(folder, uid, subject, text)]).await[0]
    }

    pub async fn find(&self, viewer: Viewer, query: &str) -> Vec<MessageKey> {
        let query = mail::query::parse(query, mail::query::Now { at_ms: NOW, offset_seconds: 0 });
        assert!(query.problems.is_empty(), "{:?}", query.problems);
        self.list(viewer, Filter { query: Some(query), ..Filter::default() }).await
    }

    pub async fn list(&self, viewer: Viewer, filter: Filter) -> Vec<MessageKey> {
        let work =
            self.store.db.read(move |tx| Box::pin(async move { message::list(tx, &viewer, &filter, None, 50).await }));
        let (summaries, next) = work.await.unwrap();
        assert_eq!(next, None);
        summaries.into_iter().map(|summary| summary.id).collect()
    }

    pub async fn get(&self, viewer: Viewer, message: MessageKey) -> Result<message::Stored, StoreError> {
        self.store.db.read(move |tx| Box::pin(async move { message::get(tx, &viewer, message).await })).await
    }

    pub async fn run(&self, sql: &'static str) {
        self.write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await })).await.unwrap();
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        self.write(move |tx| Box::pin(async move { Ok(tx.row(sql, &[]).await?.unwrap().int(0)) })).await.unwrap()
    }
}

async fn furnish(tx: &mut Tx, keys: (Vec<u8>, Vec<u8>)) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO organisations (id, name, data_key, message_id_key, change_seq, settings, created_at)
         VALUES (1, 'Voorbeeld', $1, $2, 0, '{}', 0)",
        &vals![keys.0, keys.1],
    )
    .await?;
    for (account, name) in [(INFO, "info"), (OTHER, "prive")] {
        tx.execute(
            "INSERT INTO accounts (organisation, id, display_name, address, address_folded, active, is_primary,
                 incoming, outgoing, push, disable_after_errors, never_link, allow_plaintext, limits, sent_copy, access,
                 health_colour, health_since_at, errors_in_row, refused_sign_ins, parked, fence, version, created_at)
             VALUES (1, $1, $2, $3, $3, TRUE, FALSE, '{}', '{}', TRUE, 10, '[]', FALSE, '{}', 'unknown', 'own', 'green', 0, 0,
                 0, FALSE, 0, 1, 0)",
            &vals![account, name, format!("{name}@voorbeeld.nl")],
        )
        .await?;
    }
    for (user, active) in
        [(ANNA, true), (BRAM, true), (CEES, true), (DIRK, true)].map(|(who, active)| (who.user, active))
    {
        tx.execute(
            "INSERT INTO users (organisation, id, email, email_folded, name, role, language, active, private_incoming,
                 private_outgoing, created_at) VALUES (1, $1, $2, $2, $2, 'member', 'nl', $3, FALSE, FALSE, 0)",
            &vals![user, user.to_string(), active],
        )
        .await?;
    }
    tx.script(
        "INSERT INTO members (organisation, workgroup, person) VALUES (1, 41, 33);
         INSERT INTO owners (organisation, account, person, is_group, can_read, can_send, can_manage) VALUES
             (1, 11, 31, FALSE, TRUE, TRUE, TRUE), (1, 11, 32, FALSE, TRUE, TRUE, FALSE),
             (1, 11, 41, TRUE, TRUE, FALSE, FALSE), (1, 12, 32, FALSE, TRUE, TRUE, TRUE);",
    )
    .await?;
    let info = [seen(INBOX, "INBOX", Role::Inbox), seen(ARCHIVE, "Archief", Role::Archive)];
    store::folder::sync(tx, ORGANISATION, INFO, &info, NOW).await?;
    store::folder::sync(tx, ORGANISATION, OTHER, &[seen(OTHER_INBOX, "INBOX", Role::Inbox)], NOW).await?;
    Ok(())
}

fn seen(id: FolderKey, name: &str, role: Role) -> Seen {
    let name = name.to_owned();
    Seen { id, remote: name.clone(), name, separator: Some('/'), declared: role, guessed: role, selectable: true }
}

pub fn mail_in(folder: FolderKey, uid: u32, subject: &str, text: &str) -> Item {
    let raw = format!(
        "From: Jan de Vries <jan@klant.nl>\r\nTo: info@voorbeeld.nl\r\nSubject: {subject}\r\n\
         Message-ID: <{uid}.{folder}@klant.nl>\r\n\r\n{text}\r\n"
    );
    let read = mail::parse::digest(raw.as_bytes());
    let ids = Ids::of(&read.message, |_| true);
    Item::Message(Box::new(Incoming {
        folder,
        remote: RemoteId::Uid(uid),
        flags: Flags::default(),
        internal_at: Some(NOW - 3_600_000 + i64::from(uid) * 1000),
        digest: store::blob::digest(raw.as_bytes()),
        size: raw.len() as u64,
        blob: Some(format!("test:{uid}")),
        message: read.message,
        preview: read.preview,
        search: read.search,
        ids,
    }))
}
