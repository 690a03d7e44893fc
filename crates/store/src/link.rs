//! Which contacts and dossiers a message belongs to, each with its reason and who decided (features D1). A link is no
//! access.

use crate::{StoreError, Tx, activity, change, change::NewChange, vals, viewer::Viewer};
use mail::{ContactKey, ConversationKey, DossierKey, MessageKey, OrganisationKey, UserKey};
use serde_json::json;

/// What a message is linked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// A contact.
    Contact(ContactKey),
    /// A dossier.
    Dossier(DossierKey),
}

/// Why a message is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The contact's address is in it.
    Address,
    /// A contact of the dossier is.
    Contact,
    /// Its conversation is.
    Conversation,
    /// A person decided so.
    Person,
    /// A program did.
    Api,
}

impl Reason {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Address => "address",
            Reason::Contact => "contact",
            Reason::Conversation => "conversation",
            Reason::Person => "person",
            Reason::Api => "api",
        }
    }

    fn from_name(name: &str) -> Reason {
        [Reason::Contact, Reason::Conversation, Reason::Person, Reason::Api]
            .into_iter()
            .find(|reason| reason.as_str() == name)
            .unwrap_or(Reason::Address)
    }
}

/// A link of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// To what.
    pub target: Target,
    /// Why.
    pub reason: Reason,
    /// Who decided, if it was a person or their program.
    pub decided_by: Option<UserKey>,
    /// When.
    pub linked_at: i64,
}

/// Links a message that the viewer sees. A contact brings its dossiers along; a hidden contact makes the message private.
pub async fn link(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    target: Target,
    reason: Reason,
    now: i64,
) -> Result<(), StoreError> {
    viewer.may_see(tx, message).await?;
    let (key, is_dossier) = known(tx, viewer, target).await?;
    tx.execute(
        "INSERT INTO links (organisation, message, target, is_dossier, reason, decided_by, removed, linked_at)
         VALUES ($1, $2, $3, $4, $5, $6, FALSE, $7)
         ON CONFLICT (organisation, message, target) DO UPDATE SET reason = excluded.reason,
             decided_by = excluded.decided_by, removed = FALSE, linked_at = excluded.linked_at",
        &vals![viewer.organisation, message, key, is_dossier, reason.as_str(), viewer.user, now],
    )
    .await?;
    if !is_dossier {
        tx.execute(
            "INSERT INTO links (organisation, message, target, is_dossier, reason, removed, linked_at)
             SELECT organisation, CAST($2 AS BIGINT), dossier, TRUE, 'contact', FALSE, CAST($4 AS BIGINT)
             FROM dossier_contacts WHERE organisation = $1 AND contact = $3 ON CONFLICT DO NOTHING",
            &vals![viewer.organisation, message, key, now],
        )
        .await?;
        let sql = "UPDATE messages SET private = TRUE, private_reason = 'contact'
                   WHERE organisation = $1 AND id = $2 AND NOT private
                   AND EXISTS (SELECT 1 FROM contacts WHERE organisation = $1 AND id = $3 AND hidden)";
        tx.execute(sql, &vals![viewer.organisation, message, key]).await?;
    }
    tell(tx, viewer, message, target, "message.linked", reason, now).await
}

/// Takes a link away. It stays away: no rule brings it back, a person can.
pub async fn unlink(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    target: Target,
    now: i64,
) -> Result<(), StoreError> {
    viewer.may_see(tx, message).await?;
    let (key, _) = known(tx, viewer, target).await?;
    let sql = "UPDATE links SET removed = TRUE, decided_by = $4, linked_at = $5
               WHERE organisation = $1 AND message = $2 AND target = $3 AND NOT removed";
    if tx.execute(sql, &vals![viewer.organisation, message, key, viewer.user, now]).await? == 0 {
        return Ok(());
    }
    let sql = format!("{ORPHANS} AND links.message = $2");
    tx.execute(&sql, &vals![viewer.organisation, message]).await?;
    tell(tx, viewer, message, target, "message.unlinked", Reason::Person, now).await
}

