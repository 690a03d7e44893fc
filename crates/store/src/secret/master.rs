//! The master key: a file of its own, readable by us only, never in the database and never in the same backup.

use super::seal::{Key, new_key};
use crate::StoreError;
use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};
use zeroize::Zeroizing;

const FIRST_LINE: &str =
    "postkamer master key; without it no mailbox password can be read; keep a copy, apart from the data";

/// The key that seals the organisations' keys. While a rotation runs there are two: the newest comes first.
#[derive(Clone)]
pub struct MasterKey(pub(super) Vec<Key>);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({} keys, not shown)", self.0.len())
    }
}

impl MasterKey {
    /// A new one.
    pub fn random() -> MasterKey {
        MasterKey(vec![new_key()])
    }

    /// This key in front, for sealing, and the ones before behind it, for opening what they sealed.
    pub(super) fn renewed(&self) -> MasterKey {
        MasterKey([vec![new_key()], self.0.clone()].concat())
    }

    /// Only the newest.
    pub(super) fn newest(&self) -> MasterKey {
        MasterKey(self.0[..1].to_vec())
    }

    /// The key in this file, or `None` when there is no such file.
    pub fn read(path: &Path) -> Result<Option<MasterKey>, StoreError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("read the key file")(error)),
        };
        let keys: Option<Vec<Key>> =
            text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).map(from_hex).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Some(MasterKey(keys))),
            _ => {
                Err(StoreError::Unusable(format!("The key file {} is damaged. Put back a copy of it.", path.display())))
            }
        }
    }

    /// Writes the file whole or not at all, readable by us only.
    pub fn write(&self, path: &Path) -> Result<(), StoreError> {
        let failed = StoreError::io("write the key file");
        let mut text = Zeroizing::new(format!("# {FIRST_LINE}\n"));
        for key in &self.0 {
            text.push_str(&to_hex(key));
            text.push('\n');
        }
        let beside = path.with_extension("key.new");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside).map_err(&failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(&failed)?;
        std::fs::rename(&beside, path).map_err(&failed)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(&failed)
    }
}

fn to_hex(key: &Key) -> Zeroizing<String> {
    Zeroizing::new(key.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn from_hex(text: &str) -> Option<Key> {
    let text = text.trim().as_bytes();
    let mut key = Zeroizing::new([0; 32]);
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(text.chunks_exact(2)) {
        let digit = |at: usize| (pair[at] as char).to_digit(16);
        *byte = (digit(0)? << 4 | digit(1)?) as u8;
    }
    Some(key)
}
