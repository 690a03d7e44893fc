//! What mail is: pure functions and types. No socket, no database, no file, no clock.
//!
//! Everything above this floor speaks in these types. Parsing never fails: it reports defects.

pub mod address;
mod calendar;
pub mod compose;
pub mod contacts;
pub mod display;
pub mod flags;
mod forwarded;
pub mod key;
pub mod message;
pub mod parse;
pub mod query;
pub mod remote;
pub mod report;
pub mod return_path;
pub mod role;
pub mod search;
pub mod sender;
pub mod thread;

pub use address::Address;
pub use flags::Flags;
pub use key::*;
pub use message::{Attachment, Defect, Message, MessageId};
pub use remote::{Cursor, RemoteId, RemoteSet};
pub use role::Role;
