//! What is kept about one person, across everything that is kept, as far as the viewer may see it: for the copy that the
//! person may ask for (GDPR, article 15).

use crate::{
    Row, StoreError, Tx,
    link::Target,
    outbox::State,
    vals,
    viewer::{READABLE, SENDABLE, Viewer, visible},
};
use mail::{
    AccountKey, ConversationKey, MessageKey, OutboxKey, UserKey,
    address::{address_hash, fold_address},
};
use std::collections::BTreeMap;

/// A message in which the person is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its key.
    pub id: MessageKey,
    /// Digest of the raw message.
    pub digest: [u8; 32],
    /// Size of the raw message, in bytes.
    pub size: u64,
    /// Whose it is.
    pub account: AccountKey,
    /// What it belongs to.
    pub conversation: ConversationKey,
    /// When the server received it.
    pub received_at: i64,
    /// Why it is linked to the contact, when it is: see [`crate::link::Reason`].
    pub linked: Option<String>,
    /// One of the person's addresses is in it.
    pub names: bool,
}

/// What a colleague wrote beside a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Beside which.
    pub conversation: ConversationKey,
    /// Who wrote it.
    pub author: UserKey,
    /// What.
    pub text: String,
    /// When.
    pub written_at: i64,
}

/// A mail to the person that was handed over for sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Its key.
    pub id: OutboxKey,
    /// From which account.
    pub account: AccountKey,
    /// Its subject.
    pub subject: String,
    /// How it stands.
    pub state: State,
    /// The person's address, as it was written.
    pub address: String,
    /// What the next hop said about it.
    pub server_said: Option<String>,
    /// When it was handed over.
    pub created_at: i64,
}

/// A thing that somebody did to a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What, as in [`crate::activity`].
    pub kind: String,
    /// To which.
    pub conversation: ConversationKey,
    /// When.
    pub done_at: i64,
}

/// Every message that the viewer sees in which one of the addresses is, or that is linked to the contact; in the order of
/// their keys.
pub async fn letters(
    tx: &mut Tx,
    viewer: &Viewer,
    addresses: &[String],
    linked_to: Option<Target>,
) -> Result<Vec<Letter>, StoreError> {
    let columns = "m.id, m.digest, m.size, m.account, m.conversation, m.received_at";
    let mut found: BTreeMap<MessageKey, Letter> = BTreeMap::new();
    let by_address = format!(
        "SELECT {columns} FROM message_people p JOIN messages m ON m.organisation = p.organisation AND m.id = p.message
         WHERE p.organisation = $1 AND p.person = $3 AND {}",
        visible("m")
    );
    for address in addresses {
        let values = vals![viewer.organisation, viewer.user, address_hash(&fold_address(address))];
        for row in tx.rows(&by_address, &values).await? {
            let letter = Letter { names: true, ..letter(row)? };
            found.insert(letter.id, letter);
        }
    }
    let target = match linked_to {
        Some(Target::Contact(key)) => key.0,
        Some(Target::Dossier(key)) => key.0,
        None => return Ok(found.into_values().collect()),
    };
    let by_link = format!(
        "SELECT {columns}, l.reason FROM links l JOIN messages m ON m.organisation = l.organisation AND m.id = l.message
         WHERE l.organisation = $1 AND l.target = $3 AND NOT l.removed AND {}",
        visible("m")
    );
    for mut row in tx.rows(&by_link, &vals![viewer.organisation, viewer.user, target]).await? {
        let (linked, letter) = (row.opt_text(6), letter(row)?);
        found.entry(letter.id).or_insert(letter).linked = linked;
    }
    Ok(found.into_values().collect())
}

fn letter(mut row: Row) -> Result<Letter, StoreError> {
    let id = MessageKey(row.int(0));
    let digest = row.bytes(1).try_into().map_err(|_| StoreError::Damaged(format!("the digest of {id}")))?;
    Ok(Letter {
        id,
        digest,
        size: row.int(2).unsigned_abs(),
        account: AccountKey(row.int(3)),
        conversation: ConversationKey(row.int(4)),
        received_at: row.int(5),
        linked: None,
        names: false,
    })
}

