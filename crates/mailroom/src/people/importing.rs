//! Contacts from a file while a person looks on, goes away, and comes back to see how far it is.

use super::import::{Imported, good_rows, put_all};
use crate::{
    MailRoom,
    words::{Refusal, field},
};
use mail::{OrganisationKey, UserKey};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use store::Viewer;

/// An import that runs or ran on this node.
#[derive(Debug, Clone)]
pub struct Importing {
    /// Contacts that were looked at.
    pub done: usize,
    /// How many there are in the file.
    pub total: usize,
    /// When it began.
    pub began: Instant,
    /// What came of it so far.
    pub imported: Imported,
    /// How it ended; nothing while it runs.
    pub ended: Option<ImportEnd>,
}

/// How an import ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportEnd {
    /// The whole file was read.
    Whole,
    /// Trouble of our own: what was done stays, and the same file again does the rest.
    Broken,
}

/// The imports of this node, the last one of each person.
#[derive(Clone, Default)]
pub struct Imports(Arc<Mutex<HashMap<(OrganisationKey, UserKey), Importing>>>);

impl Imports {
    fn change<T>(&self, change: impl FnOnce(&mut HashMap<(OrganisationKey, UserKey), Importing>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The last import that this person began here.
pub fn last_import(room: &MailRoom, viewer: &Viewer) -> Option<Importing> {
    room.imports.change(|all| all.get(&(viewer.organisation, viewer.user)).cloned())
}

/// Begins to take contacts from a CSV file or vCards, as [`super::import_contacts`] does; one file at a time. It goes on when
/// nobody looks.
pub async fn begin_import(room: &MailRoom, viewer: &Viewer, file: Vec<u8>) -> Result<(), Refusal> {
    let who = *viewer;
    // A file of some megabytes takes a while to read.
    let read = tokio::task::spawn_blocking(move || good_rows(&who, &file)).await;
    let (rows, imported) = read.map_err(|error| Refusal::from(store::StoreError::Broken(error.to_string())))??;
    let key = (viewer.organisation, viewer.user);
    let begun = Importing { done: 0, total: rows.len(), began: Instant::now(), imported, ended: None };
    let is_first = room.imports.change(|all| match all.get(&key) {
        Some(running) if running.ended.is_none() => false,
        _ => {
            all.insert(key, begun.clone());
            true
        }
    });
    if !is_first {
        return Err(Refusal::conflict("file", field::IMPORT_RUNS));
    }
    let (room, imports) = (room.clone(), room.imports.clone());
    let told = imports.clone();
    let work = tokio::spawn(async move {
        let see = |done: usize, so_far: &Imported| {
            told.change(|all| {
                if let Some(import) = all.get_mut(&key) {
                    (import.done, import.imported) = (done, so_far.clone());
                }
            });
        };
        put_all(&room, &who, rows, begun.imported, see).await
    });
    tokio::spawn(async move {
        let end = match work.await {
            Ok(Ok(_)) => ImportEnd::Whole,
            Ok(Err(error)) => {
                tracing::warn!(%error, "an import of contacts stopped half-way");
                ImportEnd::Broken
            }
            Err(error) => {
                tracing::error!(%error, "an import of contacts stopped half-way");
                ImportEnd::Broken
            }
        };
        imports.change(|all| {
            if let Some(import) = all.get_mut(&key) {
                import.ended = Some(end);
            }
        });
    });
    Ok(())
}