/// The links of each message, in the order asked.
pub async fn links_of(
    tx: &mut Tx,
    organisation: OrganisationKey,
    messages: &[MessageKey],
) -> Result<Vec<Vec<Link>>, StoreError> {
    let lists: Vec<_> = messages.iter().map(|message| vals![organisation, *message].to_vec()).collect();
    let sql = "SELECT target, is_dossier, reason, decided_by, linked_at FROM links
               WHERE organisation = $1 AND message = $2 AND NOT removed ORDER BY target";
    let found = tx.rows_many(sql, &lists).await?;
    Ok(found
        .into_iter()
        .map(|rows| {
            rows.into_iter()
                .map(|mut row| Link {
                    target: match row.bool(1) {
                        true => Target::Dossier(DossierKey(row.int(0))),
                        false => Target::Contact(ContactKey(row.int(0))),
                    },
                    reason: Reason::from_name(&row.text(2)),
                    decided_by: row.opt_int(3).map(UserKey),
                    linked_at: row.int(4),
                })
                .collect()
        })
        .collect())
}

/// Dossiers that a message came into by a contact it is no longer linked to.
const ORPHANS: &str = "DELETE FROM links WHERE organisation = $1 AND is_dossier AND reason = 'contact' AND NOT removed
    AND NOT EXISTS (SELECT 1 FROM links c
        JOIN dossier_contacts d ON d.organisation = c.organisation AND d.contact = c.target
        WHERE c.organisation = links.organisation AND c.message = links.message AND NOT c.is_dossier
        AND NOT c.removed AND d.dossier = links.target)";

/// The contact lost this address: mail that was linked by it, and by no other of its addresses, leaves.
pub(crate) async fn forget_address(
    tx: &mut Tx,
    organisation: OrganisationKey,
    contact: ContactKey,
    person: i64,
) -> Result<(), StoreError> {
    let of_address = "message IN (SELECT p.message FROM message_people p WHERE p.organisation = $1 AND p.person = $2)";
    let sql = format!(
        "DELETE FROM links WHERE organisation = $1 AND target = $3 AND reason = 'address' AND NOT removed
         AND {of_address} AND NOT EXISTS (SELECT 1 FROM message_people p
             JOIN contact_addresses a ON a.organisation = p.organisation AND a.person = p.person
             WHERE p.organisation = links.organisation AND p.message = links.message AND a.contact = $3)"
    );
    tx.execute(&sql, &vals![organisation, person, contact]).await?;
    let sql = format!("{ORPHANS} AND links.{of_address}");
    tx.execute(&sql, &vals![organisation, person]).await?;
    Ok(())
}

/// The dossier lost this contact: mail that came in by it, and by no other contact, leaves.
pub(crate) async fn forget_member(
    tx: &mut Tx,
    organisation: OrganisationKey,
    dossier: DossierKey,
    contact: ContactKey,
) -> Result<(), StoreError> {
    let sql = format!(
        "{ORPHANS} AND links.target = $2
         AND links.message IN (SELECT m.message FROM links m WHERE m.organisation = $1 AND m.target = $3)"
    );
    tx.execute(&sql, &vals![organisation, dossier, contact]).await?;
    Ok(())
}

/// The target as its columns, or `NotFound` when the organisation has none such.
async fn known(tx: &mut Tx, viewer: &Viewer, target: Target) -> Result<(i64, bool), StoreError> {
    let (table, key, is_dossier) = match target {
        Target::Contact(contact) => ("contacts", contact.0, false),
        Target::Dossier(dossier) => ("dossiers", dossier.0, true),
    };
    let sql = format!("SELECT 1 FROM {table} WHERE organisation = $1 AND id = $2");
    tx.row(&sql, &vals![viewer.organisation, key]).await?.ok_or(StoreError::NotFound)?;
    Ok((key, is_dossier))
}

async fn tell(
    tx: &mut Tx,
    viewer: &Viewer,
    message: MessageKey,
    target: Target,
    kind: &'static str,
    reason: Reason,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "SELECT account, private, conversation FROM messages WHERE organisation = $1 AND id = $2";
    let row = tx.row(sql, &vals![viewer.organisation, message]).await?.ok_or(StoreError::NotFound)?;
    let (private, conversation) = (row.bool(1), ConversationKey(row.int(2)));
    let mut body = json!({ "message": message, "reason": reason.as_str() });
    match target {
        Target::Contact(contact) => body["contact"] = json!(contact),
        Target::Dossier(dossier) => body["dossier"] = json!(dossier),
    }
    let account = Some(mail::AccountKey(row.int(0)));
    let change = NewChange { kind, account, message: Some(message), private, body: body.clone() };
    change::append(tx, viewer.organisation, &[change], now).await?;
    let done = if kind == "message.linked" { "linked" } else { "unlinked" };
    activity::append(tx, viewer, conversation, (done, Some(message)), &body, now).await
}
