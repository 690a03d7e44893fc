//! People: those who sign in, and those whom the organisation writes with.

mod import;
mod password;
#[cfg(test)]
mod people_test;
mod relink;
mod table;
mod vcard;

pub use import::{Imported, import_contacts};
pub(crate) use password::check as check_password;
pub use password::{change_password, forgotten_password, invite, reset_password};
pub use relink::run;
