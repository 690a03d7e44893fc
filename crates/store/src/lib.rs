//! What we keep: the only crate with SQL. One file per thing kept.

pub mod account;
pub mod blob;
pub mod change;
pub mod contact;
pub mod db;
pub mod dossier;
pub mod effect;
mod error;
pub mod folder;
pub mod group;
mod installation;
mod key_maker;
pub mod link;
pub mod message;
pub mod migrate;
pub mod one_time_link;
pub mod outbox;
pub mod owner;
mod page;
pub mod place;
pub mod receive;
pub mod search;
pub mod secret;
pub mod token;
pub mod user;
pub mod viewer;

pub use db::{Db, Dialect, Row, Topic, Tx, Val, Work};
pub use error::StoreError;
pub use key_maker::KeyMaker;
pub use installation::{KEY_FILE_VARIABLE, Places, Store};
pub use viewer::{Rights, UserRole, Viewer};
