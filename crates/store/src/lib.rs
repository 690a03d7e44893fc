//! What we keep: the only crate with SQL. One file per thing kept.

pub mod blob;
pub mod change;
pub mod db;
mod error;
pub mod folder;
mod installation;
mod key_maker;
pub mod message;
pub mod migrate;
pub mod place;
pub mod receive;
pub mod search;
pub mod secret;
pub mod viewer;

pub use db::{Db, Dialect, Row, Topic, Tx, Val, Work};
pub use error::StoreError;
pub use key_maker::KeyMaker;
pub use installation::{KEY_FILE_VARIABLE, Places, Store};
pub use viewer::{Rights, UserRole, Viewer};
