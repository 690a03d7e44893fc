//! The erasures once more, in a file beside the database: a database that comes back from a backup knows nothing of who was
//! erased since, and the file does (reliability case 62). It holds keys of ours and nothing of who somebody was.

use super::Asked;
use crate::{Store, StoreError, Tx, vals};
use mail::{OrganisationKey, UserKey};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashSet,
    fs::OpenOptions,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The file, in the data folder.
const FILE: &str = "erasures.jsonl";

/// An erasure that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    organisation: i64,
    id: i64,
    subject: String,
    asked_by: i64,
    with_mail: bool,
}

impl Line {
    /// Whose person it was.
    pub fn organisation(&self) -> OrganisationKey {
        OrganisationKey(self.organisation)
    }

    /// The key of the erasure.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The key that the contact or user had.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Who asked for it.
    pub fn asked_by(&self) -> UserKey {
        UserKey(self.asked_by)
    }

    /// Their mail went too.
    pub fn with_mail(&self) -> bool {
        self.with_mail
    }
}

/// Writes into the file what the database knows and the file does not.
pub async fn note(store: &Store) -> Result<(), StoreError> {
    let (known, path) = (in_database(store).await?, path(store));
    blocking(move || {
        let written: HashSet<(i64, i64)> = lines(&path)?.iter().map(|line| (line.organisation, line.id)).collect();
        let new: Vec<Line> =
            known.into_iter().filter(|line| !written.contains(&(line.organisation, line.id))).collect();
        append(&path, &new)
    })
    .await
}

/// What the file knows and the database does not: who was erased after the backup that it came from.
pub async fn forgotten(store: &Store) -> Result<Vec<Line>, StoreError> {
    let path = path(store);
    let written = blocking(move || lines(&path)).await?;
    if written.is_empty() {
        return Ok(written);
    }
    let known: HashSet<(i64, i64)> =
        in_database(store).await?.iter().map(|line| (line.organisation, line.id)).collect();
    Ok(written.into_iter().filter(|line| !known.contains(&(line.organisation, line.id))).collect())
}

/// Writes down that nothing was left to erase: whoever it was is not in this database.
pub async fn nothing_left(tx: &mut Tx, asked: &Asked<'_>, subject: &str) -> Result<(), StoreError> {
    asked.begin(tx, subject, (&[], &[]), false).await.map(|_| ())
}

fn path(store: &Store) -> PathBuf {
    store.data.join(FILE)
}

async fn in_database(store: &Store) -> Result<Vec<Line>, StoreError> {
    let sql = "SELECT organisation, id, subject, asked_by, with_mail FROM erasures ORDER BY id";
    let rows = store.db.read(move |tx| Box::pin(async move { tx.rows(sql, &vals![]).await })).await?;
    let read = rows.into_iter().map(|mut row| Line {
        organisation: row.int(0),
        id: row.int(1),
        subject: row.text(2),
        asked_by: row.int(3),
        with_mail: row.bool(4),
    });
    Ok(read.collect())
}

/// What stands in the file; a line that a crash tore is none.
fn lines(path: &Path) -> Result<Vec<Line>, StoreError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("read the list of erasures")(error)),
    };
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

fn append(path: &Path, lines: &[Line]) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for line in lines {
        let line = serde_json::to_string(line).map_err(|error| StoreError::Broken(error.to_string()))?;
        // A break before it, too: what a crash tore must not swallow it.
        text.push('\n');
        text.push_str(&line);
        text.push('\n');
    }
    let failed = StoreError::io("write the list of erasures");
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path).map_err(&failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(&failed)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| StoreError::Broken("the list of erasures panicked".into()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_after_a_torn_one_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let line = |id| Line { organisation: 1, id, subject: "cnt_1".into(), asked_by: 3, with_mail: true };
        assert!(lines(&path).unwrap().is_empty(), "no file is an empty list");
        append(&path, &[line(1)]).unwrap();
        let mut torn = std::fs::read_to_string(&path).unwrap();
        torn.push_str("{\"organisation\":1,\"id\":2,\"sub");
        std::fs::write(&path, torn).unwrap();
        append(&path, &[line(3)]).unwrap();
        assert_eq!(lines(&path).unwrap(), [line(1), line(3)]);
    }
}
