//! Blobs on this machine's disk, in pack files: one write and one sync for everything that waits.
//!
//! A file and a sync for each message would take longer than fetching it. A pack only grows: a record is a header (magic,
//! length, organisation, digest) and the bytes. A torn record at the end of a crashed process harms nobody, because no
//! row names it, and the next record starts behind it; a scan finds its way again by the magic.

use super::{
    BlobStore, NewBlob, Round, Swept, pack,
    scan::scan_pack,
    sweep::{self, Named, ROUNDS},
};
use crate::{Db, StoreError, shortage::Shortage};
use async_trait::async_trait;
use bytes::Bytes;
use mail::OrganisationKey;
use std::{
    collections::{HashMap, HashSet},
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::UNIX_EPOCH,
};
use tokio::sync::oneshot;

/// Packs held open for reading at once.
const OPEN_PACKS: usize = 64;
/// Blobs moved from one pack to another at once.
const AT_ONCE: usize = 64;

/// Blobs in pack files of a folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LocalBlobs {
    folder: Arc<PathBuf>,
    writer: mpsc::Sender<pack::Job>,
    open: Arc<Mutex<HashMap<u32, Arc<File>>>>,
    shortage: Shortage,
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
        Ok(LocalBlobs {
            folder: Arc::new(folder.to_owned()),
            writer,
            open: Arc::default(),
            shortage: Shortage::default(),
        })
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

    /// Looks at every record of a pack. When rows name all but some of them, those go: the others are kept anew, and the
    /// pack is removed.
    async fn sweep_pack(
        &self,
        db: &Db,
        number: u32,
        is_newest: bool,
        before: i64,
        swept: &mut Swept,
    ) -> Result<(), StoreError> {
        let Some(length) = self.length_of_old(number, before)? else { return Ok(()) };
        let folder = self.folder.clone();
        let scan = tokio::task::spawn_blocking(move || {
            let mut places = HashSet::new();
            scan_pack(&folder, number, &mut |found| {
                places.insert(found.place);
            })?;
            Ok::<_, StoreError>(places)
        });
        let found = scan.await.map_err(|_| StoreError::Broken("scanning a pack panicked".into()))??;
        let named = sweep::placed(db, format!("{number}:")).await?;
        let damaged = named.iter().filter(|named| !found.contains(&named.place));
        let damaged: Vec<_> = damaged.map(|named| (named.organisation, named.digest)).collect();
        swept.looked_at += found.len() as u64;
        let (is_whole, orphans) = (damaged.is_empty(), found.len().saturating_sub(named.len()));
        swept.damaged.extend(damaged);
        if !is_whole || orphans == 0 {
            return Ok(());
        }
        if is_newest {
            let (answer, answered) = oneshot::channel();
            let job = pack::Job { blobs: Vec::new(), leave: true, answer };
            self.writer.send(job).map_err(|_| StoreError::Closed)?;
            answered.await.map_err(|_| StoreError::Closed)??;
            // What was written meanwhile was not looked at.
            if self.length_of_old(number, before)? != Some(length) {
                return Ok(());
            }
        }
        for some in named.chunks(AT_ONCE) {
            let mut blobs = Vec::with_capacity(some.len());
            for Named { organisation, digest, place } in some {
                let bytes = self.get(*organisation, *digest, place).await?;
                blobs.push(NewBlob { organisation: *organisation, digest: *digest, bytes });
            }
            let places = self.put(blobs).await?;
            sweep::moved(db, some.iter().cloned().zip(places).collect()).await?;
        }
        if sweep::placed(db, format!("{number}:")).await?.is_empty() {
            std::fs::remove_file(pack::path(&self.folder, number)).map_err(StoreError::io("remove a pack of blobs"))?;
            self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
            swept.removed += orphans as u64;
        }
        Ok(())
    }

    /// How long a pack is that was written to for the last time before this moment.
    fn length_of_old(&self, number: u32, before: i64) -> Result<Option<u64>, StoreError> {
        let found = match std::fs::metadata(pack::path(&self.folder, number)) {
            Ok(found) => found,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("look at a pack of blobs")(error)),
        };
        let written = found.modified().map_err(StoreError::io("look at a pack of blobs"))?;
        let written = written.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        Ok((written < before).then_some(found.len()))
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
        self.writer.send(pack::Job { blobs, leave: false, answer }).map_err(|_| StoreError::Closed)?;
        let kept = answered.await.map_err(|_| StoreError::Closed)?;
        self.shortage.note(&kept);
        kept
    }

    fn is_full(&self) -> bool {
        self.shortage.is_now()
    }

    async fn sweep(&self, db: &Db, round: Round) -> Result<Swept, StoreError> {
        let last = round.from.parse().unwrap_or(0);
        let mut swept = Swept { next: round.from, ..Swept::default() };
        let newest = pack::newest(&self.folder).map_err(StoreError::io("list the packs of blobs"))?.unwrap_or(0);
        for step in 0..newest.div_ceil(ROUNDS) {
            let number = (last + step) % newest + 1;
            self.sweep_pack(db, number, number == newest, round.before, &mut swept).await?;
            swept.next = number.to_string();
        }
        Ok(swept)
    }

    async fn get(&self, _: OrganisationKey, digest: [u8; 32], place: &str) -> Result<Bytes, StoreError> {
        let (store, place) = (self.clone(), place.to_owned());
        let read = tokio::task::spawn_blocking(move || store.read(digest, &place)).await;
        read.map_err(|_| StoreError::Broken("reading a blob panicked".into()))?
    }

    async fn erase(&self, _: OrganisationKey, digest: [u8; 32], place: &str) -> Result<(), StoreError> {
        let (folder, place) = (self.folder.clone(), place.to_owned());
        let erased = tokio::task::spawn_blocking(move || pack::erase(&folder, digest, &place)).await;
        erased.map_err(|_| StoreError::Broken("erasing a blob panicked".into()))?
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
