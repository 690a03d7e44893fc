//! A unit of work in the database.

use super::{Row, Topic, Val, postgres, sqlite};
use crate::StoreError;

/// What the SQL must know of the engine, where the two really differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A unit of work: every statement in it happens, or none.
pub struct Tx {
    pub(super) engine: Engine,
    pub(super) rung: Vec<Topic>,
}

pub(super) enum Engine {
    Sqlite(rusqlite::Connection),
    Postgres(Box<deadpool_postgres::Object>),
}

impl Tx {
    /// Which dialect the statements must be in.
    pub fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement and says how many rows it touched.
    pub async fn execute(&mut self, sql: &str, values: &[Val<'_>]) -> Result<u64, StoreError> {
        match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::execute(connection, sql, values),
            Engine::Postgres(client) => postgres::execute(client, sql, values).await,
        }
    }

    /// Runs one statement for every list of values: prepared once, and on PostgreSQL sent without waiting between.
    pub async fn execute_many(&mut self, sql: &str, lists: &[Vec<Val<'_>>]) -> Result<u64, StoreError> {
        match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::execute_many(connection, sql, lists),
            Engine::Postgres(client) => postgres::execute_many(client, sql, lists).await,
        }
    }

    /// Every row of the answer.
    pub async fn rows(&mut self, sql: &str, values: &[Val<'_>]) -> Result<Vec<Row>, StoreError> {
        match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::rows(connection, sql, values),
            Engine::Postgres(client) => postgres::rows(client, sql, values).await,
        }
    }

    /// The rows of one statement asked once for every list of values, in their order.
    pub async fn rows_many(&mut self, sql: &str, lists: &[Vec<Val<'_>>]) -> Result<Vec<Vec<Row>>, StoreError> {
        match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::rows_many(connection, sql, lists),
            Engine::Postgres(client) => postgres::rows_many(client, sql, lists).await,
        }
    }

    /// The first row, if there is one.
    pub async fn row(&mut self, sql: &str, values: &[Val<'_>]) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Runs several statements without values, separated by `;`.
    pub async fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        match &mut self.engine {
            Engine::Sqlite(connection) => connection.execute_batch(sql).map_err(StoreError::from),
            Engine::Postgres(client) => client.batch_execute(sql).await.map_err(StoreError::from),
        }
    }

    /// Tells everyone who listens to the topic, after the commit and only then.
    pub fn ring(&mut self, topic: Topic) {
        if !self.rung.contains(&topic) {
            self.rung.push(topic);
        }
    }
}

/// `$4, $5, $6` for a list of `count` values whose first has the number `first`.
pub fn placeholders(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}
