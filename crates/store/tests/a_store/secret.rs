//! Secrets at rest.

use crate::desk::{Desk, INFO, ORGANISATION, OTHER};
use store::{
    StoreError,
    secret::{ACCOUNT_INCOMING, ACCOUNT_OUTGOING, DATA_KEY, Keyring, MasterKey, SEALED, SecretColumn},
    vals,
};

/// What has a name like a secret and is none.
const NO_SECRETS: [(&str, &str); 1] = [("effects", "key")];

on_both! {
    a_secret_opens_only_where_it_was_sealed(desk) {
        let sealed = seal(&desk, ACCOUNT_INCOMING, INFO.0, b"geheim").await;
        assert!(!sealed.windows(6).any(|window| window == b"geheim"));
        assert_eq!(open(&desk, ACCOUNT_INCOMING, INFO.0, &sealed).await.unwrap(), b"geheim");
        let mut flipped = sealed.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for (column, row, bytes) in [
            (ACCOUNT_INCOMING, OTHER.0, &sealed),
            (ACCOUNT_OUTGOING, INFO.0, &sealed),
            (ACCOUNT_INCOMING, INFO.0, &flipped),
            (ACCOUNT_INCOMING, INFO.0, &b"geheim".to_vec()),
            (ACCOUNT_INCOMING, INFO.0, &sealed[..20].to_vec()),
        ] {
            let opened = open(&desk, column, row, bytes).await;
            assert!(matches!(opened, Err(StoreError::Damaged(_))), "{opened:?}");
        }
    }

    another_master_key_opens_nothing(desk) {
        let ring = Keyring::new(MasterKey::random());
        let opened = desk.store.db.read(move |tx| Box::pin(async move {
            ring.message_id_key(tx, ORGANISATION).await.map(|_| ())
        })).await;
        assert!(matches!(opened, Err(StoreError::Unusable(_))), "{opened:?}");
    }

    every_secret_opens_after_the_keys_were_renewed(desk) {
        let before = seal(&desk, ACCOUNT_OUTGOING, INFO.0, b"wachtwoord").await;
        let value = before.clone();
        desk.write(move |tx| Box::pin(async move {
            tx.execute("UPDATE accounts SET outgoing_secret = $1 WHERE id = 11", &vals![value]).await
        })).await.unwrap();
        let file = desk.dir.path().join("postkamer.key");
        let old_file = std::fs::read_to_string(&file).unwrap();
        let message_id_key = desk.write(|tx| { let _ = &tx; Box::pin(async move {
            let row = tx.row("SELECT message_id_key FROM organisations", &[]).await?;
            Ok(row.unwrap().bytes(0))
        }) }).await.unwrap();
        assert_eq!(desk.store.rotate_keys().await.unwrap(), 2);
        assert_ne!(std::fs::read_to_string(&file).unwrap(), old_file);
        let now = desk.write(|tx| Box::pin(async move {
            let mut row = tx.row("SELECT outgoing_secret FROM accounts WHERE id = 11", &[]).await?.unwrap();
            Ok(row.bytes(0))
        })).await.unwrap();
        assert_ne!(now, before);
        assert_eq!(open(&desk, ACCOUNT_OUTGOING, INFO.0, &now).await.unwrap(), b"wachtwoord");
        assert!(open(&desk, ACCOUNT_OUTGOING, INFO.0, &before).await.is_err(), "the old data key is gone");
        let fresh = Keyring::new(MasterKey::read(&file).unwrap().unwrap());
        desk.store.db.read(move |tx| Box::pin(async move { fresh.message_id_key(tx, ORGANISATION).await })).await.unwrap();
        assert!(!message_id_key.is_empty());
    }
}

#[test]
fn every_column_that_sounds_secret_is_in_the_registry() {
    let schema = include_str!("../../migrations/both/0001_begin.sql");
    let mut table = "";
    let mut met = Vec::new();
    for line in schema.lines() {
        if let Some(name) = line.strip_prefix("CREATE TABLE ") {
            table = name.trim_end_matches(" (");
        }
        let mut words = line.split_whitespace();
        let (Some(column), Some(kind)) = (words.next(), words.next()) else { continue };
        let sounds = column.contains("secret") || column.contains("key");
        if kind.trim_end_matches(',') != "BYTEA" || !sounds || NO_SECRETS.contains(&(table, column)) {
            continue;
        }
        let known = |entry: &SecretColumn| entry.table == table && entry.column == column;
        assert!(SEALED.iter().any(known) || known(&DATA_KEY), "{table}.{column} is not in secret::SEALED");
        met.push(column);
    }
    let known = [
        "data_key",
        "message_id_key",
        "totp_secret",
        "client_secret",
        "client_secret",
        "reader_key",
        "api_key",
        "signing_key",
        "private_key",
        "incoming_secret",
        "outgoing_secret",
    ];
    assert_eq!(met, known);
}

async fn seal(desk: &Desk, column: SecretColumn, row: i64, plain: &'static [u8]) -> Vec<u8> {
    let ring = desk.store.keys.clone();
    desk.write(move |tx| Box::pin(async move { ring.seal(tx, ORGANISATION, column, row, plain).await })).await.unwrap()
}

async fn open(desk: &Desk, column: SecretColumn, row: i64, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let (ring, sealed) = (desk.store.keys.clone(), sealed.to_vec());
    let opened =
        desk.store.db.read(move |tx| Box::pin(async move { ring.open(tx, ORGANISATION, column, row, &sealed).await }));
    opened.await.map(|plain| plain.to_vec())
}
