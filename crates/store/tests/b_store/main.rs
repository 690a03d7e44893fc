//! What the store promises about accounts, people, contacts, conversations and the outbox, on both databases.

/// Runs each story on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident($house:ident) $story:block)*) => {$(
        #[test]
        fn $name() {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let postgres = testkit::Postgres::shared().database(concat!("b_", stringify!($name)).get(..40).unwrap_or(stringify!($name)));
            runtime.block_on(async {
                for database in [None, Some(postgres)] {
                    let $house = crate::house::House::new(database).await;
                    $story
                }
            });
        }
    )*};
}

/// One unit of work; what it answers, or why not.
macro_rules! unit {
    ($house:expr, $tx:ident => $work:expr) => {
        $house.store.db.write(move |$tx| Box::pin(async move { $work })).await
    };
}

mod account;
mod app_registration;
mod contact;
mod conversation;
mod door;
mod draft;
mod edge;
mod house;
mod outbox;
mod person;
mod provider;
mod sender;
mod small;
