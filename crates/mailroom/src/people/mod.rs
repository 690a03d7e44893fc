//! People: those who sign in, and those whom the organisation writes with.

pub mod contact;
mod door;
pub mod dossier;
pub mod erasure;
pub mod exclusion;
pub mod group;
mod import;
mod importing;
pub mod notification;
pub mod organisation;
mod password;
#[cfg(test)]
mod people_test;
pub mod personal;
pub mod provider;
mod relink;
mod second_factor;
mod session;
mod sign_in;
#[cfg(test)]
mod sign_in_test;
pub mod template;
pub mod token;
mod totp;
pub mod user;
#[cfg(test)]
mod verb_test;

pub use door::{Wrongs, blocked_networks, unblock_network};
pub use import::{Imported, import_contacts};
pub use importing::{ImportEnd, Importing, Imports, begin_import, last_import};
pub(crate) use password::check as check_password;
pub use password::{Invited, change_password, forgotten_password, invite, invited, reset_password};
pub use relink::run;
pub use second_factor::{
    Enrolment, begin_second_factor, confirm_second_factor, drop_second_factor, enrol, new_recovery_codes,
    pending_second_factor, recovery_codes_left, reset_second_factor,
};
pub use session::{
    Current, be_sure, confirm_password, end_other_sessions, end_session, is_sure, listener, session, sessions, sign_out,
};
pub use sign_in::{Attempt, SignIn, Signed, second_factor, sign_in};
