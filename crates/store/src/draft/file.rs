//! Files that go with a draft. Their bytes are in the blob store before a row names them.

use super::{Draft, get};
use crate::{Row, StoreError, Tx, vals, viewer::Viewer};
use mail::DraftKey;

/// A file that goes with a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its number in the draft.
    pub n: i64,
    /// Its name.
    pub name: String,
    /// `type/subtype`.
    pub content_type: String,
    /// Shown inside the HTML, which names it so.
    pub content_id: Option<String>,
    /// Of its bytes, by which they are kept.
    pub digest: [u8; 32],
    /// How many bytes.
    pub size: i64,
}

/// A file about to be added.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Its name.
    pub name: String,
    /// `type/subtype`.
    pub content_type: String,
    /// Shown inside the HTML, which names it so.
    pub content_id: Option<String>,
    /// Of its bytes.
    pub digest: [u8; 32],
    /// How many bytes.
    pub size: i64,
}

const COLUMNS: &str = "n, name, content_type, content_id, digest, size";

/// Adds a file to the viewer's draft and says its number. One that is there already stays as it is.
pub async fn attach(tx: &mut Tx, viewer: &Viewer, id: DraftKey, new: &NewFile) -> Result<i64, StoreError> {
    let draft = get(tx, viewer, id).await?;
    if draft.submission.is_some() {
        return Err(StoreError::Conflict {
            field: "id",
            code: "draft_sent",
            message: "This draft was handed over for sending.".to_owned(),
        });
    }
    // The same form sent twice brings the same file twice.
    let is_same = |file: &&File| file.digest == new.digest && file.name == new.name && new.content_id.is_none();
    if let Some(there) = draft.files.iter().find(is_same) {
        return Ok(there.n);
    }
    let n = draft.files.last().map_or(0, |file| file.n + 1);
    insert(tx, viewer, id, n, new).await?;
    Ok(n)
}

pub(super) async fn insert(
    tx: &mut Tx,
    viewer: &Viewer,
    id: DraftKey,
    n: i64,
    new: &NewFile,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO draft_files (organisation, draft, n, name, content_type, content_id, digest, size)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let digest = new.digest.to_vec();
    let NewFile { name, content_type, content_id, size, .. } = new;
    let values = vals![viewer.organisation, id, n, name, content_type, content_id.as_ref(), &digest, *size];
    tx.execute(sql, &values).await?;
    Ok(())
}

/// Takes a file off the viewer's draft.
pub async fn detach(tx: &mut Tx, viewer: &Viewer, id: DraftKey, n: i64) -> Result<(), StoreError> {
    get(tx, viewer, id).await?;
    let sql = "DELETE FROM draft_files WHERE organisation = $1 AND draft = $2 AND n = $3";
    match tx.execute(sql, &vals![viewer.organisation, id, n]).await? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

/// One file of the viewer's draft.
pub async fn file(tx: &mut Tx, viewer: &Viewer, id: DraftKey, n: i64) -> Result<File, StoreError> {
    let draft = get(tx, viewer, id).await?;
    draft.files.into_iter().find(|file| file.n == n).ok_or(StoreError::NotFound)
}

/// Adds the files to drafts that were read.
pub(super) async fn complete(tx: &mut Tx, viewer: &Viewer, drafts: &mut [Draft]) -> Result<(), StoreError> {
    let lists: Vec<_> = drafts.iter().map(|draft| vals![viewer.organisation, draft.id].to_vec()).collect();
    let sql = format!("SELECT {COLUMNS} FROM draft_files WHERE organisation = $1 AND draft = $2 ORDER BY n");
    for (draft, rows) in drafts.iter_mut().zip(tx.rows_many(&sql, &lists).await?) {
        draft.files = rows.into_iter().map(read).collect::<Result<_, _>>()?;
    }
    Ok(())
}

fn read(mut row: Row) -> Result<File, StoreError> {
    Ok(File {
        n: row.int(0),
        name: row.text(1),
        content_type: row.text(2),
        content_id: row.opt_text(3),
        digest: row.bytes(4).try_into().map_err(|_| StoreError::Damaged("the digest of a draft's file".into()))?,
        size: row.int(5),
    })
}
