//! What is still to go after an erasure: bytes with everything that names them, some at a time, and in the end what the
//! database freed.

use super::letters;
use crate::{
    KeyMaker, Store, StoreError, Tx,
    change::{self, NewChange},
    collected,
    edit::{self, Action, Edit},
    place, search, vals,
};
use mail::{AccountKey, ConversationKey, FolderKey, MessageKey, OrganisationKey, address::address_hash};
use serde_json::{Value, json};

/// Mails erased in one unit of work.
const AT_ONCE: usize = 64;

/// Bytes that are to go.
struct Going {
    organisation: OrganisationKey,
    digest: Vec<u8>,
    /// Of a mail: what names them goes with them.
    is_mail: bool,
    /// Where they are, if they are and nothing else needs them.
    place: Option<String>,
    asked_by: i64,
}

/// Goes on with what was asked to be erased; `false`: there is nothing to do any more.
pub async fn go_on(store: &Store, now: i64) -> Result<bool, StoreError> {
    let going = store.db.read(|tx| Box::pin(async move { going(tx).await })).await?;
    if going.is_empty() {
        return Ok(false);
    }
    // Bytes first: a crash in between is made good by doing both again.
    for Going { organisation, digest, place, .. } in &going {
        if let (Some(place), Ok(digest)) = (place, digest.as_slice().try_into()) {
            store.blobs.erase(*organisation, digest, place).await?;
        }
    }
    let make = store.make.clone();
    let write = crate::unit(move |tx| {
        Box::pin(async move {
            for going in going.iter().filter(|going| going.is_mail) {
                mail(tx, &make, going, now).await?;
                handed_over(tx, going).await?;
            }
            for going in &going {
                bytes(tx, going).await?;
            }
            Ok(())
        })
    });
    store.db.write(write).await?;
    Ok(true)
}

async fn going(tx: &mut Tx) -> Result<Vec<Going>, StoreError> {
    let sql = "SELECT g.organisation, g.digest, g.is_mail, e.asked_by, b.place FROM erasing g
               JOIN erasures e ON e.organisation = g.organisation AND e.id = g.erasure
               LEFT JOIN blobs b ON b.organisation = g.organisation AND b.digest = g.digest
               ORDER BY g.organisation, g.digest LIMIT $1";
    let rows = tx.rows(sql, &vals![AT_ONCE]).await?;
    let read = rows.into_iter().map(|mut row| Going {
        organisation: OrganisationKey(row.int(0)),
        digest: row.bytes(1),
        is_mail: row.bool(2),
        asked_by: row.int(3),
        place: row.opt_text(4),
    });
    let mut found: Vec<Going> = read.collect();
    for file in found.iter_mut().filter(|going| !going.is_mail) {
        if is_needed(tx, file.organisation, &file.digest).await? {
            file.place = None;
        }
    }
    Ok(found)
}

/// Whether a draft has this file, or it is a mail that somebody passed on whole.
async fn is_needed(tx: &mut Tx, organisation: OrganisationKey, digest: &[u8]) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM draft_files WHERE organisation = $1 AND digest = $2
               UNION ALL SELECT 1 FROM outbox WHERE organisation = $1 AND digest = $2
               UNION ALL SELECT 1 FROM accounts a JOIN messages m ON m.organisation = a.organisation
                   AND m.account = a.id AND m.digest = $2 WHERE a.organisation = $1";
    Ok(!tx.rows(sql, &vals![organisation, digest]).await?.is_empty())
}

