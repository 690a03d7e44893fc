//! Blobs on disk and in an S3 store.

use bytes::Bytes;
use mail::OrganisationKey;
use store::{
    StoreError,
    blob::{BlobStore, LocalBlobs, NewBlob, S3Blobs, digest, scan},
};

const OURS: OrganisationKey = OrganisationKey(7);

fn blob(bytes: impl Into<Bytes>) -> NewBlob {
    let bytes = bytes.into();
    NewBlob { organisation: OURS, digest: digest(&bytes), bytes }
}

#[tokio::test]
async fn blobs_come_back_as_they_were_from_one_process_and_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let letters: Vec<NewBlob> = (0..50usize).map(|n| blob(vec![n as u8; n * 1000])).collect();
    let mut places = Vec::new();
    for half in letters.chunks(25) {
        let store = LocalBlobs::open(dir.path()).unwrap();
        places.extend(store.put(half.to_vec()).await.unwrap());
    }
    let store = LocalBlobs::open(dir.path()).unwrap();
    for (letter, place) in letters.iter().zip(&places) {
        assert_eq!(store.get(OURS, letter.digest, place).await.unwrap(), letter.bytes);
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "one pack holds them all");
}

#[tokio::test]
async fn one_flipped_byte_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalBlobs::open(dir.path()).unwrap();
    let letter = blob("Geachte heer");
    let place = store.put(vec![letter.clone()]).await.unwrap().remove(0);
    let pack = dir.path().join("0001.pack");
    let mut bytes = std::fs::read(&pack).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&pack, bytes).unwrap();
    for place in [place.as_str(), "1:0:99999999999", "9:0:4", "nonsense"] {
        let read = store.get(OURS, letter.digest, place).await;
        assert!(matches!(read, Err(StoreError::Damaged(_))), "{place}: {read:?}");
    }
}

#[tokio::test]
async fn a_torn_record_harms_neither_what_follows_nor_a_scan() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (blob("eerste"), blob("tweede"));
    LocalBlobs::open(dir.path()).unwrap().put(vec![first.clone()]).await.unwrap();
    let pack = dir.path().join("0001.pack");
    let whole = std::fs::read(&pack).unwrap();
    std::fs::write(&pack, [&whole[..], &whole[..whole.len() - 3]].concat()).unwrap();
    let store = LocalBlobs::open(dir.path()).unwrap();
    let place = store.put(vec![second.clone()]).await.unwrap().remove(0);
    assert_eq!(store.get(OURS, second.digest, &place).await.unwrap(), second.bytes);
    let mut found = Vec::new();
    scan(dir.path(), |record| found.push((record.digest, record.organisation))).unwrap();
    assert_eq!(found, [(first.digest, OURS), (second.digest, OURS)]);
}

#[tokio::test]
async fn many_who_put_at_once_all_get_their_own_place() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalBlobs::open(dir.path()).unwrap();
    let puts = (0..200).map(|n| {
        let store = store.clone();
        async move {
            let letter = blob(format!("brief {n}"));
            let place = store.put(vec![letter.clone()]).await.unwrap().remove(0);
            assert_eq!(store.get(OURS, letter.digest, &place).await.unwrap(), letter.bytes);
        }
    });
    futures_util::future::join_all(puts).await;
    store.check().await.unwrap();
}

#[tokio::test]
async fn an_s3_store_keeps_blobs_apart_by_organisation_and_knows_what_is_not_there() {
    let server = testkit::S3::start();
    let url = format!("s3://{}/brieven?endpoint={}&region={}", server.bucket, server.endpoint, server.region);
    let store = S3Blobs::open_with(&url, (&server.access_key, &server.secret_key)).unwrap();
    store.check().await.unwrap();
    let letters: Vec<NewBlob> = (0..40usize).map(|n| blob(vec![n as u8; n * 500])).collect();
    let places = store.put(letters.clone()).await.unwrap();
    for (letter, place) in letters.iter().zip(&places) {
        assert_eq!(store.get(OURS, letter.digest, place).await.unwrap(), letter.bytes);
    }
    let stranger = store.get(OrganisationKey(8), letters[0].digest, &places[0]).await;
    assert!(matches!(stranger, Err(StoreError::Damaged(_))), "{stranger:?}");
    let refused = S3Blobs::open_with(&url, (&server.access_key, "verkeerd")).unwrap().check().await;
    assert!(matches!(refused, Err(StoreError::Unreachable(_))), "{refused:?}");
}
