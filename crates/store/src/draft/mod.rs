//! Mail that is being written: its author finds it on every device, and nobody else sees it.

mod file;
mod write;

pub use file::{File, NewFile, attach, detach, file};
pub use write::{create, hand_over, remove, save, sweep, take_back};

use crate::{Row, StoreError, Tx, page, vals, viewer::Viewer};
use mail::{AccountKey, Address, DraftKey, MessageKey, OutboxKey};
use serde_json::{Value, json};

/// What is written so far. Nothing in it needs to be complete: an address may be half typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    /// By which account it shall leave.
    pub account: Option<AccountKey>,
    /// `To`, as typed.
    pub to: Vec<Address>,
    /// `Cc`, as typed.
    pub cc: Vec<Address>,
    /// `Bcc`, as typed.
    pub bcc: Vec<Address>,
    /// The subject.
    pub subject: String,
    /// The plain text, where it is written as such.
    pub text: Option<String>,
    /// The formatted text, made safe.
    pub html: Option<String>,
    /// The message that it answers or passes on.
    pub source: Option<MessageKey>,
    /// It passes the source on, and does not answer it.
    pub forwards: bool,
    /// The source goes below it.
    pub quotes: bool,
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its key.
    pub id: DraftKey,
    /// Grows each time it is saved.
    pub version: i64,
    /// What is written.
    pub letter: Letter,
    /// What goes with it.
    pub files: Vec<File>,
    /// What it was handed over as; it can be taken back from there.
    pub submission: Option<OutboxKey>,
    /// When it was begun.
    pub created_at: i64,
    /// When it was last saved.
    pub updated_at: i64,
}

const COLUMNS: &str = "id, version, account, people, subject, text, html, source, forwards, quotes, submission, \
     created_at, updated_at";

/// The viewer's draft.
pub async fn get(tx: &mut Tx, viewer: &Viewer, id: DraftKey) -> Result<Draft, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM drafts WHERE organisation = $1 AND author = $2 AND id = $3");
    let row = tx.row(&sql, &vals![viewer.organisation, viewer.user, id]).await?.ok_or(StoreError::NotFound)?;
    let mut found = vec![read(row)?];
    file::complete(tx, viewer, &mut found).await?;
    found.pop().ok_or(StoreError::NotFound)
}

/// The viewer's drafts that were not handed over, the last begun first.
pub async fn list(
    tx: &mut Tx,
    viewer: &Viewer,
    before: Option<DraftKey>,
    limit: usize,
) -> Result<(Vec<Draft>, Option<DraftKey>), StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM drafts WHERE organisation = $1 AND author = $2 AND id < $3 AND submission IS NULL
         ORDER BY id DESC LIMIT $4"
    );
    let before = before.map_or(i64::MAX, |key| key.0);
    let rows = tx.rows(&sql, &vals![viewer.organisation, viewer.user, before, limit + 1]).await?;
    let found = rows.into_iter().map(read).collect::<Result<_, _>>()?;
    let (mut found, next) = page::cut(found, limit, |draft: &Draft| draft.id);
    file::complete(tx, viewer, &mut found).await?;
    Ok((found, next))
}

/// The viewer's draft that was handed over as this.
pub async fn of_submission(tx: &mut Tx, viewer: &Viewer, id: OutboxKey) -> Result<Option<DraftKey>, StoreError> {
    let sql = "SELECT id FROM drafts WHERE organisation = $1 AND author = $2 AND submission = $3";
    Ok(tx.row(sql, &vals![viewer.organisation, viewer.user, id]).await?.map(|row| DraftKey(row.int(0))))
}

fn people(letter: &Letter) -> String {
    json!({ "to": letter.to, "cc": letter.cc, "bcc": letter.bcc }).to_string()
}

fn read(mut row: Row) -> Result<Draft, StoreError> {
    let mut people: Value =
        serde_json::from_str(&row.text(3)).map_err(|error| StoreError::Damaged(error.to_string()))?;
    let mut list = |field: &str| -> Vec<Address> {
        people.get_mut(field).and_then(|list| serde_json::from_value(list.take()).ok()).unwrap_or_default()
    };
    let letter = Letter {
        account: row.opt_int(2).map(AccountKey),
        to: list("to"),
        cc: list("cc"),
        bcc: list("bcc"),
        subject: row.text(4),
        text: row.opt_text(5),
        html: row.opt_text(6),
        source: row.opt_int(7).map(MessageKey),
        forwards: row.bool(8),
        quotes: row.bool(9),
    };
    Ok(Draft {
        id: DraftKey(row.int(0)),
        version: row.int(1),
        letter,
        files: Vec::new(),
        submission: row.opt_int(10).map(OutboxKey),
        created_at: row.int(11),
        updated_at: row.int(12),
    })
}
