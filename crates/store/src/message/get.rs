//! One message, with what belongs to it.

use super::{Lying, People};
use crate::{
    Row, StoreError, Tx, Viewer,
    link::{self, Link, Target},
    vals,
    viewer::visible,
};
use mail::{
    AccountKey, ContactKey, ConversationKey, Defect, DossierKey, Flags, FolderKey, MessageKey, OrganisationKey, Role,
    UserKey,
};

/// One message, without its text: that is read again from the raw message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The message.
    pub id: MessageKey,
    /// Whose it is.
    pub account: AccountKey,
    /// The folder to show it in, when any holds it.
    pub folder: Option<FolderKey>,
    /// What that folder is for.
    pub role: Role,
    /// What it belongs to.
    pub conversation: ConversationKey,
    /// The content of its `Message-ID`, without brackets.
    pub message_id: Option<String>,
    /// Its subject.
    pub subject: String,
    /// Its people.
    pub people: People,
    /// The first words.
    pub preview: String,
    /// When it says it was sent.
    pub sent_at: Option<i64>,
    /// When it was received, as people see it: when the server received it, or, restored, when we fetched it.
    pub received_at: i64,
    /// When the server received it.
    pub server_received_at: i64,
    /// When we fetched it.
    pub fetched_at: i64,
    /// Digest of the raw message (BLAKE3).
    pub digest: [u8; 32],
    /// Size of the raw message.
    pub size: i64,
    /// Attachments that are no inline pictures.
    pub attachments: i64,
    /// From the account's own address.
    pub outgoing: bool,
    /// Read.
    pub seen: bool,
    /// Marked as important.
    pub flagged: bool,
    /// Answered.
    pub answered: bool,
    /// Private.
    pub private: bool,
    /// Who made it private, when a person did.
    pub private_by: Option<UserKey>,
    /// Why it is private.
    pub private_reason: Option<String>,
    /// What is wrong with it.
    pub defects: Vec<Defect>,
    /// No folder holds it any more, since then.
    pub gone_at: Option<i64>,
    /// The contacts it is linked to.
    pub contacts: Vec<ContactKey>,
    /// The dossiers it is linked to.
    pub dossiers: Vec<DossierKey>,
    /// The same links, each with its reason and who decided.
    pub links: Vec<Link>,
}

const COLUMNS: &str = "m.account, m.conversation, t.message_id, t.subject, t.people, t.preview, m.sent_at, \
     CASE WHEN m.restored THEN m.fetched_at ELSE m.received_at END, \
     m.fetched_at, m.digest, m.size, m.attachments, m.outgoing, m.flags, m.private, m.private_by, m.private_reason, \
     t.defects, m.gone_at, m.received_at";

/// The message, or `NotFound` when the viewer may not see it.
pub async fn get(tx: &mut Tx, viewer: &Viewer, message: MessageKey) -> Result<Stored, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages m JOIN message_texts t ON t.organisation = m.organisation AND t.id = m.id
         WHERE m.organisation = $1 AND m.id = $3 AND {}",
        visible("m")
    );
    let row = tx.row(&sql, &vals![viewer.organisation, viewer.user, message]).await?.ok_or(StoreError::NotFound)?;
    let mut stored = read(row, message)?;
    let shown = shown_in(tx, viewer.organisation, &[message]).await?;
    (stored.folder, stored.role) = shown.first().copied().unwrap_or_default();
    stored.links = link::links_of(tx, viewer.organisation, &[message]).await?.pop().unwrap_or_default();
    for link in &stored.links {
        match link.target {
            Target::Dossier(dossier) => stored.dossiers.push(dossier),
            Target::Contact(contact) => stored.contacts.push(contact),
        }
    }
    Ok(stored)
}

fn read(mut row: Row, id: MessageKey) -> Result<Stored, StoreError> {
    let digest = row.bytes(9);
    let flags = row.int(13);
    Ok(Stored {
        id,
        account: AccountKey(row.int(0)),
        folder: None,
        role: Role::None,
        conversation: ConversationKey(row.int(1)),
        message_id: row.opt_text(2),
        subject: row.text(3),
        people: People::from_json(&row.text(4)),
        preview: row.text(5),
        sent_at: row.opt_int(6),
        received_at: row.int(7),
        server_received_at: row.int(19),
        fetched_at: row.int(8),
        digest: digest.try_into().map_err(|_| StoreError::Damaged(format!("the digest of {id}")))?,
        size: row.int(10),
        attachments: row.int(11),
        outgoing: row.bool(12),
        seen: flags & 1 != 0,
        flagged: flags & 2 != 0,
        answered: flags & 4 != 0,
        private: row.bool(14),
        private_by: row.opt_int(15).map(UserKey),
        private_reason: row.opt_text(16),
        defects: row.opt_text(17).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        gone_at: row.opt_int(18),
        contacts: Vec::new(),
        dossiers: Vec::new(),
        links: Vec::new(),
    })
}

/// `places` twice and CROSS JOIN: without statistics SQLite would walk every place of the organisation. The first finds the
/// message's few rows in an index that has all it asks, the second reads them by their key.
const PLACES: &str = "SELECT p.shown_in, f.role, p.folder, p.generation, p.remote, p.remote_name, p.flags, p.keywords \
     FROM places i CROSS JOIN places p CROSS JOIN folders f WHERE i.organisation = $1 AND i.message = $2 \
     AND p.organisation = i.organisation AND p.folder = i.folder AND p.generation = i.generation AND p.remote = i.remote \
     AND f.organisation = p.organisation AND f.id = p.shown_in";

/// Every folder that holds the message, the one to show first.
pub async fn places_of(
    tx: &mut Tx,
    organisation: OrganisationKey,
    message: MessageKey,
) -> Result<Vec<Lying>, StoreError> {
    let rows = tx.rows(PLACES, &vals![organisation, message]).await?;
    let mut places: Vec<Lying> = rows.into_iter().map(lying).collect();
    places.sort_by_key(|place| (rank(place.role), place.folder, place.remote));
    Ok(places)
}

fn lying(mut row: Row) -> Lying {
    Lying {
        folder: FolderKey(row.int(0)),
        role: Role::from_name(&row.text(1)).unwrap_or_default(),
        lies_in: FolderKey(row.int(2)),
        generation: row.int(3),
        remote: row.int(4),
        remote_name: row.opt_text(5),
        flags: Flags::from_stored(row.int(6), row.opt_text(7).as_deref()),
    }
}

/// The folder to show for each message, in the same order.
pub(super) async fn shown_in(
    tx: &mut Tx,
    organisation: OrganisationKey,
    messages: &[MessageKey],
) -> Result<Vec<(Option<FolderKey>, Role)>, StoreError> {
    let lists: Vec<_> = messages.iter().map(|message| vals![organisation, *message].to_vec()).collect();
    let rows = tx.rows_many(PLACES, &lists).await?;
    let first = rows.into_iter().map(|rows| {
        let places = rows.into_iter().map(lying);
        let first = places.min_by_key(|place| (rank(place.role), place.folder));
        first.map_or((None, Role::None), |place| (Some(place.folder), place.role))
    });
    Ok(first.collect())
}

/// A message in two folders is shown where people work: in the inbox before a folder of their own, in the trash last.
fn rank(role: Role) -> usize {
    [Role::Inbox, Role::None, Role::Sent, Role::Drafts, Role::Archive, Role::Junk, Role::Trash]
        .iter()
        .position(|ranked| *ranked == role)
        .unwrap_or(usize::MAX)
}
