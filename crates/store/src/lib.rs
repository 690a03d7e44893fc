//! What we keep: the only crate with SQL. One file per thing kept.

pub mod db;
mod error;

pub use db::{Db, Dialect, Row, Topic, Tx, Val, Work};
pub use error::StoreError;
