//! From the server into the store: one task per account, three stages that overlap.

mod batch;
mod call;
mod collecting;
#[cfg(test)]
mod collecting_test;
mod desk;
mod desks;
mod edits;
mod held;
mod identity;
mod import;
mod ledger;
mod ours;
mod own;
mod pass;
#[cfg(test)]
mod pass_test;
mod pipeline;
mod posted;
mod prepare;
mod reception;
mod restore;
mod returned;
mod supervisor;
mod suspect;

pub(crate) use call::{call, look};
pub(crate) use collecting::CollectingSource;
pub use desks::{DeskError, Desks, Wish};
pub(crate) use identity::{EWS_DOOR, GMAIL_DOOR, GRAPH_DOOR, MAILGUN_DOOR, POP3_DOOR, recognise};
pub use import::{Imported, import};
pub(crate) use own::{OwnSource, deliver};
pub(crate) use pass::take_folders;
pub use pass::{Fetched, PassError, Progress, fetch_once};
pub(crate) use posted::take_posted;
pub use prepare::read_message;
pub use reception::{DoorOptions, OpenDoor, Reception, open as open_door};
pub use restore::{ToRestore, begin as begin_restoring, count_missing, restore, to_restore};
pub use supervisor::run;
