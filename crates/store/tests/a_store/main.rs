//! What the store promises about secrets, blobs, the installation, search and messages, on both databases.

/// Runs each story on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident($desk:ident) $story:block)*) => {$(
        #[test]
        fn $name() {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let postgres = testkit::Postgres::shared().database(concat!("a_", stringify!($name)));
            runtime.block_on(async {
                for database in [None, Some(postgres)] {
                    let $desk = crate::desk::Desk::new(database).await;
                    $story
                }
            });
        }
    )*};
}

mod blob;
mod desk;
mod installation;
mod log;
mod message;
mod moving;
mod private;
mod search;
mod secret;
mod sweep;
