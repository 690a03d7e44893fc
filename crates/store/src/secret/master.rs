//! The master key: a file of its own, readable by us only, never in the database and never in the same backup.

use super::seal::{Key, new_key};
use crate::{StoreError, Unfit};
use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};
use zeroize::Zeroizing;

const FIRST_LINE: &str =
    "postkamer master key; without it no mailbox password can be read; keep a copy, apart from the data";

const PEPPER: &str = "pepper ";

/// The key that seals the organisations' keys. While a rotation runs there are two: the newest comes first. The pepper of
/// the passwords stands beside it and is never renewed, because no hash could be checked without it.
#[derive(Clone)]
pub struct MasterKey {
    pub(super) keys: Vec<Key>,
    pepper: Option<Key>,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({} keys, not shown)", self.keys.len())
    }
}

impl MasterKey {
    /// A new one.
    pub fn random() -> MasterKey {
        MasterKey { keys: vec![new_key()], pepper: Some(new_key()) }
    }

    /// What goes into every hash of a password besides the password: a stolen database alone is no use to a guesser.
    pub fn pepper(&self) -> Pepper {
        Pepper(self.pepper.clone())
    }

    /// Puts a pepper beside a key that has none yet; `false` when there was one.
    pub fn add_pepper(&mut self) -> bool {
        let is_new = self.pepper.is_none();
        self.pepper.get_or_insert_with(new_key);
        is_new
    }

    /// This key in front, for sealing, and the ones before behind it, for opening what they sealed.
    pub(super) fn renewed(&self) -> MasterKey {
        MasterKey { keys: [vec![new_key()], self.keys.clone()].concat(), pepper: self.pepper.clone() }
    }

    /// Only the newest.
    pub(super) fn newest(&self) -> MasterKey {
        MasterKey { keys: self.keys[..1].to_vec(), pepper: self.pepper.clone() }
    }

    /// The key in this file, or `None` when there is no such file.
    pub fn read(path: &Path) -> Result<Option<MasterKey>, StoreError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("read the key file")(error)),
        };
        let damaged = || StoreError::Unusable(Unfit::KeyDamaged(path.to_owned()));
        let mut read = MasterKey { keys: Vec::new(), pepper: None };
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            match line.strip_prefix(PEPPER) {
                Some(pepper) => read.pepper = Some(from_hex(pepper).ok_or_else(damaged)?),
                None => read.keys.push(from_hex(line).ok_or_else(damaged)?),
            }
        }
        if read.keys.is_empty() { Err(damaged()) } else { Ok(Some(read)) }
    }

    /// Writes the file whole or not at all, readable by us only.
    pub fn write(&self, path: &Path) -> Result<(), StoreError> {
        let failed = StoreError::io("write the key file");
        let mut text = Zeroizing::new(format!("# {FIRST_LINE}\n"));
        for key in &self.keys {
            text.push_str(&to_hex(key));
            text.push('\n');
        }
        if let Some(pepper) = &self.pepper {
            text.push_str(PEPPER);
            text.push_str(&to_hex(pepper));
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

/// What goes into every hash of a password, and keys the digests of recovery codes.
#[derive(Clone)]
pub struct Pepper(Option<Key>);

impl std::fmt::Debug for Pepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pepper(not shown)")
    }
}

impl Pepper {
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |key| key.as_slice())
    }

    /// The digest of something short that a person types, useless to whoever has only the database.
    pub fn digest(&self, what: &str, typed: &str) -> [u8; 32] {
        let key = blake3::derive_key("postkamer 2026 digest of what is typed", self.bytes());
        let mut hasher = blake3::Hasher::new_keyed(&key);
        hasher.update(what.as_bytes()).update(&[0]).update(typed.as_bytes());
        *hasher.finalize().as_bytes()
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