/// Takes a mail out of every mailbox that has it, and asks its server to delete it.
async fn mail(tx: &mut Tx, make: &KeyMaker, going: &Going, now: i64) -> Result<(), StoreError> {
    let organisation = going.organisation;
    // By account, as the index has it.
    let sql = "SELECT m.id, m.account, m.conversation, m.private, t.people FROM accounts a
               JOIN messages m ON m.organisation = a.organisation AND m.account = a.id AND m.digest = $2
               LEFT JOIN message_texts t ON t.organisation = m.organisation AND t.id = m.id WHERE a.organisation = $1";
    for mut row in tx.rows(sql, &vals![organisation, going.digest.clone()]).await? {
        let (message, account) = (MessageKey(row.int(0)), AccountKey(row.int(1)));
        let conversation = ConversationKey(row.int(2));
        let private = row.bool(3);
        let people: Value = row.opt_text(4).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        leave_folders(tx, make, (organisation, account, message), going.asked_by, now).await?;
        let persons: Vec<_> = letters::everybody(&people)
            .map(|address| vals![organisation, address_hash(&address), message].to_vec())
            .collect();
        let sql = "DELETE FROM message_people WHERE organisation = $1 AND person = $2 AND message = $3";
        tx.execute_many(sql, &persons).await?;
        for sql in [
            "DELETE FROM links WHERE organisation = $1 AND message = $2",
            "DELETE FROM message_texts WHERE organisation = $1 AND id = $2",
            "DELETE FROM messages WHERE organisation = $1 AND id = $2",
            "DELETE FROM draft_files WHERE organisation = $1
                 AND draft IN (SELECT id FROM drafts WHERE organisation = $1 AND source = $2)",
            "DELETE FROM drafts WHERE organisation = $1 AND source = $2",
        ] {
            tx.execute(sql, &vals![organisation, message]).await?;
        }
        search::forget(tx, organisation, &[message]).await?;
        collected::erase(tx, organisation, account, &going.digest).await?;
        let sql = "DELETE FROM activities WHERE organisation = $1 AND conversation = $2 AND message = $3";
        tx.execute(sql, &vals![organisation, conversation, message]).await?;
        empty(tx, organisation, conversation).await?;
        let body = json!({ "message": message, "account": account });
        let told = NewChange { kind: "message.removed", account: Some(account), message: Some(message), private, body };
        change::append(tx, organisation, &[told], now).await?;
    }
    Ok(())
}

/// Takes the places of a message away and has the server delete it where it lies.
async fn leave_folders(
    tx: &mut Tx,
    make: &KeyMaker,
    (organisation, account, message): (OrganisationKey, AccountKey, MessageKey),
    asked_by: i64,
    now: i64,
) -> Result<(), StoreError> {
    // What else was to be done to it makes no sense any more.
    let sql = "DELETE FROM edits WHERE organisation = $1 AND account = $2 AND message = $3";
    tx.execute(sql, &vals![organisation, account, message]).await?;
    let sql = "DELETE FROM places WHERE organisation = $1 AND message = $2
               RETURNING folder, generation, remote, remote_name, flags, shown_in";
    let mut edits = Vec::new();
    for mut row in tx.rows(sql, &vals![organisation, message]).await? {
        let unread = i64::from(row.int(4) & 1 == 0);
        place::count(tx, organisation, FolderKey(row.int(5)), -1, -unread).await?;
        edits.push(deletion(
            make.key(now),
            account,
            (FolderKey(row.int(0)), row.int(1), row.int(2)),
            row.opt_text(3),
            message,
            asked_by,
        ));
    }
    match edits.is_empty() {
        true => Ok(()),
        false => edit::queue(tx, organisation, &edits, now).await,
    }
}

fn deletion(
    id: i64,
    account: AccountKey,
    (folder, generation, remote): (FolderKey, i64, i64),
    remote_name: Option<String>,
    message: MessageKey,
    asked_by: i64,
) -> Edit {
    Edit {
        id,
        account,
        folder,
        generation,
        remote,
        remote_name,
        message,
        action: Action::Delete,
        tries: 0,
        done_at: None,
        created_by: Some(mail::UserKey(asked_by)),
    }
}

/// What stood beside a conversation goes with its last message. Its row stays without words, so that an answer that comes
/// late finds where it belongs.
async fn empty(tx: &mut Tx, organisation: OrganisationKey, conversation: ConversationKey) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM messages WHERE organisation = $1 AND conversation = $2 LIMIT 1";
    if tx.row(sql, &vals![organisation, conversation]).await?.is_some() {
        return Ok(());
    }
    for sql in [
        "DELETE FROM mentions WHERE organisation = $1 AND conversation = $2",
        "DELETE FROM notes WHERE organisation = $1 AND conversation = $2",
        "DELETE FROM activities WHERE organisation = $1 AND conversation = $2",
        "DELETE FROM presences WHERE organisation = $1 AND conversation = $2",
        "UPDATE conversations SET subject = '', base_subject = '', state = 'closed', assignee = NULL,
             snoozed_until_at = NULL WHERE organisation = $1 AND id = $2",
    ] {
        tx.execute(sql, &vals![organisation, conversation]).await?;
    }
    Ok(())
}

