//! Working with mail: marking, moving, linking, and what a team does with its conversations (features D1, D3, D7).

pub mod bulk;
#[cfg(test)]
mod bulk_test;
pub mod conversation;
#[cfg(test)]
mod desk_test;
pub mod doubt;
pub mod link;
pub mod mention;
pub mod message;
pub mod note;
pub mod presence;
pub mod quarantine;
pub mod reading;
pub mod sender;
mod tell;
#[cfg(test)]
mod tell_test;
pub mod undo;
#[cfg(test)]
mod undo_test;
