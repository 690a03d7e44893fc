//! PostgreSQL: a pool, prepared statements, and statements sent without waiting for each answer.

use super::{
    Bells, Row, Topic, Tx, Unit, Val, Work,
    tls::{self, Tls},
    tx::Engine,
};
use crate::StoreError;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use futures_util::{FutureExt, future::try_join_all};
use std::{borrow::Cow, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio_postgres::{AsyncMessage, types::Type};

/// Connections a node holds at most.
const CONNECTIONS: usize = 16;
/// Statements of one list that are under way at once.
const IN_FLIGHT: usize = 256;

pub(super) struct Postgres {
    pool: Pool,
    bells: Arc<Bells>,
    ears: tokio::task::JoinHandle<()>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.ears.abort();
    }
}

impl Postgres {
    pub(super) async fn open(url: &str, bells: Arc<Bells>) -> Result<Postgres, StoreError> {
        let (mut config, tls) = tls::read(url)?;
        wait_for_the_disk(&mut config, &tls).await?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config.clone(), tls.clone(), recycling))
            .max_size(CONNECTIONS)
            .build()
            .map_err(|error| StoreError::Broken(error.to_string()))?;
        let ears = tokio::spawn(listen(config, tls, bells.clone()));
        Ok(Postgres { pool, bells, ears })
    }

    pub(super) async fn write(&self, work: Unit) -> Result<(), StoreError> {
        let mut unit = Open::begin(&self.pool, "BEGIN").await?;
        caught(work(unit.tx())).await?;
        self.bells.ring(&unit.commit().await?);
        Ok(())
    }

    pub(super) async fn read(&self, work: Unit) -> Result<(), StoreError> {
        let mut unit = Open::begin(&self.pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        caught(work(unit.tx())).await?;
        unit.commit().await?;
        Ok(())
    }
}

/// A panic in one unit is a failure of that unit, as on SQLite.
async fn caught(work: Work<'_, ()>) -> Result<(), StoreError> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|_| Err(StoreError::Broken("a unit of work panicked".into())))
}

/// A connection with an open transaction. Dropped before the commit, it is taken out of the pool and closed, because
/// nobody knows how far it came.
struct Open(Option<Tx>);

impl Open {
    async fn begin(pool: &Pool, how: &str) -> Result<Open, StoreError> {
        let client = pool.get().await.map_err(|error| StoreError::Unreachable(error.to_string()))?;
        client.batch_execute(how).await?;
        Ok(Open(Some(Tx { engine: Engine::Postgres(Box::new(client)), rung: Vec::new() })))
    }

    fn tx(&mut self) -> &mut Tx {
        self.0.as_mut().expect("present until the commit")
    }

    async fn commit(mut self) -> Result<Vec<Topic>, StoreError> {
        let tx = self.tx();
        let rung = std::mem::take(&mut tx.rung);
        for topic in &rung {
            tx.execute("SELECT pg_notify('postkamer', $1)", &[Val::from(topic.name())]).await?;
        }
        tx.script("COMMIT").await?;
        self.0 = None;
        Ok(rung)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(Tx { engine: Engine::Postgres(client), .. }) = self.0.take() {
            drop(Object::take(*client));
        }
    }
}

/// A server that answers commits before they are on its disk is told to wait in our sessions (reliability, *Limits*). A
/// stronger setting, such as waiting for a replica, stays.
async fn wait_for_the_disk(config: &mut tokio_postgres::Config, tls: &Tls) -> Result<(), StoreError> {
    let silent = |error| StoreError::Unusable(tls::why(&error));
    let (client, connection) = config.connect(tls.clone()).await.map_err(silent)?;
    let answering = tokio::spawn(connection);
    let shown = client.query_one("SHOW synchronous_commit", &[]).await.map_err(silent)?;
    answering.abort();
    if shown.get::<_, &str>(0) == "off" {
        let options = config.get_options().unwrap_or_default();
        let options = format!("{options} -c synchronous_commit=on");
        config.options(options.trim());
    }
    Ok(())
}

