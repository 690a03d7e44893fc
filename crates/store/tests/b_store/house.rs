//! An organisation with an account, somebody who owns it and somebody who does not.

use mail::{
    AccountKey, ContactKey, ConversationKey, FolderKey, MessageKey, OrganisationKey, OutboxKey, UserKey,
    address::address_hash,
};
use store::{
    Places, Store, UserRole, Viewer,
    account::{self, AccountSettings, Authentication, Encryption, Incoming, Limits, NewAccount, Outgoing, Server},
    organisation,
    outbox::{self, Field, Kind, NewSubmission},
    owner::{self, Owner, Party, Rights},
    user::{self, NewUser},
    vals,
};

pub const NOW: i64 = 1_790_000_000_000;
pub const ORGANISATION: OrganisationKey = OrganisationKey(1);
pub const ACCOUNT: AccountKey = AccountKey(11);
pub const OWNER: UserKey = UserKey(31);
pub const STRANGER: UserKey = UserKey(32);
pub const ADMINISTRATOR: UserKey = UserKey(33);

pub struct House {
    pub store: Store,
    pub owner: Viewer,
    pub stranger: Viewer,
    pub administrator: Viewer,
    _dir: tempfile::TempDir,
}

impl House {
    pub async fn new(database: Option<String>) -> House {
        let dir = tempfile::tempdir().unwrap();
        let places = Places { data: dir.path().to_owned(), database, blobs: None };
        let store = Store::open_with_key_file(&places, None).await.unwrap();
        let viewer = |user, role| Viewer { organisation: ORGANISATION, user, role };
        let house = House {
            store,
            owner: viewer(OWNER, UserRole::Member),
            stranger: viewer(STRANGER, UserRole::Member),
            administrator: viewer(ADMINISTRATOR, UserRole::Administrator),
            _dir: dir,
        };
        let keys = house.store.keys.clone();
        unit!(house, tx => {
            organisation::create(tx, &keys, ORGANISATION, "Voorbeeld", NOW).await?;
            for (id, role) in [(OWNER, UserRole::Member), (STRANGER, UserRole::Member), (ADMINISTRATOR, UserRole::Administrator)] {
                user::create(tx, ORGANISATION, &new_user(id, role), NOW).await?;
            }
            make_account(tx, ACCOUNT, "info@voorbeeld.nl").await
        })
        .unwrap();
        house
    }

    /// The number that a question answers.
    pub async fn count(&self, sql: impl Into<String>) -> i64 {
        let sql = sql.into();
        unit!(self, tx => Ok(tx.row(&sql, &[]).await?.unwrap().int(0))).unwrap()
    }

    /// The text that a question answers.
    pub async fn text(&self, sql: impl Into<String>) -> String {
        let sql = sql.into();
        unit!(self, tx => Ok(tx.row(&sql, &[]).await?.unwrap().text(0))).unwrap()
    }

    /// Runs a statement that sets a scene.
    pub async fn run(&self, sql: impl Into<String>) {
        let sql = sql.into();
        unit!(self, tx => tx.script(&sql).await).unwrap();
    }

    /// Puts a message there as receiving would, with who is in it.
    pub async fn message(
        &self,
        id: i64,
        account: AccountKey,
        conversation: i64,
        people: &'static [&'static str],
    ) -> MessageKey {
        unit!(self, tx => {
            tx.execute(
                "INSERT INTO messages (organisation, id, account, digest, conversation, received_at, fetched_at, size,
                     attachments, outgoing, origin, private, flags)
                 VALUES ($1, $2, $3, $4, $5, $2, $2, 1, 0, FALSE, 'fetched', FALSE, 0)",
                &vals![ORGANISATION, id, account, id.to_be_bytes().to_vec(), conversation],
            )
            .await?;
            tx.execute(
                "INSERT INTO message_texts (organisation, id, message_id, subject, people, preview)
                 VALUES ($1, $2, $3, 'Dakgoot', '{}', '')",
                &vals![ORGANISATION, id, format!("m{id}@klant")],
            )
            .await?;
            tx.execute(
                "INSERT INTO conversations (organisation, id, subject, base_subject, state, last_at)
                 VALUES ($1, $2, 'Dakgoot', 'dakgoot', 'open', $3) ON CONFLICT DO NOTHING",
                &vals![ORGANISATION, conversation, id],
            )
            .await?;
            for person in people {
                let sql = "INSERT INTO message_people (organisation, person, message) VALUES ($1, $2, $3)";
                tx.execute(sql, &vals![ORGANISATION, address_hash(person), id]).await?;
            }
            Ok(MessageKey(id))
        })
        .unwrap()
    }

    /// Hands a message over for these recipients.
    pub async fn submit(
        &self,
        id: i64,
        account: AccountKey,
        recipients: &'static [&'static str],
        not_before_at: i64,
    ) -> OutboxKey {
        unit!(self, tx => outbox::submit(tx, ORGANISATION, &submission(id, account, recipients, not_before_at), NOW).await).unwrap();
        OutboxKey(id)
    }
}

pub fn submission(id: i64, account: AccountKey, recipients: &[&str], not_before_at: i64) -> NewSubmission {
    NewSubmission {
        id: OutboxKey(id),
        account,
        created_by: Some(OWNER),
        kind: Kind::Person,
        message_id: format!("pk.{id}@voorbeeld.nl"),
        digest: vec![7; 32],
        size: 100,
        return_path: "info@voorbeeld.nl".to_owned(),
        subject: "Offerte".to_owned(),
        people: serde_json::json!({}),
        recipients: recipients.iter().map(|address| ((*address).to_owned(), Field::To)).collect(),
        conversation: None,
        reply_to_message: None,
        dossier: None,
        not_before_at,
        is_held: false,
    }
}

pub fn new_user(id: UserKey, role: UserRole) -> NewUser {
    NewUser {
        id,
        email: format!("Medewerker{}@voorbeeld.nl", id.0),
        name: format!("Medewerker {}", id.0),
        role,
        language: "nl".to_owned(),
        password: None,
    }
}

pub fn settings(address: &str) -> AccountSettings {
    AccountSettings {
        display_name: "Info Voorbeeld".to_owned(),
        address: address.to_owned(),
        active: true,
        incoming: Incoming::Imap(Server {
            host: "imap.voorbeeld.nl".into(),
            port: 993,
            encryption: Encryption::Tls,
            username: address.into(),
            authentication: Authentication::Basic,
            prefix: None,
            after_fetch: None,
        }),
        outgoing: Outgoing::None,
        push: true,
        interval_seconds: Some(300),
        disable_after_errors: 10,
        sync_since: None,
        bcc: None,
        never_link: vec!["intern.nl".to_owned()],
        allow_plaintext: false,
        pinned_certificate: None,
        access: Default::default(),
        limits: Limits::default(),
        style: Default::default(),
    }
}

/// An account that the owner owns.
pub async fn make_account(tx: &mut store::Tx, id: AccountKey, address: &str) -> Result<(), store::StoreError> {
    account::create(tx, ORGANISATION, &NewAccount { id, settings: settings(address), primary: false }, NOW).await?;
    owner::set(tx, ORGANISATION, id, &[Owner { party: Party::User(OWNER), rights: Rights::ALL }]).await
}

pub fn folder(n: i64) -> FolderKey {
    FolderKey(n)
}

pub fn conversation(n: i64) -> ConversationKey {
    ConversationKey(n)
}

pub fn contact(n: i64) -> ContactKey {
    ContactKey(n)
}
