//! Finds the records of packs again without any table: for a sweep, and to make the table anew.

use super::pack::{HEADER, MAGIC, newest, path};
use crate::StoreError;
use mail::OrganisationKey;
use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

/// Bytes of a pack in memory at once.
const WINDOW: usize = 256 << 10;

/// A record found by [`scan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Whose it is.
    pub organisation: OrganisationKey,
    /// What its bytes digest to.
    pub digest: [u8; 32],
    /// Bytes.
    pub size: u64,
    /// Its place.
    pub place: String,
}

/// Every whole record of the packs in a folder, so that the table of blobs can be made again from them. Torn and
/// damaged records are passed over.
pub fn scan(folder: &Path, mut each: impl FnMut(Found)) -> Result<(), StoreError> {
    let failed = StoreError::io("scan a pack of blobs");
    for number in 1..=newest(folder).map_err(&failed)?.unwrap_or(0) {
        scan_pack(folder, number, &mut each)?;
    }
    Ok(())
}

/// Those of one pack; none when it is not there.
pub(super) fn scan_pack(folder: &Path, number: u32, each: &mut dyn FnMut(Found)) -> Result<(), StoreError> {
    let failed = StoreError::io("scan a pack of blobs");
    let file = match File::open(path(folder, number)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let mut reading = Reading { end: file.metadata().map_err(&failed)?.len(), file, window: vec![0; WINDOW] };
    let mut at = 0;
    while let Some(start) = reading.next_magic(at).map_err(&failed)? {
        at = match reading.record_at(start).map_err(&failed)? {
            Some((organisation, digest, size)) => {
                let offset = start + HEADER as u64;
                each(Found { organisation, digest, size, place: format!("{number}:{offset}:{size}") });
                offset + size
            }
            None => start + 1,
        };
    }
    Ok(())
}

struct Reading {
    file: File,
    end: u64,
    window: Vec<u8>,
}

impl Reading {
    /// Where a record may begin, from here on.
    fn next_magic(&mut self, mut from: u64) -> io::Result<Option<u64>> {
        let mut first = [0; MAGIC.len()];
        if from + HEADER as u64 > self.end {
            return Ok(None);
        }
        self.file.read_exact_at(&mut first, from)?;
        if first == *MAGIC {
            return Ok(Some(from));
        }
        while from + HEADER as u64 <= self.end {
            let size = WINDOW.min((self.end - from) as usize);
            let window = &mut self.window[..size];
            self.file.read_exact_at(window, from)?;
            if let Some(at) = window.windows(MAGIC.len()).position(|window| window == MAGIC) {
                return Ok(Some(from + at as u64));
            }
            from += (size - (MAGIC.len() - 1)) as u64;
        }
        Ok(None)
    }

    /// The record that begins here, if all of it is there and its digest is right.
    fn record_at(&mut self, start: u64) -> io::Result<Option<(OrganisationKey, [u8; 32], u64)>> {
        let mut header = [0; HEADER];
        if start + HEADER as u64 > self.end {
            return Ok(None);
        }
        self.file.read_exact_at(&mut header, start)?;
        let number = |at: usize| header[at..].first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let (size, organisation) = (number(8), OrganisationKey(number(16) as i64));
        let digest: [u8; 32] = header[24..].first_chunk().copied().unwrap_or_default();
        let mut at = start + HEADER as u64;
        let Some(end) = at.checked_add(size).filter(|end| *end <= self.end) else { return Ok(None) };
        let mut hasher = blake3::Hasher::new();
        while at < end {
            let size = WINDOW.min((end - at) as usize);
            let window = &mut self.window[..size];
            self.file.read_exact_at(window, at)?;
            hasher.update(window);
            at += size as u64;
        }
        Ok((*hasher.finalize().as_bytes() == digest).then_some((organisation, digest, size)))
    }
}
