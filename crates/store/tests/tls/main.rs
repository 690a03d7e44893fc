//! PostgreSQL over TLS, against a server that lets nobody in without.

use mail::display::Language;
use store::{Db, StoreError, Unfit, db::Place};
use testkit::{Ca, Postgres};

/// Whether the server says that our line is protected, or why there is no line.
async fn is_protected(url: String) -> Result<bool, StoreError> {
    let db = Db::open(&Place::Postgres(url)).await?;
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    db.read(move |tx| Box::pin(async move { Ok(tx.row(sql, &[]).await?.unwrap().bool(0)) })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_is_protected_as_the_url_says() {
    let ca = Ca::new();
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, &ca.pem).unwrap();
    let root = format!("sslrootcert={}", authority.display());
    let strict = Postgres::start_with_tls(&ca.issue(&["localhost"]));
    let by_name = format!("postgres://postkamer@localhost:{}/postgres", strict.port);
    let by_number = format!("postgres://postkamer@127.0.0.1:{}/postgres", strict.port);

    for accepted in [
        format!("{by_name}?sslmode=verify-full&{root}"),
        // Signed by the authority, for another name.
        format!("{by_number}?sslmode=verify-ca&{root}"),
        format!("{by_name}?sslmode=require"),
        // Preferred without being asked.
        by_name.clone(),
    ] {
        assert!(is_protected(accepted.clone()).await.unwrap(), "{accepted}");
    }

    let stranger = folder.path().join("stranger.pem");
    std::fs::write(&stranger, &Ca::new().pem).unwrap();
    let stranger = format!("sslrootcert={}", stranger.display());
    for refused in [
        // Nobody on this machine trusts our authority.
        format!("{by_name}?sslmode=verify-full"),
        // Another name.
        format!("{by_number}?sslmode=verify-full&{root}"),
        // Another authority, for whoever asks for one at all.
        format!("{by_name}?sslmode=verify-full&{stranger}"),
        format!("{by_name}?sslmode=verify-ca&{stranger}"),
        format!("{by_name}?sslmode=require&{stranger}"),
    ] {
        let why = is_protected(refused.clone()).await.unwrap_err();
        let StoreError::Unusable(why @ Unfit::DatabaseCertificate(_)) = why else { panic!("{refused}: {why:?}") };
        assert!(why.say(Language::Dutch).starts_with("Het certificaat van PostgreSQL is niet te vertrouwen"), "{why}");
        assert!(why.say(Language::English).starts_with("The certificate of PostgreSQL is not to be trusted"), "{why}");
    }
    let bare = is_protected(format!("{by_name}?sslmode=disable")).await;
    assert!(matches!(bare, Err(StoreError::Unusable(Unfit::DatabaseSilent(_)))), "the server wants TLS: {bare:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_tls_never_talks_without() {
    let plain = Postgres::shared().database("tls_plain");
    assert!(!is_protected(plain.clone()).await.unwrap(), "nobody asked");
    for mode in ["require", "verify-ca", "verify-full"] {
        let refused = is_protected(format!("{plain}?sslmode={mode}")).await;
        assert!(matches!(refused, Err(StoreError::Unusable(Unfit::DatabaseTls(_)))), "{mode}: {refused:?}");
    }
}
