//! The pack files and the one thread that writes them.

use super::NewBlob;
use crate::{StoreError, lost_sync};
use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::mpsc,
};
use tokio::sync::oneshot;

/// A pack that is longer gets no more records.
const ROLL: u64 = 256 << 20;
/// One sync covers at most so many bytes, so that the first that waits does not wait for a whole mailbox.
const GROUP: usize = 64 << 20;
/// Small records are gathered; larger ones go to the file as they are.
const BUFFER: usize = 256 << 10;
pub(super) const MAGIC: &[u8; 8] = b"\xffPKblob1";
pub(super) const HEADER: usize = 8 + 8 + 8 + 32;

/// Blobs to write, and whom to tell where they are.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) blobs: Vec<NewBlob>,
    /// After these nothing is written any more to the packs that are there now.
    pub(super) leave: bool,
    pub(super) answer: oneshot::Sender<Result<Vec<String>, StoreError>>,
}

/// Writes packs.
pub(super) struct Writer {
    folder: PathBuf,
    pack: Option<Pack>,
    /// After a failed sync nobody knows what is in the pack: these numbers and everything before are never written again.
    abandoned: Option<u32>,
}

struct Pack {
    number: u32,
    file: File,
    end: u64,
}

impl Writer {
    pub(super) fn new(folder: PathBuf) -> Writer {
        Writer { folder, pack: None, abandoned: None }
    }

    /// Writes until nobody can ask any more. What waits together is synced together.
    pub(super) fn run(mut self, jobs: &mpsc::Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut group = vec![first];
            let mut bytes = size(&group[0]);
            while bytes < GROUP {
                let Ok(next) = jobs.try_recv() else { break };
                bytes += size(&next);
                group.push(next);
            }
            let written = match bytes {
                0 => Ok(vec![Vec::new(); group.len()]),
                _ => self.write(&group),
            };
            if group.iter().any(|job| job.leave) {
                self.pack = None;
                self.abandoned = newest(&self.folder).ok().flatten().max(self.abandoned);
            }
            for (at, job) in group.into_iter().enumerate() {
                let places = written.as_ref().map(|places| places[at].clone()).map_err(StoreError::clone);
                // Nobody waits any more: the bytes are an orphan, which a sweep takes away.
                let _ = job.answer.send(places);
            }
        }
    }

    fn write(&mut self, group: &[Job]) -> Result<Vec<Vec<String>>, StoreError> {
        let pack = match self.pack.take().filter(|pack| pack.end < ROLL) {
            Some(pack) => pack,
            None => self.next_pack()?,
        };
        let Pack { number, file, end: start } = pack;
        let mut end = start;
        let mut out = BufWriter::with_capacity(BUFFER, &file);
        let mut place = |blob: &NewBlob| {
            out.write_all(&header(blob))?;
            out.write_all(&blob.bytes)?;
            let offset = end + HEADER as u64;
            end = offset + blob.bytes.len() as u64;
            Ok(format!("{number}:{offset}:{}", blob.bytes.len()))
        };
        let places: std::io::Result<Vec<Vec<String>>> =
            group.iter().map(|job| job.blobs.iter().map(&mut place).collect()).collect();
        let places = places.and_then(|places| out.flush().map(|()| places));
        let (out, _) = out.into_parts();
        match places {
            Ok(places) => {
                if let Err(error) = out.sync_data() {
                    if error.kind() != std::io::ErrorKind::StorageFull {
                        lost_sync::end(&format!("the pack {number} of blobs"), &error);
                    }
                    // The kernel may have dropped the pages and call the next sync a success: the answer is final.
                    tracing::error!(%error, pack = number, "a pack of blobs could not be synced and is left as it is");
                    self.abandoned = Some(number);
                    return Err(StoreError::io("sync a pack of blobs")(error));
                }
                self.pack = Some(Pack { number, file, end });
                Ok(places)
            }
            Err(error) => {
                // Take back the half-written tail; where that fails a new pack starts.
                if file.set_len(start).is_ok() && (&file).seek(SeekFrom::Start(start)).is_ok() {
                    self.pack = Some(Pack { number, file, end: start });
                } else {
                    self.abandoned = Some(number);
                }
                Err(StoreError::io("write a pack of blobs")(error))
            }
        }
    }

    /// The newest pack while it has room, at its real end, and else a new one.
    fn next_pack(&self) -> Result<Pack, StoreError> {
        let failed = StoreError::io("open a pack of blobs for writing");
        let newest = newest(&self.folder).map_err(&failed)?;
        if let Some(number) = newest.filter(|number| self.abandoned.is_none_or(|abandoned| *number > abandoned)) {
            let mut file = OpenOptions::new().write(true).open(path(&self.folder, number)).map_err(&failed)?;
            let end = file.seek(SeekFrom::End(0)).map_err(&failed)?;
            if end < ROLL {
                return Ok(Pack { number, file, end });
            }
        }
        let number = newest.unwrap_or(0).max(self.abandoned.unwrap_or(0)) + 1;
        let file = OpenOptions::new().write(true).create_new(true).open(path(&self.folder, number)).map_err(&failed)?;
        // The name of the file must be as durable as what is in it.
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(&failed)?;
        Ok(Pack { number, file, end: 0 })
    }
}

fn size(job: &Job) -> usize {
    job.blobs.iter().map(|blob| HEADER + blob.bytes.len()).sum()
}

fn header(blob: &NewBlob) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&(blob.bytes.len() as u64).to_be_bytes());
    header[16..24].copy_from_slice(&blob.organisation.0.to_be_bytes());
    header[24..].copy_from_slice(&blob.digest);
    header
}

pub(super) fn path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:04}.pack"))
}

/// The highest number of a pack in the folder.
pub(super) fn newest(folder: &Path) -> std::io::Result<Option<u32>> {
    let mut newest = None;
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".pack")).and_then(|number| number.parse().ok());
        newest = newest.max(number);
    }
    Ok(newest)
}

/// Writes zeros over a record, its head too, and makes that durable. What is there no more, or is another record by now,
/// stays as it is.
pub(super) fn erase(folder: &Path, digest: [u8; 32], place: &str) -> Result<(), StoreError> {
    let failed = StoreError::io("erase a blob");
    let (number, offset, length) = parse_place(place)
        .ok_or_else(|| StoreError::Damaged(format!("{place} is no place in the packs of this folder")))?;
    let file = match OpenOptions::new().read(true).write(true).open(path(folder, number)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let size = file.metadata().map_err(&failed)?.len();
    let start = offset.checked_sub(HEADER as u64);
    let Some(start) = start.filter(|_| offset.checked_add(length).is_some_and(|end| end <= size)) else {
        return Err(StoreError::Damaged(format!("{place} is no place in the packs of this folder")));
    };
    let mut head = [0; HEADER];
    file.read_exact_at(&mut head, start).map_err(&failed)?;
    if head[24..] != digest {
        return Ok(());
    }
    // The head goes last: a crash in between leaves it for the next try.
    let zeros = [0; 64 << 10];
    let mut at = offset;
    while at < offset + length {
        let piece = (offset + length - at).min(zeros.len() as u64);
        file.write_all_at(&zeros[..piece as usize], at).map_err(&failed)?;
        at += piece;
    }
    file.sync_data().map_err(&failed)?;
    file.write_all_at(&zeros[..HEADER], start).and_then(|()| file.sync_data()).map_err(&failed)
}

/// `pack:offset:length`.
pub(super) fn parse_place(place: &str) -> Option<(u32, u64, u64)> {
    let mut parts = place.splitn(3, ':');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
