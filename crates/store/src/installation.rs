//! An installation: the folder with the database, the blobs and the key file, opened by one process at a time.

use crate::{
    Db, Dialect, KeyMaker, StoreError, Unfit,
    blob::{self, BlobStore, LocalBlobs, S3Blobs},
    db, migrate,
    secret::{Keyring, MasterKey},
    vals,
};
use bytes::Bytes;
use mail::OrganisationKey;
use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The variable that names another key file.
pub const KEY_FILE_VARIABLE: &str = "POSTKAMER_KEY_FILE";

/// Letters in the name of a data folder.
const NAME_LENGTH: usize = 16;

/// Where an installation is.
#[derive(Debug, Clone)]
pub struct Places {
    /// The folder of its own.
    pub data: PathBuf,
    /// `postgres://...`, or the path of a SQLite file; without it `postkamer.db` in the folder.
    pub database: Option<String>,
    /// `s3://...`, or a folder; without it `blobs` in the folder.
    pub blobs: Option<String>,
}

/// An open installation. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    /// The database.
    pub db: Db,
    /// Raw messages and what else never changes.
    pub blobs: Arc<dyn BlobStore>,
    /// Opens secrets.
    pub keys: Keyring,
    /// Makes our keys.
    pub make: Arc<KeyMaker>,
    /// The data folder.
    pub data: Arc<PathBuf>,
    /// Names the data folder. Whoever holds its lock knows that every earlier process of this name is dead.
    pub folder_name: Arc<str>,
    key_file: Arc<PathBuf>,
    /// Held as long as anyone uses the store: a second process would give out the same packs and keys.
    _lock: Arc<File>,
}

impl Store {
    /// Opens the installation, or makes a new one where nothing is. Refuses what would end in two half installations: a
    /// folder in use, blobs without their database, secrets without their key.
    pub async fn open(places: &Places) -> Result<Store, StoreError> {
        let key_file = std::env::var_os(KEY_FILE_VARIABLE).map(PathBuf::from);
        Store::open_with_key_file(places, key_file).await
    }

    /// The same, with the key file named here instead of by a variable.
    pub async fn open_with_key_file(places: &Places, key_file: Option<PathBuf>) -> Result<Store, StoreError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&places.data)
            .map_err(StoreError::io("make the data folder"))?;
        let mut lock = lock(&places.data)?;
        let folder_name = folder_name(&mut lock)?;
        let blobs = open_blobs(places)?;
        let place = database(places)?;
        let db = Db::open(&place).await?;
        migrate::run(&db).await?;
        let node = node(&db).await?;
        let key_file = key_file.unwrap_or_else(|| places.data.join("postkamer.key"));
        let master = match MasterKey::read(&key_file)? {
            Some(mut master) => {
                if master.add_pepper() {
                    master.write(&key_file)?;
                }
                master
            }
            None => first_master_key(&db, &key_file).await?,
        };
        Ok(Store {
            db,
            blobs,
            keys: Keyring::new(master),
            make: Arc::new(KeyMaker::new(node)),
            data: Arc::new(places.data.clone()),
            folder_name,
            key_file: Arc::new(key_file),
            _lock: Arc::new(lock),
        })
    }

    /// The bytes with this digest, checked; `NotFound` when we never had them.
    pub async fn raw(&self, organisation: OrganisationKey, digest: [u8; 32]) -> Result<Bytes, StoreError> {
        let place = self.place_of(organisation, digest).await?;
        match self.blobs.get(organisation, digest, &place).await {
            Err(damaged @ StoreError::Damaged(_)) => match self.place_of(organisation, digest).await? {
                // A sweep moved them in between.
                new if new != place => self.blobs.get(organisation, digest, &new).await,
                _ => Err(damaged),
            },
            read => read,
        }
    }

    async fn place_of(&self, organisation: OrganisationKey, digest: [u8; 32]) -> Result<String, StoreError> {
        let find = self.db.read(move |tx| Box::pin(async move { blob::find(tx, organisation, &digest).await }));
        Ok(find.await?.ok_or(StoreError::NotFound)?.1)
    }

    /// Renews the master key and every data key, and seals every secret anew; gives how many. May be stopped and run
    /// again.
    pub async fn rotate_keys(&self) -> Result<u64, StoreError> {
        crate::secret::rotate(&self.db, &self.keys, &self.key_file).await
    }

    /// Whether something could not be kept a moment ago, for want of room.
    pub fn is_full(&self) -> bool {
        self.db.is_full() || self.blobs.is_full()
    }

    /// Whether database and blobs answer now.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.db.read(|tx| Box::pin(async move { tx.row("SELECT 1 FROM meta", &[]).await.map(|_| ()) })).await?;
        self.blobs.check().await
    }
}

