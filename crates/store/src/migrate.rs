//! Brings the schema to what this program expects, once, and refuses a database that a newer program has written.

use crate::{Db, Dialect, StoreError, Tx, Unfit, vals};

struct Migration {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const BEGIN: &str = include_str!("../migrations/both/0001_begin.sql");

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "begin", sqlite: BEGIN, postgres: BEGIN },
    Migration {
        number: 2,
        name: "search",
        sqlite: include_str!("../migrations/sqlite/0002_search.sql"),
        postgres: include_str!("../migrations/postgres/0002_search.sql"),
    },
];

/// Runs what is missing. One transaction for all of it, and on PostgreSQL one node at a time.
pub async fn run(db: &Db) -> Result<(), StoreError> {
    let done = db.read(|tx| Box::pin(async move { level(tx).await })).await.unwrap_or(0);
    if done == MIGRATIONS.len() as i64 {
        return Ok(());
    }
    db.write(|tx| Box::pin(async move { migrate(tx).await })).await
}

async fn level(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = tx.row("SELECT COALESCE(MAX(number), 0) FROM migrations", &[]).await?;
    Ok(row.map_or(0, |row| row.int(0)))
}

async fn migrate(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.dialect() == Dialect::Postgres {
        tx.script("SELECT pg_advisory_xact_lock(20260101)").await?;
    }
    tx.script("CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)").await?;
    let done = level(tx).await?;
    if done > MIGRATIONS.len() as i64 {
        return Err(StoreError::Unusable(Unfit::NewerSchema { found: done, known: MIGRATIONS.len() }));
    }
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > done) {
        tx.script(&text_for(tx.dialect(), migration)).await?;
        let values = vals![migration.number, migration.name];
        tx.execute("INSERT INTO migrations (number, name) VALUES ($1, $2)", &values).await?;
    }
    Ok(())
}

fn text_for(dialect: Dialect, migration: &Migration) -> String {
    let (text, key, unique, clustered) = match dialect {
        Dialect::Sqlite => (migration.sqlite, "INTEGER PRIMARY KEY", "", ") WITHOUT ROWID;"),
        Dialect::Postgres => (migration.postgres, "BIGINT NOT NULL", ", PRIMARY KEY (organisation, id)", ");"),
    };
    let statements = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
    statements.replace("ROWKEY_UNIQUE", unique).replace("ROWKEY", key).replace(") CLUSTERED;", clustered)
}
