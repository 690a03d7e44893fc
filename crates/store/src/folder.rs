//! The folders of an account, their roles, cursors and ledger.

use crate::{Row, StoreError, Tx, vals};
use mail::{AccountKey, Cursor, FolderKey, OrganisationKey, RemoteId, Role};

/// A folder as stored.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Our key.
    pub id: FolderKey,
    /// The account it is in.
    pub account: AccountKey,
    /// The server's name for it.
    pub remote: String,
    /// The name to show.
    pub name: String,
    /// What the server says it is for.
    pub declared_role: Role,
    /// What a person chose.
    pub chosen_role: Option<Role>,
    /// What counts.
    pub role: Role,
    /// Can be opened.
    pub selectable: bool,
    /// The server's epoch (UIDVALIDITY), once known.
    pub epoch: Option<i64>,
    /// Our count of epochs.
    pub generation: i64,
    /// Where the last pull ended.
    pub cursor: Option<Cursor>,
    /// The next pull compares everything, whatever the cursor says.
    pub thorough: bool,
    /// Places in it.
    pub messages: i64,
    /// Of which unread.
    pub unread: i64,
    /// Why it can't be opened, if so.
    pub parked: Option<String>,
    /// How many the server had at the last check.
    pub on_server: Option<i64>,
    /// How many of those are left out on purpose (before the first date to fetch).
    pub excluded: i64,
    /// How many of those we should have and don't.
    pub missing: Option<i64>,
    /// When that was checked.
    pub checked_at: Option<i64>,
}

/// A folder that the server shows, about to be stored.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its key, if it is new.
    pub id: FolderKey,
    /// The server's name for it.
    pub remote: String,
    /// The name to show.
    pub name: String,
    /// Between levels of the name.
    pub separator: Option<char>,
    /// What the server says it is for.
    pub declared: Role,
    /// What it is for as far as we can tell, when nobody chose.
    pub guessed: Role,
    /// Can be opened.
    pub selectable: bool,
}

const COLUMNS: &str = "id, account, remote, name, declared_role, chosen_role, role, selectable, epoch, generation, cursor, \
     messages, unread, parked, on_server, excluded, missing, checked_at, thorough";

fn read(mut row: Row) -> Folder {
    let role = |name: Option<String>| name.and_then(|name| Role::from_name(&name));
    Folder {
        id: FolderKey(row.int(0)),
        account: AccountKey(row.int(1)),
        remote: row.text(2),
        name: row.text(3),
        declared_role: role(row.opt_text(4)).unwrap_or_default(),
        chosen_role: role(row.opt_text(5)),
        role: role(row.opt_text(6)).unwrap_or_default(),
        selectable: row.bool(7),
        epoch: row.opt_int(8),
        generation: row.int(9),
        cursor: row.opt_text(10).map(Cursor),
        messages: row.int(11),
        unread: row.int(12),
        parked: row.opt_text(13),
        on_server: row.opt_int(14),
        excluded: row.int(15),
        missing: row.opt_int(16),
        checked_at: row.opt_int(17),
        thorough: row.bool(18),
    }
}

/// The folders of an account that are still there, by name with the inbox first.
pub async fn list(tx: &mut Tx, organisation: OrganisationKey, account: AccountKey) -> Result<Vec<Folder>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM folders WHERE organisation = $1 AND account = $2 AND gone_at IS NULL
         ORDER BY CASE WHEN role = 'inbox' THEN 0 ELSE 1 END, name, id"
    );
    Ok(tx.rows(&sql, &vals![organisation, account]).await?.into_iter().map(read).collect())
}

/// One folder.
pub async fn get(tx: &mut Tx, organisation: OrganisationKey, folder: FolderKey) -> Result<Folder, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM folders WHERE organisation = $1 AND id = $2");
    Ok(read(tx.row(&sql, &vals![organisation, folder]).await?.ok_or(StoreError::NotFound)?))
}

/// Stores what the server shows now. A folder that is gone keeps its row; its messages leave the lists.
pub async fn sync(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    seen: &[Seen],
    now: i64,
) -> Result<Vec<Folder>, StoreError> {
    let rows: Vec<_> = seen
        .iter()
        .map(|folder| {
            vals![
                organisation,
                folder.id,
                account,
                &folder.remote,
                &folder.name,
                folder.separator.map(String::from),
                folder.declared.as_str(),
                folder.guessed.as_str(),
                folder.selectable
            ]
            .to_vec()
        })
        .collect();
    tx.execute_many(
        "INSERT INTO folders (organisation, id, account, remote, name, separator, declared_role, chosen_role, role,
             selectable, generation, messages, unread, excluded)
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8, $9, 0, 0, 0, 0)
         ON CONFLICT (organisation, account, remote) DO UPDATE SET
             name = excluded.name, separator = excluded.separator, declared_role = excluded.declared_role,
             role = COALESCE(folders.chosen_role, excluded.role), selectable = excluded.selectable, gone_at = NULL",
        &rows,
    )
    .await?;
    for gone in list(tx, organisation, account).await? {
        if !seen.iter().any(|folder| folder.remote == gone.remote) {
            super::place::forget_folder(tx, organisation, gone.id, now).await?;
            let sql =
                "UPDATE folders SET gone_at = $3, cursor = NULL, epoch = NULL WHERE organisation = $1 AND id = $2";
            tx.execute(sql, &vals![organisation, gone.id, now]).await?;
        }
    }
    list(tx, organisation, account).await
}

