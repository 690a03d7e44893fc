//! People: those who sign in, and those whom the organisation writes with.

mod import;
mod password;
mod relink;
mod table;
#[cfg(test)]
mod people_test;
mod vcard;

pub use import::{Imported, import_contacts};
pub use password::{change_password, forgotten_password, invite, reset_password};
pub(crate) use password::check as check_password;
pub use relink::run;
