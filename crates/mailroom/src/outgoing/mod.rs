//! From a person's "send" to the next hop's answer, and what comes after it.
//!
//! `submit` takes a message over, `dispatch` leases what is due, `courier` carries one, `outcome` judges the answer, `lane`
//! is the way out of one account. `reconcile` settles what may have been sent, `sent_copy` keeps the copy, `bounce` reads
//! reports, `return_path` and `returned` are where they come back, `system` writes the installation's own mail.

mod bounce;
mod courier;
mod dispatch;
mod event;
#[cfg(test)]
pub(crate) mod fixture;
mod ground;
mod lane;
mod letter;
#[cfg(test)]
mod letter_test;
mod limit;
mod notice;
mod outcome;
mod own;
mod own_hand;
mod part;
pub(crate) mod provider;
mod queue;
mod reconcile;
mod repeat;
pub mod retry;
mod return_path;
mod returned;
mod round;
#[cfg(test)]
mod sending_test;
mod sent_copy;
mod submit;
pub(crate) mod system;
mod template;

pub use bounce::on_report;
pub(crate) use event::on_event;
pub use ground::Grounds;
pub use lane::Transports;
pub use letter::NewMail;
pub(crate) use own_hand::{by_own_hand, hand_over_code};
pub use queue::{cancel, get, list, release};
pub use reconcile::{leave, resend, was_sent};
pub(crate) use return_path::known as return_path_known;
pub(crate) use returned::note as note_returned;
pub(crate) use submit::message_id;
pub use submit::{Accepted, Repeat, submit};
pub use template::{filled, holes};

use crate::MailRoom;
use tokio::sync::watch;

/// Sends what is due and looks after what was sent, until told to stop.
pub async fn run(room: MailRoom, stop: watch::Receiver<bool>) {
    tokio::join!(dispatch::run(room.clone(), stop.clone()), round::run(room, stop));
}
