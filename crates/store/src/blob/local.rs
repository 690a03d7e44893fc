//! Blobs on this machine's disk, in pack files: one write and one sync for everything that waits.
//!
//! A file and a sync for each message would take longer than fetching it. A pack only grows: a record is a header (magic,
//! length, organisation, digest) and the bytes. A torn record at the end of a crashed process harms nobody, because no
//! row names it, and the next record starts behind it; a scan finds its way again by the magic.

use super::{BlobStore, NewBlob, pack};
use crate::StoreError;
use async_trait::async_trait;
use bytes::Bytes;
use mail::OrganisationKey;
use std::{
    collections::HashMap,
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
};
use tokio::sync::oneshot;

/// Packs held open for reading at once.
const OPEN_PACKS: usize = 64;

/// Blobs in pack files of a folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LocalBlobs {
    folder: Arc<PathBuf>,
    writer: mpsc::Sender<pack::Job>,
    open: Arc<Mutex<HashMap<u32, Arc<File>>>>,
}

impl LocalBlobs {
    /// Uses the packs of this folder, which is made when it is not there. Nothing is read yet.
    pub fn open(folder: &Path) -> Result<LocalBlobs, StoreError> {
        std::fs::create_dir_all(folder).map_err(StoreError::io("make the folder for blobs"))?;
        let (writer, jobs) = mpsc::channel();
        let writing = pack::Writer::new(folder.to_owned());
        std::thread::Builder::new()
            .name("blob-writer".into())
            .spawn(move || writing.run(&jobs))
            .map_err(StoreError::io("start the blob writer"))?;
        Ok(LocalBlobs { folder: Arc::new(folder.to_owned()), writer, open: Arc::default() })
    }

    /// Whether the folder holds any pack.
    pub fn has_packs(folder: &Path) -> bool {
        pack::newest(folder).is_ok_and(|newest| newest.is_some())
    }

    fn file(&self, number: u32) -> Result<Arc<File>, StoreError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&number) {
            return Ok(file.clone());
        }
        let path = pack::path(&self.folder, number);
        let file = Arc::new(File::open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => StoreError::Damaged(format!("the pack {} is not there", path.display())),
            _ => StoreError::io("open a pack of blobs")(error),
        })?);
        if open.len() >= OPEN_PACKS {
            open.clear();
        }
        open.insert(number, file.clone());
        Ok(file)
    }

    fn read(&self, digest: [u8; 32], place: &str) -> Result<Bytes, StoreError> {
        let (number, offset, length) = pack::parse_place(place)
            .ok_or_else(|| StoreError::Damaged(format!("{place} is no place in the packs of this folder")))?;
        let damaged = || StoreError::Damaged(format!("the blob {} in {place}", blake3::Hash::from_bytes(digest)));
        let file = self.file(number)?;
        // A damaged place must not make us ask for more memory than the pack has bytes.
        let end = file.metadata().map_err(StoreError::io("look at a pack of blobs"))?.len();
        if offset.checked_add(length).is_none_or(|wanted| wanted > end) {
            return Err(damaged());
        }
        let mut bytes = vec![0; length as usize];
        file.read_exact_at(&mut bytes, offset).map_err(StoreError::io("read a blob"))?;
        if super::digest(&bytes) != digest {
            return Err(damaged());
        }
        Ok(Bytes::from(bytes))
    }
}

#[async_trait]
impl BlobStore for LocalBlobs {
    async fn put(&self, blobs: Vec<NewBlob>) -> Result<Vec<String>, StoreError> {
        if blobs.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, answered) = oneshot::channel();
        self.writer.send(pack::Job { blobs, answer }).map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    async fn get(&self, _: OrganisationKey, digest: [u8; 32], place: &str) -> Result<Bytes, StoreError> {
        let (store, place) = (self.clone(), place.to_owned());
        let read = tokio::task::spawn_blocking(move || store.read(digest, &place)).await;
        read.map_err(|_| StoreError::Broken("reading a blob panicked".into()))?
    }

    async fn check(&self) -> Result<(), StoreError> {
        let probe = self.folder.join("probe");
        let checked = tokio::task::spawn_blocking(move || {
            std::fs::write(&probe, [0; 4096]).and_then(|()| std::fs::remove_file(&probe))
        });
        let checked = checked.await.map_err(|_| StoreError::Broken("checking the blobs panicked".into()))?;
        checked.map_err(StoreError::io("write in the folder for blobs"))
    }
}
