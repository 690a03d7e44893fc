//! People: those who sign in, and those whom the organisation writes with.

pub mod contact;
pub mod dossier;
pub mod group;
mod import;
mod password;
#[cfg(test)]
mod people_test;
mod relink;
mod table;
pub mod template;
pub mod token;
pub mod user;
mod vcard;
#[cfg(test)]
mod verb_test;

pub use import::{Imported, import_contacts};
pub(crate) use password::check as check_password;
pub use password::{change_password, forgotten_password, invite, reset_password};
pub use relink::run;
