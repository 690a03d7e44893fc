//! Opening an installation, and refusing to.

use std::{os::unix::fs::PermissionsExt, path::Path};
use store::{Places, Store, StoreError, blob::NewBlob};

fn places(dir: &Path) -> Places {
    Places { data: dir.to_owned(), database: None, blobs: None }
}

async fn open(dir: &Path) -> Result<Store, StoreError> {
    Store::open_with_key_file(&places(dir), None).await
}

fn refusal(opened: Result<Store, StoreError>) -> String {
    match opened {
        Err(StoreError::Unusable(why)) => why.to_string(),
        Err(other) => panic!("refused for another reason: {other:?}"),
        Ok(_) => panic!("opened"),
    }
}

#[tokio::test]
async fn a_second_process_is_turned_away_and_the_first_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path()).await.unwrap();
    assert!(refusal(open(dir.path()).await).contains("Another Postkamer"));
    first.check().await.unwrap();
}

#[tokio::test]
async fn the_key_file_is_for_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).await.unwrap();
    let mode = std::fs::metadata(dir.path().join("postkamer.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn without_its_key_an_installation_in_use_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await.unwrap();
    let keys = store.keys.new_organisation_keys(mail::OrganisationKey(1)).unwrap();
    let work = store.db.write(move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO organisations (id, name, data_key, message_id_key, change_seq, settings, created_at) \
                 VALUES (1, 'Voorbeeld', $1, $2, 0, '{}', 0)";
            tx.execute(sql, &store::vals![keys.0, keys.1]).await
        })
    });
    work.await.unwrap();
    drop(store);
    let file = dir.path().join("postkamer.key");
    std::fs::remove_file(&file).unwrap();
    assert!(refusal(open(dir.path()).await).contains("key file"));
    assert!(!file.exists(), "no new key is made over a used database");
    std::fs::write(&file, "not a key\n").unwrap();
    assert!(refusal(open(dir.path()).await).contains("damaged"));
}

#[tokio::test]
async fn blobs_without_their_database_do_not_get_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await.unwrap();
    let bytes = bytes::Bytes::from_static(b"brief");
    let blob = NewBlob { organisation: mail::OrganisationKey(1), digest: store::blob::digest(&bytes), bytes };
    store.blobs.put(vec![blob]).await.unwrap();
    drop(store);
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(dir.path().join(format!("postkamer.db{ending}")));
    }
    assert!(refusal(open(dir.path()).await).contains("no database"));
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await.unwrap();
    let sql = "INSERT INTO migrations (number, name) VALUES (999, 'later')";
    store.db.write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await })).await.unwrap();
    drop(store);
    assert!(refusal(open(dir.path()).await).contains("newer"));
}

#[tokio::test]
async fn a_data_folder_keeps_its_name() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let name = open(dir.path()).await.unwrap().folder_name;
    assert_eq!(open(dir.path()).await.unwrap().folder_name, name);
    assert_ne!(open(other.path()).await.unwrap().folder_name, name);
    std::fs::write(dir.path().join("lock"), "half a na").unwrap();
    let new = open(dir.path()).await.unwrap().folder_name;
    assert_eq!((new.len(), open(dir.path()).await.unwrap().folder_name), (16, new));
}

/// What the database answers to a setting that is asked for.
async fn setting(store: &Store, sql: &'static str) -> String {
    let ask = store::unit(move |tx| {
        Box::pin(async move { Ok::<String, StoreError>(tx.row(sql, &[]).await?.expect("an answer").text(0)) })
    });
    let (written, read) = (store.db.write(ask).await.unwrap(), store.db.read(ask).await.unwrap());
    assert_eq!(written, read, "{sql}");
    written
}

#[tokio::test]
async fn a_commit_is_on_the_disk_before_anybody_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await.unwrap();
    assert_eq!(setting(&store, "SELECT journal_mode FROM pragma_journal_mode").await, "wal");
    // 2 is FULL.
    assert_eq!(setting(&store, "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous").await, "2");

    let postgres = testkit::Postgres::shared();
    let dir = tempfile::tempdir().unwrap();
    let database = postgres.database("hasty");
    postgres.psql("hasty", "ALTER DATABASE hasty SET synchronous_commit = off").unwrap();
    let places = Places { database: Some(database), ..places(dir.path()) };
    let store = Store::open_with_key_file(&places, None).await.unwrap();
    assert_eq!(setting(&store, "SELECT current_setting('synchronous_commit')").await, "on");
}