/// Chooses a role by hand; `None` goes back to what is declared or guessed.
pub async fn choose_role(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    role: Option<Role>,
) -> Result<(), StoreError> {
    let name = role.map(Role::as_str);
    let sql =
        "UPDATE folders SET chosen_role = $3, role = COALESCE($3, declared_role) WHERE organisation = $1 AND id = $2";
    match tx.execute(sql, &vals![organisation, folder, name]).await? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

/// Notes why a folder can't be opened, or that it can again.
pub async fn park(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    why: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE folders SET parked = $3 WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, folder, why]).await?;
    Ok(())
}

/// Moves the cursor; belongs in the transaction of the messages it describes.
pub async fn set_cursor(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    cursor: &Cursor,
) -> Result<(), StoreError> {
    let sql = "UPDATE folders SET cursor = $3, thorough = FALSE, parked = NULL WHERE organisation = $1 AND id = $2";
    tx.execute(sql, &vals![organisation, folder, &cursor.0]).await?;
    Ok(())
}

/// Writes the ledger's side of the server: how many it has, left out and missing there (pains P27).
pub async fn set_ledger(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    on_server: i64,
    excluded: i64,
    missing: i64,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE folders SET on_server = $3, excluded = $4, missing = $5, checked_at = $6
         WHERE organisation = $1 AND id = $2",
        &vals![organisation, folder, on_server, excluded, missing, now],
    )
    .await?;
    Ok(())
}

/// The next pull compares everything that is there with everything that is stored.
pub async fn compare_next(tx: &mut Tx, organisation: OrganisationKey, folder: FolderKey) -> Result<(), StoreError> {
    tx.execute("UPDATE folders SET thorough = TRUE WHERE organisation = $1 AND id = $2", &vals![organisation, folder])
        .await?;
    Ok(())
}

/// Forgets how the server numbers these folders: whatever comes next is another epoch, also when UIDVALIDITY stays.
pub async fn number_anew(tx: &mut Tx, organisation: OrganisationKey, folders: &[FolderKey]) -> Result<(), StoreError> {
    let lists: Vec<_> = folders.iter().map(|folder| vals![organisation, *folder].to_vec()).collect();
    let sql = "UPDATE folders SET epoch = NULL, cursor = NULL WHERE organisation = $1 AND id = $2";
    tx.execute_many(sql, &lists).await?;
    Ok(())
}

/// Where the messages of a folder lie that carry this Message-ID.
pub async fn with_message_id(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    message_id: &str,
) -> Result<Vec<RemoteId>, StoreError> {
    let sql = "SELECT p.remote, p.remote_name FROM places p
               JOIN message_texts t ON t.organisation = p.organisation AND t.id = p.message
               WHERE p.organisation = $1 AND p.folder = $2 AND t.message_id = $3";
    let rows = tx.rows(sql, &vals![organisation, folder, message_id]).await?;
    Ok(rows.into_iter().map(|mut row| super::place::remote_id(row.int(0), row.opt_text(1))).collect())
}

/// Message-IDs of some of a folder's messages with where they lie: so many of the newest and of the oldest.
pub async fn some_message_ids(
    tx: &mut Tx,
    organisation: OrganisationKey,
    folder: FolderKey,
    of_each: usize,
) -> Result<Vec<(String, RemoteId)>, StoreError> {
    let mut found = Vec::new();
    for order in ["DESC", "ASC"] {
        let sql = format!(
            "SELECT t.message_id, p.remote, p.remote_name FROM places p
             JOIN message_texts t ON t.organisation = p.organisation AND t.id = p.message
             WHERE p.organisation = $1 AND p.folder = $2 AND t.message_id IS NOT NULL ORDER BY p.message {order} LIMIT $3"
        );
        for mut row in tx.rows(&sql, &vals![organisation, folder, of_each]).await? {
            let name = row.opt_text(2);
            found.push((row.text(0), super::place::remote_id(row.int(1), name)));
        }
    }
    Ok(found)
}
