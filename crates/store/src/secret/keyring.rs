//! Every organisation's data keys, opened once when first needed.

use super::{
    DATA_KEY, MESSAGE_ID_KEY, MasterKey, Pepper, SecretColumn,
    seal::{self, Bound, Key, new_key},
};
use crate::{StoreError, Tx, Unfit, vals};
use mail::OrganisationKey;
use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};
use zeroize::Zeroizing;

/// Bytes of one sealed data key: mark, version, nonce, key, tag.
const SEALED_KEY: usize = 2 + 24 + 32 + 16;

/// Seals and opens the secrets of every organisation. Cheap to clone.
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

struct Inner {
    master: RwLock<MasterKey>,
    opened: RwLock<HashMap<OrganisationKey, DataKeys>>,
    /// Never change, whatever they are sealed with.
    message_id_keys: RwLock<HashMap<OrganisationKey, Arc<Zeroizing<Vec<u8>>>>>,
}

/// Data keys by version; the newest last. More than one only while a rotation runs.
#[derive(Clone)]
pub(super) struct DataKeys(pub(super) Vec<(u8, Key)>);

impl DataKeys {
    pub(super) fn newest(&self) -> &(u8, Key) {
        self.0.last().expect("never made empty")
    }

    fn of(&self, version: u8) -> Option<&Key> {
        self.0.iter().find(|(known, _)| *known == version).map(|(_, key)| key)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring(not shown)")
    }
}

impl Keyring {
    /// A keyring that opens with this master key.
    pub fn new(master: MasterKey) -> Keyring {
        Keyring(Arc::new(Inner {
            master: RwLock::new(master),
            opened: RwLock::default(),
            message_id_keys: RwLock::default(),
        }))
    }

    /// What goes into every hash of a password besides the password.
    pub fn pepper(&self) -> Pepper {
        self.master().pepper()
    }

    /// What a new organisation's row holds: (`data_key`, `message_id_key`), both sealed.
    pub fn new_organisation_keys(&self, organisation: OrganisationKey) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
        let keys = DataKeys(vec![(1, new_key())]);
        let message_id_key = new_key();
        let bound = Bound { organisation, column: MESSAGE_ID_KEY, row: organisation.0 };
        let (version, key) = keys.newest();
        let sealed = seal::seal(key, *version, bound, &*message_id_key)?;
        Ok((self.seal_data_keys(organisation, &keys)?, sealed))
    }

    /// `plain` sealed to one column of one row.
    pub async fn seal(
        &self,
        tx: &mut Tx,
        organisation: OrganisationKey,
        column: SecretColumn,
        row: i64,
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        // Not from memory: another node may have renewed the keys, and what is sealed with a dropped key is lost.
        self.forget(organisation);
        let keys = self.load(tx, organisation).await?;
        let (version, key) = keys.newest();
        seal::seal(key, *version, Bound { organisation, column, row }, plain)
    }

    /// What was sealed to this column of this row; `Damaged` when it was not, so that one mailbox's secret never shows
    /// up as another's.
    pub async fn open(
        &self,
        tx: &mut Tx,
        organisation: OrganisationKey,
        column: SecretColumn,
        row: i64,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let bound = Bound { organisation, column, row };
        let not_sealed = || StoreError::Damaged(format!("{}.{} is not sealed", column.table, column.column));
        let version = seal::version_of(sealed).ok_or_else(not_sealed)?;
        let mut keys = self.load(tx, organisation).await?;
        if keys.of(version).is_none() {
            // Another node may have renewed the keys since we read them.
            self.forget(organisation);
            keys = self.load(tx, organisation).await?;
        }
        let key = keys.of(version).ok_or_else(|| StoreError::Damaged(format!("no data key has version {version}")))?;
        seal::open(key, bound, sealed)
    }

    /// What signs the Message-IDs of an organisation.
    pub async fn message_id_key(
        &self,
        tx: &mut Tx,
        organisation: OrganisationKey,
    ) -> Result<Arc<Zeroizing<Vec<u8>>>, StoreError> {
        if let Some(key) = self.message_id_key_at_hand(organisation) {
            return Ok(key);
        }
        let sql = "SELECT message_id_key FROM organisations WHERE id = $1";
        let mut row = tx.row(sql, &vals![organisation]).await?.ok_or(StoreError::NotFound)?;
        let key = self.open(tx, organisation, MESSAGE_ID_KEY, organisation.0, &row.bytes(0)).await?;
        let key = Arc::new(key);
        locked(self.0.message_id_keys.write()).insert(organisation, key.clone());
        Ok(key)
    }

    /// The same, once it was asked for: then nobody has to ask the database.
    pub fn message_id_key_at_hand(&self, organisation: OrganisationKey) -> Option<Arc<Zeroizing<Vec<u8>>>> {
        locked(self.0.message_id_keys.read()).get(&organisation).cloned()
    }

    pub(super) async fn load(&self, tx: &mut Tx, organisation: OrganisationKey) -> Result<DataKeys, StoreError> {
        if let Some(keys) = locked(self.0.opened.read()).get(&organisation) {
            return Ok(keys.clone());
        }
        let sql = "SELECT data_key FROM organisations WHERE id = $1";
        let mut row = tx.row(sql, &vals![organisation]).await?.ok_or(StoreError::NotFound)?;
        let keys = self.open_data_keys(organisation, &row.bytes(0))?;
        locked(self.0.opened.write()).insert(organisation, keys.clone());
        Ok(keys)
    }

    pub(super) fn forget(&self, organisation: OrganisationKey) {
        locked(self.0.opened.write()).remove(&organisation);
    }

    pub(super) fn master(&self) -> MasterKey {
        locked(self.0.master.read()).clone()
    }

    pub(super) fn set_master(&self, master: MasterKey) {
        *locked(self.0.master.write()) = master;
    }

    pub(super) fn seal_data_keys(&self, organisation: OrganisationKey, keys: &DataKeys) -> Result<Vec<u8>, StoreError> {
        let bound = Bound { organisation, column: DATA_KEY, row: organisation.0 };
        let master = self.master();
        let sealed: Result<Vec<_>, _> =
            keys.0.iter().map(|(version, key)| seal::seal(&master.keys[0], *version, bound, &**key)).collect();
        Ok(sealed?.concat())
    }

    fn open_data_keys(&self, organisation: OrganisationKey, sealed: &[u8]) -> Result<DataKeys, StoreError> {
        let bound = Bound { organisation, column: DATA_KEY, row: organisation.0 };
        let lost = || StoreError::Unusable(Unfit::KeyOfAnother);
        let master = self.master();
        let open_one = |one: &[u8]| {
            let plain = master.keys.iter().find_map(|key| seal::open(key, bound, one).ok()).ok_or_else(lost)?;
            let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| lost())?;
            Ok((seal::version_of(one).ok_or_else(lost)?, Zeroizing::new(key)))
        };
        let keys: Vec<_> = sealed.chunks(SEALED_KEY).map(open_one).collect::<Result<_, StoreError>>()?;
        if keys.is_empty() { Err(lost()) } else { Ok(DataKeys(keys)) }
    }
}

/// A lock that a panic left behind is still good: every write to these is a single insertion.
fn locked<T>(lock: Result<T, std::sync::PoisonError<T>>) -> T {
    lock.unwrap_or_else(std::sync::PoisonError::into_inner)
}