fn lock(data: &Path) -> Result<File, StoreError> {
    let failed = StoreError::io("lock the data folder");
    let path = data.join("lock");
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).read(true).write(true).mode(0o600).open(path).map_err(&failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Unusable(Unfit::InUse(data.to_owned()))),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The name in the lock file, or a new one. Not synced: a folder that lost its name only waits for its leases to end.
fn folder_name(lock: &mut File) -> Result<Arc<str>, StoreError> {
    let failed = StoreError::io("name the data folder");
    let mut name = String::new();
    // What is no text is no name.
    let _ = lock.read_to_string(&mut name);
    if name.len() == NAME_LENGTH && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(name.into());
    }
    let name = format!("{:016x}", rand::random::<u64>());
    lock.set_len(0).and_then(|()| lock.seek(SeekFrom::Start(0))).map_err(&failed)?;
    lock.write_all(name.as_bytes()).map_err(&failed)?;
    Ok(name.into())
}

fn open_blobs(places: &Places) -> Result<Arc<dyn BlobStore>, StoreError> {
    match places.blobs.as_deref() {
        Some(url) if url.contains("://") => Ok(Arc::new(S3Blobs::open(url)?)),
        _ => Ok(Arc::new(LocalBlobs::open(&blob_folder(places))?)),
    }
}

fn blob_folder(places: &Places) -> PathBuf {
    places.blobs.as_ref().map_or_else(|| places.data.join("blobs"), PathBuf::from)
}

fn database(places: &Places) -> Result<db::Place, StoreError> {
    let file = match places.database.as_deref() {
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            return Ok(db::Place::Postgres(url.to_owned()));
        }
        Some(path) => PathBuf::from(path.strip_prefix("sqlite:").unwrap_or(path)),
        None => places.data.join("postkamer.db"),
    };
    let is_empty = std::fs::metadata(&file).map_or(true, |found| found.len() == 0);
    if is_empty && LocalBlobs::has_packs(&blob_folder(places)) {
        return Err(StoreError::Unusable(Unfit::DatabaseGone { blobs: blob_folder(places), database: file }));
    }
    Ok(db::Place::Sqlite(file))
}

/// A number for this process that no other living one has: PostgreSQL counts the starts. SQLite has one process.
async fn node(db: &Db) -> Result<u8, StoreError> {
    if db.dialect() == Dialect::Sqlite {
        return Ok(0);
    }
    let sql = "INSERT INTO meta (name, value) VALUES ('starts', '0') ON CONFLICT (name) \
         DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT) RETURNING value";
    let row = db.write(move |tx| Box::pin(async move { tx.row(sql, &vals![]).await })).await?;
    let starts: u64 = row.and_then(|mut row| row.text(0).parse().ok()).unwrap_or(0);
    Ok(starts as u8)
}

/// The key of an installation that has no organisation yet. Where there is one, its secrets need the key that is gone.
async fn first_master_key(db: &Db, key_file: &Path) -> Result<MasterKey, StoreError> {
    let sql = "SELECT id FROM organisations LIMIT 1";
    let used = db.read(move |tx| Box::pin(async move { tx.row(sql, &vals![]).await })).await?;
    if used.is_some() {
        return Err(StoreError::Unusable(Unfit::KeyGone(key_file.to_owned())));
    }
    let master = MasterKey::random();
    master.write(key_file)?;
    Ok(master)
}