/// Hears what other nodes committed. A lost connection is made again; whoever relies on a bell also polls.
async fn listen(config: tokio_postgres::Config, tls: Tls, bells: Arc<Bells>) {
    loop {
        if let Ok((client, mut connection)) = config.connect(tls.clone()).await {
            let mut messages = futures_util::stream::poll_fn(move |context| connection.poll_message(context));
            let heard = async {
                use futures_util::StreamExt;
                while let Some(Ok(message)) = messages.next().await {
                    if let AsyncMessage::Notification(note) = message {
                        let topic = Topic::ALL.into_iter().find(|topic| topic.name() == note.payload());
                        bells.ring(topic.as_slice());
                    }
                }
            };
            tokio::select! {
                () = heard => {}
                () = async {
                    if client.batch_execute("LISTEN postkamer").await.is_ok() {
                        std::future::pending::<()>().await;
                    }
                } => {}
            }
        }
        bells.ring(&Topic::ALL);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

pub(super) async fn execute(client: &Object, sql: &str, values: &[Val<'_>]) -> Result<u64, StoreError> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.execute_raw(&statement, values).await?)
}

pub(super) async fn execute_many(client: &Object, sql: &str, lists: &[Vec<Val<'_>>]) -> Result<u64, StoreError> {
    let statement = client.prepare_cached(sql).await?;
    let mut touched = 0;
    for chunk in lists.chunks(IN_FLIGHT) {
        touched +=
            try_join_all(chunk.iter().map(|values| client.execute_raw(&statement, values))).await?.iter().sum::<u64>();
    }
    Ok(touched)
}

pub(super) async fn rows(client: &Object, sql: &str, values: &[Val<'_>]) -> Result<Vec<Row>, StoreError> {
    let statement = client.prepare_cached(sql).await?;
    fetched(client, &statement, values).await
}

pub(super) async fn rows_many(client: &Object, sql: &str, lists: &[Vec<Val<'_>>]) -> Result<Vec<Vec<Row>>, StoreError> {
    let statement = client.prepare_cached(sql).await?;
    let mut answers = Vec::with_capacity(lists.len());
    for chunk in lists.chunks(IN_FLIGHT) {
        answers.extend(try_join_all(chunk.iter().map(|values| fetched(client, &statement, values))).await?);
    }
    Ok(answers)
}

async fn fetched(
    client: &Object,
    statement: &tokio_postgres::Statement,
    values: &[Val<'_>],
) -> Result<Vec<Row>, StoreError> {
    use futures_util::TryStreamExt;
    let found: Vec<tokio_postgres::Row> = client.query_raw(statement, values).await?.try_collect().await?;
    found.iter().map(|row| (0..row.len()).map(|at| owned(row, at)).collect::<Result<_, _>>().map(Row)).collect()
}

fn owned(row: &tokio_postgres::Row, at: usize) -> Result<Val<'static>, StoreError> {
    let kind = row.columns()[at].type_();
    let value = match *kind {
        Type::BOOL => row.try_get::<_, Option<bool>>(at)?.map(Val::Bool),
        Type::INT2 => row.try_get::<_, Option<i16>>(at)?.map(|value| Val::Int(value.into())),
        Type::INT4 => row.try_get::<_, Option<i32>>(at)?.map(|value| Val::Int(value.into())),
        Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map(Val::Int),
        Type::FLOAT8 => row.try_get::<_, Option<f64>>(at)?.map(Val::Real),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.map(|value| Val::Bytes(Cow::Owned(value))),
        Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN | Type::BPCHAR => {
            row.try_get::<_, Option<String>>(at)?.map(|value| Val::Text(Cow::Owned(value)))
        }
        Type::NUMERIC => return Err(StoreError::Broken("cast a sum to BIGINT".into())),
        _ => return Err(StoreError::Broken(format!("no column of type {kind} is read"))),
    };
    Ok(value.unwrap_or(Val::Null))
}