/// What colleagues wrote beside these conversations; the viewer sees them all.
pub async fn remarks_beside(
    tx: &mut Tx,
    viewer: &Viewer,
    conversations: &[ConversationKey],
) -> Result<Vec<Remark>, StoreError> {
    let lists: Vec<_> = conversations.iter().map(|key| vals![viewer.organisation, *key].to_vec()).collect();
    let sql = "SELECT conversation, author, text, written_at FROM notes
               WHERE organisation = $1 AND conversation = $2 ORDER BY id";
    Ok(tx.rows_many(sql, &lists).await?.into_iter().flatten().map(remark).collect())
}

/// What somebody wrote beside conversations that the viewer sees.
pub async fn remarks_by(tx: &mut Tx, viewer: &Viewer, author: UserKey) -> Result<Vec<Remark>, StoreError> {
    let sql = format!(
        "SELECT n.conversation, n.author, n.text, n.written_at FROM notes n WHERE n.organisation = $1 AND n.author = $3
             AND EXISTS (SELECT 1 FROM messages m WHERE m.organisation = $1 AND m.conversation = n.conversation AND {})
         ORDER BY n.id",
        visible("m")
    );
    Ok(tx.rows(&sql, &vals![viewer.organisation, viewer.user, author]).await?.into_iter().map(remark).collect())
}

fn remark(mut row: Row) -> Remark {
    Remark {
        conversation: ConversationKey(row.int(0)),
        author: UserKey(row.int(1)),
        text: row.text(2),
        written_at: row.int(3),
    }
}

/// What somebody did to conversations that the viewer sees.
pub async fn acts_by(tx: &mut Tx, viewer: &Viewer, doer: UserKey) -> Result<Vec<Act>, StoreError> {
    let sql = format!(
        "SELECT a.kind, a.conversation, a.done_at FROM activities a WHERE a.organisation = $1 AND a.person = $3
             AND EXISTS (SELECT 1 FROM messages m WHERE m.organisation = $1 AND m.conversation = a.conversation
                 AND (a.message IS NULL OR a.message = m.id) AND {})
         ORDER BY a.id",
        visible("m")
    );
    let rows = tx.rows(&sql, &vals![viewer.organisation, viewer.user, doer]).await?;
    let act = |mut row: Row| Act { kind: row.text(0), conversation: ConversationKey(row.int(1)), done_at: row.int(2) };
    Ok(rows.into_iter().map(act).collect())
}

/// Mail to one of the addresses that was handed over for sending from an account that the viewer reads or sends from.
pub async fn sendings_to(tx: &mut Tx, viewer: &Viewer, addresses: &[String]) -> Result<Vec<Sending>, StoreError> {
    let sql = format!(
        "SELECT o.id, o.account, o.subject, r.state, r.address, r.server_said, o.created_at
         FROM outbox_recipients r JOIN outbox o ON o.organisation = r.organisation AND o.id = r.submission
         WHERE r.organisation = $1 AND LOWER(r.address) = $3 AND (o.account IN {READABLE} OR o.account IN {SENDABLE})
         ORDER BY o.id"
    );
    let mut found = Vec::new();
    for address in addresses {
        let values = vals![viewer.organisation, viewer.user, fold_address(address)];
        for mut row in tx.rows(&sql, &values).await? {
            let state = row.text(3);
            found.push(Sending {
                id: OutboxKey(row.int(0)),
                account: AccountKey(row.int(1)),
                subject: row.text(2),
                state: State::from_name(&state).ok_or_else(|| StoreError::Damaged(format!("no state is {state}")))?,
                address: row.text(4),
                server_said: row.opt_text(5),
                created_at: row.int(6),
            });
        }
    }
    Ok(found)
}

/// The senders whose pictures the viewer wants to see without being asked, folded.
pub async fn shown_senders(tx: &mut Tx, viewer: &Viewer) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT address FROM shown_senders WHERE organisation = $1 AND person = $2 ORDER BY address";
    let rows = tx.rows(sql, &vals![viewer.organisation, viewer.user]).await?;
    Ok(rows.into_iter().map(|mut row| row.text(0)).collect())
}
