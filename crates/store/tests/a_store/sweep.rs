//! What no row names goes after a day; what a row names stays, and is looked at.

use bytes::Bytes;
use mail::OrganisationKey;
use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use store::{
    Places, Store, StoreError,
    blob::{self, NewBlob, S3Blobs, Swept, digest},
};
use testkit::S3;

const OURS: OrganisationKey = OrganisationKey(7);
const HOUR: i64 = 3_600_000;

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

async fn open(data: &Path) -> Store {
    let places = Places { data: data.to_owned(), database: None, blobs: None };
    Store::open_with_key_file(&places, None).await.unwrap()
}

/// Keeps these bytes; names them in a row when told to.
async fn keep(store: &Store, text: &str, named: bool) -> [u8; 32] {
    let bytes = Bytes::from(format!("Subject: {text}\r\n\r\n{}", text.repeat(1000)));
    let (key, size) = (digest(&bytes), bytes.len() as i64);
    let put = store.blobs.put(vec![NewBlob { organisation: OURS, digest: key, bytes }]);
    let place = put.await.unwrap().remove(0);
    if named {
        let row = [(key, size, place)];
        let write = store::unit(move |tx| Box::pin(async move { blob::record(tx, OURS, &row).await }));
        store.db.write(write).await.unwrap();
    }
    key
}

async fn sweep(store: &Store, at: i64) -> Option<Swept> {
    store.sweep(at, Duration::from_millis(10)).await.unwrap()
}

/// Whether the words stand anywhere in the packs.
fn hold(data: &Path, words: &str) -> bool {
    let packs = std::fs::read_dir(data.join("blobs")).unwrap().flatten();
    packs
        .map(|pack| std::fs::read(pack.path()).unwrap())
        .any(|pack| pack.windows(words.len()).any(|window| window == words.as_bytes()))
}

#[tokio::test]
async fn what_no_row_names_goes_after_a_day_and_what_a_row_names_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let first = keep(&store, "eerste", true).await;
    keep(&store, "wees", false).await;
    let last = keep(&store, "laatste", true).await;

    let young = sweep(&store, now() + 23 * HOUR).await.unwrap();
    assert_eq!((young.removed, hold(dir.path(), "wees")), (0, true), "it is spared for a day");
    assert_eq!(sweep(&store, now() + 23 * HOUR).await, None, "once an hour is enough");

    let old = sweep(&store, now() + 25 * HOUR).await.unwrap();
    assert_eq!((old.looked_at, old.removed, &old.damaged[..]), (3, 1, &[][..]));
    assert!(!hold(dir.path(), "wees") && hold(dir.path(), "eerste"));
    let new = keep(&store, "nieuw", true).await;
    for (key, text) in [(first, "eerste"), (last, "laatste"), (new, "nieuw")] {
        assert!(store.raw(OURS, key).await.unwrap().starts_with(format!("Subject: {text}\r\n").as_bytes()));
    }
    let again = sweep(&store, now() + 50 * HOUR).await.unwrap();
    assert_eq!((again.looked_at, again.removed), (3, 0));
    drop(store);
    assert!(open(dir.path()).await.raw(OURS, last).await.is_ok(), "also for the next process");
}

#[tokio::test]
async fn damage_is_found_and_its_pack_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    keep(&store, "goed", true).await;
    keep(&store, "wees", false).await;
    let bad = keep(&store, "beschadigd", true).await;
    let pack = dir.path().join("blobs/0001.pack");
    let mut bytes = std::fs::read(&pack).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&pack, &bytes).unwrap();
    let swept = sweep(&store, now() + 25 * HOUR).await.unwrap();
    assert_eq!((swept.removed, swept.damaged), (0, vec![(OURS, bad)]));
    assert_eq!(std::fs::read(&pack).unwrap(), bytes);
}

#[tokio::test]
async fn an_object_that_no_row_names_goes_too() {
    static BUCKET: OnceLock<S3> = OnceLock::new();
    let s3 = tokio::task::spawn_blocking(|| BUCKET.get_or_init(S3::start)).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path()).await;
    let url = format!("s3://{}/sweep?endpoint={}&region={}", s3.bucket, s3.endpoint, s3.region);
    let who = (s3.access_key.as_str(), s3.secret_key.as_str());
    store.blobs = Arc::new(S3Blobs::open_with(&url, who).unwrap());
    let named = keep(&store, "eerste", true).await;
    let orphan = keep(&store, "wees", false).await;
    assert_eq!(sweep(&store, now() + 23 * HOUR).await.unwrap().removed, 0);
    let swept = sweep(&store, now() + 25 * HOUR).await.unwrap();
    assert_eq!((swept.looked_at, swept.removed), (2, 1));
    assert!(store.raw(OURS, named).await.is_ok());
    assert!(matches!(store.blobs.get(OURS, orphan, "s3").await, Err(StoreError::Damaged(_))), "it is not there");
}