/// What we sent of it, with what the next hop said; what was set aside of it; and drafts that pass it on whole.
async fn handed_over(tx: &mut Tx, going: &Going) -> Result<(), StoreError> {
    let organisation = going.organisation;
    let by_digest = vals![organisation, going.digest.clone()];
    tx.execute("DELETE FROM quarantine WHERE organisation = $1 AND digest = $2", &by_digest).await?;
    tx.execute("DELETE FROM draft_files WHERE organisation = $1 AND digest = $2", &by_digest).await?;
    let sql = "DELETE FROM outbox WHERE organisation = $1 AND digest = $2 RETURNING id";
    for row in tx.rows(sql, &by_digest).await? {
        for sql in [
            "DELETE FROM outbox_recipients WHERE organisation = $1 AND submission = $2",
            "DELETE FROM attempts WHERE organisation = $1 AND submission = $2",
            "DELETE FROM draft_files WHERE organisation = $1
                 AND draft IN (SELECT id FROM drafts WHERE organisation = $1 AND submission = $2)",
            "DELETE FROM drafts WHERE organisation = $1 AND submission = $2",
        ] {
            tx.execute(sql, &vals![organisation, row.int(0)]).await?;
        }
    }
    Ok(())
}

/// The row that says where the bytes are. When they were moved meanwhile, both are done again.
async fn bytes(tx: &mut Tx, going: &Going) -> Result<(), StoreError> {
    let (organisation, digest) = (going.organisation, &going.digest);
    tx.execute("DELETE FROM reading WHERE organisation = $1 AND digest = $2", &vals![organisation, digest.clone()])
        .await?;
    if let Some(place) = &going.place {
        let sql = "DELETE FROM blobs WHERE organisation = $1 AND digest = $2 AND place = $3";
        if tx.execute(sql, &vals![organisation, digest.clone(), place]).await? == 0 {
            return Ok(());
        }
    }
    let sql = "DELETE FROM erasing WHERE organisation = $1 AND digest = $2";
    tx.execute(sql, &vals![organisation, digest.clone()]).await?;
    Ok(())
}

/// Writes anew what the database freed, once nothing of an erasure asked for until then is to go any more; `false`:
/// there was none, or the database could not now. On SQLite nobody writes meanwhile: the whole file is copied.
pub async fn clean(store: &Store, asked_until: i64, now: i64) -> Result<bool, StoreError> {
    let due = "SELECT e.organisation, e.id FROM erasures e WHERE e.cleaned_at IS NULL AND e.asked_at <= $1
               AND NOT EXISTS (SELECT 1 FROM erasing g WHERE g.organisation = e.organisation AND g.erasure = e.id)";
    let due = store.db.read(move |tx| Box::pin(async move { tx.rows(due, &vals![asked_until]).await })).await?;
    if due.is_empty() || !store.db.clean().await? {
        return Ok(false);
    }
    let done: Vec<_> = due.iter().map(|row| (row.int(0), row.int(1))).collect();
    let write = crate::unit(move |tx| {
        Box::pin(async move {
            let lists: Vec<_> = done.iter().map(|(organisation, id)| vals![*organisation, *id, now].to_vec()).collect();
            let sql = "UPDATE erasures SET cleaned_at = $3 WHERE organisation = $1 AND id = $2";
            tx.execute_many(sql, &lists).await
        })
    });
    store.db.write(write).await?;
    Ok(true)
}

/// A mail that was erased is there again: the server is asked to delete it, unless it was already.
pub(crate) async fn delete_again(
    tx: &mut Tx,
    make: &KeyMaker,
    (organisation, account): (OrganisationKey, AccountKey),
    at: (FolderKey, i64, i64),
    remote_name: Option<String>,
    now: i64,
) -> Result<(), StoreError> {
    let waits = edit::of_place(tx, organisation, at).await?;
    if waits.iter().any(|edit| edit.action == Action::Delete) {
        return Ok(());
    }
    let mut edit = deletion(make.key(now), account, at, remote_name, MessageKey(0), 0);
    edit.created_by = None;
    edit::queue(tx, organisation, &[edit], now).await
}
